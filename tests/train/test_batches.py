"""Augmentation: everything turns together, and training sees what generation will see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from toy_cylinders import REST_DISTANCE, toy_set

from handhold.errors import InputError
from handhold.models import cvae_preset, make_condition
from handhold.train import BatchSource, TrainingSet, random_turns

CONFIG = cvae_preset("tiny", 2)


def _source(data: TrainingSet, tilt_degrees: float = 5.0) -> BatchSource:
    return BatchSource(
        data,
        CONFIG,
        cloud_variants=3,
        tilt_degrees=tilt_degrees,
        generator=torch.Generator().manual_seed(0),
    )


def _off_centre(data: TrainingSet) -> TrainingSet:
    """The same grasps told from another origin: the true one must be found again."""
    shift = np.array([0.02, -0.01, 0.03])
    return replace(
        data,
        part_points=data.part_points + shift,
        rest_centroid=data.rest_centroid + shift,
        translation=data.translation + shift,
    )


def test_turns_are_a_yaw_and_a_small_tilt() -> None:
    turns = random_turns(4000, 0.05, torch.Generator().manual_seed(0))
    upright = turns[:, 2, 2].clamp(-1, 1).acos()
    assert float(upright.mean()) == pytest.approx(0.05 * np.sqrt(np.pi / 2), rel=0.05)
    heading = torch.atan2(turns[:, 1, 0], turns[:, 0, 0])
    assert float(heading.cos().mean().abs()) < 0.05 and float(heading.sin().mean().abs()) < 0.05


def test_the_pose_keeps_its_place_on_the_part() -> None:
    """Palm, cloud and rest seen from the palm are what they were before the turn."""
    data = toy_set(3, 2, 1, n_points=32, vertices=12)
    grasps = torch.arange(6)
    for source in (_source(data), _source(_off_centre(data))):
        batch = source.draw(grasps, torch.Generator().manual_seed(3))
        scale = batch.condition.points[..., 6:]
        cloud = batch.condition.points[..., :3] * scale - batch.translation[:, None]
        seen = (cloud @ batch.rotation).sort(1).values
        rest = ((batch.condition.rest - batch.translation)[:, None] @ batch.rotation)[:, 0]
        before = torch.from_numpy(
            (data.part_points[data.grasp_part] - data.translation[:, None]) @ data.rotation
        )
        rest_before = (
            (data.rest_centroid[data.grasp_part] - data.translation)[:, None] @ data.rotation
        )[:, 0]
        torch.testing.assert_close(seen, before.float().sort(1).values, atol=1e-5, rtol=0)
        torch.testing.assert_close(
            batch.condition.rest.norm(dim=1) > 0.5 * REST_DISTANCE, torch.ones(6).bool()
        )
        torch.testing.assert_close(rest, torch.from_numpy(rest_before).float(), atol=1e-5, rtol=0)


def test_training_and_generation_build_the_same_condition() -> None:
    """A batch's condition is make_condition of the turned part."""
    data = toy_set(2, 2, 2, n_points=64, vertices=12)
    source = _source(data)
    grasps = torch.arange(4)
    batch = source.draw(grasps, torch.Generator().manual_seed(5))
    turn = random_turns(4, np.radians(5.0), torch.Generator().manual_seed(5))
    part = data.grasp_part
    fresh = make_condition(
        torch.from_numpy(data.part_points[part]).float() @ turn.transpose(1, 2),
        torch.from_numpy(data.part_normals[part]).float() @ turn.transpose(1, 2),
        (turn @ torch.from_numpy(data.rest_centroid[part]).float()[..., None])[..., 0],
        torch.from_numpy(data.grasp_cluster),
    )
    for name in ("rest", "size", "centre"):
        torch.testing.assert_close(getattr(batch.condition, name), getattr(fresh, name))
    torch.testing.assert_close(batch.condition.points[:, 0, 6], fresh.points[:, 0, 6])


def test_a_part_without_a_rest_has_rest_zero_in_every_turn() -> None:
    data = _off_centre(toy_set(2, 2, 0, n_points=32, vertices=12))
    for nothing in (0.0, np.nan):
        whole = replace(data, rest_centroid=np.full((2, 3), nothing))
        batch = _source(whole).draw(torch.arange(4), torch.Generator().manual_seed(0))
        assert torch.equal(batch.condition.rest, torch.zeros(4, 3))


def test_an_epoch_holds_every_grasp_once() -> None:
    source = _source(toy_set(3, 5, 0, n_points=32, vertices=12))
    batches = source.epoch(4, torch.Generator().manual_seed(0))
    assert sorted(torch.cat(batches).tolist()) == list(range(15))
    assert [len(batch) for batch in batches] == [4, 4, 4, 3]


def test_normalisation_is_measured_on_what_training_sees() -> None:
    source = _source(toy_set(20, 10, 0, n_points=32, vertices=12))
    generator = torch.Generator().manual_seed(0)
    normalisation = source.measure_normalisation(generator)
    batch = source.draw(torch.arange(200), generator)
    normal = normalisation.translation.normalise(batch.translation)
    assert float(normal.mean(0).abs().max()) < 0.3
    assert torch.allclose(normal.std(0), torch.ones(3), atol=0.25)


def test_a_split_shares_no_part() -> None:
    data = toy_set(20, 4, 0, n_points=16, vertices=12)
    pieces = data.split(0)
    assert [len(piece.part_points) for piece in pieces] == [16, 2, 2]
    assert sum(map(len, pieces)) == len(data)
    parts = [tuple(points.ravel()) for piece in pieces for points in piece.part_points]
    assert len(set(parts)) == 20
    for piece in pieces:
        near = piece.part_points[piece.grasp_part].max(axis=(1, 2))
        assert np.all(np.linalg.norm(piece.translation, axis=1) < 0.03 + near + 0.05)
    with pytest.raises(InputError, match="too few"):
        toy_set(2, 2, 0, n_points=16, vertices=12).split(0)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("part_normals", lambda a: a[:, :-1]),
        ("translation", lambda a: a * np.nan),
        ("rotation", lambda a: a * 2),
        ("rotation", lambda a: -a),
        ("grasp_part", lambda a: a + 1),
        ("grasp_cluster", lambda a: a.astype(float)),
        ("hand_vertices", lambda a: a[:1]),
    ],
)
def test_a_training_set_that_does_not_fit_together_is_refused(name, change) -> None:
    data = toy_set(2, 2, 0, n_points=16, vertices=12)
    with pytest.raises(InputError, match=name):
        replace(data, **{name: change(getattr(data, name))})
