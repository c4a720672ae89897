"""`handhold data info`, `check` and `show`: what is in a data set."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handhold.cli import console, options
from handhold.errors import InputError

if TYPE_CHECKING:
    from handhold.datasets.store import GraspStore

_SHOWN = 20
DataArgument = Annotated[Path, typer.Argument(metavar="DATA", help="Folder of a data set.")]


def info(
    data: DataArgument, json: options.JsonOption = False, quiet: options.QuietOption = False
) -> None:
    """What a data set holds: counts, sources, licences, yields."""
    from handhold.cli.data_tables import count_table, own_counts, yield_table
    from handhold.datasets.store import GraspStore

    store = GraspStore(data)
    if json:
        console.print_json(_document(store, own_counts(store)))
        return
    out, manifest = console.results(), store.manifest
    grasps, objects, categories, tasks, texts = own_counts(store)
    out.print(
        f"{manifest.name}: {grasps} grasps of {objects} objects in {categories} categories, "
        f"{tasks} tasks, {texts} sentences",
        markup=False,
    )
    out.print(f"source: {manifest.source}; licence: {manifest.licence}", markup=False)
    for name, joints in manifest.hands.items():
        out.print(f"hand {name}: {len(joints)} joints", markup=False)
    if quiet:
        return
    for column in ("affordance", "category", "source_affordance"):
        if column != "source_affordance" or any(store.table((column,))[column].to_pylist()):
            out.print(count_table(store, column))
    if manifest.made.get("yields"):
        out.print(yield_table(store))
    for why, count in manifest.skipped.items():
        out.print(f"skipped {count}: {why}", markup=False)
    for note in manifest.notes:
        out.print(f"note: {note}", markup=False)


def _document(store: GraspStore, counts: tuple[int, int, int, int, int]) -> dict[str, Any]:
    manifest = store.manifest
    names = ("grasps", "objects", "categories", "tasks", "sentences")
    return {
        "format": "handhold-data-info",
        "version": 1,
        "name": manifest.name,
        "source": manifest.source,
        "licence": manifest.licence,
        **dict(zip(names, counts, strict=True)),
        "hands": {name: list(joints) for name, joints in manifest.hands.items()},
        "by_affordance": Counter(store.table(("affordance",))["affordance"].to_pylist()),
        "by_category": Counter(store.table(("category",))["category"].to_pylist()),
        "seen": manifest.seen,
        "unseen": manifest.unseen,
        "skipped": manifest.skipped,
        "made": manifest.made,
    }


def check(
    data: DataArgument, json: options.JsonOption = False, quiet: options.QuietOption = False
) -> None:
    """Every fault of a data set with its place, and its counts beside those of the papers' sets.

    Ends with exit code 2 where there is a fault.
    """
    from handhold.cli.data_tables import own_counts, paper_table
    from handhold.datasets.paper_sets import paper_sets
    from handhold.datasets.store import GraspStore, check_store

    store = GraspStore(data)
    with console.stage_progress(quiet=quiet or json) as tell:
        faults = check_store(store, tell)
    readable = not any(fault.kind in ("shard", "objects") for fault in faults)
    if json:
        rows = [{"kind": f.kind, "place": f.place, "what": f.what} for f in faults]
        counts = {"yours": own_counts(store) if readable else None} | {
            each.title: (each.grasps, each.objects, each.categories, each.tasks, each.texts)
            for each in paper_sets()
        }
        columns = ("grasps", "objects", "categories", "tasks", "texts")
        document = {
            "format": "handhold-data-check",
            "version": 1,
            "faults": rows,
            "counts": {
                name: None if row is None else dict(zip(columns, row, strict=True))
                for name, row in counts.items()
            },
        }
        console.print_json(document)
    else:
        out = console.results()
        for fault in faults[:_SHOWN]:
            out.print(f"{fault.kind}: {fault.place}: {fault.what}", markup=False)
        if len(faults) > _SHOWN:
            out.print(f"... and {len(faults) - _SHOWN} more (--json lists all)", markup=False)
        if not quiet and readable:
            out.print(paper_table(store, paper_sets()))
        if not faults:
            out.print(f"No faults in {len(store)} grasps.", markup=False)
    if faults:
        kinds = ", ".join(f"{kind} {n}" for kind, n in Counter(f.kind for f in faults).items())
        raise InputError(f"{len(faults)} faults in '{data}' ({kinds}).", "Make or import it again.")


def show(
    data: DataArgument,
    grid: Annotated[int, typer.Option(min=1, max=200, help="How many grasps.")] = 24,
    out: Annotated[
        Path | None, typer.Option(help="PNG to write.  [default: DATA/sheet.png]")
    ] = None,
    category: options.CategoryOption = None,
    affordance: options.AffordanceOption = None,
    part: options.PartNameOption = None,
    split: options.SplitOption = None,
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """A page of grasps drawn at random, contact part in blue, as a PNG."""
    from handhold.cli.data_sheet import sheet
    from handhold.datasets.store import GraspStore

    store = GraspStore(data)
    where = options.where(category, affordance, part, split)
    target = data / "sheet.png" if out is None else out
    shown, of = sheet(store, where, grid, seed, target)
    if not quiet:
        console.results().print(f"{shown} of {of} grasps in {target}", markup=False)
