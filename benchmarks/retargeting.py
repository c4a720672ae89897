"""How near retargeted key points come, and how long it takes.

    python benchmarks/retargeting.py [--grasps 200] [--refine]

Prints, per pair of hands, mean and largest distances in millimetres. Human poses are drawn inside
the joint limits. With HANDHOLD_DEV_DATA also an AffordPose record, by its hand's file and by its
mesh alone, and the captured hands (MANO's bones) of DexYCB and DexMV.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from handhold.evaluate import to_markdown
from handhold.hands import Hand, load_hand
from handhold.hands.graspit import keypoints_of_mesh, read_graspit_hand
from handhold.retarget import (
    FitSettings,
    Keypoints,
    RefineSettings,
    keypoints_of,
    name_keypoints,
    refine_retargeted,
    retarget,
)
from handhold.spatial import random_rotations


def drawn(hand: Hand, count: int, bend: float) -> Keypoints:
    """Key points of poses up to `bend` of the way from zero to the limits."""
    generator = torch.Generator().manual_seed(0)
    share = torch.rand(count, hand.joint_count, generator=generator)
    lower, upper = bend * hand.spec.joint_lower, bend * hand.spec.joint_upper
    rotation = random_rotations(count, generator=generator).float()
    return keypoints_of(hand, torch.zeros(count, 3), rotation, lower + share * (upper - lower))


def recorded(data: Path) -> Iterator[tuple[str, Keypoints]]:
    """Key points of the development data."""
    record = json.loads((data / "grasps/human/affordpose/data.json").read_text())
    lines = [line.split() for line in record["rhand_mesh"]]
    vertices = np.array([w[1:4] for w in lines if w[0] == "v"], dtype=float)
    faces = np.array([[int(x.partition("/")[0]) - 1 for x in w[1:]] for w in lines if w[0] == "f"])
    hand = read_graspit_hand(data / "hands/affordpose_manohand")
    points = hand.keypoints(record["rhand_trans"], record["rhand_quat"], record["dofs"])
    yield "AffordPose, file", name_keypoints(points, "handhold")
    yield "AffordPose, mesh", name_keypoints(keypoints_of_mesh(vertices, faces)[None], "handhold")
    captured = np.load(data / "grasps/human/dexycb/dexycb_train_dev.npz")["final_ee"]
    yield "MANO, DexYCB", name_keypoints(captured.reshape(-1, 21, 3), "dgrasp")
    motion = np.load(data / "grasps/human/dexmv_mustard/dexmv_mustard.npz")["joints"]
    yield "MANO, DexMV", name_keypoints(motion, "openpose")


def row(
    name: str, source: Keypoints, hand: Hand, refine: bool, match_size: bool
) -> dict[str, object]:
    start = time.process_time()
    got = retarget(hand, source, FitSettings(match_size=match_size))
    if refine:
        got = refine_retargeted(hand, source, got, RefineSettings()).poses
    seconds = time.process_time() - start
    return {
        "from": name,
        "to": hand.name,
        "sizes matched": match_size,
        "grasps": len(source),
        "mean mm": float(got.error_mm.mean()),
        "worst grasp mm": float(got.error_mm.max()),
        "worst point mm": float(got.worst_mm.max()),
        "fingertips mm": float(got.fingertip_mm.mean()),
        "settled": float((got.code != 0).double().mean()),
        "CPU ms each": 1000 * seconds / len(source),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--grasps", type=int, default=200)
    parser.add_argument("--refine", action="store_true", help="eq. 10 to 14 after eq. 9")
    options = parser.parse_args()
    human, shadow = load_hand("human"), load_hand("shadow")
    half, whole = drawn(human, options.grasps, 0.5), drawn(human, options.grasps, 1.0)
    cases = [("human, half bent", half), ("human, all poses", whole)]
    if os.environ.get("HANDHOLD_DEV_DATA"):
        cases += list(recorded(Path(os.environ["HANDHOLD_DEV_DATA"])))
    rows = []
    for name, source in cases:
        few = Keypoints(
            source.points[: options.grasps], source.present[: options.grasps], source.names
        )
        for hand in (human, shadow):
            for match_size in (False, True):
                rows.append(row(name, few, hand, options.refine, match_size))
    print(to_markdown(rows))


if __name__ == "__main__":
    main()
