"""`handhold compare`: two sets of grasps, pair by pair."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from handhold.cli import console, options
from handhold.cli.judging import Judging, Sources

if TYPE_CHECKING:
    from handhold.evaluate import Comparison


def compare(
    a: Annotated[Path, typer.Argument(help="Evaluation, or grasps to be judged first.")],
    b: Annotated[Path, typer.Argument(help="The other one; differences are b - a.")],
    profile: Annotated[
        str | None, typer.Option(help="For grasps that are judged first.  [default: handhold]")
    ] = None,
    hand: Annotated[str | None, typer.Option(help="As in evaluate.")] = None,
    mesh: Annotated[Path | None, typer.Option(help="As in evaluate.")] = None,
    mesh_root: Annotated[Path | None, typer.Option(help="As in evaluate.")] = None,
    table: Annotated[
        Literal["md", "csv", "json", "latex"], typer.Option("--format", help="How it is printed.")
    ] = "md",
    samples: Annotated[int, typer.Option(min=100, help="Bootstrap resamplings.")] = 10_000,
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Per metric: mean difference b - a, its 95 % bootstrap interval, how often b is better.

    Grasps are paired by name, or in order where no names agree.
    """
    from handhold.datasets import is_evaluation
    from handhold.evaluate import compare as compare_evaluations
    from handhold.evaluate import comparison_table, load_evaluation
    from handhold.evaluate import profile as named_profile

    with console.stage_progress(quiet=quiet) as on_progress:
        sources = Sources(hand=hand, mesh=mesh, mesh_root=mesh_root)
        known = [load_evaluation(path) if is_evaluation(path) else None for path in (a, b)]
        like = profile or next((each.profile for each in known if each is not None), "handhold")
        judging = Judging(named_profile(like), sources, on_progress, seed=seed)
        first, second = (
            next(iter(judging.files([path]).values())) if each is None else each
            for path, each in zip((a, b), known, strict=True)
        )
    comparison = compare_evaluations(first, second, samples=samples, seed=seed)
    sys.stdout.write(comparison_table(comparison, table))
    if not quiet:
        console.notes().print(_pairing(comparison), markup=False)


def _pairing(comparison: Comparison) -> str:
    alone = comparison.only_a + comparison.only_b
    return (
        f"{comparison.n_pairs} pairs by {comparison.paired_by}"
        + (f", {alone} grasps without a partner" if alone else "")
        + f"; profile {comparison.profile}"
    )
