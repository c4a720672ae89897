"""The compiled refinement against its twin in torch: energies, gradients, descents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from solid_fields import HAND, ball, bar, bent, in_single, priors, table
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch
from handhold.hands import Hand
from handhold.refine import Pose, RefineConfig, Task, all_terms, look, refine, refine_many
from handhold.refine.compiled import machine
from handhold.refine.compiled.arrays import field_arrays, hand_arrays, prior_arrays, workspace
from handhold.refine.compiled.descent import assess
from handhold.refine.compiled.machine import source_stamp
from handhold.refine.compiled.records import TERMS, Schedule, Workspace
from handhold.refine.config import active, without_prior
from handhold.refine.optimise import STAGE_ONE
from handhold.spatial import random_rotations, rotation_6d_to_matrix

DOUBLE = np.dtype(np.float64)
SLACK = 0.0005
ROWS = 4
FIELDS = {"table": table(), "bar": bar(), "dense ball": ball(count=3000)}


def _codes(count: int, seed: int) -> Tensor:
    """(count, 6) codes near the identity, neither of unit length nor orthogonal."""
    generator = torch.Generator().manual_seed(seed)
    near = torch.tensor([1.1, 0.0, 0.0, 0.1, 0.9, 0.0]).double().expand(count, 6)
    return near + 0.2 * torch.randn(count, 6, generator=generator).double()


def _values(field: str, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    """Translations, codes and joints of hands that reach into the object."""
    generator = torch.Generator().manual_seed(seed)
    height = {"table": 0.02, "bar": 0.03, "dense ball": 0.06}[field]
    over = torch.tensor([-0.045, 0.0, height]).double()
    translation = over + 0.01 * torch.randn(ROWS, 3, generator=generator).double()
    spread = torch.tensor([0.6, 0.2, 0.2, 0.2]).double()[:, None]  # fingers cross in the first row
    noise = torch.randn(ROWS, HAND.joint_count, generator=generator).double()
    return translation, _codes(ROWS, seed), bent(ROWS, 0.7) + spread * noise


def _prior(joints: Tensor) -> PriorBatch:
    random = priors(joints)
    return replace(random, joints=joints + 0.1, part_mean=random.part_mean.clone())


def _compiled(
    field: ObjectField,
    prior: PriorBatch,
    values: tuple[Tensor, Tensor, Tensor],
    row: int,
    weights: dict[str, float],
    everything: bool = True,
) -> Workspace:
    hand = hand_arrays(HAND, DOUBLE)
    room = workspace(hand, len(field.points))
    plan = Schedule(_weights(weights), 1, 0.1, 25, SLACK, everything)
    each = torch.cat([value[row] for value in values]).numpy().copy()
    arrays = field_arrays(field, len(field.points), DOUBLE)
    assert assess(hand, arrays, prior_arrays(prior, DOUBLE)[row], plan, room, each)
    return room


def _weights(weights: dict[str, float]) -> NDArray[np.float64]:
    return np.array([weights.get(name, 0.0) for name in TERMS])


def _twin(
    field: ObjectField,
    prior: PriorBatch,
    values: tuple[Tensor, Tensor, Tensor],
    row: int,
    weights: dict[str, float],
) -> tuple[float, NDArray[np.float64]]:
    free = [value[row : row + 1].clone().requires_grad_(True) for value in values]
    rows = PriorBatch(*(part[row : row + 1] for part in vars(prior).values()))
    pose = Pose(free[0], rotation_6d_to_matrix(free[1]), free[2])
    state = look(HAND, field, rows, pose)
    terms = all_terms(SLACK)
    total = sum((w * terms[n](state) for n, w in weights.items()), torch.zeros(1).double())
    gradients = torch.autograd.grad(total.sum(), free, allow_unused=True)
    flat = [
        torch.zeros_like(value) if gradient is None else gradient
        for value, gradient in zip(free, gradients, strict=True)
    ]
    return float(total.detach()), torch.cat(flat, 1)[0].numpy()


def _same_gradient(found: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    # The hand's axes are of unit length to 1e-8 only, which is as far as the two can agree.
    scale = max(float(np.abs(expected).max()), 1e-6)
    np.testing.assert_allclose(found / scale, expected / scale, rtol=0, atol=3e-8)


@pytest.mark.parametrize("where", FIELDS)
@pytest.mark.parametrize("name", TERMS)
def test_each_term_and_its_gradient_are_those_of_the_twin(name: str, where: str) -> None:
    values = _values(where)
    prior = _prior(values[2])
    for row in range(ROWS):
        room = _compiled(FIELDS[where], prior, values, row, {name: 3.0})
        value, gradient = _twin(FIELDS[where], prior, values, row, {name: 3.0})
        assert room.energies[-1] == pytest.approx(value, rel=1e-9, abs=1e-12)
        assert room.energies[TERMS.index(name)] == pytest.approx(value / 3.0, rel=1e-9, abs=1e-12)
        _same_gradient(room.gradient, gradient)


def test_the_cases_above_try_every_term() -> None:
    """A term that is zero everywhere would agree with anything."""
    tried: dict[str, float] = dict.fromkeys(TERMS, 0.0)
    for where, field in FIELDS.items():
        values = _values(where)
        for row in range(ROWS):
            for name in TERMS:
                value, gradient = _twin(field, _prior(values[2]), values, row, {name: 1.0})
                tried[name] = max(tried[name], min(value, float(np.abs(gradient).max())))
    assert min(tried.values()) > 1e-4, sorted(tried.items(), key=lambda pair: pair[1])[:3]


@pytest.mark.parametrize("where", FIELDS)
def test_the_sum_in_either_stage_is_that_of_the_twin(where: str) -> None:
    values = _values(where, seed=1)
    prior = _prior(values[2])
    weights = active(RefineConfig().weights)
    guidance = {n: w for n, w in weights.items() if n in (*STAGE_ONE, "skeleton")}
    for chosen, everything in ((weights, True), (guidance, False)):
        for row in range(ROWS):
            room = _compiled(FIELDS[where], prior, values, row, chosen, everything)
            value, gradient = _twin(FIELDS[where], prior, values, row, chosen)
            free = len(gradient) if everything else 9
            assert room.energies[-1] == pytest.approx(value, rel=1e-9)
            _same_gradient(room.gradient[:free], gradient[:free])


def test_distances_outside_the_grid_are_those_of_the_twin() -> None:
    values = _values("bar")
    far = (values[0] + torch.tensor([0.14, 0.3, -0.2]).double(), values[1], values[2])
    prior = _prior(values[2])
    weights = {"contact": 200.0, "close": 100.0}
    for row in range(ROWS):
        room = _compiled(FIELDS["bar"], prior, far, row, weights)
        value, gradient = _twin(FIELDS["bar"], prior, far, row, weights)
        assert room.energies[-1] == pytest.approx(value, rel=1e-9)
        _same_gradient(room.gradient, gradient)


def test_no_more_points_count_than_the_twin_keeps() -> None:
    values = _values("dense ball")
    weights = {"pen": 1.0}
    near = look(
        HAND, FIELDS["dense ball"], priors(values[2]),
        Pose(values[0], rotation_6d_to_matrix(values[1]), values[2]),
    ).pairs  # fmt: skip
    full = near.mask.all(1)
    assert full.any()
    for row in torch.nonzero(full)[:, 0].tolist():
        room = _compiled(FIELDS["dense ball"], priors(values[2]), values, row, weights)
        kept = set(room.pair_point[: near.mask.shape[1]].tolist())
        assert kept == set(near.point[row].tolist())


def _task(where: str, seed: int = 0, single: bool = False) -> Task:
    translation, code, joints = _values(where, seed)
    prior, field = _prior(joints), FIELDS[where]
    pose = Pose(translation, rotation_6d_to_matrix(code), joints)
    if single:
        prior, field = prior.to(torch.zeros(1)), in_single(field)
        pose = Pose(*(value.float() for value in vars(pose).values()))
    return Task(field, prior, pose)


def _hand(single: bool) -> Hand:
    return HAND.to(dtype=torch.float32) if single else HAND


@pytest.mark.parametrize(("single", "steps", "close"), [(False, 6, 1e-6), (True, 2, 1e-4)])
def test_a_short_descent_ends_where_the_twins_ends(single: bool, steps: int, close: float) -> None:
    """A few steps: Adam's first ones go by the signs of the gradient, which rounding may turn."""
    config = RefineConfig(steps_extrinsic=steps, steps_all=steps, refresh=4, object_points=300)
    task = _task("dense ball", single=single)
    ours, twin = (
        refine(_hand(single), task.field, task.priors, task.start, replace(config, engine=engine))
        for engine in ("auto", "autograd")
    )
    for name in ("translation", "rotation", "joints"):
        given = getattr(ours.final, name)
        assert given.dtype == getattr(task.start, name).dtype
        torch.testing.assert_close(given, getattr(twin.final, name), atol=close, rtol=0)
    assert ours.codes == twin.codes


