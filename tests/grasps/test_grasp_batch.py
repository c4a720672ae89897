"""The batch: frames, selection, equality and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from grasp_batches import make_batch

from handhold.grasps import AFFORDANCE_DESCRIPTIONS, AFFORDANCES, GraspBatch
from handhold.objects import UserFrame, up_rotation
from handhold.spatial import axis_angle_to_matrix


def test_the_seven_affordances_are_described() -> None:
    assert len(AFFORDANCES) == 7
    assert tuple(AFFORDANCE_DESCRIPTIONS) == AFFORDANCES


def test_poses_come_back_to_the_object_frame() -> None:
    frame = UserFrame("in", 0.0254, "x", up_rotation("x"), np.array([0.3, -0.1, 0.2]))
    translation = np.array([[0.01, 0.02, 0.03], [0.0, 0.0, 0.0]])
    vectors = torch.tensor([[0.3, 2.0, -1.0], [0.0, 0.0, 3.1]], dtype=torch.float64)
    rotation = axis_angle_to_matrix(vectors).numpy()
    first = make_batch(2)
    rest = {
        name: getattr(first, name)
        for name in first.__dataclass_fields__
        if name not in ("frame", "translation", "quaternion")
    }
    batch = GraspBatch.from_object_frame(frame, translation, rotation, **rest)
    back_translation, back_rotation = batch.to_object_frame()
    assert np.abs(back_translation - translation).max() < 1e-15
    assert np.abs(back_rotation - rotation).max() < 1e-14


def test_a_palm_point_is_where_the_users_frame_says(batch: GraspBatch) -> None:
    translation, rotation = batch.to_object_frame()
    point = np.array([0.08, 0.01, -0.03])
    in_object = rotation @ point + translation
    in_user = batch.rotation @ (point / batch.scale_to_metres) + batch.translation
    assert np.abs(batch.frame.points_to_user(in_object) - in_user).max() < 1e-10


def test_selecting_keeps_every_column_in_step(batch: GraspBatch) -> None:
    chosen = batch.select([3, 1])
    assert len(chosen) == 2
    assert chosen.prior_cluster == ("handle-grip/3", "handle-grip/1")
    assert np.array_equal(chosen.joints, batch.joints[[3, 1]])
    assert np.array_equal(chosen.energies["contact"], batch.energies["contact"][[3, 1]])
    assert batch.select(batch.acceptable).reason == ("", "", "")
    assert len(batch.select([])) == 0


def test_equality_is_to_the_bit_and_nan_equals_nan(batch: GraspBatch) -> None:
    assert np.isnan(batch.metrics["penetration_depth_cm"][0])
    assert batch.equals(make_batch())
    assert not batch.equals(make_batch(instruction="other"))
    nudged = batch.joints.copy()
    nudged[0, 0] = np.nextafter(nudged[0, 0], 1)
    assert not batch.equals(make_batch(joints=nudged))


def test_a_number_that_is_not_finite_counts_as_not_measured() -> None:
    batch = make_batch(2, energies={"fc": [np.inf, 1.0]})
    assert np.isnan(batch.energies["fc"][0])


def test_arrays_are_read_only(batch: GraspBatch) -> None:
    with pytest.raises(ValueError, match="read-only"):
        batch.joints[0, 0] = 1
    with pytest.raises(TypeError):
        batch.metrics["new"] = np.zeros(5)  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"joints": np.zeros((5, 15))}, "joints has shape"),
        ({"joints": np.full((5, 16), np.nan)}, "not finite"),
        ({"part": ["a"]}, "part has 1 values for 5"),
        ({"metrics": {"m": [1.0]}}, r"metrics\['m'\]"),
        ({"origin": ["dream"] * 5}, "origin is one of network, rule"),
        ({"affordance": ["hug"] * 5}, "affordance is one of"),
    ],
)
def test_columns_that_do_not_fit_are_refused(changes: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_batch(**changes)
