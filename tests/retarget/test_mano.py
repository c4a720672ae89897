"""MANO's key points, from files in its format that are made here."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse
import torch
from scipy.spatial.transform import Rotation

from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.hands.keypoint_names import KEYPOINT_NAMES, MANO_NAMES
from handhold.hands.mano import load_mano
from handhold.retarget import in_order_of, name_keypoints, retarget

PARENTS = [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14]
TIPS = (16, 17, 18, 19, 20)  # of the file made here: thumb to little
HUMAN = load_hand("human").to(dtype=torch.float64)


def model(points: np.ndarray, seed: int = 0) -> dict[str, Any]:
    """A model with a vertex at each joint and at each tip, (21, 3) in MANO's order."""
    generator = np.random.default_rng(seed)
    weights = np.zeros((21, 16))
    weights[np.arange(16), np.arange(16)] = 1.0
    for tip, joint in zip(TIPS, (15, 3, 6, 12, 9), strict=True):
        weights[tip, joint] = 1.0
    table = np.array([PARENTS, range(16)], dtype=np.int64)
    table[0, 0] = 2**32 - 1
    return {
        "v_template": points,
        "shapedirs": 1e-3 * generator.normal(size=(21, 3, 10)),
        "posedirs": np.zeros((21, 3, 135)),
        "weights": weights,
        "J_regressor": scipy.sparse.csc_matrix(np.eye(16, 21)),
        "kintree_table": table.astype(np.uint32),
        "hands_mean": 0.1 * generator.normal(size=45),
        "hands_components": np.linalg.qr(generator.normal(size=(45, 45)))[0],
        "bs_style": "lbs",
        "f": np.zeros((4, 3), dtype=np.uint32),
    }


def human_points() -> np.ndarray:
    flat = HUMAN.local(torch.zeros(1, 16).double()).keypoints
    named = name_keypoints(flat, HUMAN.spec.keypoint_names)
    return in_order_of(MANO_NAMES, named).points[0].numpy()


def written(tmp_path: Path, content: dict[str, Any], protocol: int = 2) -> Path:
    path = tmp_path / "MANO_RIGHT.pkl"
    path.write_bytes(pickle.dumps(content, protocol))
    return path


def naive(content: dict[str, Any], pose: np.ndarray, beta: np.ndarray) -> np.ndarray:
    """(21, 3) in MANO's order, by 4 x 4 matrices, one joint after the other."""
    points = content["v_template"] + content["shapedirs"] @ beta
    turns = [Rotation.from_rotvec(p).as_matrix() for p in pose.reshape(16, 3)]
    world: list[np.ndarray] = []
    for joint, parent in enumerate(PARENTS):
        local = np.eye(4)
        local[:3, :3] = turns[joint]
        local[:3, 3] = points[joint] - (points[parent] if parent >= 0 else 0)
        world.append(local if parent < 0 else world[parent] @ local)
    bent = np.concatenate([(turn - np.eye(3)).ravel() for turn in turns[1:]])
    rest = points + content["posedirs"] @ bent
    skin = np.zeros((21, 3))
    for vertex in range(21):
        for joint in range(16):
            moved = world[joint][:3, :3] @ (rest[vertex] - points[joint]) + world[joint][:3, 3]
            skin[vertex] += content["weights"][vertex, joint] * moved
    return np.concatenate([[place[:3, 3] for place in world], skin[16:]])


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_joints_and_tips_are_those_of_a_naive_model(tmp_path: Path, protocol: int) -> None:
    content = model(human_points())
    content["posedirs"] = 1e-3 * np.random.default_rng(1).normal(size=(21, 3, 135))
    hand = load_mano(written(tmp_path, content, protocol), tip_vertices=TIPS)
    generator = np.random.default_rng(2)
    pose, beta = 0.5 * generator.normal(size=(3, 48)), generator.normal(size=(3, 10))
    shift = generator.normal(size=(3, 3))
    got = hand.keypoints(
        torch.from_numpy(pose[:, :3]),
        torch.from_numpy(pose[:, 3:]),
        torch.from_numpy(beta),
        torch.from_numpy(shift),
        flat_hand_mean=True,
    )
    order = [MANO_NAMES.index(name) for name in KEYPOINT_NAMES]
    for k in range(3):
        expected = naive(content, pose[k], beta[k])[order] + shift[k]
        assert np.abs(got[k].numpy() - expected).max() < 1e-12


def test_the_mean_pose_and_the_components(tmp_path: Path) -> None:
    content = model(human_points())
    hand = load_mano(written(tmp_path, content), tip_vertices=TIPS)
    none, some = torch.zeros(1, 3).double(), torch.randn(1, 6).double()
    mean, rows = hand.mean_pose[None], hand.components[:6]
    whole = hand.keypoints(none, some @ rows + mean, flat_hand_mean=True)
    assert torch.allclose(hand.keypoints(none, some, flat_hand_mean=False, pca=True), whole)
    assert torch.allclose(hand.keypoints(none, some @ rows, flat_hand_mean=False), whole)
    flat = hand.keypoints(none, torch.zeros(1, 45), flat_hand_mean=True)
    assert not torch.allclose(whole, flat)
    assert torch.allclose(flat[0, 0], torch.from_numpy(content["v_template"][0]))


