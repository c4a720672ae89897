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

    from handhold.hands import load_hand
    from handhold.priors import PriorLibrary, template_priors
    from handhold.synthesis import StarterSet

    starter = StarterSet.read(data)
    with console.stage_progress(quiet=quiet) as on_progress:
        on_progress("cluster", 0.0, str(starter))
        hand = load_hand("human")
        built = PriorLibrary.build(
            starter.records(),
            hand.name,
            f"starter set: {starter}",
            templates=template_priors(hand),
            seed=seed,
        )
        built.save(out)
    if not quiet:
        console.results().print(f"{len(built.priors)} clusters of {starter} in {out}", markup=False)
