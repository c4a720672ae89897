"""Tables of evaluations and comparisons."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from evaluation_scenes import group_of, made_up

from handhold.errors import InputError
from handhold.evaluate import (
    TABLE_FORMATS,
    compare,
    comparison_table,
    evaluate_groups,
    evaluation_table,
    grasp_table,
    object_table,
    to_latex,
)

RUN = made_up(
    {
        "displacement_mean_cm": np.array([1.0, 3.0, np.nan]),
        "penetration_depth_cm": np.array([0.1, 0.2, 0.3]),
    },
    name="gdexgrasp",
)


@pytest.mark.parametrize("fmt", TABLE_FORMATS)
def test_every_table_names_its_profile(fmt: str) -> None:
    tables = (
        evaluation_table({"a": RUN}, fmt),
        grasp_table(RUN, fmt),
        comparison_table(compare(RUN, RUN), fmt),
        object_table(evaluate_groups([group_of(1)], "geometry"), fmt),
    )
    for text, name in zip(tables, ["gdexgrasp/1"] * 3 + ["geometry/1"], strict=True):
        assert name in text


@pytest.mark.parametrize("fmt", TABLE_FORMATS)
def test_no_displacement_is_printed_without_the_depth(fmt: str) -> None:
    text = evaluation_table({"a": RUN}, fmt, columns=["displacement_mean_cm"])
    assert "depth" in text.lower()


def test_markdown_has_mean_spread_and_what_is_missing() -> None:
    text = evaluation_table({"a.json": RUN}, "md")
    assert "Displacement, mean (cm)" in text and "2 ± 1.4 [1]" in text
    assert "0.2 ± 0.1" in text and "Part accuracy (%)" in text
    row = text.splitlines()[-1]
    assert row.startswith("| a.json |") and row.endswith("| 3 | 1 |")  # n, failures


def test_csv_and_json_have_columns_of_their_own_for_the_spread() -> None:
    row = next(csv.DictReader(io.StringIO(evaluation_table({"a": RUN}, "csv"))))
    assert float(row["displacement_mean_cm"]) == 2.0
    assert float(row["displacement_mean_cm_std"]) == pytest.approx(np.sqrt(2.0))
    assert row["displacement_mean_cm_missing"] == "1" and row["n"] == "3"
    document = json.loads(evaluation_table({"a": RUN}, "json"))
    assert document[0]["profile"] == "gdexgrasp/1" and document[0]["failures"] == 1


def test_shares_are_per_cent_only_where_people_read() -> None:
    run = made_up({"success": np.array([1.0, 0.0])})
    assert "| 50 ± 71 |" in evaluation_table({"a": run}, "md")
    assert json.loads(evaluation_table({"a": run}, "json"))[0]["success"] == 0.5


def test_tables_of_two_profiles_or_unknown_columns_are_refused() -> None:
    other = made_up({"success": np.ones(2)})
    with pytest.raises(InputError, match="gdexgrasp/1, six-axis/1"):
        evaluation_table({"a": RUN, "b": other})
    with pytest.raises(InputError, match="no column 'success'"):
        evaluation_table({"a": RUN}, columns=["success"])
    with pytest.raises(InputError, match="md, csv, json, latex"):
        evaluation_table({"a": RUN}, "xlsx")
    with pytest.raises(InputError, match="no evaluation"):
        evaluation_table({})


def test_latex_escapes_what_it_must() -> None:
    rows = [{"file": r"a_b&c%d#e$f{g}~h^i\j|k", "x": 1.5, "n": None}]
    text = to_latex(rows, caption="50 % of a_b")
    assert r"a\_b\&c\%d\#e\$f\{g\}\textasciitilde{}h\textasciicircum{}i\textbackslash{}j|k" in text
    assert r"\caption{50 \% of a\_b}" in text
    assert r"\begin{tabular}{lrr}" in text and r"\toprule" in text
    plain = to_latex(rows, booktabs=False)
    assert r"\hline" in plain and "rule" not in plain and r"\caption" not in plain
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_latex_headings_have_cubic_centimetres_and_nothing_else_does() -> None:
    heading, cell = "Intersection volume (cm$^3$)", "a (cm3)"
    assert heading in evaluation_table({"a": RUN}, "latex")
    assert heading not in evaluation_table({"a": RUN}, "md")
    text = to_latex([{"x (cm3)": cell, "volume_cm3": 1.0}], caption="cm3")
    assert r"x (cm$^3$) & volume\_cm3" in text and cell in text and r"\caption{cm3}" in text


def test_latex_tables_show_the_spread() -> None:
    text = evaluation_table({"run_1": RUN}, "latex")
    assert r"2 $\pm$ 1.4 [1]" in text and r"run\_1" in text and r"Profile gdexgrasp/1" in text


def test_a_grasp_table_says_why_a_value_is_missing() -> None:
    text = grasp_table(RUN, "md")
    assert "displacement_mean_cm: it flew away" in text and "nan" in text


def test_a_grasp_table_of_some_columns_has_those_of_grasps() -> None:
    chosen = ["part_accuracy", "t_std_cm", "displacement_mean_cm"]
    rows = json.loads(grasp_table(RUN, "json", columns=chosen))
    places = ["entry", "object", "profile", "part", "affordance"]
    metrics = ["part_accuracy", "penetration_depth_cm", "displacement_mean_cm"]
    assert list(rows[2]) == [*places, *metrics, "missing"]
    assert rows[2]["missing"] == "displacement_mean_cm: it flew away"
    assert json.loads(grasp_table(RUN, "json", columns=["part_accuracy"]))[2]["missing"] == ""
    with pytest.raises(InputError, match="no column 'success'"):
        grasp_table(RUN, columns=["success"])


def test_one_pair_is_told_in_the_singular() -> None:
    one = made_up({"success": np.array([1.0])})
    assert "1 pair by entry" in comparison_table(compare(one, one), "md")


def test_a_comparison_table_has_the_interval_and_the_wins() -> None:
    better = made_up({"success": np.array([1.0, 1.0, 1.0, 0.0])})
    worse = made_up({"success": np.array([0.0, 0.0, 1.0, 0.0])})
    comparison = compare(worse, better)
    text = comparison_table(comparison, "md")
    assert "4 pairs by entry" in text
    rows = json.loads(comparison_table(comparison, "json"))
    success = next(row for row in rows if row["metric"] == "success")
    assert success["b - a"] == 0.5 and success["b wins"] == 0.75
    assert success["lower 95 %"] <= 0.5 <= success["upper 95 %"]
