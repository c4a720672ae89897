"""Tables of the performance page: extrapolation, ratios, places in a page."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from kettle_sizes import shares, with_faces
from performance_tables import blocks, faces_table, number, with_blocks
from refine_speed import BATCHES, MOST_RUNS, by_schedule, step_seconds, typical
from trimesh.creation import icosphere

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
STAGES = {"understand": 0.0, "distance": 2.0, "propose": 0.5, "refine": 1.0, "judge": 0.5}
ROW = {
    "faces": 1000, "cache": "empty", "load": 1.0, "stages": STAGES, "seconds": 7.0,
    "peak_bytes": 2**30, "load_peak_bytes": 2**29, "grasps": 8, "command": "grasp",
}  # fmt: skip


def _speed(per_grasp: float) -> dict[str, float]:
    return {"full": per_grasp, "fast": per_grasp / 4}


def _found(cuda: dict[str, Any] | None = None) -> dict[str, Any]:
    """Results of every section, as a run keeps them."""
    seeds = [
        {"grasps": 1, "seconds": {"fast": 0.1, "full": 0.4}},
        {"grasps": 4, "seconds": {"fast": 0.2}},
    ]
    batches = {
        "compiled": {str(count): _speed(0.1) for count in BATCHES},
        "autograd": {str(count): _speed(0.5) for count in BATCHES},
        "autograd_steps": 50,
        "naive": _speed(20.0),
        "naive_batch": 64,
        "naive_steps": 100,
    }
    refinement = {
        "compile_seconds": 10.0, "threads": 2, "batches": batches, "seeds": seeds, "cuda": cuda
    }  # fmt: skip
    sections: dict[str, dict[str, Any]] = {
        "refinement": refinement,
        "faces": {"rows": [ROW]},
        "pipeline": {"rows": [ROW], "starts": {"handhold --help": 0.25}},
        "judge": {"text": "geometry 50 grasps/s\n"},
    }
    machine = {
        "cpu": "a CPU", "cores": 2, "ram_bytes": 8 * 2**30, "python": "3.11", "torch": "2",
        "numba": "0", "numpy": "2",
    }  # fmt: skip
    dated = {"date": "2026-11-24", "quick": False}
    return {"machine": machine} | {name: dated | section for name, section in sections.items()}


def _cells(text: str, start: str) -> list[str]:
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_every_block_has_a_place_on_the_page_and_is_put_there_once() -> None:
    texts = blocks(_found())
    page = with_blocks(PAGE.read_text(), texts)
    assert all(page.count(text) == 1 for text in texts.values())
    assert with_blocks(page, texts) == page


def test_a_section_that_was_not_measured_keeps_its_block() -> None:
    page = "<!-- measured: faces -->\nold\n<!-- end -->\nmore\n"
    assert with_blocks(page, {}) == page
    assert with_blocks(page, {"faces": "new"}) == page.replace("old", "new")
    with pytest.raises(KeyError, match="seeds"):
        with_blocks(page, {"seeds": "new"})


def test_speeds_are_against_the_naive_twin_of_the_same_schedule() -> None:
    text = blocks(_found())["refinement"]
    expected = ["compiled", "64", "all", "0.100", "10.0", "200", "0.0250", "40.0", "200"]
    assert _cells(text, "| compiled | 64") == expected
    assert _cells(text, "| naive twin")[2] == "50 + 50, extrapolated"
    assert text.endswith("No GPU was available.")


def test_without_the_naive_twin_there_are_no_ratios() -> None:
    found = _found()
    del found["refinement"]["batches"]["naive"]
    text = blocks(found)["refinement"]
    assert _cells(text, "| compiled | 64")[5] == "-"
    assert "| naive twin |" not in text


def test_a_gpu_has_rows_and_a_name() -> None:
    cuda = {
        "name": "a GPU",
        "steps": 50,
        "autograd": {"1024": _speed(0.01) | {"peak_bytes": 2**30}},
    }
    made = blocks(_found(cuda))
    assert _cells(made["refinement"], "| autograd, GPU")[5] == "2,000"
    assert "peak GiB by batch: 1024: 1.00" in made["refinement"]
    assert "a GPU;" in made["machine"]


def test_growth_is_against_the_row_above() -> None:
    text = blocks(_found())["seeds"]
    assert _cells(text, "| 4 |")[1:5] == ["0.200", "0.0500", "2.00", "100"]
    assert _cells(text, "| 4 |")[5:] == ["-"] * 4


def test_the_rest_of_a_run_is_neither_loading_nor_a_stage() -> None:
    assert _cells(faces_table([ROW]), "| 1,000")[7:10] == ["4.00", "2.00", "7.00"]


def test_a_schedule_is_extrapolated_from_a_step_of_each_stage() -> None:
    assert step_seconds([5.0, 5.5, 6.0]) == pytest.approx(0.5)  # the first step ended at 5
    assert by_schedule(0.1, 0.2, 10) == pytest.approx({"full": 21.0, "fast": 4.0})


def test_short_work_is_repeated_and_long_work_is_not() -> None:
    ticks = itertools.count()
    assert typical(lambda: None, patience=100.0, clock=lambda: float(next(ticks))) == 1.0
    assert next(ticks) == 2 * MOST_RUNS
    assert typical(lambda: None, patience=0.5, clock=lambda: float(next(ticks))) == 1.0
    assert next(ticks) == 2 * MOST_RUNS + 3


def test_numbers_have_three_digits() -> None:
    values = (None, 0.0, 0.01234, 1.2345, 123.45, 1234.5)
    assert [number(v) for v in values] == ["-", "0.000", "0.0123", "1.23", "123", "1,234"]


def test_faces_are_shared_by_area_and_the_surface_stays_closed() -> None:
    assert shares({"body": 0.9, "handle": 0.1}, 1000) == {"body": 900, "handle": 100}
    fine = with_faces(icosphere(subdivisions=1), 500)
    assert 480 <= len(fine.faces) <= 500 and fine.is_watertight
