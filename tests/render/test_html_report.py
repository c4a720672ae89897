"""report.html: complete, self-contained, and safe with any words."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from block_hand import HAND

from handhold.errors import InputError
from handhold.render import (
    DecidingWord,
    Fact,
    GraspRow,
    GraspSteps,
    OverviewData,
    OverviewTiles,
    ReportData,
    Step,
    Timing,
    overview_tiles,
    report_html,
    write_report,
)
from handhold.render.report import split_instruction


@pytest.fixture(scope="module")
def tiles(overview: OverviewData) -> OverviewTiles:
    return overview_tiles(overview, tile=40, supersample=1)


@pytest.fixture(scope="module")
def data(overview: OverviewData) -> ReportData:
    hostile = "<script>alert(1)</script>"
    steps = GraspSteps("grasp #1", (Step("initial", HAND.vertices), Step("refined", HAND.vertices)))
    return ReportData(
        overview=replace(overview, object_caption=(hostile,)),
        outcome="3 of 4 grasps",
        understood=(Fact("affordance", "handle-grip"), Fact("part", hostile)),
        words=(DecidingWord("TEA", "object: mug"), DecidingWord("absent", "nothing")),
        prior=(Fact("cluster", "handle-grip/2"),),
        steps=(steps,),
        columns=("depth cm", "volume cm3"),
        rows=(
            GraspRow(1, ("0.12", "0.4"), True, "converged"),
            GraspRow(2, ("n/a", "0.9"), False, "diverged", f"too deep {hostile}"),
        ),
        timings=(Timing("load", 0.25), Timing("refine", 12.0)),
        notes=("unit assumed: m",),
        files=(Fact("grasps.json", "all grasps"),),
        version="9.9",
    )


class _Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "img", "br"):
            self.open.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words += data


@pytest.fixture(scope="module")
def outline(data: ReportData, tiles: OverviewTiles) -> _Outline:
    parser = _Outline()
    parser.feed(report_html(data, tiles=tiles, step_tile=40))
    parser.close()
    return parser


def test_the_page_is_well_formed_and_self_contained(outline: _Outline) -> None:
    assert outline.open == []
    assert outline.addresses
    assert all(address.startswith("data:image/jpeg;base64,") for address in outline.addresses)


def test_every_grasp_has_its_pictures(outline: _Outline) -> None:
    # object, prior, two views of three grasps, one strip
    assert outline.tags.count("img") == 2 + 6 + 1


def test_given_words_are_escaped(outline: _Outline) -> None:
    assert "script" not in outline.tags
    assert "b" not in outline.tags
    assert "drink <b>tea</b> & relax" in outline.words


@pytest.mark.parametrize(
    "expected",
    [
        "3 of 4 grasps",
        "handle-grip of the handle",
        "object: mug",
        "handle-grip/2",
        "depth cm",
        "n/a",
        "diverged",
        "too deep",
        "12.00 s",
        "Time: 12.2 s",
        "unit assumed: m",
        "grasps.json",
        "handhold 9.9",
    ],
)
def test_the_page_tells(expected: str, outline: _Outline) -> None:
    assert expected in outline.words


def test_the_file_is_written_whole(data: ReportData, tiles: OverviewTiles, tmp_path: Path) -> None:
    path = write_report(replace(data, steps=()), tmp_path / "out" / "report.html", tiles=tiles)
    assert path.read_text("utf-8").rstrip().endswith("</html>")
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError):
        write_report(replace(data, steps=()), tmp_path / "file" / "report.html", tiles=tiles)


def test_a_report_of_a_failure_needs_no_grasp(overview: OverviewData) -> None:
    empty = replace(overview, grasps=(), prior=None, instruction="")
    html = report_html(
        ReportData(empty, "No grasp was good enough."),
        tiles=overview_tiles(empty, tile=30, supersample=1),
    )
    assert "No grasp was good enough." in html
    assert "(no instruction)" in html
    assert not re.search(r"<section>\s*</section>", html)


def test_deciding_words_are_marked_where_they_stand() -> None:
    words = [DecidingWord("pour", "a"), DecidingWord("me", "b"), DecidingWord("", "c")]
    segments = split_instruction("Pour some tea for me", words)
    assert [(s.text, s.decided) for s in segments] == [
        ("Pour", "a"),
        (" some tea for ", ""),
        ("me", "b"),
    ]
    assert "".join(s.text for s in segments) == "Pour some tea for me"


def test_rows_must_fit_the_columns(overview: OverviewData) -> None:
    with pytest.raises(ValueError, match="1 values for 0 columns"):
        ReportData(overview, "", rows=(GraspRow(1, ("0.1",), True, "converged"),))
