"""`handhold library`: the priors that grasps start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder

library_app = typer.Typer(no_args_is_help=True, help="The library of grasp priors.")


@library_app.callback()
def library() -> None:
    """The library of grasp priors."""


@library_app.command()
def build(
    data: Annotated[Path, typer.Option(help="Folder of the starter set.")] = Path("runs/starter"),
    out: Annotated[Path, typer.Option(help="The library to write.")] = Path(
        "runs/library.safetensors"
    ),
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Cluster the grasps of a set by part and pose, and keep one prior per cluster."""
    checked_folder(out.parent)

    from handhold.priors import build_library

    with console.stage_progress(quiet=quiet) as on_progress:
        built = build_library(data, out, seed=seed, on_progress=on_progress)
    if not quiet:
        console.results().print(f"{built} in {out}", markup=False)
