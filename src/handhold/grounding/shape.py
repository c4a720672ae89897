"""Which part a hand would choose for an affordance by shape alone. All of it is ours.

Sizes are those of a human hand: what fingers close around, what a palm carries. Each function
gives one score per part; only the order of the scores means anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from handhold.grounding.descriptors import PartDescriptors

Scores = NDArray[np.float64]

HANDLE_THICKNESS = (0.008, 0.045)  # metres: thin wire to a thick tool handle
HANDLE_LENGTH = (0.06, 0.30)
GIRTH = (0.03, 0.10)
KNOB_WIDTH = (0.015, 0.09)
BUTTON_WIDTH = (0.005, 0.04)
_SPREAD = 0.7  # of the logarithm: at twice the limit a size still counts for 0.61


def within(sizes: Scores, limits: tuple[float, float]) -> Scores:
    """1 inside the limits, falling off with the logarithm of the excess outside."""
    low, high = limits
    safe = np.maximum(sizes, 1e-6)
    excess = np.maximum(np.maximum(np.log(low / safe), np.log(safe / high)), 0.0)
    return np.exp(-0.5 * (excess / _SPREAD) ** 2)


def handle_likeness(parts: PartDescriptors) -> Scores:
    """Slender, as thick as fingers close around, off the middle, a small share of the object."""
    longest, _, thinnest = parts.lengths.T
    slender = np.tanh((longest / np.maximum(thinnest, 1e-6) - 1) / 4)
    fit = within(thinnest, HANDLE_THICKNESS) * within(longest, HANDLE_LENGTH)
    aside = np.minimum(_distance_from_middle(parts), 1.0)
    return fit * (1 + 1.5 * slender) + 0.3 * aside + 0.3 * (1 - parts.area_share)


def grip_likeness(parts: PartDescriptors) -> Scores:
    """A handle that hangs below: the grip of a drill or a spray bottle."""
    return handle_likeness(parts) + 0.2 * (1 - parts.top)


def body_likeness(parts: PartDescriptors) -> Scores:
    """The large part in the middle, best of a girth that a hand spans."""
    girth = within(parts.lengths[:, 1], GIRTH)
    middle = 1 - np.minimum(_distance_from_middle(parts), 1.0)
    return _share(parts.volume) + parts.area_share + 0.5 * girth + 0.3 * middle


def base_likeness(parts: PartDescriptors) -> Scores:
    """The part the object stands on; the large one where several reach the ground."""
    return 1.5 * (1 - parts.bottom) + _share(parts.volume) + parts.area_share


def knob_likeness(parts: PartDescriptors) -> Scores:
    """Small, round about the vertical, and on top."""
    longest, middle, _ = parts.lengths.T
    round_ = middle / np.maximum(longest, 1e-9)
    centred = 1 - np.minimum(parts.off_axis, 1.0)
    small = 1 - parts.area_share
    return within(longest, KNOB_WIDTH) * (0.5 + round_) + 1.5 * parts.top + small + 0.5 * centred


def button_likeness(parts: PartDescriptors) -> Scores:
    """Very small and on top."""
    small = 1 - parts.area_share
    return within(parts.lengths[:, 0], BUTTON_WIDTH) + parts.top + small


def target_likeness(parts: PartDescriptors) -> Scores:
    """The part with the most surface is the easiest to point at."""
    return parts.area_share


LIKENESS: Mapping[str, tuple[str, Callable[[PartDescriptors], Scores]]] = {
    "handle-grip": ("slender, off the middle, as thick as fingers close around", handle_likeness),
    "twist": ("small, round and on top", knob_likeness),
    "wrap-around-grip": ("the large part in the middle", body_likeness),
    "base-support": ("large and lowest", base_likeness),
    "trigger-squeeze": ("a slender grip below the rest", grip_likeness),
    "press": ("very small and on top", button_likeness),
    "point": ("the largest surface", target_likeness),
}


def _distance_from_middle(parts: PartDescriptors) -> Scores:
    """Distance of the part's centre from the object's, 1 at half the longest side."""
    half = max(float(np.max(parts.extents)) / 2, 1e-9)
    return np.linalg.norm(parts.centres, axis=1) / half


def _share(values: Scores) -> Scores:
    return values / max(float(values.sum()), 1e-15)
