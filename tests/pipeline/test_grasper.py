"""One object, several questions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from handhold.errors import InputError, NoGraspError
from handhold.language import LexiconReader
from handhold.objects import ObjectAsset
from handhold.pipeline import Grasper, GraspSettings, Interrupted, run, seeds, write_outputs

SETTINGS = GraspSettings(n=1, seeds=2, schedule="fast", device="cpu")


@pytest.fixture(scope="module")
def fields_built() -> Iterator[list[str]]:
    """Parts that a field was built for, in order."""
    built: list[str] = []
    real = run.build_field

    def counted(asset: ObjectAsset, part: str, **options: Any) -> Any:
        built.append(part)
        return real(asset, part, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "build_field", counted)
        yield built


@pytest.fixture(scope="module")
def grasper(flask: ObjectAsset, fields_built: list[str]) -> Grasper:
    """Its field is built here, by the first question."""
    asked = Grasper(flask, reader=LexiconReader())
    asked.ask("hold the flask by its body", SETTINGS)
    return asked


def test_a_second_question_about_a_part_builds_no_second_field(
    grasper: Grasper, fields_built: list[str]
) -> None:
    assert fields_built.count("body") == 1
    grasper.ask("hold the flask by its body", SETTINGS)
    assert fields_built.count("body") == 1


def test_the_same_question_has_the_same_answer(grasper: Grasper) -> None:
    once, again = (grasper.ask("hold the flask", SETTINGS, part="body") for _ in range(2))
    assert once.batch.equals(again.batch)
    assert np.array_equal(once.steps.refined, again.steps.refined)


def test_flags_override_the_sentence(grasper: Grasper) -> None:
    result = grasper.ask("open the lid", SETTINGS, part="body", affordance="base-support")
    assert result.understanding.affordance == "base-support"
    assert result.contact_part.name == "body"
    assert set(result.batch.affordance) == {"base-support"}
    assert all(prior.affordance == "base-support" for prior in result.priors)


def test_a_result_says_what_happened(grasper: Grasper) -> None:
    said: list[tuple[str, float]] = []
    result = grasper.ask(
        "hold the flask by its body",
        SETTINGS,
        on_progress=lambda stage, share, detail="": said.append((stage, share)),
    )
    stages = ["understand", "distance", "retrieve", "propose", "refine", "judge"]
    assert list(dict.fromkeys(stage for stage, _ in said)) == stages
    assert list(result.timings) == stages
    assert all(0.0 <= share <= 1.0 for _, share in said)
    assert result.seeds == 2
    assert result.considered >= 2
    assert result.steps.initial.shape == result.steps.refined.shape
    assert len(result.steps.refined) == len(result.batch) == 1


def test_fewer_than_asked_for_is_said(grasper: Grasper) -> None:
    many = GraspSettings(n=5, seeds=2, schedule="fast", device="cpu")
    result = grasper.ask("hold the flask by its body", many)
    assert result.shortfall is not None
    assert str(len(result.batch)) in result.shortfall or "None of" in result.shortfall


@pytest.mark.parametrize(
    ("instruction", "flags", "said"),
    [
        ("", {}, "instruction"),
        ("hold it", {"part": "spout"}, "body"),
        ("hold it", {"affordance": "hug"}, "handle-grip"),
    ],
)
def test_mistakes_are_refused_with_what_is_allowed(
    grasper: Grasper, instruction: str, flags: dict[str, str], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        grasper.ask(instruction, SETTINGS, **flags)


@pytest.mark.parametrize("ablation", ["no-refinement", "one-stage", "no-prior-terms", "literal"])
def test_every_ablation_gives_grasps(grasper: Grasper, ablation: str) -> None:
    settings = GraspSettings(n=1, seeds=1, schedule="fast", device="cpu", ablation=ablation)
    result = grasper.ask("hold the flask by its body", settings)
    assert len(result.batch) == 1
    codes = {"unrefined"} if ablation == "no-refinement" else {"converged", "moving"}
    assert set(result.batch.result_code) <= codes
    if ablation == "no-refinement":
        assert np.allclose(result.steps.initial, result.steps.refined)


def test_rules_only_uses_no_network(grasper: Grasper) -> None:
    settings = GraspSettings(n=1, seeds=1, schedule="fast", device="cpu", ablation="rules-only")
    assert set(grasper.ask("hold it by its body", settings).batch.origin) == {"rule"}


def test_a_folder_that_cannot_be_made_is_refused(grasper: Grasper, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = grasper.ask("hold the flask by its body", SETTINGS)
    with pytest.raises(InputError, match="cannot be written"):
        write_outputs(result, tmp_path / "file" / "out")


def test_without_a_report_no_old_one_stays(grasper: Grasper, tmp_path: Path) -> None:
    result = grasper.ask("hold the flask by its body", SETTINGS)
    for name in ("overview.png", "report.html", "grasp_99.glb", "notes.txt"):
        (tmp_path / name).write_text("of another answer")
    files = write_outputs(result, tmp_path, report=False)
    names = {path.name for path in files.values()}
    assert names >= {"grasps.json", "grasp_01.glb"}
    assert {path.name for path in tmp_path.iterdir()} == names | {"notes.txt"}


def test_without_anywhere_to_begin_there_is_no_grasp(grasper: Grasper) -> None:
    alone = Grasper(grasper.asset)
    alone.network = None
    settings = GraspSettings(n=1, seeds=1, schedule="fast", device="cpu", ablation="network-only")
    with pytest.raises(NoGraspError, match="--part"):
        alone.ask("hold the flask by its body", settings)


def test_ctrl_c_carries_what_is_finished(grasper: Grasper, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = seeds.refine, []

    def stopped(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:  # all seeds' first stage, then the second stage seed by seed
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(seeds, "refine", stopped)
    monkeypatch.setattr(seeds, "REFINED_AT_ONCE", 1)
    with pytest.raises(Interrupted) as stop:
        grasper.ask("hold the flask by its body", SETTINGS)
    assert len(stop.value.result.batch) == 1


def test_ctrl_c_with_nothing_finished_is_passed_on(
    grasper: Grasper, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*arguments: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(seeds, "refine", stopped)
    with pytest.raises(KeyboardInterrupt):
        grasper.ask("hold the flask by its body", SETTINGS)
