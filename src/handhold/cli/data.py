"""`handhold data make`: the data sets that handhold makes itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder

data_app = typer.Typer(no_args_is_help=True, help="Data sets.")
make_app = typer.Typer(no_args_is_help=True, help="Make a data set.")
data_app.add_typer(make_app, name="make")


@make_app.command()
def starter(
    out: Annotated[Path, typer.Option(help="Folder of the set.")] = Path("runs/starter"),
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Parametric objects with parts and filtered grasps of all seven affordances.

    A run that was interrupted goes on where it stopped. Same seed, same set.
    """
    folder = checked_folder(out)

    from handhold.synthesis import make_starter_set

    with console.stage_progress(quiet=quiet) as on_progress:
        made = make_starter_set(folder, seed=seed, on_progress=on_progress)
    if not quiet:
        console.results().print(f"{made} in {folder}", markup=False)
