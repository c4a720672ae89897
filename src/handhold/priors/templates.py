"""Template priors: hand-written ways to hold a simple solid, closed on solids of several sizes.

All of this is ours. Templates make the synthetic set and fill the library where it has nothing;
GDG takes its priors from a data set of human grasps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from math import cos, pi, sin

import torch
from torch import Tensor

from handhold.contact import Primitive, Prior, close_hand, contact_map
from handhold.hands import HAND_PARTS, Hand
from handhold.priors.solids import primitive_distance

PALM_SKIN = 0.0215
"""Depth of the palm's skin below the palm frame's origin, metres (of the human hand)."""
FINGER_SKIN = 0.0195
TEMPLATE_SPREAD = 0.15
"""Standard deviation given to a template's contact map: one member has none of its own."""
Fingers = tuple[float, float, float]
Thumb = tuple[float, float, float, float]


@dataclass(frozen=True)
class Template:
    """One way to hold a solid.

    Attributes:
        name, affordance: what it is.
        kind: of the primitive. radii: metres, one prior each.
        axis, place: primitive's axis and, for radius r, centre = place + r * grow (palm frame).
        opened, closed: four fingers of (spread, proximal, middle), then the thumb's four.
        aspect: box sides of a typical part over its diameter, for the retrieval descriptor.
        on_part: hand parts that should touch the contact part; the others hold the rest.
        grip: radius of a bar that the palm and the other fingers hold meanwhile, metres; 0: none.
    """

    name: str
    affordance: str
    kind: str
    radii: tuple[float, ...]
    axis: tuple[float, float, float]
    place: tuple[float, float, float]
    grow: tuple[float, float, float]
    opened: tuple[Fingers, Fingers, Fingers, Fingers, Thumb]
    closed: tuple[Fingers, Fingers, Fingers, Fingers, Thumb]
    aspect: tuple[float, float, float]
    on_part: tuple[str, ...] = HAND_PARTS
    grip: float = 0.0


def _same(finger: Fingers, thumb: Thumb) -> tuple[Fingers, Fingers, Fingers, Fingers, Thumb]:
    return (finger, finger, finger, finger, thumb)


_OPEN = (0.0, 0.1, 0.1)
_FIST = (0.0, 1.5, 1.75)
_TUCKED = (0.0, 1.35, 1.65)
_ROUND_GRIP = (0.0, 0.95, 1.1)
_FAN = ((0.25, 0.3, 0.2), (0.08, 0.3, 0.2), (-0.1, 0.3, 0.2), (-0.28, 0.3, 0.2))
_FAN_CLOSED = ((0.25, 1.3, 0.9), (0.08, 1.3, 0.9), (-0.1, 1.3, 0.9), (-0.28, 1.3, 0.9))

