"""The physics protocols: every number of a trial, frozen under a name and a version."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from handhold.errors import InputError

DIRECTIONS = ("+x", "-x", "+y", "-y", "+z", "-z")


@dataclass(frozen=True, kw_only=True)
class Pieces:
    """How object and hand become convex pieces. All ours.

    threshold, max_pieces, max_vertices: CoACD of the object and of a rigid hand mesh (see
    `convex_decomposition`); draw_in: their corners are drawn in onto the true surface; without
    it the pieces of a surface that is not closed stand out by 1 % of its size.
    hand_overhang: metres, a link of the hand whose hull stands out further than this is cut,
    into hand_pieces at most.
    """

    threshold: float = 0.03
    max_pieces: int = 64
    max_vertices: int = 64
    draw_in: bool = True
    hand_overhang: float = 0.003
    hand_pieces: int = 6


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """MuJoCo's contact settings.

    friction: Coulomb coefficient; torsion: metres, the moment about the contact normal that it
    bears per newton; dimensions: 4 is sliding and torsion. Everything else ours. solref (time
    constant in seconds, damping ratio): a contact cannot pull, so even a critically damped one
    (ratio 1) that starts overlapped sends the object off at its overlap times 37 per second;
    at 5 overlap recedes too slowly for that, but a moving palm sinks in deeper before it pushes.
    solimp near 1, impratio and an elliptic cone: friction holds and does not creep. Newton's
    method.
    """

    friction: float
    torsion: float
    dimensions: int = 4
    cone: str = "elliptic"
    impratio: float = 10.0
    solref: tuple[float, float] = (0.01, 5.0)
    solimp: tuple[float, float, float, float, float] = (0.99, 0.999, 0.001, 0.5, 2.0)
    iterations: int = 50
    tolerance: float = 1e-8


@dataclass(frozen=True, kw_only=True)
class ObmanProtocol:
    """Displacement of an object in a hand that stands still, under gravity (Hasson et al. 2019).

    object_mass kg, gravity m/s2, timestep s, steps (0.146 s), friction and restitution 0 are
    those of the papers, whose simulator is PyBullet; ours is MuJoCo with semi-implicit Euler, so
    free fall gives 10.72 cm. The direction of gravity is not stated there: ours is each of
    `directions`, axes of the hand's pose frame. No air and no joint damping; the hand does
    not collide with itself. explosion: a trial that goes further than this many free falls is
    no measurement (ours).
    """

    name: str = "obman/1"
    hand: str = "static"
    object_mass: float = 1.0
    gravity: float = 9.8
    timestep: float = 1 / 240
    steps: int = 35
    integrator: str = "euler"
    restitution: float = 0.0
    directions: tuple[str, ...] = DIRECTIONS
    shrink: float = 0.002
    explosion: float = 1.5
    contacts: Contacts = field(default_factory=lambda: Contacts(friction=3.0, torsion=0.003))
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def free_fall(self) -> float:
        """Metres that an object falls that nothing touches: g dt^2 n (n + 1) / 2."""
        return self.gravity * self.timestep**2 * self.steps * (self.steps + 1) / 2

    def settings(self) -> dict[str, object]:
        """Every number, for output files."""
        return {**asdict(self), "free_fall_cm": 100 * self.free_fall}


@dataclass(frozen=True, kw_only=True)
class HandDrive:
    """How the joints of the actuated hand are driven.

    All ours: gain N m/rad, force_limit N m per actuator, damping_ratio of a joint against its
    armature, armature kg m2, density kg/m3 of the links, coupled_time s: time constant of the
    equality that couples joints.
    """

    gain: float = 5.0
    force_limit: float = 1.0
    damping_ratio: float = 1.0
    armature: float = 0.001
    density: float = 1000.0
    coupled_time: float = 0.01

    @property
    def damping(self) -> float:
        """N m s/rad."""
        return 2.0 * self.damping_ratio * math.sqrt(self.gain * self.armature)


@dataclass(frozen=True, kw_only=True)
class SixAxisProtocol:
    """Pre-grasp, grasp, squeeze, then a pull in each of six directions (after DexGraspBench).

    From there: object_mass kg, a pull of pull * object_mass newtons at the centre of mass for
    pull_seconds, success where the object moves less than distance metres and turns less than
    angle radians in every pull, friction 0.6 and 0.02. Ours: `directions` are axes of the
    hand's pose frame; the object floats free, without gravity, while the hand closes in
    close_steps, squeezes in squeeze_steps and rests for settle_steps; a pull ends as soon as it
    has failed; it starts from the saved state at the end of the rest. An object that moved more
    than distance or angle before it has failed. opening radians: what the flexion joints are
    opened and closed by where pre-grasp or squeeze are missing. A grasp of affordance
    "base-support" is pulled towards the palm from the start, and does not squeeze. explosion
    m/s: an object faster than this was thrown. DexGraspBench counts movement from before the
    hand closes, and closes anew for every pull; ours counts from the start of the pull.
    """

    name: str = "six-axis/1"
    hand: str = "actuated"
    object_mass: float = 0.1
    pull: float = 10.0
    pull_seconds: float = 2.0
    timestep: float = 0.004
    integrator: str = "implicitfast"
    close_steps: int = 50
    squeeze_steps: int = 50
    settle_steps: int = 50
    check_steps: int = 10
    opening: float = 0.1
    distance: float = 0.05
    angle: float = math.radians(15.0)
    explosion: float = 5.0
    directions: tuple[str, ...] = DIRECTIONS
    shrink: float = 0.002
    drive: HandDrive = field(default_factory=HandDrive)
    contacts: Contacts = field(
        default_factory=lambda: Contacts(friction=0.6, torsion=0.02, solref=(0.01, 1.0))
    )
    pieces: Pieces = field(default_factory=Pieces)

    @property
    def pull_steps(self) -> int:
        return round(self.pull_seconds / self.timestep)

    @property
    def steps(self) -> int:
        """Of the whole sequence with one pull."""
        return self.close_steps + self.squeeze_steps + self.settle_steps + self.pull_steps

    def settings(self) -> dict[str, object]:
        """Every number, for output files."""
        return asdict(self)


Protocol = ObmanProtocol | SixAxisProtocol

PROTOCOLS: Mapping[str, Protocol] = MappingProxyType(
    {item.name: item for item in (ObmanProtocol(), SixAxisProtocol())}
)


def protocol(name: str) -> Protocol:
    """The protocol called `name`: "obman/1", or "obman" for the latest version of it.

    Raises InputError that lists the known names.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    versions = [known for known in PROTOCOLS if known.split("/")[0] == name]
    if versions:
        return PROTOCOLS[max(versions, key=lambda known: int(known.split("/")[1]))]
    raise InputError(
        f"There is no physics protocol '{name}'.", f"Known protocols: {', '.join(PROTOCOLS)}."
    )


def direction_vector(name: str) -> NDArray[np.float64]:
    """The unit vector (3,) that a direction such as "-y" names."""
    vector = np.zeros(3)
    vector["xyz".index(name[1])] = 1.0 if name[0] == "+" else -1.0
    return vector


def towards_palm(palm_normal: NDArray[np.float64], directions: tuple[str, ...]) -> int:
    """Which direction presses an object into the palm most (ours)."""
    return int(np.argmin([direction_vector(name) @ palm_normal for name in directions]))


__all__ = [
    "DIRECTIONS",
    "PROTOCOLS",
    "Contacts",
    "HandDrive",
    "ObmanProtocol",
    "Pieces",
    "Protocol",
    "SixAxisProtocol",
    "direction_vector",
    "protocol",
    "towards_palm",
]
