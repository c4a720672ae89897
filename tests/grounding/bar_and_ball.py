"""A ball with a bar that stands out of it: 12 cm across, the bar 10 cm long."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray

from handhold.geometry import TriMesh, concatenate

BALL, BAR = 0, 1


def bar_and_ball(reach: float = 0.10) -> tuple[TriMesh, NDArray[np.int64]]:
    """The mesh (two bodies, the bar's end buried in the ball) and the body of each face."""
    ball = trimesh.creation.icosphere(subdivisions=3, radius=0.06)
    bar = trimesh.creation.cylinder(radius=0.01, height=reach + 0.02, sections=24)
    bar = bar.subdivide_to_size(0.012)
    turn = trimesh.transformations.rotation_matrix(np.pi / 2, [0, 1, 0])
    bar.apply_transform(turn)
    bar.apply_translation([0.05 + reach / 2, 0, 0])
    bodies = [TriMesh.from_trimesh(ball), TriMesh.from_trimesh(bar)]
    labels = np.repeat([BALL, BAR], [len(body.faces) for body in bodies])
    return concatenate(bodies), labels
