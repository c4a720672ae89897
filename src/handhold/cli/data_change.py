"""`handhold data split` and `export`: pieces for training, and other programs' formats."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal

import typer

from handhold.cli import console, options
from handhold.cli.data_look import DataArgument
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError


def split(
    data: DataArgument,
    ratios: Annotated[str, typer.Option(help="Training, validation and test.")] = "8:1:1",
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Divide the objects, category by category; no object's grasps are in two pieces.

    Objects of unseen categories are kept out of all three. Written beside the data.
    """
    from handhold.datasets.store import GraspStore, split_objects

    store = GraspStore(data)
    made = split_objects(list(store.objects.values()), _ratios(ratios), seed)
    made.write(data)
    if quiet:
        return
    of = store.table(("object",))["object"].to_pylist()
    grasps = Counter(made.piece.get(digest, "") for digest in of)
    for piece, objects in Counter(made.piece.values()).items():
        console.results().print(f"{piece}: {objects} objects, {grasps[piece]} grasps", markup=False)


def _ratios(text: str) -> tuple[float, float, float]:
    try:
        first, second, third = (float(part) for part in text.split(":"))
    except ValueError as error:
        raise InputError(
            f"The ratios '{text}' are no three numbers.", "Give them as 8:1:1."
        ) from error
    return first, second, third


def export(
    data: DataArgument,
    to: Annotated[
        Literal["grasps", "jsonl", "csv"],
        typer.Option(help="grasps: a folder per object for handhold evaluate; jsonl; csv."),
    ] = "grasps",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write.  [default: DATA/export]")
    ] = None,
    category: options.CategoryOption = None,
    affordance: options.AffordanceOption = None,
    part: options.PartNameOption = None,
    split: options.SplitOption = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many grasps at most.")] = None,
    quiet: options.QuietOption = False,
) -> None:
    """Grasps and meshes for other programs.

    jsonl and csv: grasps.jsonl or grasps.csv, a row per grasp, and a mesh per object, all in the
    object frame (metres, z up). grasps: per object its OBJ with named parts and a grasps.json that
    `handhold evaluate` judges.
    """
    folder = checked_folder(data / "export" if out is None else out)

    from handhold.datasets.export import WRITERS
    from handhold.datasets.store import GraspStore

    chosen = options.where(category, affordance, part, split)
    grasps, objects = WRITERS[to](GraspStore(data), chosen, folder, limit)
    if not quiet:
        console.results().print(f"{grasps} grasps of {objects} objects in {folder}", markup=False)
