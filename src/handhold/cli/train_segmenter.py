"""`handhold train segmenter`: the network that finds a part by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder

if TYPE_CHECKING:
    from handhold.train.segmenter import SegmenterProgress


def segmenter(
    out: Annotated[
        Path, typer.Option(help="Folder of prepared shapes, weights and training state.")
    ] = Path("runs/segmenter"),
    shapes: Annotated[int, typer.Option(min=50, help="Shapes to prepare and learn from.")] = 3500,
    steps: Annotated[int, typer.Option(min=1, help="Steps of 12 shapes.")] = 3500,
    minutes: Annotated[
        float | None, typer.Option(min=0.0, help="Stop training after this time.")
    ] = None,
    seed: options.SeedOption = 0,
    resume: Annotated[bool, typer.Option(help="Go on from the state in --out.")] = True,
    quiet: options.QuietOption = False,
) -> None:
    """Train the part segmenter on shapes of the seen categories and on invented ones."""
    folder = checked_folder(out)

    from handhold.grounding.point_features import FEATURES
    from handhold.grounding.segmenter_file import save_segmenter
    from handhold.language.encoder import load_text_encoder
    from handhold.models.part_segmenter import SegmenterConfig
    from handhold.train.segmenter import SegmenterTraining, train_segmenter
    from handhold.train.segmenter_cache import prepare_shapes, read_shapes
    from handhold.train.segmenter_validation import calibrated, measure_segmenter

    encoder = load_text_encoder()
    with console.stage_progress(quiet=quiet) as on_progress:
        for count, validation in ((300, True), (shapes, False)):
            prepare_shapes(
                folder / "shapes",
                count,
                validation=validation,
                seed=seed,
                on_progress=lambda made, of: on_progress("shapes", made / of, f"{made} of {of}"),
            )

        def report(at: SegmenterProgress) -> None:
            detail = f"step {at.step} of {at.steps}, loss {at.loss:.3f}"
            on_progress("train", at.step / at.steps, detail)

        result = train_segmenter(
            read_shapes(folder / "shapes", seed=seed, limit=shapes),
            encoder.vectors,
            folder,
            sizes=SegmenterConfig(len(FEATURES)),
            config=SegmenterTraining(steps=steps),
            seed=seed,
            resume=resume,
            time_limit_s=None if minutes is None else 60 * minutes,
            on_progress=report,
        )
        held_out = read_shapes(folder / "shapes", validation=True, seed=seed)
        quality = measure_segmenter(result.segmenter, held_out)
        save_segmenter(result.path, calibrated(result.segmenter, quality))
    if not quiet:
        state = "trained" if result.finished else "time is up; run it again to go on"
        console.results().print(
            f"{result.path}: {state}; IoU {quality.best:.2f} on shapes kept out, threshold"
            f" {quality.threshold:.2f}",
            markup=False,
        )
