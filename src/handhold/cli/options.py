"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from handhold.datasets.store import Where

Unit = Literal["m", "cm", "mm", "in"]
Up = Literal["auto", "x", "y", "z"]

MeshArgument = Annotated[
    Path,
    typer.Argument(
        metavar="MESH", help="OBJ, PLY, STL, OFF, GLB or GLTF; a cloud as PLY, XYZ, NPY or NPZ."
    ),
]
UnitOption = Annotated[
    Unit | None,
    typer.Option(help="Length unit of the file. Unstated: told from the size, and printed."),
]
UpOption = Annotated[Up, typer.Option(help="Which axis points up (auto: y for glTF, else z).")]
PartsOption = Annotated[
    Path | None, typer.Option("--parts", help="File with part labels of the mesh.")
]
AvoidOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PART",
        help="Keep off this part, besides those the sentence forbids; repeatable.",
    ),
]
BackendOption = Annotated[
    Literal["auto", "offline", "llm", "lexicon"],
    typer.Option(help="Who reads the sentence. auto: a language model where one is configured."),
]
DetectorOption = Annotated[
    str | None,
    typer.Option(
        metavar="FOLDER",
        help="GroundingDINO or OWLv2 weights that find parts without names in pictures.",
    ),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="A sentence that may mean two things is an error.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same result.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(min=1, help="Processes.  [default: all cores]", show_default=False),
]

CategoryOption = Annotated[
    list[str] | None, typer.Option(help="Only objects like this; may be repeated.")
]
AffordanceOption = Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")]
PartNameOption = Annotated[
    list[str] | None, typer.Option("--part", help="Only parts of this name; may be repeated.")
]
SplitOption = Annotated[
    list[str] | None, typer.Option(help="train, validation, test or unseen; may be repeated.")
]


def where(
    category: list[str] | None,
    affordance: list[str] | None,
    part: list[str] | None,
    split: list[str] | None,
) -> Where:
    """The options above as a choice of grasps."""
    from handhold.datasets.store import Where

    return Where(
        category=tuple(category or ()),
        affordance=tuple(affordance or ()),
        part=tuple(part or ()),
        split=tuple(split or ()),
    )
