"""`handhold data`: data sets of grasps, made, imported, looked at, checked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handhold.cli import console, options
from handhold.cli.data_change import export, split
from handhold.cli.data_import import import_
from handhold.cli.data_look import check, info, show
from handhold.cli.data_texts import instructions
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError

OBJECTS, GRASPS = 600, 12_000

data_app = typer.Typer(no_args_is_help=True, help="Data sets of grasps.")
make_app = typer.Typer(no_args_is_help=True, help="Make a data set.")
data_app.add_typer(make_app, name="make")
data_app.command("import")(import_)
data_app.command()(info)
data_app.command()(check)
data_app.command()(split)
data_app.command()(show)
data_app.command()(instructions)
data_app.command()(export)


@make_app.callback()
def make() -> None:
    """Make a data set."""


@make_app.command()
def synthetic(
    out: Annotated[Path, typer.Option(help="Folder of the set.")] = Path("data/synthetic"),
    objects: Annotated[int, typer.Option(min=1, help="Shapes, all categories in turn.")] = (
        OBJECTS
    ),
    grasps: Annotated[int, typer.Option(min=1, help="Grasps in all, at most.")] = GRASPS,
    recorded: Annotated[
        bool, typer.Option("--recorded", help="The set that ships: only meshes are made anew.")
    ] = False,
    category: Annotated[
        list[str] | None,
        typer.Option(help="Make these now and leave the rest for another run; may be repeated."),
    ] = None,
    seed: options.SeedOption = 0,
    workers: options.WorkersOption = None,
    quiet: options.QuietOption = False,
) -> None:
    """Parametric objects with named parts, filtered grasps of all seven affordances, sentences.

    A run that was interrupted, in whatever way, goes on where it stopped. Same seed, same set.
    --recorded takes some minutes, the making itself hours: see docs/data.md.
    """
    if recorded and (category or (objects, grasps, seed) != (OBJECTS, GRASPS, 0)):
        raise InputError(
            "--recorded is the set that ships; it has no other size, seed or choice.",
            "Leave out --recorded, or --objects, --grasps, --seed and --category.",
        )
    folder = checked_folder(out)

    from handhold.synthesis import SyntheticConfig, make_synthetic, rebuild

    with console.stage_progress(quiet=quiet, stopped="Interrupted: run it again to go on.") as tell:
        if recorded:
            store = rebuild(folder, workers=workers, on_progress=tell)
        else:
            config = SyntheticConfig(objects=objects, grasps=grasps, seed=seed)
            if workers is not None:
                config = config.with_workers(workers)
            made = make_synthetic(folder, config, only=tuple(category or ()), on_progress=tell)
            if made is None:
                console.results().print(f"Shapes are left: run it again for {folder}", markup=False)
                return
            store = made
    if not quiet:
        from handhold.cli.data_tables import yield_table

        console.results().print(yield_table(store))
        console.results().print(
            f"{len(store)} grasps of {store.manifest.objects} objects in {folder}", markup=False
        )
