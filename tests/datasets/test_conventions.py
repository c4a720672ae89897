"""Each convention of the foreign files, proven on real ones: only the right reading fits.

A right reading touches the object and hardly enters it. A wrong rotation misses the object more
often, wrong joints or scales enter it deeper. Thresholds are ours.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from touching import Fit, fit, mean

from handhold.datasets import (
    read_affordpose,
    read_dexgraspbench,
    read_dexgraspnet,
    read_mesh_pair,
)
from handhold.datasets.placing import in_object, load_scaled
from handhold.datasets.shadow import shadow_columns
from handhold.geometry import closest_points, signed_distance
from handhold.grasps.group import GraspGroup, HandPoses
from handhold.hands import Hand, load_hand

DATA = Path(os.environ.get("HANDHOLD_DEV_DATA", ""))
pytestmark = pytest.mark.skipif(
    not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set"
)
GRASPS = 20
NETS = (
    "ddg-gd_banana_poisson_002",
    "mujoco-Ecoforms_Plant_Plate_S11Turquoise",
    "sem-Bottle-437678d4bc6be981c8724d5673a063a6",
)
NET = DATA / "grasps" / "robot" / "dexgraspnet"
BENCH = DATA / "grasps" / "robot" / "dexgraspbench" / "shadow_bottle_can.npz"


@pytest.fixture(scope="module")
def hand() -> Hand:
    return load_hand(DATA / "hands" / "shadow_dexgraspnet_mjcf" / "shadow_hand_wrist_free.xml")


def rows_of(group: GraspGroup) -> NDArray[np.int64]:
    """Rows of the file that the group's entries came from."""
    return np.array([int(entry.partition("[")[2][:-1]) for entry in group.entry])


def fits_well(good: Fit) -> None:
    print(f"as read: {good}")
    assert good.contact >= 0.9, good
    assert good.depth <= 0.1, good


def misses(what: str, bad: Fit, good: Fit) -> None:
    print(f"{what}: {bad}")
    assert bad.contact <= good.contact - 0.3, f"{bad}, right: {good}"


def enters(what: str, bad: Fit, good: Fit) -> None:
    print(f"{what}: {bad}")
    assert bad.depth >= good.depth + 0.1, f"{bad}, right: {good}"


class Net:
    """20 grasps of one object at one scale, and what their file says."""

    def __init__(self, name: str, hand: Hand) -> None:
        self.hand = hand
        whole = read_dexgraspnet(NET / f"{name}.npz", hand=hand).groups[2]
        self.group = whole.select(range(GRASPS))
        raw = np.load(NET / f"{name}.npz")
        rows, names = rows_of(self.group), raw["joint_names"].tolist()

        def columns(wanted: list[str]) -> NDArray[np.float64]:
            return raw["qpos"][rows][:, [names.index(each) for each in wanted]].astype(float)

        self.translation = columns(["WRJTx", "WRJTy", "WRJTz"])
        self.angles = columns(["WRJRx", "WRJRy", "WRJRz"])
        self.joints = columns(list(hand.joint_names))

    def fit(self, order: str = "xyz", invert: bool = False, joints: list[int] | None = None) -> Fit:
        rotation = Rotation.from_euler(order, self.angles)
        turned = (rotation.inv() if invert else rotation).as_matrix()
        angles = self.joints if joints is None else self.joints[:, joints]
        poses = HandPoses(self.translation, turned, angles)
        return fit(self.group.asset, self.hand, in_object(self.group.asset, poses))


@pytest.fixture(scope="module", params=NETS, ids=["banana", "plate", "bottle"])
def net(request: pytest.FixtureRequest, hand: Hand) -> Net:
    return Net(request.param, hand)


def test_dexgraspnet_as_read_touches_without_entering(net: Net) -> None:
    assert net.group.poses is not None
    good = fit(net.group.asset, net.hand, net.group.poses)
    fits_well(good)
    assert good == net.fit()


def test_dexgraspnet_misses_with_other_euler_angles(net: Net) -> None:
    good = net.fit()
    for order in ("XYZ", "zyx", "ZYX"):  # upper case: turning axes
        misses(f"Euler angles {order}", net.fit(order), good)
    misses("transposed", net.fit(invert=True), good)


def test_dexgraspnet_enters_with_other_joint_orders(net: Net) -> None:
    good = net.fit()
    enters("joints reversed", net.fit(joints=list(range(21, -1, -1))), good)
    shuffled = np.random.default_rng(0).permutation(22).tolist()
    enters("joints shuffled", net.fit(joints=shuffled), good)


def test_dexgraspnet_needs_the_scale(net: Net) -> None:
    asset = load_scaled("unscaled", [NET / "meshes" / f"{net.group.asset.name}.obj"], 1.0)
    rotation = Rotation.from_euler("xyz", net.angles).as_matrix()
    poses = in_object(asset, HandPoses(net.translation, rotation, net.joints))
    bad = fit(asset, net.hand, poses)
    print(f"mesh not scaled: {bad}")
    assert bad.contact < 0.2 or bad.depth > 10, bad


