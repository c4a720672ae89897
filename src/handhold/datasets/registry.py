"""Which format a file of grasps has, and reading it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from handhold.datasets import affordpose, dexgraspbench, dexgraspnet
from handhold.datasets.dictionaries import has_keys
from handhold.datasets.grasps_file import read_grasps_file
from handhold.datasets.reading import Gathering, Reading
from handhold.datasets.recognition import (
    SUFFIXES,
    has_arrays,
    mentions,
    refuse_evaluation,
    require_whole,
)
from handhold.errors import InputError
from handhold.grasps.json_file import FORMAT
from handhold.grasps.json_reading import shown_path
from handhold.hands import Hand

MAX_FILES = 100_000  # ours: files looked at in a folder
_WORDS = (FORMAT, *affordpose.MESHES)  # one of these near the start of every JSON that is ours


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
    """A format of grasp files: what it looks like and how it is read.

    read_many: for formats with a file per grasp, reads those of a folder at once.
    """

    title: str
    recognise: Callable[[Path], bool]
    read: Callable[[Path, Options], Reading]
    read_many: Callable[[Sequence[Path], Options], Reading] | None = None


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

    A folder is read with all grasp files in and below it; damaged ones there are refused, other
    files are left alone and counted in a note. hand: needed for robot grasps (DexGraspNet,
    DexGraspBench); mesh_root: the folder of meshes; mesh, parts: the object of our own grasps
    and labels for it, refused with other formats. Raises InputError for the first bad file or
    entry; with `keep_going` those are in `skipped`, and it is raised only where no grasp is left.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    options = Options(hand, mesh, mesh_root, parts, keep_going)
    gathering = Gathering(keep_going)
    for path in map(Path, given):
        with gathering.going_on():
            if os.path.isdir(path):
                _read_folder(path, options, gathering)
            else:
                name = str(path) if len(given) > 1 else ""
                gathering.add(_format(path).read(path, options), name)
    return gathering.finish(", ".join(str(path) for path in given))


def format_of(path: str | Path) -> str | None:
    """Name of a grasp file's format (a key of FORMATS), or None where it has none of them."""
    file = Path(path)
    if file.suffix.lower() not in SUFFIXES:
        return None
    return next((name for name, each in FORMATS.items() if each.recognise(file)), None)


def _read_folder(folder: Path, options: Options, gathering: Gathering) -> None:
    """Add what is in and below a folder; all damage is found before anything is read."""
    below = _below(folder)
    formats: dict[Path, str] = {}
    problems, left = len(gathering.skipped), 0
    for file in below:
        with gathering.going_on():
            name = format_of(file)
            if name is not None:
                formats[file] = name
            else:
                require_whole(file, _WORDS)
                left += 1
    if not formats and len(gathering.skipped) == problems:
        raise InputError(f"'{folder}' holds no file of grasps.", _known())
    for files, name in _together(formats):
        read, read_many = FORMATS[name].read, FORMATS[name].read_many
        with gathering.going_on():
            found = read_many(files, options) if read_many else read(files[0], options)
            gathering.add(found, str(files[0].relative_to(folder)) if len(files) == 1 else "")
    if left:
        noun = "file" if left == 1 else "files"
        gathering.notes.append(f"{left} other {'/'.join(SUFFIXES)} {noun} left alone")


def _together(formats: Mapping[Path, str]) -> list[tuple[list[Path], str]]:
    """What is read in one go: a file, or all files of a format that has one per grasp."""
    found: list[tuple[list[Path], str]] = []
    many: dict[str, list[Path]] = {}
    for file, name in formats.items():
        if FORMATS[name].read_many is None:
            found.append(([file], name))
        elif name in many:
            many[name].append(file)
        else:
            many[name] = [file]
            found.append((many[name], name))
    return found


def _below(folder: Path) -> list[Path]:
    found = [
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in SUFFIXES and os.path.isfile(file)
    ]
    if len(found) > MAX_FILES:
        raise InputError(
            f"'{folder}' holds {len(found)} files.", f"Give folders of at most {MAX_FILES}."
        )
    return sorted(found)


def _format(path: Path) -> Format:
    if not os.path.isfile(path):
        raise InputError(f"There is no file {shown_path(path)}.", "Check the path.")
    known = format_of(path)
    if known is not None:
        return FORMATS[known]
    refuse_evaluation(path)
    require_whole(path)
    raise InputError(f"'{path}' is no file of grasps that handhold knows.", _known())


def _known() -> str:
    return f"Known: {'; '.join(each.title for each in FORMATS.values())}."


def _robot(read: Callable[..., Reading], title: str) -> Callable[..., Reading]:
    def reader(path: Path | Sequence[Path], options: Options) -> Reading:
        _refuse_own_options(title, options, "give the folder of meshes with --mesh-root")
        if options.hand is None:
            raise InputError(
                f"Grasps of {title} need the hand they were made for.",
                "Name it with --hand shadow, or give the Shadow Hand's MJCF file with --hand.",
            )
        return read(
            path, hand=options.hand, mesh_root=options.mesh_root, keep_going=options.keep_going
        )

    return reader


def _affordpose(path: Path, options: Options) -> Reading:
    _refuse_own_options("AffordPose", options, "a record holds its own object and parts")
    reading = affordpose.read_affordpose(path)
    if options.hand is None:
        return reading
    note = f"the hand is the mesh in the record; '{options.hand.name}' is not used"
    return replace(reading, notes=(*reading.notes, note))


def _refuse_own_options(title: str, options: Options, instead: str) -> None:
    given = {"--mesh": options.mesh, "--parts": options.parts}
    option = next((name for name, value in given.items() if value is not None), None)
    if option is not None:
        raise InputError(
            f"{option} is for handhold's own grasps, not for those of {title}.",
            f"Leave it out: {instead}.",
        )


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
        "handhold": Format("grasps.json of handhold", mentions("format", FORMAT), _own),
        "dexgraspnet": Format(
            f"DexGraspNet NPZ ({', '.join(dexgraspnet.ARRAYS)})",
            has_arrays(dexgraspnet.ARRAYS),
            _robot(dexgraspnet.read_dexgraspnet, "DexGraspNet"),
        ),
        "dexgraspbench": Format(
            f"DexGraspBench NPZ ({', '.join(dexgraspbench.ARRAYS)})",
            has_arrays(dexgraspbench.ARRAYS),
            _robot(dexgraspbench.read_dexgraspbench, "DexGraspBench"),
        ),
        "dexgraspnet-npy": Format(
            "the DexGraspNet owners' NPY",
            has_keys(*dexgraspnet.DICTIONARY_WORDS),
            _robot(dexgraspnet.read_dexgraspnet, "DexGraspNet"),
        ),
        "dexgraspbench-npy": Format(
            "the DexGraspBench owners' NPY",
            has_keys(*dexgraspbench.DICTIONARY_WORDS),
            _robot(dexgraspbench.read_dexgraspbench, "DexGraspBench"),
            _robot(dexgraspbench.read_dexgraspbench, "DexGraspBench"),
        ),
        "affordpose": Format(
            "AffordPose JSON (rhand_mesh, object_mesh)",
            mentions(*affordpose.KEYS),
            _affordpose,
        ),
    }
)
