"""`handhold evaluate`: anybody's grasps under one judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from handhold.cli import console, options
from handhold.cli.judging import Judging, Sources
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError

TableFormat = Literal["text", "md", "csv", "json", "latex"]
TableRows = Literal["file", "object", "grasp"]


def evaluate(
    grasps: Annotated[
        list[Path] | None,
        typer.Argument(
            help="grasps.json of handhold, DexGraspNet or DexGraspBench NPZ, AffordPose JSON,"
            " or folders of them."
        ),
    ] = None,
    profile: Annotated[
        str,
        typer.Option(
            help="handhold, gdexgrasp, maskdexgrasp, geometry, with /VERSION if need be;"
            " or a physics protocol: obman, six-axis."
        ),
    ] = "handhold",
    hand: Annotated[
        str | None,
        typer.Option(help="human, shadow, or an MJCF or URDF file.  [default: the file's own]"),
    ] = None,
    mesh: Annotated[
        Path | None, typer.Option(help="The object, where it is not where the file says.")
    ] = None,
    mesh_root: Annotated[Path | None, typer.Option(help="Folder of the objects' meshes.")] = None,
    hand_mesh: Annotated[
        Path | None,
        typer.Option(help="Judge this hand mesh, as rigid, on --mesh; both in one frame."),
    ] = None,
    unit: options.UnitOption = None,
    up: options.UpOption = "auto",
    parts: options.PartsOption = None,
    part: Annotated[
        str | None, typer.Option(help="The part to be held, where the file names none.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first so many grasps of each object and scale."),
    ] = None,
    table: Annotated[
        TableFormat, typer.Option("--format", help="How the table is printed.")
    ] = "text",
    rows: Annotated[TableRows, typer.Option(help="What a row of the table is.")] = "file",
    columns: Annotated[
        str | None,
        typer.Option(help="Only these metrics in a table that is not text, comma separated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for one .evaluation.json per input.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Judge only what --out does not hold yet.")
    ] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="List bad entries and judge the rest.")
    ] = False,
    film: Annotated[
        Path | None,
        typer.Option(help="Film a trial of one grasp: .png is a strip, .gif and .webp move."),
    ] = None,
    film_grasp: Annotated[int, typer.Option(min=1, help="Number of the grasp to film.")] = 1,
    film_direction: Annotated[
        str | None, typer.Option(help="Force to film: +x, -x, ...  [default: the worst]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Threads of the physics.  [default: all cores]")
    ] = None,
    seed: options.SeedOption = 0,
    quiet: options.QuietOption = False,
) -> None:
    """Judge grasps: geometry on the exact surface, trials in a simulator.

    Every number stands under a profile that fixes what it means (docs/metrics.md). What cannot
    be measured is nan with a reason, and counted. Ctrl-C keeps what is in --out.
    """
    if resume and out is None:
        raise InputError("--resume needs --out.", "Name the folder of the earlier run.")
    if out is not None:
        checked_folder(out)
    if film is not None:
        checked_folder(film.parent, "--film")
    inputs = _inputs(grasps or [], hand_mesh, mesh)

    from handhold.cli.evaluation_report import Layout, print_evaluations
    from handhold.evaluate import profile as named_profile

    chosen = named_profile(profile)
    layout = Layout.checked(table, rows, columns, chosen, len(inputs))
    sources = Sources(
        hand=hand,
        mesh=mesh,
        mesh_root=mesh_root,
        hand_mesh=hand_mesh,
        unit=unit,
        up=up,
        parts=parts,
        part=part,
        limit=limit,
        keep_going=keep_going,
    )
    sources.check()
    kept = f"What was judged is in '{out}': go on with --resume." if out else "Nothing was kept."
    with console.stage_progress(quiet=quiet, stopped=f"Interrupted. {kept}") as on_progress:
        judging = Judging(chosen, sources, on_progress, workers=workers, seed=seed)
        take = None
        if film is not None:
            from handhold.cli.filming import Take

            take = Take.checked(judging.groups(inputs[0]), chosen, film, film_grasp, film_direction)
        judged = judging.files(inputs, out, resume=resume)
        if take is not None:
            take.shoot(on_progress)
    print_evaluations(judged, layout, quiet=quiet)


def _inputs(grasps: list[Path], hand_mesh: Path | None, mesh: Path | None) -> list[Path]:
    """The files to judge; with --hand-mesh that mesh is the only one."""
    if hand_mesh is None:
        if not grasps:
            raise InputError("There is nothing to judge.", "Give files of grasps, or --hand-mesh.")
        return grasps
    if grasps or mesh is None:
        raise InputError(
            "--hand-mesh is judged on --mesh, without files of grasps.",
            "Give: handhold evaluate --hand-mesh HAND.obj --mesh OBJECT.obj",
        )
    return [hand_mesh]
