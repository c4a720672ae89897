"""The house rules about imports: one way only, nothing undeclared, nothing heavy at the door."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGE = REPOSITORY / "src" / "handhold"

# Low to high. A lower room never imports a higher one, rooms in one brace never each other.
LAYERS: tuple[frozenset[str], ...] = tuple(
    frozenset(layer.split())
    for layer in (
        "errors",
        "restricted_pickle processes",
        "optional",
        "cache",
        "spatial",
        "geometry",
        "objects hands",
        "grasps",
        "contact models weights_file",
        "language priors retarget",
        "datasets grounding refine physics",
        "generate evaluate render",
        "synthesis",
        "train",
        "pipeline",
        "cli viewer",
        "__main__",
    )
)
LEVEL = {room: level for level, layer in enumerate(LAYERS) for room in layer}

JUDGES = ("evaluate", "physics", "contact")
FORBIDDEN = {
    (judge, room)
    for judge in JUDGES
    for room in ("generate", "refine", "models", "priors", "language")
} | {("models", "hands"), ("models", "objects")}

# Distribution names that differ from the import name.
DISTRIBUTION = {
    "PIL": "pillow",
    "fast_simplification": "fast-simplification",
    "igl": "libigl",
    "sklearn": "scikit-learn",
}
# trimesh calls these without our naming them.
USED_THROUGH_TRIMESH = {"embreex", "manifold3d", "networkx", "rtree"}


def _sources() -> Iterator[tuple[str, Path]]:
    """(room, file) of every module; the package's own __init__ is the public face, no room."""
    for path in sorted(PACKAGE.rglob("*.py")):
        room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if room != "__init__":
            yield room, path


def _imported(path: Path) -> Iterator[str]:
    """Absolute dotted names that a file imports, at any depth, typing-only ones included."""
    package = ["handhold", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            if module == "handhold":
                yield from (f"handhold.{alias.name}" for alias in node.names)
            else:
                yield module


def _imported_rooms(path: Path) -> set[str]:
    names = (name.split(".") for name in _imported(path))
    return {parts[1] for parts in names if parts[0] == "handhold" and len(parts) > 1}


def test_every_room_has_a_place_in_the_order() -> None:
    assert {room for room, _ in _sources()} <= set(LEVEL)


def test_no_room_imports_a_higher_or_a_neighbouring_one() -> None:
    upward = [
        f"{path.relative_to(PACKAGE)} imports {other}"
        for room, path in _sources()
        for other in _imported_rooms(path) - {room, "__version__"}
        if other not in LEVEL or LEVEL[other] >= LEVEL[room]
    ]
    assert not upward


def test_the_judges_do_not_see_the_makers_and_networks_know_no_hand() -> None:
    seen = [
        f"{path.relative_to(PACKAGE)} imports {other}"
        for room, path in _sources()
        for other in _imported_rooms(path)
        if (room, other) in FORBIDDEN
    ]
    assert not seen


def test_the_order_itself_allows_no_forbidden_pair_silently() -> None:
    """Pairs the layers would allow are the reason for the list by name."""
    assert all(a in LEVEL and b in LEVEL for a, b in FORBIDDEN)


def test_there_is_no_room_called_utils() -> None:
    assert not [path for path in PACKAGE.rglob("*") if re.match(r"utils?(\.py)?$", path.name)]


def _declared() -> tuple[set[str], set[str]]:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = [_name(line) for line in project["dependencies"]]
    extras = [_name(line) for lines in project["optional-dependencies"].values() for line in lines]
    return set(names), set(extras)


def _name(requirement: str) -> str:
    return re.split(r"[\s<>=!~\[;]", requirement, maxsplit=1)[0]


def test_third_party_imports_and_declared_dependencies_agree() -> None:
    core, _ = _declared()
    modules = {name.split(".")[0] for path in PACKAGE.rglob("*.py") for name in _imported(path)}
    foreign = modules - set(sys.stdlib_module_names) - {"handhold"}
    imported = {DISTRIBUTION.get(name, name) for name in foreign}
    assert imported <= core, "imported, but not declared in pyproject.toml"
    assert core <= imported | USED_THROUGH_TRIMESH, "declared in pyproject.toml, but not used"


def test_every_declared_dependency_is_pinned_for_the_checks() -> None:
    core, extras = _declared()
    pins = (REPOSITORY / "constraints.txt").read_text().splitlines()
    pinned = {_name(line) for line in pins if line and not line.startswith("#")}
    assert core | extras <= pinned


HEAVY = ("torch", "numpy", "scipy", "trimesh", "sklearn")


@pytest.mark.parametrize(
    "statement",
    [
        "import handhold",
        "import handhold.cli",
        "from typer.testing import CliRunner; from handhold.cli import app;"
        " assert CliRunner().invoke(app, ['--help']).exit_code == 0",
        "from typer.testing import CliRunner; from handhold.cli import app;"
        " assert CliRunner().invoke(app, ['grasp', '--help']).exit_code == 0",
    ],
    ids=["package", "command line", "--help", "grasp --help"],
)
def test_the_door_is_light(statement: str) -> None:
    """Neither importing the package nor asking for help loads torch or its like."""
    code = f"{statement}\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"


def test_public_names_are_listed_and_unknown_ones_refused() -> None:
    import handhold

    assert set(handhold.__all__) == set(dir(handhold))
    with pytest.raises(AttributeError, match="no attribute 'grab'"):
        _ = handhold.grab
