"""Which format a file of grasps has, and reading it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from handhold.datasets import affordpose, dexgraspbench, dexgraspnet
from handhold.datasets.arrays import array_names, is_pickled, refuse_pickled
from handhold.datasets.grasps_file import read_grasps_file
from handhold.datasets.reading import Gathering, Reading
from handhold.errors import InputError
from handhold.grasps.json_file import FORMAT, MAX_FILE_BYTES
from handhold.hands import Hand

MAX_FILES = 100_000  # ours: files looked at in a folder
_SUFFIXES = frozenset({".json", ".npz", ".npy"})


@dataclass(frozen=True)
class Options:
    """What `read_any` was told: see there."""

    hand: Hand | None
    mesh: str | Path | None
    mesh_root: str | Path | None
    parts: str | Path | None
    keep_going: bool


@dataclass(frozen=True)
class Format:
    """A format of grasp files: what it looks like and how it is read."""

    title: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Options], Reading]


def read_any(
    paths: str | Path | Sequence[str | Path],
    *,
    hand: Hand | None = None,
    mesh: str | Path | None = None,
    mesh_root: str | Path | None = None,
    parts: str | Path | None = None,
    keep_going: bool = False,
) -> Reading:
    """The grasps of files and folders of any known format, told by their content.

    A folder is read with all grasp files in and below it; other files there are left alone.
    hand: needed for robot grasps (DexGraspNet, DexGraspBench); mesh: the object of our own
    grasps; mesh_root: the folder of meshes; parts: labels for our own. Raises InputError for the
    first bad file or entry; with `keep_going` those are in `skipped`, and it is raised only
    where no grasp is left.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    options = Options(hand, mesh, mesh_root, parts, keep_going)
    gathering = Gathering(keep_going)
    for path in map(Path, given):
        files: list[Path] = []
        with gathering.going_on():
            files = _files(path)
        for file in files:
            with gathering.going_on():
                gathering.add(_format(file).read(file, options))
    return gathering.finish(", ".join(str(path) for path in given))


def format_of(path: str | Path) -> str | None:
    """Name of a grasp file's format (a key of FORMATS), or None where it has none of them."""
    file = Path(path)
    if file.suffix.lower() not in _SUFFIXES:
        return None
    return next((name for name, each in FORMATS.items() if each.recognise(file)), None)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    below = [file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES]
    if len(below) > MAX_FILES:
        raise InputError(
            f"'{path}' holds {len(below)} files.", f"Give folders of at most {MAX_FILES}."
        )
    found = [file for file in below if format_of(file)] or [*filter(is_pickled, below)]
    if not found:
        raise InputError(f"'{path}' holds no file of grasps.", _known())
    return sorted(found)


def _format(path: Path) -> Format:
    if not path.is_file():
        raise InputError(f"There is no file '{path}'.", "Check the path.")
    if is_pickled(path):
        refuse_pickled(path)
    name = format_of(path)
    if name is None:
        raise InputError(f"'{path}' is no file of grasps that handhold knows.", _known())
    return FORMATS[name]


def _known() -> str:
    return f"Known: {'; '.join(each.title for each in FORMATS.values())}."


def _has_arrays(names: Mapping[str, str]) -> Callable[[Path], bool]:
    return lambda path: path.suffix.lower() == ".npz" and set(names) <= array_names(path)


def _mentions(*words: str) -> Callable[[Path], bool]:
    """Whether a JSON file holds all these strings; larger files than any format allows do not."""
    wanted = [json.dumps(word).encode() for word in words]

    def recognise(path: Path) -> bool:
        try:
            if path.suffix.lower() != ".json" or path.stat().st_size > MAX_FILE_BYTES:
                return False
            data = path.read_bytes()
        except OSError:
            return False
        return all(word in data for word in wanted)

    return recognise


def _robot(read: Callable[..., Reading], title: str) -> Callable[[Path, Options], Reading]:
    def reader(path: Path, options: Options) -> Reading:
        if options.hand is None:
            raise InputError(
                f"Grasps of {title} need the hand they were made for.",
                "Give the Shadow Hand's MJCF file with --hand.",
            )
        return read(
            path, hand=options.hand, mesh_root=options.mesh_root, keep_going=options.keep_going
        )

    return reader


def _own(path: Path, options: Options) -> Reading:
    return read_grasps_file(
        path,
        hand=options.hand,
        mesh=options.mesh,
        mesh_root=options.mesh_root,
        parts=options.parts,
        keep_going=options.keep_going,
    )


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "handhold": Format("grasps.json of handhold", _mentions("format", FORMAT), _own),
        "dexgraspnet": Format(
            f"DexGraspNet NPZ ({', '.join(dexgraspnet.ARRAYS)})",
            _has_arrays(dexgraspnet.ARRAYS),
            _robot(dexgraspnet.read_dexgraspnet, "DexGraspNet"),
        ),
        "dexgraspbench": Format(
            f"DexGraspBench NPZ ({', '.join(dexgraspbench.ARRAYS)})",
            _has_arrays(dexgraspbench.ARRAYS),
            _robot(dexgraspbench.read_dexgraspbench, "DexGraspBench"),
        ),
        "affordpose": Format(
            "AffordPose JSON (rhand_mesh, object_mesh)",
            _mentions(*affordpose.KEYS),
            lambda path, _: affordpose.read_affordpose(path),
        ),
    }
)
