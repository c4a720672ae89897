"""Thresholds, diversity, and tables."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handhold.evaluate import (
    Thresholds,
    acceptable,
    diversity,
    mean_row,
    to_csv,
    to_json,
    to_markdown,
    write_table,
)

GOOD = {
    "penetration_depth_cm": 0.1,
    "intersection_volume_cm3": 0.4,
    "skeleton_piercing_mm": 0.0,
    "contact_ratio": 1.0,
    "part_accuracy": 1.0,
    "contact_share_on_part": 0.9,
}


def test_a_good_grasp_is_acceptable() -> None:
    assert acceptable(GOOD) == (True, "")


@pytest.mark.parametrize(
    "name, value, word",
    [
        ("penetration_depth_cm", 0.51, "0.51 cm inside"),
        ("intersection_volume_cm3", 2.6, "2.6 cm3"),
        ("skeleton_piercing_mm", 3.1, "3.1 mm"),
        ("contact_ratio", 0.0, "does not touch"),
        ("part_accuracy", 0.0, "another part"),
    ],
)
def test_each_fault_is_named(name: str, value: float, word: str) -> None:
    passed, reason = acceptable(GOOD | {name: value})
    assert not passed and word in reason


def test_a_value_at_the_limit_passes_and_limits_can_be_moved() -> None:
    assert acceptable(GOOD | {"penetration_depth_cm": Thresholds().penetration_depth_cm})[0]
    assert not acceptable(GOOD, Thresholds(penetration_depth_cm=0.05))[0]
    assert acceptable(GOOD | {"part_accuracy": 0.0}, Thresholds(needs_part=False))[0]


def test_what_could_not_be_measured_is_said_and_not_failed() -> None:
    passed, reason = acceptable(GOOD | {"intersection_volume_cm3": np.nan})
    assert passed and reason == "not judged: intersection_volume_cm3"


def test_diversity_of_known_spreads() -> None:
    translation = np.array([[0.01, 0, 0], [-0.01, 0, 0]])  # std 1, 0, 0 cm
    rotation = Rotation.from_euler("z", [[20], [-20]], degrees=True).as_matrix()
    joints = np.radians([[10.0, 0.0], [30.0, 0.0]])  # std 10, 0 degrees
    spread = diversity(translation, rotation, joints)
    assert spread.t_std_cm == pytest.approx(1 / np.sqrt(3))
    assert spread.r_std_degrees == pytest.approx(20.0)
    assert spread.j_std_degrees == pytest.approx(5.0)


def test_diversity_of_one_grasp_is_nan_with_a_reason() -> None:
    spread = diversity(np.zeros((1, 3)), np.eye(3)[None], np.zeros((1, 2)))
    assert np.isnan(spread.t_std_cm) and "two" in spread.reason


def test_diversity_does_not_depend_on_the_frame() -> None:
    generator = np.random.default_rng(0)
    rotation = Rotation.random(6, random_state=1).as_matrix()
    turn = Rotation.from_euler("xyz", [0.3, 1.0, -2.0]).as_matrix()
    first = diversity(generator.normal(size=(6, 3)), rotation, np.zeros((6, 2)))
    second = diversity(generator.normal(size=(6, 3)), turn @ rotation, np.zeros((6, 2)))
    assert first.r_std_degrees == pytest.approx(second.r_std_degrees)


ROWS = [
    {"case": "a", "part": "handle", "depth_cm": 0.1, "n": 8},
    {"case": "b", "part": "body|neck", "depth_cm": float("nan"), "n": 4},
]


def test_means_leave_out_what_is_missing_and_count_it() -> None:
    assert mean_row(ROWS, label="case") == {"case": "mean", "depth_cm": 0.1, "n": 6, "n_missing": 1}


def test_tables_say_the_same_in_every_format(tmp_path: Path) -> None:
    assert to_markdown(ROWS).splitlines()[2:] == [
        "| a | handle | 0.1 | 8 |",
        "| b | body\\|neck | nan | 4 |",
    ]
    assert list(csv.DictReader(to_csv(ROWS).splitlines()))[1]["part"] == "body|neck"
    assert json.loads(to_json(ROWS))[1]["depth_cm"] is None
    write_table(tmp_path / "deep" / "t.md", ROWS, columns=["case", "n"])
    assert (tmp_path / "deep" / "t.md").read_text().startswith("| case | n |")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["t.md"]
    with pytest.raises(ValueError, match=r"\.md, \.csv, \.json"):
        write_table(tmp_path / "t.xlsx", ROWS)