def test_without_the_prior_the_compiled_descent_is_the_twins_too() -> None:
    config = without_prior(RefineConfig(steps_extrinsic=5, steps_all=5, object_points=300))
    task = _task("bar")
    ours, twin = (
        refine(HAND, task.field, task.priors, task.start, replace(config, engine=engine))
        for engine in ("auto", "autograd")
    )
    torch.testing.assert_close(ours.final.joints, twin.final.joints, atol=1e-6, rtol=0)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_several_objects_in_one_batch_are_each_alone(engine: str) -> None:
    config = RefineConfig(steps_extrinsic=4, steps_all=4, object_points=200, engine=engine)
    tasks = [_task("bar"), _task("dense ball", 1), _task("table", 2)]
    together = refine_many(HAND, tasks, config)
    for task, found in zip(tasks, together, strict=True):
        alone = refine(HAND, task.field, task.priors, task.start, config)
        for name in ("translation", "rotation", "joints"):
            assert getattr(found.final, name).equal(getattr(alone.final, name))
        assert found.codes == alone.codes


def test_the_number_of_threads_changes_nothing() -> None:
    config = RefineConfig(steps_extrinsic=4, steps_all=4, object_points=200)
    task = _task("bar")
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            found.append(refine(HAND, task.field, task.priors, task.start, config).final)
    finally:
        torch.set_num_threads(before)
    assert all(getattr(found[0], name).equal(getattr(found[1], name)) for name in vars(found[0]))


