"""The staged optimiser on a bar: few steps, a coarse grid."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from solid_fields import HAND, bar, bent, in_single

from handhold.contact import ObjectField, PriorBatch, contact_map
from handhold.hands import Hand
from handhold.refine import (
    FAST,
    FULL,
    Pose,
    RefineConfig,
    Refined,
    literal,
    measure,
    one_stage,
    refine,
    without_prior,
)
from handhold.refine.config import active
from handhold.refine.optimise import STAGE_ONE

TINY = RefineConfig(steps_extrinsic=10, steps_all=10, object_points=200, refresh=5)
FIELD = bar(count=250)
SINGLE = HAND.to(dtype=torch.float32)


def _task(count: int = 4) -> tuple[PriorBatch, Pose]:
    """Hands over a bar, a centimetre or so off; the prior is the hand where it should be."""
    generator = torch.Generator().manual_seed(0)
    joints = bent(count, 0.75)
    goal = torch.tensor([-0.045, 0.0, 0.042], dtype=torch.float64).expand(count, 3)
    turn = torch.eye(3, dtype=torch.float64).expand(count, 3, 3)
    touch = contact_map(FIELD.signed(HAND.pose(goal, turn, joints).vertices))
    prior = PriorBatch(joints, touch, 0.2 * torch.ones_like(touch), touch)
    noise = 0.012 * torch.randn(count, 3, generator=generator).double()
    bend = 0.1 * torch.randn(joints.shape, generator=generator).double()
    return prior, Pose(goal + noise, turn.clone(), HAND.clamp(joints + bend))


def _rows(prior: PriorBatch, rows: slice | list[int]) -> PriorBatch:
    return PriorBatch(*(getattr(prior, name)[rows] for name in vars(prior)))


def _run(
    prior: PriorBatch,
    start: Pose,
    config: RefineConfig = TINY,
    hand: Hand = HAND,
    field: ObjectField = FIELD,
) -> Refined:
    return refine(hand, field, prior, start, config)


@pytest.fixture(scope="module", params=["auto", "autograd"])
def config(request: pytest.FixtureRequest) -> RefineConfig:
    """A few steps by either engine."""
    return replace(TINY, engine=request.param)


@pytest.fixture(scope="module")
def refined(config: RefineConfig) -> Refined:
    return _run(*_task(), config)


def test_the_total_falls_for_every_grasp(refined: Refined) -> None:
    prior, start = _task()
    before = measure(HAND, FIELD, prior, start, TINY)["total"]
    after = measure(HAND, FIELD, prior, refined.final, TINY)["total"]
    assert (after < before).all()


def test_the_first_stage_lowers_what_it_minimises(refined: Refined) -> None:
    prior, start = _task()
    before = measure(HAND, FIELD, prior, start, TINY)
    after = measure(HAND, FIELD, prior, refined.extrinsic, TINY)
    weights = {n: w for n, w in active(TINY.weights).items() if n in (*STAGE_ONE, "skeleton")}
    assert (sum(w * (before[n] - after[n]) for n, w in weights.items()) > 0).all()


def test_the_first_stage_leaves_the_joints_alone(refined: Refined) -> None:
    assert refined.extrinsic.joints.equal(refined.start.joints)
    assert not refined.extrinsic.translation.equal(refined.start.translation)
    assert not refined.final.joints.equal(refined.start.joints)


def test_the_start_is_kept_and_not_written_to(refined: Refined) -> None:
    _, start = _task()
    for name in ("translation", "rotation", "joints"):
        assert getattr(refined.start, name).equal(getattr(start, name))


def test_results_are_detached_rotations_inside_the_limits(refined: Refined) -> None:
    final = refined.final
    assert not any(v.requires_grad for v in (final.translation, final.rotation, final.joints))
    eye = torch.eye(3, dtype=torch.float64).expand(4, 3, 3)
    torch.testing.assert_close(
        final.rotation @ final.rotation.transpose(1, 2), eye, atol=1e-9, rtol=0
    )
    assert (torch.linalg.det(final.rotation) > 0).all()
    assert HAND.clamp(final.joints).equal(final.joints)


def test_joints_that_start_beyond_their_limits_end_inside() -> None:
    prior, start = _task(1)
    beyond = replace(start, joints=HAND.spec.joint_upper[None] + 0.5)
    final = _run(prior, beyond).final
    assert HAND.clamp(final.joints).equal(final.joints)


@pytest.mark.parametrize("single", [False, True])
def test_the_same_input_gives_the_same_bits(single: bool) -> None:
    prior, start = _task(2)
    hand, field = (SINGLE, in_single(FIELD)) if single else (HAND, FIELD)
    if single:
        prior = prior.to(torch.zeros(1))
        start = Pose(start.translation.float(), start.rotation.float(), start.joints.float())
    first, second = (_run(prior, start, TINY, hand, field) for _ in range(2))
    for name in ("translation", "rotation", "joints"):
        assert getattr(first.final, name).equal(getattr(second.final, name))
    assert all(first.energies[n].equal(second.energies[n]) for n in first.energies)


def test_a_batch_of_four_is_four_batches_of_one(refined: Refined, config: RefineConfig) -> None:
    prior, start = _task()
    for row in range(4):
        rows = slice(row, row + 1)
        alone = _run(_rows(prior, rows), start.select(rows), config)
        for name in ("translation", "rotation", "joints"):
            torch.testing.assert_close(
                getattr(alone.final, name), getattr(refined.final, name)[rows], atol=1e-6, rtol=0
            )
        assert alone.codes == refined.codes[row : row + 1]
        torch.testing.assert_close(
            alone.energies["total"], refined.energies["total"][rows], atol=1e-4, rtol=1e-5
        )


@pytest.mark.parametrize("what", ["translation", "rotation", "joints"])
def test_a_diverged_grasp_is_named_and_does_not_poison_its_neighbours(
    refined: Refined, config: RefineConfig, what: str
) -> None:
    prior, start = _task()
    spoilt = getattr(start, what).clone()
    spoilt[1] = float("nan")
    result = _run(prior, replace(start, **{what: spoilt}), config)
    assert result.codes[1] == "diverged"
    others = [0, 2, 3]
    assert [result.codes[k] for k in others] == [refined.codes[k] for k in others]
    for name in ("translation", "rotation", "joints"):
        torch.testing.assert_close(
            getattr(result.final, name)[others],
            getattr(refined.final, name)[others],
            atol=1e-6,
            rtol=0,
        )
    assert result.energies["total"][others].isfinite().all()


def test_a_grasp_that_is_infinitely_far_diverges_without_an_error() -> None:
    prior, start = _task(2)
    start.translation[0] = float("inf")
    result = _run(prior, start)
    assert result.codes[0] == "diverged"
    assert result.final.translation[1].isfinite().all()


@pytest.mark.parametrize("variant", [without_prior, one_stage, literal])
def test_the_variants_run_and_lower_their_own_total(variant: object) -> None:
    prior, start = _task(2)
    assert callable(variant)
    config = variant(replace(TINY, object_points=60))
    field = replace(FIELD, points=FIELD.points[:60], normals=FIELD.normals[:60])
    result = _run(prior, start, config, field=field)
    before = measure(HAND, field, prior, start, config)["total"]
    assert (result.energies["total"] < before).all()
    assert result.energies["total"].isfinite().all()


def test_one_stage_has_as_many_steps_and_no_extrinsic_result() -> None:
    config = one_stage(TINY)
    assert config.steps_all == TINY.steps_extrinsic + TINY.steps_all
    prior, start = _task(1)
    result = _run(prior, start, config)
    assert result.extrinsic.joints.equal(start.joints)
    assert result.extrinsic.translation.equal(start.translation)


def test_without_the_prior_nothing_of_it_is_left() -> None:
    assert set(active(without_prior(FULL).weights)).isdisjoint({"contact", "cmap", "pose"})
    prior, start = _task(1)
    config = replace(without_prior(TINY), object_points=60)
    other = PriorBatch(*(torch.rand_like(getattr(prior, n)) for n in vars(prior)))
    # Force closure weighs contacts by the prior's map.
    config = replace(config, weights=replace(config.weights, fc=0.0))
    first, second = _run(prior, start, config), _run(other, start, config)
    assert first.final.joints.equal(second.final.joints)


def test_the_literal_variant_has_no_masked_terms() -> None:
    names = set(active(literal(FULL).weights))
    assert "literal_pen" in names
    assert names.isdisjoint({"pen", "reveren"})


def test_the_literal_term_is_measured_only_where_it_counts(refined: Refined) -> None:
    assert "literal_pen" not in refined.energies
    assert {"total", "contact", "pen", "fc"} <= refined.energies.keys()


def test_the_total_is_the_weighted_sum(refined: Refined) -> None:
    expected = sum(w * refined.energies[n] for n, w in active(TINY.weights).items())
    torch.testing.assert_close(refined.energies["total"], expected)


def test_progress_is_told_by_stage_from_zero_to_one(config: RefineConfig) -> None:
    prior, start = _task(1)
    told: list[tuple[str, float]] = []
    refine(HAND, FIELD, prior, start, config, lambda stage, share: told.append((stage, share)))
    stages = [stage for stage, _ in told]
    assert stages == sorted(stages, key=["extrinsic", "all"].index)
    for stage in ("extrinsic", "all"):
        shares = [share for name, share in told if name == stage]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_the_papers_steps_and_rates_are_the_default() -> None:
    assert (FULL.steps_extrinsic, FULL.steps_all) == (700, 700)
    assert (FULL.rate_extrinsic, FULL.rate_all) == (0.005, 0.001)
    assert FAST.steps_extrinsic + FAST.steps_all < 700


def test_poses_select_and_concatenate() -> None:
    _, start = _task(3)
    again = Pose.concatenate([start.select(slice(0, 1)), start.select(torch.tensor([1, 2]))])
    assert len(again) == 3
    assert again.joints.equal(start.joints)
    assert again.rotation.equal(start.rotation)
