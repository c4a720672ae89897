"""Small sets of grasps with known groups."""

from __future__ import annotations

import numpy as np

from handhold.priors import GraspRecords

JOINTS, VERTICES = 16, 10


def grasps(
    affordance: str,
    size: tuple[float, float, float],
    angle: float,
    count: int,
    *,
    noise: float = 0.01,
    seed: int = 0,
) -> GraspRecords:
    """`count` grasps of parts of about `size` metres with joints of about `angle` radians."""
    rng = np.random.default_rng(seed)
    contact = rng.random((count, VERTICES))
    return GraspRecords(
        affordance=np.full(count, affordance),
        part_size=np.array(size) * np.exp(noise * rng.standard_normal((count, 3))),
        section_radius=0.5 * size[2] * np.exp(noise * rng.standard_normal(count)),
        joints=angle + noise * rng.standard_normal((count, JOINTS)),
        contact=contact,
        part_contact=0.5 * contact,
        kind=np.full(count, "cylinder"),
        axis=np.tile([0.0, 1.0, 0.0], (count, 1)),
        centre=np.arange(count)[:, None] * np.ones(3),
        radius=np.full(count, 0.5 * size[2]),
    )