@pytest.mark.parametrize("huge", [1e30, float("inf"), float("nan")])
def test_a_start_that_is_nowhere_is_named_and_harms_nobody(huge: float) -> None:
    config = RefineConfig(steps_extrinsic=3, steps_all=3, object_points=200)
    task = _task("bar")
    lost = task.start.translation.clone()
    lost[2, 0] = huge
    start = replace(task.start, translation=lost)
    result = refine(HAND, task.field, task.priors, start, config)
    sound = refine(HAND, task.field, task.priors, task.start, config)
    rest = [0, 1, 3]
    assert result.final.joints[rest].equal(sound.final.joints[rest])
    if not np.isfinite(huge):
        assert result.codes[2] == "diverged"


def test_a_hand_of_one_link_per_vertex_is_posed_alike() -> None:
    """Robot hands are rigid pieces."""
    weights = torch.nn.functional.one_hot(HAND.spec.weights.argmax(1), HAND.spec.weights.shape[1])
    rigid = Hand(replace(HAND.spec, weights=weights.double()))
    generator = torch.Generator().manual_seed(0)
    turn = random_rotations(1, generator, dtype=torch.float64)
    code = torch.cat([turn[..., 0], turn[..., 1]], 1)
    joints, translation = bent(1, 0.4), torch.tensor([[0.01, 0.02, 0.05]]).double()
    arrays = hand_arrays(rigid, DOUBLE)
    room = workspace(arrays, 10)
    plan = Schedule(np.zeros(len(TERMS)), 1, 0.1, 25, 0.0, True)
    each = torch.cat([translation, code, joints], 1)[0].numpy().copy()
    prior = prior_arrays(priors(joints), DOUBLE)[0]
    assess(arrays, field_arrays(table(), 10, DOUBLE), prior, plan, room, each)
    posed = rigid.pose(translation, turn, joints)
    np.testing.assert_allclose(room.skin, posed.vertices[0].numpy(), atol=1e-12)
    np.testing.assert_allclose(room.spheres, posed.spheres[0].numpy(), atol=1e-12)


def test_the_stamp_changes_with_any_file_that_code_or_constants_come_from(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("refine/compiled/a.py", "refine/b.py", "contact/c.py")]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("X = 1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(machine, "__file__", str(tmp_path / "refine" / "compiled" / "machine.py"))
        stamps = [source_stamp(), source_stamp()]
        for file in files:
            file.write_text("X = 2")
            stamps.append(source_stamp())
    assert stamps[0] == stamps[1]
    assert len(set(stamps[1:])) == 4


def test_where_nothing_can_be_kept_on_disk_it_is_compiled_anyway() -> None:
    real = numba.njit

    def nowhere(**options: Any) -> Any:
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numba, "njit", nowhere)
        twice = machine.entry(lambda value: value + value)
    assert twice(2.0) == 4.0