def test_other_files_and_sizes_are_refused(tmp_path: Path) -> None:
    good = model(human_points())
    for name, value in (
        ("v_template", None),
        ("weights", np.zeros((21, 15))),
        ("shapedirs", np.full((21, 3, 10), np.nan)),
        ("kintree_table", np.zeros((2, 16))),
        ("kintree_table", np.full((2, 16), 15, dtype=np.uint32)),
        ("J_regressor", "none"),
        ("J_regressor", scipy.sparse.csc_matrix((10**6, 10))),
    ):
        with pytest.raises(InputError, match="no MANO model"):
            load_mano(written(tmp_path, good | {name: value}), tip_vertices=TIPS)
    with pytest.raises(InputError, match="tips"):
        load_mano(written(tmp_path, good))
    with pytest.raises(InputError, match="is not read"):
        load_mano(written(tmp_path, good | {"v_template": os.system}), tip_vertices=TIPS)
    with pytest.raises(InputError, match="Registered users get .* the page of the MANO project"):
        load_mano(tmp_path / "none.pkl")
    hand = load_mano(written(tmp_path, good), tip_vertices=TIPS)
    with pytest.raises(InputError, match="do not fit"):
        hand.keypoints(torch.zeros(2, 3), torch.zeros(2, 12), flat_hand_mean=True)


def test_a_sparse_matrix_of_another_shape_is_not_written_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(
        tmp_path, model(human_points()) | {"v_template": scipy.sparse.csc_matrix((1, 10**7))}
    )
    monkeypatch.setattr(scipy.sparse.csc_matrix, "toarray", lambda _: pytest.fail("written out"))
    with pytest.raises(InputError, match=r"'v_template' of any x 3 numbers, not \(1, 10000000\)"):
        load_mano(path)
    with pytest.raises(InputError, match="too large"):
        load_mano(written(tmp_path, {"v_template": scipy.sparse.csc_matrix((3, 10**7))}))


def test_mano_to_human(tmp_path: Path) -> None:
    """A MANO hand with the bones of ours bends all ways; ours follows as its joints allow."""
    hand = load_mano(written(tmp_path, model(human_points())), tip_vertices=TIPS)
    pose = 0.15 * torch.randn(6, 45, generator=torch.Generator().manual_seed(0)).double()
    points = hand.keypoints(torch.zeros(6, 3), pose, flat_hand_mean=True)
    got = retarget(HUMAN, name_keypoints(points, "handhold"))
    assert got.error_mm.mean() < 6


DATA = Path(os.environ.get("HANDHOLD_DEV_DATA", ""))


@pytest.mark.skipif(not os.environ.get("HANDHOLD_DEV_DATA"), reason="HANDHOLD_DEV_DATA is not set")
def test_a_recorded_motion_comes_back(tmp_path: Path) -> None:
    """The joints of a DexMV demonstration from its 48 angles, with bones linear in its betas."""
    data = np.load(DATA / "grasps" / "human" / "dexmv_mustard" / "dexmv_mustard.npz")
    numbers, joints = data["mano61"].astype(float), data["joints"].astype(float)
    order = [KEYPOINT_NAMES.index(name) for name in MANO_NAMES]
    recorded = joints[:, order]
    turns = Rotation.from_rotvec(numbers[:, :48].reshape(-1, 3)).as_matrix().reshape(-1, 16, 3, 3)
    world, rests = [turns[:, 0]], [np.zeros((len(numbers), 3))]
    for joint, parent in enumerate(PARENTS[1:], start=1):
        apart = (recorded[:, joint] - recorded[:, parent])[..., None]
        rests.append(rests[parent] + (world[parent].transpose(0, 2, 1) @ apart)[..., 0])
        world.append(world[parent] @ turns[:, joint])
    # Betas change a little from frame to frame: the joints are a linear function of them.
    known = np.concatenate([np.ones((len(numbers), 1)), numbers[:, 48:58]], axis=1)
    fitted = np.linalg.lstsq(known, np.stack(rests, 1).reshape(len(numbers), -1), rcond=None)[0]
    content = model(np.concatenate([fitted[0].reshape(16, 3), np.zeros((5, 3))]))
    content["shapedirs"] = np.zeros((21, 3, 10))
    content["shapedirs"][:16] = fitted[1:].T.reshape(16, 3, 10)
    hand = load_mano(written(tmp_path, content), tip_vertices=TIPS)
    got = hand.keypoints(
        torch.from_numpy(numbers[:, :3]),
        torch.from_numpy(numbers[:, 3:48]),
        torch.from_numpy(numbers[:, 48:58]),
        torch.from_numpy(numbers[:, 58:61]),
        flat_hand_mean=True,
    ).numpy()
    inner = [k for k, name in enumerate(KEYPOINT_NAMES) if not name.endswith("tip")]
    assert 1000 * np.abs(got[:, inner] - joints[:, inner]).max() < 0.01