class Bench:
    """Five grasps of each of the two objects at two scales."""

    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        groups = read_dexgraspbench(BENCH, hand=hand).groups
        self.count = len(groups)
        self.groups = [group.select(range(0, 20, 4)) for group in groups[::2]]
        self.raw = np.load(BENCH)

    def stages(self, name: str) -> Fit:
        return mean([fit(g.asset, self.hand, getattr(g, name)) for g in self.groups])

    def fit(
        self,
        palm: tuple[float, float, float] = (0.0, 0.0, 0.034),
        xyzw: bool = False,
        invert: bool = False,
        joints: list[int] | None = None,
        signs: bool = True,
    ) -> Fit:
        turned = {"FFJ3", "MFJ3", "THJ1", "THJ0"}
        names = [name.rpartition(":")[2] for name in self.hand.joint_names]
        sign = np.array([-1.0 if signs and name in turned else 1.0 for name in names])
        found = []
        for group in self.groups:
            row = self.raw["grasp_qpos"][rows_of(group)].astype(float)
            quaternion = row[:, 3:7] if xyzw else row[:, [4, 5, 6, 3]]  # scipy reads xyzw
            rotation = Rotation.from_quat(quaternion)
            rotation = rotation.inv() if invert else rotation
            angles = row[:, 7:] if joints is None else row[:, 7:][:, joints]
            at = row[:, :3] + rotation.apply(palm)
            poses = HandPoses(at, rotation.as_matrix(), angles * sign)
            found.append(fit(group.asset, self.hand, in_object(group.asset, poses)))
        return mean(found)


@pytest.fixture(scope="module")
def bench(hand: Hand) -> Bench:
    return Bench(hand)


def test_dexgraspbench_as_read_touches_without_entering(bench: Bench) -> None:
    assert bench.count == 8
    good = bench.stages("poses")
    fits_well(good)
    assert good == bench.fit()


def test_dexgraspbench_opens_before_and_closes_after_the_grasp(bench: Bench) -> None:
    good = bench.stages("poses")
    misses("pre-grasp", bench.stages("pregrasp"), good)
    enters("squeeze", bench.stages("squeeze"), good)


def test_dexgraspbench_poses_are_the_wrists(bench: Bench) -> None:
    good = bench.fit()
    enters("pose of the palm", bench.fit(palm=(0, 0, 0)), good)
    misses("pose of the forearm", bench.fit(palm=(0, -0.01, 0.247)), good)
    for offset in (0.028, 0.040):
        enters(f"palm {offset} m from the wrist", bench.fit(palm=(0, 0, offset)), good)


def test_dexgraspbench_misses_with_other_rotations(bench: Bench) -> None:
    good = bench.fit()
    misses("quaternion xyzw", bench.fit(xyzw=True), good)
    misses("transposed", bench.fit(invert=True), good)


def test_dexgraspbench_enters_with_other_joint_orders_and_signs(bench: Bench) -> None:
    good = bench.fit()
    fingers = [range(4), range(4, 8), range(8, 12), range(12, 17), range(17, 22)]
    orders = {
        "tip first": [fingers[i][::-1] for i in range(5)],
        "little finger first": [fingers[3], *fingers[:3], fingers[4]],
        "thumb first": [fingers[4], *fingers[:4]],
        "ring before middle": [fingers[0], fingers[2], fingers[1], *fingers[3:]],
    }
    for name, order in orders.items():
        joints = [column for finger in order for column in finger]
        enters(name, bench.fit(joints=joints), good)
    enters("no signs turned", bench.fit(signs=False), good)


@pytest.fixture(scope="module")
def own_numbering() -> Hand:
    """The Shadow Hand as its maker numbers it."""
    return load_hand(DATA / "hands" / "dexurdf_shadow_hand" / "shadow_hand_right.urdf")


def test_the_two_numberings_pose_the_same_joints(hand: Hand, own_numbering: Hand) -> None:
    spec = own_numbering.spec
    at = np.random.default_rng(0).uniform(spec.joint_lower, spec.joint_upper, (20, 22))
    columns, signs = shadow_columns(hand)
    own, _ = shadow_columns(own_numbering)
    angles = np.empty_like(at)
    angles[:, own] = at  # in the order of SHADOW_JOINTS
    old = hand.local(torch.from_numpy(angles[:, columns] * signs).float()).keypoints
    new = own_numbering.local(torch.from_numpy(at).float()).keypoints
    names = hand.spec.keypoint_names
    inner = [i for i, name in enumerate(names) if not name.endswith(("tip", "wrist"))]
    assert (old - new).norm(dim=-1)[:, inner].max() < 0.002  # metres


def test_dexgraspbench_fits_the_hand_of_the_maker_too(own_numbering: Hand) -> None:
    groups = [g.select([0, 7, 14]) for g in read_dexgraspbench(BENCH, hand=own_numbering).groups]
    fits = [fit(g.asset, own_numbering, g.poses) for g in groups[::4] if g.poses is not None]
    fits_well(mean(fits))


def test_affordpose_touches_the_part_it_names() -> None:
    record = DATA / "grasps" / "human" / "affordpose" / "data.json"
    (group,) = read_affordpose(record).groups
    assert set(group.asset.part_names) == {"Wrap-grasp", "Twist"}
    assert (group.part, group.affordance) == (("Wrap-grasp",), ("wrap-around-grip",))
    skin, surface = group.skins[0], group.asset.mesh
    distance = signed_distance(surface, skin.vertices)
    near = distance <= 0.005
    assert 100 <= near.sum() <= 200
    assert -0.002 < distance.min() < 0
    touched = group.asset.face_parts[closest_points(surface, skin.vertices[near]).face]
    assert set(touched.tolist()) == {group.asset.part_index("Wrap-grasp")}


def test_the_meshes_beside_the_record_are_the_same_grasp() -> None:
    folder = DATA / "grasps" / "human" / "affordpose"
    (record,) = read_affordpose(folder / "data.json").groups
    pair = read_mesh_pair(folder / "hand_mesh.obj", folder / "bottle_mesh.obj", unit="m", up="y")
    gap = pair.groups[0].skins[0].vertices - record.skins[0].vertices
    assert np.abs(gap).max() < 1e-7
