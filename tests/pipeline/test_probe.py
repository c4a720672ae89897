"""Coarse poses tried for a few steps before some are chosen."""

from __future__ import annotations

import pytest
import torch

from handhold.generate import Proposals
from handhold.language import LexiconReader
from handhold.objects import ObjectAsset
from handhold.pipeline import Grasper, GraspSettings, probe
from handhold.pipeline.run import _Part

SEEDS = 3


@pytest.fixture(scope="module")
def asked(flask: ObjectAsset) -> tuple[Grasper, _Part, tuple, Proposals]:
    """The flask, and what is proposed for its body."""
    grasper = Grasper(flask, reader=LexiconReader())
    settings = GraspSettings(seeds=SEEDS, device="cpu", ablation="rules-only")
    part = grasper._prepare("body", settings.torch_device())
    priors = grasper._retrieve("wrap-around-grip", part.shape, settings)
    return grasper, part, priors, grasper._propose(grasper.hand, part, priors, settings)


def _probed(asked: tuple, proposals: Proposals | None = None) -> Proposals:
    grasper, part, priors, given = asked
    return probe.probe(grasper.hand, part.field, part.shape, priors, proposals or given, SEEDS)


def test_several_times_as_many_are_tried_as_are_refined(asked: tuple) -> None:
    assert len(asked[-1].candidates) == probe.PROBED * SEEDS


def test_the_chosen_are_among_the_given_and_the_best_comes_first(asked: tuple) -> None:
    given, chosen = asked[-1], _probed(asked)
    assert len(chosen.candidates) == SEEDS
    assert chosen.considered == given.considered
    assert chosen.scores[0] == chosen.scores.min()
    known = given.candidates.pose.translation.tolist()
    assert all(row in known for row in chosen.candidates.pose.translation.tolist())


def test_a_pose_that_a_few_steps_mend_is_preferred_to_one_that_they_do_not(asked: tuple) -> None:
    grasper, part, priors, given = asked
    best = _probed(asked).candidates.select(torch.arange(1))
    lost = best.select(torch.arange(1))
    lost.pose.translation[:] += 0.5
    both = type(best).concatenate([lost, best])
    scores = torch.tensor([0.0, 1.0])
    chosen = probe.probe(
        grasper.hand, part.field, part.shape, priors, Proposals(both, scores, 2), 1
    )
    assert chosen.candidates.pose.translation.equal(best.pose.translation)


def test_a_pose_that_is_not_finite_is_left_out(asked: tuple) -> None:
    given = asked[-1]
    rows = given.candidates.select(torch.arange(2))
    rows.pose.translation[0] = float("nan")
    chosen = _probed(asked, Proposals(rows, given.scores[:2], 2))
    assert chosen.candidates.pose.translation.isfinite().all()


def test_without_refinement_nothing_is_tried(flask: ObjectAsset) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "handhold.pipeline.run.probe", lambda *_: pytest.fail("poses were tried for steps")
        )
        settings = GraspSettings(n=1, seeds=2, device="cpu", ablation="no-refinement")
        Grasper(flask, reader=LexiconReader()).ask("hold the flask", settings, part="body")
