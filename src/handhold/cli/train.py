"""`handhold train`: the networks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder
from handhold.cli.train_instructions import instructions
from handhold.cli.train_segmenter import segmenter

if TYPE_CHECKING:
    from handhold.train import EpochRecord

train_app = typer.Typer(no_args_is_help=True, help="Training.")
train_app.command()(instructions)
train_app.command()(segmenter)


@train_app.callback()
def train() -> None:
    """Training."""


@train_app.command()
def cvae(
    preset: Annotated[str, typer.Option(help="Size of the network: tiny, small or paper.")] = (
        "small"
    ),
    data: Annotated[Path, typer.Option(help="Folder of a data set.")] = Path("data/synthetic"),
    library: Annotated[
        Path | None, typer.Option(help="Library built from --data.  [default: the shipped one]")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder of weights and training state.")] = Path(
        "runs/cvae"
    ),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the data.")] = 400,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="Stop after the last epoch that fits.")
    ] = None,
    seed: options.SeedOption = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the state in --out.")] = True,
    quiet: options.QuietOption = False,
) -> None:
    """Train the part-aware CVAE that proposes where the hand goes."""
    folder = checked_folder(out)

    from handhold.datasets.store import GraspStore
    from handhold.hands import load_hand
    from handhold.priors import load_library, read_library
    from handhold.synthesis import learning_set
    from handhold.train import train_cvae, training_set

    clusters = load_library() if library is None else read_library(library)
    store = GraspStore(data)

    with console.stage_progress(quiet=quiet) as on_progress:
        learned = learning_set(store, on_progress=on_progress)
        examples = training_set(learned, clusters, load_hand(clusters.hand))

        def report(record: EpochRecord) -> None:
            detail = f"epoch {record.epoch} of {record.epochs}, loss {record.loss:.3f}"
            on_progress("train", record.epoch / record.epochs, detail)

        result = train_cvae(
            examples,
            preset,
            folder,
            epochs=epochs,
            seed=seed,
            resume=resume,
            time_limit_s=None if minutes is None else 60 * minutes,
            on_progress=report,
        )
    if not quiet:
        state = "trained" if result.finished else "time is up; run it again to go on"
        console.results().print(f"{result.path}: {state}", markup=False)
