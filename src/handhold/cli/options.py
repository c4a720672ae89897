"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

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
SeedOption = Annotated[int, typer.Option(min=0, help="Same seed, same result.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")]
