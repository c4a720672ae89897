"""Parts that the hand is to keep off, from the sentence and from the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from handhold.datasets import read_any
from handhold.errors import InputError
from handhold.evaluate import evaluate_groups
from handhold.generate import score
from handhold.grounding import ContactPart
from handhold.language import LexiconReader, Understanding
from handhold.objects import ObjectAsset
from handhold.pipeline import Grasper, GraspResult, GraspSettings, seeds
from handhold.refine import keeping_off

SETTINGS = GraspSettings(n=1, seeds=2, schedule="fast", device="cpu")
NAME = "contact_share_on_avoided"


class Forbids:
    """A reader whose sentences all forbid the same parts."""

    def __init__(self, *parts: str) -> None:
        self.parts = parts

    def read(self, instruction: str, part_names: Sequence[str], **flags: Any) -> Understanding:
        read = LexiconReader().read(instruction, part_names, **flags)
        return replace(read, avoid=self.parts)


@pytest.fixture(scope="module")
def grasper(flask: ObjectAsset) -> Grasper:
    return Grasper(flask, reader=LexiconReader())


@pytest.fixture(scope="module")
def plain(grasper: Grasper) -> GraspResult:
    """Asked before anything is to be avoided."""
    return grasper.ask("hold the flask by its body", SETTINGS)


@pytest.fixture(scope="module")
def kept_off(grasper: Grasper, plain: GraspResult) -> GraspResult:
    return grasper.ask("hold the flask by its body", SETTINGS, avoid=["LID"])


@pytest.fixture
def forbidding(grasper: Grasper) -> Iterator[Callable[..., Grasper]]:
    """The same grasper with a reader that forbids parts."""
    usual = grasper.grounder.reader

    def made(*parts: str) -> Grasper:
        grasper.grounder.reader = Forbids(*parts)
        return grasper

    yield made
    grasper.grounder.reader = usual


def test_the_result_says_what_was_avoided_and_how_well(kept_off: GraspResult) -> None:
    assert kept_off.understanding.avoid == kept_off.batch.avoid == ("lid",)
    assert kept_off.batch.metrics[NAME].shape == (1,)
    assert "avoid" in kept_off.batch.energies
    assert kept_off.notes == kept_off.asset.notes


def test_without_parts_to_avoid_nothing_tells_of_any(plain: GraspResult) -> None:
    assert plain.batch.avoid == ()
    assert NAME not in plain.batch.metrics
    assert "avoid" not in plain.batch.energies


def test_a_users_word_adds_to_the_sentences(forbidding: Callable[..., Grasper]) -> None:
    found = forbidding().grounder.ground("hold it by its body", avoid=["lid"])
    assert found.understood.avoid == ("lid",)
    both = forbidding("lid").grounder.ground("hold it by its body", avoid=["lid"])
    assert both.understood.avoid == ("lid",)


def test_the_target_wins_and_a_note_says_so(forbidding: Callable[..., Grasper]) -> None:
    result = forbidding("body", "lid").ask("hold the flask by its body", SETTINGS)
    assert result.contact_part.name == "body"
    assert result.understanding.avoid == ("lid",)
    assert any("body is not avoided" in note for note in result.notes)


def test_a_part_that_is_not_there_is_refused_with_those_that_are(grasper: Grasper) -> None:
    with pytest.raises(InputError, match="body, lid"):
        grasper.ask("hold it", SETTINGS, avoid=["spout"])


def test_a_guess_by_shape_is_none_of_the_avoided(grasper: Grasper) -> None:
    guess = ContactPart(0, "body", True, "body was chosen by its shape.", (2.0, 1.0))
    (only,) = grasper._guesses(guess, ("body",))
    assert (only.index, only.name) == (1, "lid")
    assert "body is to be avoided" in only.explanation
    assert [part.name for part in grasper._guesses(guess, ("body", "lid"))] == ["body", "lid"]
    assert [part.name for part in grasper._guesses(guess, ())] == ["body", "lid"]


def test_the_refinement_is_told_only_then_and_later_answers_are_as_before(
    grasper: Grasper, plain: GraspResult, kept_off: GraspResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    def noted(config: Any, *rest: Any) -> Any:
        told.append("kept off")
        return keeping_off(config, *rest)

    monkeypatch.setattr(seeds, "keeping_off", noted)
    again = grasper.ask("hold the flask by its body", SETTINGS)
    assert told == []
    assert again.batch.equals(plain.batch)
    grasper.ask("hold the flask by its body", SETTINGS, avoid=["lid"])
    assert told == ["kept off"]


def test_a_coarse_pose_on_an_avoided_part_is_worse(grasper: Grasper) -> None:
    device = torch.device("cpu")
    plain, avoiding = (grasper._prepare("body", device, avoid) for avoid in ((), ("lid",)))
    priors = grasper._retrieve("wrap-around-grip", plain.shape, SETTINGS)
    settings = replace(SETTINGS, ablation="rules-only", seeds=16)
    poses = grasper._propose(grasper.hand, plain, priors, settings).candidates
    usual, kept = (
        score(grasper.hand, part.field, priors, poses, part.shape) for part in (plain, avoiding)
    )
    assert (kept >= usual).all()
    touching = grasper.hand.pose(
        poses.pose.translation, poses.pose.rotation, poses.pose.joints
    ).vertices
    on_lid = (avoiding.field.to_avoided(touching) < 0.0).any(1)
    assert (kept > usual)[on_lid].any() or not on_lid.any()


def test_the_file_tells_the_judge(
    kept_off: GraspResult, flask: ObjectAsset, tmp_path: Path
) -> None:
    mesh = tmp_path / "flask.obj"
    _write_obj(flask, mesh)
    path = replace(kept_off.batch, object_file=str(mesh)).save(tmp_path / "grasps.json")
    (group,) = read_any(path, keep_going=True).groups
    assert group.avoid == (("lid",),)
    (row,) = evaluate_groups([group], "avoid").rows
    own = float(kept_off.batch.metrics[NAME][0])
    np.testing.assert_allclose(row.metrics[NAME], own, atol=0.02)


def _write_obj(asset: ObjectAsset, path: Path) -> None:
    """The parts as groups of one file, in the frame of the user."""
    corners = asset.frame.points_to_user(asset.mesh.vertices)
    lines = [f"v {x:.17g} {y:.17g} {z:.17g}" for x, y, z in corners]
    for index, name in enumerate(asset.part_names):
        lines.append(f"g {name}")
        rows = asset.mesh.faces[asset.face_parts == index] + 1
        lines += [f"f {a} {b} {c}" for a, b, c in rows]
    path.write_text("\n".join(lines) + "\n")
