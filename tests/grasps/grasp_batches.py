"""A batch of grasps with awkward numbers."""

from __future__ import annotations

import numpy as np
import torch

from handhold.grasps import AFFORDANCES, GraspBatch
from handhold.objects import UserFrame, up_rotation
from handhold.spatial import random_rotations

JOINTS = tuple(f"joint {index}" for index in range(16))


def make_batch(n: int = 5, **changes: object) -> GraspBatch:
    """`n` grasps by a made-up hand, in millimetres and y up."""
    generator = np.random.default_rng(7)
    torch_generator = torch.Generator().manual_seed(7)
    values: dict[str, object] = {
        "hand": "made-up",
        "joint_names": JOINTS,
        "joints": generator.normal(size=(n, 16)) / 3,
        "object_file": "kettle é.obj",
        "object_name": "kettle",
        "object_hash": "ab12",
        "instruction": 'pour "tea" \n 茶',
        "affordance": [AFFORDANCES[i % 7] for i in range(n)],
        "part": ["handle"] * n,
        "prior_cluster": [f"handle-grip/{i}" for i in range(n)],
        "origin": ["network" if i % 2 else "rule" for i in range(n)],
        "acceptable": [i % 2 == 0 for i in range(n)],
        "reason": ["" if i % 2 == 0 else "too deep" for i in range(n)],
        "result_code": ["converged"] * n,
        "energies": {"contact": generator.normal(size=n) * 1e-17, "joint": np.zeros(n)},
        "metrics": {"penetration_depth_cm": [np.nan, *generator.normal(size=n)][:n]},
        "notes": ("unit assumed",),
    }
    frame = UserFrame("mm", 0.001, "y", up_rotation("y"), np.array([0.1, 1 / 3, -0.2]), False)
    translation = generator.normal(size=(n, 3)) / 7
    rotation = random_rotations(n, torch_generator, dtype=torch.float64).numpy()
    return GraspBatch.from_object_frame(frame, translation, rotation, **(values | changes))
