"""report.html: one self-contained page that tells how an answer came about."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path

from PIL import Image

from handhold.grasps import write_atomically
from handhold.render.overview import OverviewData, OverviewTiles, overview_tiles
from handhold.render.strip import GraspSteps, grasp_strip
from handhold.render.together import draw_together

_JPEG_QUALITY = 88


@dataclass(frozen=True)
class Fact:
    """A label and what is said about it."""

    label: str
    value: str


@dataclass(frozen=True)
class DecidingWord:
    """A word of the instruction and what it decided ("affordance: handle-grip")."""

    word: str
    decided: str


@dataclass(frozen=True)
class GraspRow:
    """One line of the table: rank, values in the order of ReportData.columns, and the verdict."""

    rank: int
    values: tuple[str, ...]
    acceptable: bool
    result_code: str
    reason: str = ""


@dataclass(frozen=True)
class Timing:
    """Seconds that a stage took."""

    stage: str
    seconds: float


@dataclass(frozen=True, eq=False)
class ReportData:
    """Everything the report shows, as text and arrays.

    overview: instruction, object, prior and the best grasps, as in the overview picture.
    outcome: one sentence on what was returned. understood: affordance, part, flags and the like;
    words: what decided them. prior: sentences or facts about the retrieved prior.
    steps: grasps from initial to refined. columns (unit in the name) and rows: the table.
    notes: unit, up axis, defects. files: what else was written. version: of handhold.
    """

    overview: OverviewData
    outcome: str
    understood: tuple[Fact, ...] = ()
    words: tuple[DecidingWord, ...] = ()
    prior: tuple[Fact, ...] = ()
    steps: tuple[GraspSteps, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[GraspRow, ...] = ()
    timings: tuple[Timing, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[Fact, ...] = ()
    version: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row.values) != len(self.columns):
                raise ValueError(
                    f"grasp {row.rank} has {len(row.values)} values for {len(self.columns)} columns"
                )


@dataclass(frozen=True)
class Segment:
    """A stretch of the instruction; `decided` is empty where it decided nothing."""

    text: str
    decided: str


def write_report(
    data: ReportData, path: str | Path, *, tiles: OverviewTiles | None = None, step_tile: int = 260
) -> Path:
    """Write the report atomically; raises InputError where it cannot be written.

    tiles: the pictures of the overview where they exist already; step_tile: pixels per step.
    """
    html = report_html(data, tiles=tiles, step_tile=step_tile)
    return write_atomically(path, html.encode())


def report_html(
    data: ReportData, *, tiles: OverviewTiles | None = None, step_tile: int = 260
) -> str:
    """The page as text: no script, no link to anything outside; all that is given is escaped."""
    import jinja2  # not needed by a run that writes no report

    shown = tiles or overview_tiles(data.overview)
    view = data.overview
    seen = (view.object_mesh, view.contact_faces, view.hand_faces)
    strips = draw_together([partial(grasp_strip, s, *seen, tile=step_tile) for s in data.steps])
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = resources.files("handhold.render").joinpath("report.html.j2").read_text("utf-8")
    return environment.from_string(source).render(
        data=data,
        segments=split_instruction(view.instruction, data.words),
        object_pictures=[_data_uri(picture) for picture in shown.object],
        prior_picture=_data_uri(shown.prior) if shown.prior is not None else "",
        cards=[
            (grasp, [_data_uri(picture) for picture in pair])
            for grasp, pair in zip(view.grasps, shown.grasps, strict=False)
        ],
        strips=[(s, _data_uri(strip)) for s, strip in zip(data.steps, strips, strict=True)],
        total=sum(timing.seconds for timing in data.timings),
        longest=max((timing.seconds for timing in data.timings), default=0.0) or 1.0,
    )


def split_instruction(instruction: str, words: Sequence[DecidingWord]) -> list[Segment]:
    """The instruction cut at the words that decided something, at their first whole match."""
    marks: list[tuple[int, int, str]] = []
    for word in words:
        pattern = r"(?<!\w)" + re.escape(word.word.strip()) + r"(?!\w)"
        found = re.search(pattern, instruction, re.IGNORECASE) if word.word.strip() else None
        if found and all(found.end() <= start or found.start() >= end for start, end, _ in marks):
            marks.append((found.start(), found.end(), word.decided))
    segments, position = [], 0
    for start, end, decided in sorted(marks):
        segments.append(Segment(instruction[position:start], ""))
        segments.append(Segment(instruction[start:end], decided))
        position = end
    segments.append(Segment(instruction[position:], ""))
    return [segment for segment in segments if segment.text]


def _data_uri(picture: Image.Image) -> str:
    stream = io.BytesIO()
    picture.convert("RGB").save(stream, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
