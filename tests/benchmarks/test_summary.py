"""Means over grasps and cases, verdicts, and reuse of finished cases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pictures import contact_sheet
from PIL import Image
from results import CaseResult, read_result, write_result
from summary import ablation_rows, case_row, mean_rows, verdict

NAN = float("nan")


def result(case: str, depths: list[float], mode: str = "given", **changes: object) -> CaseResult:
    n = len(depths)
    grasps = {
        "penetration_depth_cm": depths,
        "intersection_volume_cm3": [0.5] * n,
        "part_accuracy": [1.0] * n,
        "bones_pierced": [0.0] * n,
        "from_network": [1.0, 0.0, 1.0, 0.0][:n],
    }
    given: dict[str, object] = {
        "case": case,
        "mode": mode,
        "source": "toy/mug",
        "instruction": "Drink.",
        "affordance": "handle-grip",
        "part": "handle",
        "understood": ("handle-grip", "handle"),
        "grasps": grasps if n else {},
        "seconds": 2.0,
    }
    return CaseResult(**given | changes)  # type: ignore[arg-type]


def test_all_returned_grasps_count_alike_and_so_do_cases_in_their_own_row() -> None:
    pooled, each = mean_rows([result("a", [0.1, 0.1, 0.1, 0.1]), result("b", [0.6])])
    assert pooled["depth cm"] == pytest.approx(0.2) and pooled["n"] == 5
    assert each["depth cm"] == pytest.approx(0.35) and each["n"] == 2
    assert pooled["part %"] == 100.0 and pooled["network %"] == pytest.approx(60.0)


def test_cases_without_grasps_are_counted_not_averaged() -> None:
    failed = result("b", [], note="NoGraspError: nothing fits")
    pooled, _ = mean_rows([result("a", [0.1]), failed])
    assert pooled["depth cm"] == pytest.approx(0.1)
    assert pooled["note"] == "1 of 2 cases without a grasp"
    assert case_row(failed)["n"] == 0 and "nothing fits" in str(case_row(failed)["note"])


def test_unmeasured_grasps_leave_the_mean() -> None:
    assert case_row(result("a", [0.1, NAN]))["depth cm"] == pytest.approx(0.1)


def test_the_bars_are_strict() -> None:
    means = {"depth cm": 0.2, "volume cm3": 0.5, "part %": 88.1, "bones > 3 mm %": NAN}
    lines = verdict(means).splitlines()
    assert [line.split()[0] for line in lines] == ["MISS", "met", "met", "MISS"]


def test_the_sentence_table_says_what_was_understood() -> None:
    wrong = result("a", [0.1], mode="sentence", understood=("twist", "handle"))
    assert case_row(wrong)["right"] == "no / yes"
    right = result("b", [0.1], mode="sentence")
    assert mean_rows([wrong, right])[0]["right"] == "1 of 2"


def test_ablations_are_compared_over_their_common_cases() -> None:
    rows = ablation_rows(
        {
            "full": [result("a", [0.1]), result("b", [0.9])],
            "rules-only": [result("a", [0.3])],
        }
    )
    assert [(row["ablation"], row["depth cm"]) for row in rows] == [
        ("full", pytest.approx(0.1)),
        ("rules-only", pytest.approx(0.3)),
    ]


def test_a_finished_case_is_reused_only_with_the_same_settings(tmp_path: Path) -> None:
    kept = result("a", [0.1, NAN])
    settings = {"n": 8, "schedule": "full"}
    write_result(tmp_path, kept, settings)
    again = read_result(tmp_path, settings)
    assert again is not None and repr(again) == repr(kept)
    assert read_result(tmp_path, settings | {"n": 4}) is None
    write_result(tmp_path, replace(kept, crashed=True), settings)
    assert read_result(tmp_path, settings) is None
    assert read_result(tmp_path / "none", settings) is None


def test_a_contact_sheet_has_a_cell_for_every_picture(tmp_path: Path) -> None:
    for name, size in (("a", (100, 50)), ("b", (50, 50)), ("c", (200, 10))):
        Image.new("RGB", size, "red").save(tmp_path / f"{name}.png")
    pictures = [(name, tmp_path / f"{name}.png") for name in "abc"]
    contact_sheet(pictures, tmp_path / "sheet.png", columns=2, cell=60)
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.size == (120, 16 + 60 + 16 + 3)
