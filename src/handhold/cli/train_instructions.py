"""`handhold train instructions`: the head that reads sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder


def instructions(
    out: Annotated[Path, typer.Option(help="Folder of the trained head.")] = Path(
        "runs/instructions"
    ),
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the sentences.")] = 6,
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Train the head that finds affordance and part of a sentence (extra 'text'; minutes)."""
    folder = checked_folder(out)

    from handhold.train.instruction_run import train_instruction_head

    with console.stage_progress(quiet=quiet) as on_progress:
        run = train_instruction_head(folder, epochs=epochs, seed=seed, on_progress=on_progress)
    if not quiet:
        results = console.results()
        for source, scores in run.scores.items():
            results.print(f"held out, {source}: {scores}", markup=False)
        results.print(f"{run.path}: trained", markup=False)