TEMPLATES = (
    Template(
        "power",
        "handle-grip",
        "cylinder",
        (0.006, 0.009, 0.012, 0.016, 0.021, 0.028),
        (0.30, 1.0, 0.0),
        (0.044, 0.0, -PALM_SKIN),
        (-0.6, 0.0, -1.0),
        _same(_OPEN, (0.95, 0.3, 0.0, 0.0)),
        _same(_FIST, (1.05, -0.2, 0.9, 1.2)),
        (6.0, 1.2, 1.0),
    ),
    Template(
        "thumb-along",
        "handle-grip",
        "cylinder",
        (0.007, 0.011, 0.016),
        (0.45, 1.0, 0.0),
        (0.044, 0.0, -PALM_SKIN),
        (-0.4, 0.0, -1.0),
        _same(_OPEN, (0.35, 0.3, -0.1, 0.0)),
        _same(_FIST, (0.35, -0.3, 0.0, 0.2)),
        (6.0, 1.2, 1.0),
    ),
    Template(
        "hook",
        "handle-grip",
        "cylinder",
        (0.004, 0.006, 0.009, 0.013),
        (0.10, 1.0, 0.0),
        (0.058, 0.0, -FINGER_SKIN - 0.006),
        (0.0, 0.0, -1.0),
        _same((0.0, 0.0, 0.1), (0.45, 0.2, 0.0, 0.0)),
        _same((0.0, 1.2, 1.75), (0.45, -0.5, 0.3, 0.6)),
        (6.0, 2.5, 1.0),
    ),
    Template(
        "two-finger-hook",
        "handle-grip",
        "cylinder",
        (0.004, 0.006, 0.009),
        (0.10, 1.0, 0.0),
        (0.058, 0.012, -FINGER_SKIN - 0.006),
        (0.0, 0.0, -1.0),
        ((0.0, 0.0, 0.1), (0.0, 0.0, 0.1), _TUCKED, _TUCKED, (0.45, 0.2, 0.0, 0.0)),
        ((0.0, 1.2, 1.75), (0.0, 1.2, 1.75), _TUCKED, _TUCKED, (0.45, -0.5, 0.3, 0.6)),
        (4.0, 2.5, 1.0),
        ("thumb", "index", "middle"),
    ),
    Template(
        "pinch",
        "handle-grip",
        "cylinder",
        (0.002, 0.005, 0.009),
        (0.15, 1.0, 0.1),
        (0.056, 0.012, -0.067),
        (0.1, 0.0, -0.2),
        _same((0.0, 0.4, 0.3), (0.6, 0.35, 0.0, 0.0)),
        _same((0.0, 1.15, 0.8), (0.6, -0.3, 0.3, 0.4)),
        (5.0, 1.5, 1.0),
        ("thumb", "index", "middle", "ring"),
    ),
    Template(
        "wrap",
        "wrap-around-grip",
        "cylinder",
        (0.012, 0.018, 0.025, 0.032, 0.040, 0.050),
        (0.20, 1.0, 0.0),
        (0.044, 0.0, -PALM_SKIN),
        (-0.45, 0.0, -1.0),
        _same(_OPEN, (0.75, 0.45, 0.0, 0.0)),
        _same(_FIST, (1.15, -0.2, 0.8, 1.2)),
        (3.0, 1.0, 1.0),
    ),
    Template(
        "fingertip-wrap",
        "wrap-around-grip",
        "cylinder",
        (0.003, 0.007, 0.012, 0.020, 0.030),
        (0.15, 1.0, 0.1),
        (0.056, 0.006, -0.066),
        (0.1, 0.0, -0.2),
        _same((0.0, 0.3, 0.2), (0.75, 0.45, 0.0, 0.0)),
        _same((0.0, 1.2, 0.9), (0.75, -0.3, 0.4, 0.5)),
        (3.0, 1.0, 1.0),
        ("thumb", "index", "middle", "ring", "little"),
    ),
    Template(
        "cap",
        "twist",
        "cap",
        (0.010, 0.015, 0.020, 0.027, 0.035),
        (-0.1, 0.0, 1.0),
        (0.056, 0.004, -0.062),
        (0.1, 0.0, 0.2),
        (*_FAN, (0.65, 0.45, 0.0, 0.0)),
        (*_FAN_CLOSED, (0.70, -0.3, 0.4, 0.5)),
        (1.0, 1.0, 0.7),
        ("thumb", "index", "middle", "ring", "little"),
    ),
    Template(
        "three-finger-cap",
        "twist",
        "cap",
        (0.005, 0.009, 0.014, 0.020),
        (-0.1, 0.0, 1.0),
        (0.056, 0.012, -0.064),
        (0.1, 0.0, 0.2),
        ((0.05, 0.4, 0.25), (0.0, 0.45, 0.25), _TUCKED, _TUCKED, (0.6, 0.35, 0.0, 0.0)),
        ((0.05, 1.2, 0.8), (0.0, 1.2, 0.8), _TUCKED, _TUCKED, (0.6, -0.3, 0.4, 0.5)),
        (1.0, 1.0, 0.8),
        ("thumb", "index", "middle"),
    ),
    Template(
        "open-palm",
        "base-support",
        "plane",
        (0.0,),
        (0.0, 0.0, 1.0),
        (0.03, 0.0, -PALM_SKIN - 0.006),
        (0.0, 0.0, 0.0),
        ((0.15, -0.1, 0.0), (0.0, -0.1, 0.0), (-0.1, -0.1, 0.0), (-0.2, -0.1, 0.0),
         (-0.35, 0.2, 0.0, 0.0)),
        ((0.15, 0.3, 0.1), (0.0, 0.3, 0.1), (-0.1, 0.3, 0.1), (-0.2, 0.3, 0.1),
         (-0.35, 0.2, 0.0, 0.0)),
        (8.0, 8.0, 1.0),
        ("palm", "index", "middle", "ring", "little"),
    ),
    Template(
        "cupped-palm",
        "base-support",
        "plane",
        (0.0,),
        (0.0, 0.0, 1.0),
        (0.045, 0.0, -0.040),
        (0.0, 0.0, 0.0),
        ((0.2, 0.2, 0.0), (0.05, 0.2, 0.0), (-0.1, 0.2, 0.0), (-0.3, 0.2, 0.0),
         (0.2, 0.3, 0.0, 0.0)),
        ((0.2, 0.7, 0.5), (0.05, 0.7, 0.5), (-0.1, 0.7, 0.5), (-0.3, 0.7, 0.5),
         (0.5, 0.1, 0.3, 0.2)),
        (6.0, 6.0, 2.0),
        ("thumb", "index", "middle", "ring", "little"),
    ),
    Template(
        "trigger",
        "trigger-squeeze",
        "cylinder",
        (0.004,),
        (0.10, 1.0, 0.0),
        (0.048, 0.022, -0.057),
        (0.0, 0.0, 0.0),
        ((0.0, 0.15, 0.15), _ROUND_GRIP, _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        ((0.0, 1.0, 1.6), _ROUND_GRIP, _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        (3.5, 1.5, 1.0),
        ("index",),
        grip=0.016,
    ),
    Template(
        "far-trigger",
        "trigger-squeeze",
        "cylinder",
        (0.004,),
        (0.10, 1.0, 0.0),
        (0.048, 0.022, -0.068),
        (0.0, 0.0, 0.0),
        ((0.0, 0.15, 0.15), _ROUND_GRIP, _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        ((0.0, 1.0, 1.6), _ROUND_GRIP, _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        (3.5, 1.5, 1.0),
        ("index",),
        grip=0.016,
    ),
    Template(
        "two-finger-trigger",
        "trigger-squeeze",
        "cylinder",
        (0.004,),
        (0.10, 1.0, 0.0),
        (0.048, 0.012, -0.066),
        (0.0, 0.0, 0.0),
        ((0.0, 0.15, 0.15), (0.0, 0.2, 0.2), _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        ((0.0, 1.0, 1.6), (0.0, 1.0, 1.6), _ROUND_GRIP, _ROUND_GRIP, (1.0, 0.1, 0.3, 0.4)),
        (3.5, 1.5, 1.0),
        ("index", "middle"),
        grip=0.016,
    ),
)  # fmt: skip

_POINTING: dict[str, tuple[str, Fingers, float]] = {
    # name: affordance, index finger, how far the push leans from the finger towards its pad
    "press-pad": ("press", (0.0, 0.35, 0.30), pi / 5),
    "press-tip": ("press", (0.0, 0.35, 0.30), pi / 7),
    "point": ("point", (0.0, 0.10, 0.08), 0.1),
}
_REST_OF_POINTING = ((0.0, 1.35, 1.6), (0.0, 1.4, 1.65), (0.0, 1.4, 1.65), (1.05, -0.3, 0.6, 0.7))


def _unit(vector: Tensor) -> Tensor:
    return torch.nn.functional.normalize(vector, dim=0)


_THUMBS_ASIDE: tuple[Thumb, ...] = ((-0.35, 0.5, -0.35, -0.25), (-0.35, -0.6, 0.12, -0.25))
"""Beside the palm, and along the index finger: for a thumb that would start inside the solid."""


def _angles(fingers: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.tensor([angle for finger in fingers for angle in finger])


def template_priors(hand: Hand) -> list[Prior]:
    """Every template at every size, as priors with clusters named "affordance/template-size"."""
    return [prior for template in TEMPLATES for prior in _close_on_sizes(hand, template)] + list(
        _pointing_priors(hand)
    )


def _close_on_sizes(hand: Hand, template: Template) -> Iterator[Prior]:
    axis = torch.nn.functional.normalize(torch.tensor(template.axis), dim=0)
    still = torch.zeros(1, 3), torch.eye(3)[None]
    for radius in template.radii:
        centre = torch.tensor(template.place) + radius * torch.tensor(template.grow)
        primitive = Primitive(template.kind, axis, centre, radius)
        opened = _thumb_aside(hand, primitive, _angles(template.opened))
        joints = close_hand(
            hand,
            partial(primitive_distance, primitive),
            *still,
            hand.clamp(opened[None]),
            hand.clamp(_angles(template.closed)[None]),
            steps=40,
        )
        size = tuple(2 * max(radius, 0.005) * side for side in template.aspect)
        yield _prior(hand, template.name, template.affordance, primitive, joints[0], size,
                     template.on_part, template.grip)  # fmt: skip


def _thumb_aside(hand: Hand, solid: Primitive, opened: Tensor) -> Tensor:
    """(D,) `opened`, the thumb out of a solid too thick for it: closing cannot take it out."""
    tries = opened.repeat(1 + len(_THUMBS_ASIDE), 1)
    tries[1:, -4:] = torch.tensor(_THUMBS_ASIDE)
    distance = primitive_distance(solid, hand.local(hand.clamp(tries)).vertices)
    clearance = distance[:, hand.vertex_part == HAND_PARTS.index("thumb")].amin(-1)
    return tries[clearance.clamp(max=0.0).argmax()]


def _prior(
    hand: Hand,
    name: str,
    affordance: str,
    primitive: Primitive,
    joints: Tensor,
    size: tuple[float, ...],
    on_part: tuple[str, ...],
    grip: float = 0.0,
) -> Prior:
    vertices = hand.local(joints[None]).vertices[0]
    touch = contact_map(primitive_distance(primitive, vertices))
    wanted = torch.tensor([part in on_part for part in HAND_PARTS])[hand.vertex_part]
    anywhere = touch * wanted if grip else touch
    if grip:
        centre = torch.tensor([0.044 - 0.6 * grip, 0.0, -PALM_SKIN - grip])
        bar = Primitive("cylinder", _unit(torch.tensor([0.3, 1.0, 0.0])), centre, grip)
        held = contact_map(primitive_distance(bar, vertices)) * ~wanted
        anywhere = torch.maximum(anywhere, held)
    longest, middle, shortest = sorted(size, reverse=True)
    return Prior(
        cluster=f"{affordance}/{name}-{round(1000 * primitive.radius)}",
        affordance=affordance,
        joints=joints,
        contact_mean=anywhere,
        contact_std=torch.full_like(touch, TEMPLATE_SPREAD),
        part_mean=touch * wanted,
        primitive=primitive,
        part_size=(longest, middle, shortest),
        section_radius=primitive.radius,
        members=1,
    )


def _pointing_priors(hand: Hand) -> Iterator[Prior]:
    names = hand.spec.keypoint_names
    distal, tip = names.index("index_distal"), names.index("index_tip")
    for name, (affordance, index, lean) in _POINTING.items():
        joints = hand.clamp(_angles((index, *_REST_OF_POINTING))[None])
        posed = hand.local(joints)
        along = _unit(posed.keypoints[0, tip] - posed.keypoints[0, distal])
        pad = _unit(torch.linalg.cross(torch.tensor([0.0, 1.0, 0.0]), along))
        pad = -pad if pad[2] > 0 else pad
        push = cos(lean) * along + sin(lean) * pad
        push = push - torch.tensor([0.0, 1.0, 0.0]) * push[1]
        push = _unit(push)
        on_index = hand.vertex_part == HAND_PARTS.index("index")
        reach = torch.where(on_index, posed.vertices[0] @ push, -1.0).argmax()
        primitive = Primitive("spot", -push, posed.vertices[0, reach], 0.0)
        yield _prior(hand, name, affordance, primitive, joints[0], (0.02, 0.02, 0.01), ("index",))
