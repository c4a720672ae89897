"""How fast the judge is: grasps per second, and how much faster than brute force.

    python benchmarks/judge_speed.py --grasps 64 --trials 24

Geometry: every metric without physics, human hands round a capsule of 10,080 faces. The slow twin
measures the quick metrics' distances and insides by trying every face for every point. Physics:
trials (one direction each) of `obman` and grasps of `six-axis`, decompositions apart.
"""

from __future__ import annotations

import argparse
import os
import time

import igl
import numpy as np
import torch
import trimesh
from numpy.typing import NDArray

from handhold.contact import close_hand
from handhold.evaluate import evaluate_groups, judge, posed_hands
from handhold.geometry import TriMesh, signed_distance
from handhold.grasps import GraspGroup, HandPoses
from handhold.hands import load_hand
from handhold.objects import ObjectAsset, UserFrame

# Metres: radius of the capsule, where the palm stands over its axis, how far it is pressed on;
# radians: how far across the palm the thumb starts.
THICK = (0.035, (-0.045, 0.0, 0.06), 0.003, -0.35)
THIN = (0.018, (-0.055, 0.0, 0.037), 0.0, 0.3)  # can be held
THUMB_JOINTS = 4  # the last of the human hand


def capsule(radius: float) -> ObjectAsset:
    """10 cm long without its caps, along y; 10,080 faces."""
    shape = trimesh.creation.capsule(radius=radius, height=0.10, count=[70, 72])
    shape.apply_transform(trimesh.transformations.rotation_matrix(np.pi / 2, [1.0, 0.0, 0.0]))
    mesh = TriMesh.from_trimesh(shape)
    return ObjectAsset(
        "capsule", mesh, np.zeros(len(mesh.faces), np.int64), ("whole",), False, UserFrame()
    )


def grasps(
    count: int, radius: float, palm: tuple[float, float, float], pressed: float, thumb: float
) -> GraspGroup:
    """Human hands that closed on the object from slightly different places, then pressed on it."""
    hand, asset = load_hand(), capsule(radius)
    generator = np.random.default_rng(0)
    translation = np.array(palm) + 0.001 * generator.standard_normal((count, 3))
    rotation = np.tile(np.eye(3), (count, 1, 1))

    def signed(points: torch.Tensor) -> torch.Tensor:
        flat = points.reshape(-1, 3).double().numpy()
        return torch.from_numpy(signed_distance(asset.mesh, flat)).reshape(points.shape[:-1])

    opened = torch.zeros(hand.joint_count)
    opened[-THUMB_JOINTS] = thumb
    closed = torch.tensor([0.0, 1.4, 1.4] * 4 + [1.2, 0.0, 0.7, 0.9])
    joints = close_hand(
        hand,
        lambda points: signed(points).to(points.dtype),
        torch.from_numpy(translation).float(),
        torch.from_numpy(rotation).float(),
        opened.expand(count, -1),
        closed.expand(count, -1),
    )
    return GraspGroup(
        asset=asset,
        hand=hand,
        poses=HandPoses(translation - [0.0, 0.0, pressed], rotation, joints.double().numpy()),
        entry=tuple(f"grasp {index}" for index in range(count)),
        source="judge_speed",
        part=("whole",) * count,
    )


def brute_distance(mesh: TriMesh, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance (N,) to the nearest of all triangles; sign by the sum of all solid angles."""
    first, second, third = mesh.triangles.transpose(1, 0, 2)
    best = np.full(len(points), np.inf)
    for index, point in enumerate(points):
        nearest = [
            _to_segments(point, start, end)
            for start, end in ((first, second), (second, third), (third, first))
        ]
        height = np.einsum("fi,fi->f", point - first, mesh.face_normals)
        foot = point - height[:, None] * mesh.face_normals
        within = np.ones(len(first), dtype=bool)
        for start, end in ((first, second), (second, third), (third, first)):
            side = np.cross(end - start, foot - start)
            within &= np.einsum("fi,fi->f", side, mesh.face_normals) >= 0
        best[index] = min(
            min(float(distance.min()) for distance in nearest),
            float(np.abs(height[within]).min(initial=np.inf)),
        )
    winding = igl.winding_number(mesh.vertices, mesh.faces, points)
    return np.where(np.atleast_1d(winding) > 0.5, -best, best)


def _to_segments(
    point: NDArray[np.float64], start: NDArray[np.float64], end: NDArray[np.float64]
) -> NDArray[np.float64]:
    along = end - start
    share = np.einsum("fi,fi->f", point - start, along) / np.einsum("fi,fi->f", along, along)
    foot = start + np.clip(share, 0.0, 1.0)[:, None] * along
    return np.linalg.norm(point - foot, axis=1)


def measure_geometry(group: GraspGroup) -> None:
    evaluate_groups([group.select([0, 1])], "geometry")  # what is made once per object
    began = time.perf_counter()
    evaluation = evaluate_groups([group], "geometry")
    seconds = time.perf_counter() - began
    depth = evaluation.summary["penetration_depth_cm"].mean
    _line(
        "geometry, all metrics", f"{len(group) / seconds:.1f} grasps/s, mean depth {depth:.2f} cm"
    )

    assert group.poses is not None and group.hand is not None
    poses, asset = group.poses, group.asset
    hands = posed_hands(group.hand, poses.translation, poses.rotation, poses.joints)
    began = time.perf_counter()
    quick = judge(asset.mesh, asset.face_parts, 0, hands)
    fast = (time.perf_counter() - began) / len(group)
    began = time.perf_counter()
    slow_depth = 100.0 * max(0.0, -brute_distance(asset.mesh, hands.vertices[0]).min())
    slow = time.perf_counter() - began
    if abs(slow_depth - quick.penetration_depth_cm[0]) > 1e-6:
        raise SystemExit(f"the slow twin has {slow_depth} cm, not {quick.penetration_depth_cm[0]}")
    _line(
        "its slow twin",
        f"{slow:.1f} s a grasp for the depth alone, {slow / fast:.0f} times as long",
    )


def measure_physics(group: GraspGroup) -> None:
    """Both protocols with every core, against the twin that has one thread."""
    from handhold import physics

    for name, unit in (("obman/1", "trials/s"), ("six-axis/1", "grasps/s, every pull to its end")):
        protocol = physics.protocol(name)
        results = physics.run_trials(group, protocol)
        alone = physics.run_trials(group, protocol, workers=1)
        done = int(results.tested.sum()) if name == "obman/1" else len(group)
        _line(
            f"physics, {name}",
            f"{done / results.seconds:.1f} {unit}; {alone.seconds / results.seconds:.1f} times the"
            f" speed of one thread; decomposition {results.decomposition_seconds:.1f} s apart",
        )
        if isinstance(results, physics.HoldResults):
            _line("", f"{100 * np.nanmean(results.held):.0f} % of the pulls were held")


def _line(what: str, text: str) -> None:
    print(f"{what:<26}{text}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grasps", type=int, default=64)
    parser.add_argument("--trials", type=int, default=24, help="grasps that are simulated")
    arguments = parser.parse_args()
    group = grasps(arguments.grasps, *THICK)
    _line("object", f"{len(group.asset.mesh.faces)} faces, {os.cpu_count()} cores")
    measure_geometry(group)
    if arguments.trials:
        measure_physics(grasps(arguments.trials, *THIN))


if __name__ == "__main__":
    main()
