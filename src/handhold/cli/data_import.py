"""`handhold data import`: data sets of others, as their owners distribute them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError

if TYPE_CHECKING:
    from handhold.datasets.importing import ImportReport

NAMES = "affordpose, oakink, partnet-mobility, 3dnet, objaverse, dexycb, dexgraspnet, dexgraspbench"
_EXAMPLES = 5


def import_(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {NAMES}.")],
    root: Annotated[Path, typer.Argument(metavar="PATH", help="Root folder of the data set.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder to write.  [default: data/NAME]", show_default=False)
    ] = None,
    mano: Annotated[
        Path | None, typer.Option(help="Your own MANO_RIGHT.pkl, for data in MANO parameters.")
    ] = None,
    hand_folder: Annotated[
        Path | None, typer.Option(help="ManoHand folder of your clone of the AffordPose project.")
    ] = None,
    mesh_root: Annotated[
        Path | None, typer.Option(help="Folder of object meshes, if not below the root.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Folder of an outside part segmentation (PartField).")
    ] = None,
    object_list: Annotated[
        Path | None, typer.Option(help="Text file: one object per line; others are left out.")
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Read so many objects at most.")] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first entry that deviates.")
    ] = False,
    workers: options.WorkersOption = None,
    quiet: options.QuietOption = False,
) -> None:
    """Turn a data set into ours: one record per grasp, one object store.

    Entries that deviate from the format are skipped, counted and named. An interrupted run goes
    on where it stopped. Nothing is downloaded.
    """
    folder = checked_folder(Path("data") / name if out is None else out)
    for path, advice in (
        (mano, "Check --mano; registered users get MANO_RIGHT.pkl from the MANO project."),
        (hand_folder, "Check --hand-folder; ManoHand is in the AffordPose project's repository."),
        (mesh_root, "Check --mesh-root."),
        (labels, "Check --labels."),
        (object_list, "Check --object-list."),
    ):
        if path is not None and not path.exists():
            raise InputError(f"There is no '{path}'.", advice)

    from handhold.datasets.importing import import_dataset
    from handhold.datasets.readers import ReadOptions

    wanted = ReadOptions(
        mano=mano,
        hand_folder=hand_folder,
        mesh_root=mesh_root,
        labels=labels,
        object_list=object_list,
        limit=limit,
    )
    with console.stage_progress(quiet=quiet, stopped="Interrupted: run it again to go on.") as tell:
        report = import_dataset(
            name, root, folder, wanted, strict=strict, workers=workers, on_progress=tell
        )
    if not quiet:
        _say(report, folder)


def _say(report: ImportReport, folder: Path) -> None:
    out, store = console.results(), report.store
    skipped = sum(report.skipped.values())
    out.print(
        f"{len(store)} grasps of {store.manifest.objects} objects in {folder}; "
        f"{report.read} entries read, {skipped} skipped",
        markup=False,
    )
    for why, count in list(report.skipped.items())[:_EXAMPLES]:
        out.print(f"  {count:6d}  {why}", markup=False)
    for entry, why in report.examples[:_EXAMPLES]:
        console.notes().print(f"skipped {entry}: {why}", markup=False)
    for note in report.notes:
        console.notes().print(f"note: {note}", markup=False)
    out.print(f"Licence of {store.manifest.source}: {store.manifest.licence}", markup=False)
