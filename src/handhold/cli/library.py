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
    data: Annotated[Path, typer.Option(help="Folder of a data set.")] = Path("data/synthetic"),
    out: Annotated[Path, typer.Option(help="The library to write.")] = Path(
        "runs/library.safetensors"
    ),
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Cluster the grasps of a set by part and pose, and keep one prior per cluster.

    Only grasps of seen categories, where the set tells seen from unseen.
    """
    checked_folder(out.parent)

    from handhold.datasets.store import GraspStore
    from handhold.hands import load_hand
    from handhold.priors import PriorLibrary, template_priors
    from handhold.synthesis import learning_set

    store = GraspStore(data)
    with console.stage_progress(quiet=quiet) as on_progress:
        learned = learning_set(store, on_progress=on_progress)
        on_progress("cluster", 0.0, str(learned))
        hand = load_hand("human")
        built = PriorLibrary.build(
            learned.records(),
            hand.name,
            f"{learned.name}: {learned}",
            templates=template_priors(hand),
            categories=learned.categories,
            seed=seed,
        )
        built.save(out)
    if not quiet:
        console.results().print(f"{len(built.priors)} clusters of {learned} in {out}", markup=False)
