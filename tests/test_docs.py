"""What the pages say is what the code does."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest
import typer

from handhold.cli import app
from handhold.evaluate import METRICS, PROFILES, evaluation_schema
from handhold.grasps import AFFORDANCES, grasps_schema
from handhold.hands import load_hand
from handhold.pipeline.settings import ABLATIONS

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RECORDS = (
    "handhold.generate.score.ScoreWeights",
    "handhold.refine.config.Weights",
    "handhold.pipeline.rank.RankWeights",
    "handhold.synthesis.filters.FilterLimits",
    "handhold.train.config.LossWeights",
    "handhold.evaluate.profile.QuickProfile",
    "handhold.evaluate.q1.ContactRule",
    "handhold.physics.protocol.Pieces",
    "handhold.physics.protocol.ObmanProtocol",
    "handhold.physics.protocol.ObmanProtocol.contacts",
    "handhold.physics.protocol.SixAxisProtocol",
    "handhold.physics.protocol.SixAxisProtocol.contacts",
    "handhold.physics.protocol.SixAxisProtocol.drive",
)
NOT_A_NUMBER = {"contacts", "pieces", "drive"}  # records with a table of their own


@pytest.fixture(scope="module")
def numbers() -> ModuleType:
    """tools/docs_numbers.py"""
    spec = importlib.util.spec_from_file_location(
        "docs_numbers", ROOT / "tools" / "docs_numbers.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_published_schemas_are_the_packages() -> None:
    for name, schema in (("grasps", grasps_schema()), ("evaluation", evaluation_schema())):
        published = json.loads((ROOT / "docs" / "schema" / f"{name}.schema.json").read_text())
        assert published == schema


def test_the_numbers_on_the_pages_are_the_codes(numbers: ModuleType) -> None:
    for path in numbers.PAGES:
        page = path.read_text()
        assert page == numbers.rewritten(page), "run: python tools/docs_numbers.py"


@pytest.mark.parametrize("source", RECORDS)
def test_no_number_of_a_record_is_left_out(numbers: ModuleType, source: str) -> None:
    names = {f.name for f in fields(numbers.record(source))} - NOT_A_NUMBER
    pages = [path.read_text() for path in numbers.PAGES]
    (page,) = [page for page in pages if f"<!-- numbers: {source} -->" in page]
    assert numbers.rows(page, source) | {"name"} == names | {"name"}


def test_the_metrics_page_names_every_metric_and_profile() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    names = {name.removesuffix("_shrunk") for name in METRICS} | set(PROFILES)
    assert not [name for name in names if f"`{name}`" not in page]


def test_the_pipeline_page_names_every_ablation_and_affordance() -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text()
    assert all(f"`{name}`" in page for name in ABLATIONS if name != "full")
    conventions = (ROOT / "docs" / "conventions.md").read_text()
    assert all(f"`{name}`" in conventions for name in AFFORDANCES)


def test_the_joint_table_is_the_hands() -> None:
    page = (ROOT / "docs" / "conventions.md").read_text()
    found = re.findall(r"^\| (\d+) \| `(\w+)` \| ([-\d.]+), ([-\d.]+) \|", page, re.MULTILINE)
    spec = load_hand("human").spec
    limits = zip(spec.joint_lower.tolist(), spec.joint_upper.tolist(), strict=True)
    for row, name, (lower, upper) in zip(found, spec.joint_names, limits, strict=True):
        assert row[:2] == (str(spec.joint_names.index(name)), name)
        assert (float(row[2]), float(row[3])) == pytest.approx((lower, upper), abs=1e-6)


def test_the_hands_numbers_are_as_described() -> None:
    spec = load_hand("human").spec
    page = (ROOT / "docs" / "conventions.md").read_text()
    assert f"A right hand of {len(spec.vertices)} vertices" in page
    assert f"Key points ({len(spec.keypoint_names)})" in page
    assert f"Bone spheres ({len(spec.sphere_radius)})" in page
    fingers = ("thumb", "index", "middle", "ring", "little")
    ends = ("base", "middle", "distal", "tip")
    assert spec.keypoint_names == ("wrist", *(f"{f}_{end}" for f in fingers for end in ends))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.is_file(), target
        if anchor:
            assert anchor in _anchors(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_flags_and_commands_exist(page: Path) -> None:
    text = page.read_text()
    known = set(_flags(typer.main.get_command(app)))
    ours = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", _without_other_programs(text)))
    assert ours <= known
    commands = _commands(typer.main.get_command(app))
    for line in re.findall(r"(?:^ *|`|\t)handhold ((?:[a-z]+ ?)+)", text, re.MULTILINE):
        words = line.split()
        assert any(" ".join(words[:n]) in commands for n in (1, 2, 3)), line


def _without_other_programs(text: str) -> str:
    whole = text.replace("\\\n", " ")
    other = re.compile(r"\s*(\w+=\S+ )?(pip|python|make) ")
    kept = (line for line in whole.splitlines() if not other.match(line))
    return re.sub(r"`pip [^`]*`", "", "\n".join(kept))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in plain}


def _flags(command: object) -> Iterator[str]:
    yield "--help"
    for parameter in getattr(command, "params", ()):
        yield from parameter.opts
        yield from parameter.secondary_opts
    for child in getattr(command, "commands", {}).values():
        yield from _flags(child)


def _commands(command: object, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, child in getattr(command, "commands", {}).items():
        full = f"{prefix} {name}".strip()
        found |= {full} | _commands(child, full)
    return found
