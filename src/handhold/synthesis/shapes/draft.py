"""An invented object on its way: bodies, and fittings that are set on their free sides.

All of it is ours. Metres.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from handhold.geometry.mesh import TriMesh, unit_rows
from handhold.geometry.sampling import sample_surface
from handhold.synthesis.shapes import fittings
from handhold.synthesis.shapes.fittings import Fitting, Rng
from handhold.synthesis.shapes.solids import Array, Solid, X, Y, Z, moved, union

_DIRECTIONS: Mapping[str, Array] = MappingProxyType(
    {"top": Z, "front": -Y, "back": Y, "right": X, "left": -X, "under": -Z}
)
_FACING = 0.8  # cosine of a spot's normal to the wanted direction
_HAND_WIDTH = 0.095  # a body no wider can be wrapped


@dataclass(eq=False)
class Draft:
    """An object on its way. taken: places (x, y, z, reach) of what is on it already."""

    solids: list[tuple[str, Solid]] = field(default_factory=list)
    affordances: dict[str, tuple[str, ...]] = field(default_factory=dict)
    taken: list[Array] = field(default_factory=list)

    def add(self, name: str, solid: Solid, affordances: Sequence[str] = ()) -> None:
        """Another part, or more of one; earlier parts keep the overlap."""
        names = [other for other, _ in self.solids]
        if name in names:
            at = names.index(name)
            solid = union([self.solids[at][1], solid])
            self.solids[at] = (name, solid)
        else:
            self.solids.append((name, solid))
        self.affordances[name] = tuple(affordances)

    def fit(self, base: Solid, kind: str, where: str, rng: Rng, *, along: Array = Z) -> bool:
        """Set a fitting on the side `where` of `base`, its long way along `along`.

        False where nothing is free. It goes before the body, which yields the overlap to it.
        """
        fitting = fittings.ANYWHERE[kind](rng)
        spot = _spot(base, _DIRECTIONS[where], self.taken, fitting.reach, rng)
        if spot is None or fitting.name in self.affordances:
            return False
        place, normal = spot
        self.taken.append(np.append(place, fitting.reach))
        self._put(fitting, place, normal, along, rng)
        return True

    def fit_on_top(self, base: Solid, kind: str, rng: Rng) -> None:
        """Set a fitting on the middle of the top of `base`."""
        fitting = fittings.ANYWHERE[kind](rng)
        low_x, low_y, _, high_x, high_y, top = base.bounding_box()
        place = np.array([(low_x + high_x) / 2, (low_y + high_y) / 2, top])
        self.taken.append(np.append(place, fitting.reach))
        if fitting.name not in self.affordances:
            self._put(fitting, place, Z, X if rng.random() < 0.5 else Y, rng)

    def turned(self, rotation: Array) -> Draft:
        """The same, turned by a rotation (3, 3)."""
        turned = [(name, moved(solid, 0 * Z, rotation)) for name, solid in self.solids]
        return Draft(turned, self.affordances, self.taken)

    def _put(self, fitting: Fitting, place: Array, normal: Array, along: Array, rng: Rng) -> None:
        frame = _frame(normal, along, rng)
        self.solids.insert(0, (fitting.name, moved(fitting.solid, place, frame)))
        self.affordances[fitting.name] = fitting.affordances


def of_body(body: Solid, *, stands: bool = True) -> tuple[str, ...]:
    """What a body suits by its size: one to wrap, one to carry from below."""
    low_x, low_y, low_z, high_x, high_y, high_z = body.bounding_box()
    sides = sorted((high_x - low_x, high_y - low_y, high_z - low_z))
    suits = ("wrap-around-grip",) if sides[1] < _HAND_WIDTH else ()
    return (*suits, "base-support") if stands and sides[1] > 0.05 else suits


def _spot(
    base: Solid, direction: Array, taken: Sequence[Array], reach: float, rng: Rng
) -> tuple[Array, Array] | None:
    """A free point on the side of `base` that faces a direction, and the normal there."""
    raw = base.to_mesh64()
    mesh = TriMesh(raw.vert_properties[:, :3], raw.tri_verts.astype(np.int64))
    sample = sample_surface(mesh, 160, seed=int(rng.integers(2**31)))
    outer = (sample.points @ direction) > 0.2 * float((mesh.vertices @ direction).max())
    fits = (sample.normals @ direction > _FACING) & (outer | (abs(direction[2]) < 0.5))
    for at in rng.permutation(np.flatnonzero(fits)):
        place = sample.points[at]
        gaps = [np.linalg.norm(place - other[:3]) - other[3] - reach for other in taken]
        if all(gap > 0 for gap in gaps):
            return place, unit_rows(sample.normals[at][None])[0]
    return None


def _frame(normal: Array, along: Array, rng: Rng) -> Array:
    """Rotation (3, 3): z to the normal, x as far as can be along `along`."""
    flat = along - (along @ normal) * normal
    if np.linalg.norm(flat) < 0.1:
        other = X if abs(normal[0]) < 0.7 else Y
        flat = other - (other @ normal) * normal
    first = unit_rows(flat[None])[0] * (1.0 if rng.random() < 0.8 else -1.0)
    return np.column_stack([first, np.cross(normal, first), normal])
