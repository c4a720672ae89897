"""Which finger is which: by its names, else by where it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry.mesh import unit_rows

DIGITS = ("thumb", "index", "middle", "ring", "little")
# The middle finger comes last: "ring_middle" is the middle phalanx of the ring finger.
_WORDS = (
    ("thumb", "thumb"),
    ("index", "index"),
    ("fore", "index"),
    ("ring", "ring"),
    ("little", "little"),
    ("pinky", "little"),
    ("pinkie", "little"),
    ("middle", "middle"),
)
_CODES = {
    "th": "thumb",
    "ff": "index",
    "if": "index",
    "mf": "middle",
    "rf": "ring",
    "lf": "little",
    "pf": "little",
}
_CODE = re.compile(
    r"(?:^|[_:/.\-])(th|ff|if|mf|rf|lf|pf)"
    r"(?=[_.\-]|j?\d|j_|base|knuckle|meta|prox|mid|dist|hub|tip|$)"
)


@dataclass(frozen=True)
class FingerNames:
    """digits: one of DIGITS per finger, or "fingerN" beyond five; by_name: names told them."""

    digits: tuple[str, ...]
    by_name: bool


def digit_of_name(name: str) -> str | None:
    """The digit that the name of a joint or body speaks of, None where it speaks of none."""
    text = name.lower()
    code = _CODE.search(text)
    if code:
        return _CODES[code[1]]
    return next((digit for word, digit in _WORDS if word in text), None)


def name_fingers(
    names: Sequence[Sequence[str]],
    bases: NDArray[np.float64],
    tips: NDArray[np.float64],
    axes: NDArray[np.float64],
) -> FingerNames:
    """Digits of F fingers.

    Args:
        names: of the bodies and joints of each finger.
        bases, tips, axes: (F, 3) where it starts and ends, and the axis it closes about.
    """
    told = [_vote(group) for group in names]
    if None not in told and len(set(told)) == len(told):
        return FingerNames(tuple(str(digit) for digit in told), by_name=True)
    return FingerNames(_by_place(bases, tips, axes), by_name=False)


def _vote(names: Sequence[str]) -> str | None:
    votes = [digit for name in names if (digit := digit_of_name(name)) is not None]
    return max(set(votes), key=lambda d: (votes.count(d), -DIGITS.index(d))) if votes else None


def _by_place(
    bases: NDArray[np.float64], tips: NDArray[np.float64], axes: NDArray[np.float64]
) -> tuple[str, ...]:
    """Ours: the thumb is the finger without which the others stand best in a row and close
    about the same axis; the others follow by their distance from it."""
    count = len(bases)
    size = max(float(np.linalg.norm(tips - bases, axis=1).mean()), 1e-9)
    thumb = int(np.argmin([_disorder(np.delete(np.arange(count), t), bases, axes, size)
                           for t in range(count)]))  # fmt: skip
    away = np.linalg.norm(bases - bases[thumb], axis=1)
    order = [thumb, *(int(f) for f in np.argsort(away, kind="stable") if f != thumb)]
    digits = [""] * count
    for place, finger in enumerate(order):
        digits[finger] = DIGITS[place] if place < len(DIGITS) else f"finger{place + 1}"
    return tuple(digits)


def _disorder(
    fingers: NDArray[np.int64],
    bases: NDArray[np.float64],
    axes: NDArray[np.float64],
    size: float,
) -> float:
    points = bases[fingers] - bases[fingers].mean(axis=0)
    off_line = float(np.linalg.svd(points, compute_uv=False)[1:].sum()) / size
    turn = unit_rows(axes[fingers])
    spread = 1.0 - float(np.abs(turn @ turn.T).mean())
    return off_line + spread
