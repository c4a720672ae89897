"""`handhold grasp`: the whole pipeline for one object and one sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder
from handhold.cli.report import run_document, show_run

if TYPE_CHECKING:
    from handhold.objects import ObjectAsset
    from handhold.pipeline import GraspResult, GraspSettings

NO_GRASP, INTERRUPTED = 3, 130


def grasp(
    mesh: options.MeshArgument,
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help='What to do: "pour me some tea".')
    ],
    n: Annotated[int, typer.Option("-n", "--number", min=1, help="How many grasps.")] = 8,
    part: Annotated[
        str | None, typer.Option(help="Where to grasp; overrides the sentence.")
    ] = None,
    avoid: options.AvoidOption = None,
    affordance: Annotated[
        str | None,
        typer.Option(help="How, e.g. handle-grip; overrides the sentence. A wrong one lists all."),
    ] = None,
    backend: options.BackendOption = "auto",
    detector: options.DetectorOption = None,
    strict: options.StrictOption = False,
    unit: options.UnitOption = None,
    up: options.UpOption = "auto",
    parts: options.PartsOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the results.  [default: out/NAME-OF-MESH]")
    ] = None,
    seed: options.SeedOption = 0,
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Poses that are refined, of which the best return.")
    ] = None,
    schedule: Annotated[
        Literal["full", "fast"], typer.Option(help="Refinement steps: the paper's, or fewer.")
    ] = "full",
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute.")] = (
        "auto"
    ),
    report: Annotated[
        bool,
        typer.Option(
            "--report/--no-report", help="Draw pictures and write the report, some seconds."
        ),
    ] = True,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> int:
    """Grasp the object in MESH as INSTRUCTION asks.

    Written are grasps.json, one .glb per grasp, overview.png and report.html (--no-report leaves
    the last two out).
    Poses are in the frame and the unit of MESH.
    Where fewer than -n grasps are good, fewer return; with none the exit code is 3.
    Ctrl-C keeps the finished ones and exits with 130.
    """
    from handhold.language import checked_affordance, checked_instruction

    text = checked_instruction(instruction)
    checked_affordance(affordance)
    folder = checked_folder(out or Path("out") / mesh.stem)

    from handhold.objects import load_object

    with console.stage_progress(quiet=quiet) as on_progress:
        on_progress("load", 0.0, mesh.name)
        asset = load_object(mesh, unit=unit, up=up, parts=parts)
        on_progress("load", 1.0, _summary(asset))
        settings = _settings(n=n, seeds=seeds, seed=seed, device=device, schedule=schedule)
        result, interrupted = _run(
            asset,
            text,
            settings,
            on_progress,
            backend=backend,
            detector=detector,
            affordance=affordance,
            part=part,
            avoid=avoid or (),
            strict=strict,
        )
        on_progress("write", 0.0, str(folder))
        files = _write(result, folder, report)
    code = _exit_code(result, interrupted)
    if json:
        console.print_json(run_document(result, files, code))
    elif not quiet:
        show_run(result, folder, files)
    return code


def _settings(*, seeds: int | None, **stated: Any) -> GraspSettings:
    from handhold.pipeline import GraspSettings

    settings = GraspSettings(**stated)
    return settings if seeds is None else replace(settings, seeds=seeds)


def _run(
    asset: ObjectAsset,
    instruction: str,
    settings: GraspSettings,
    on_progress: console.OnProgress,
    *,
    backend: str,
    detector: str | None,
    **asked: Any,
) -> tuple[GraspResult, bool]:
    """The result and whether it was cut short by Ctrl-C."""
    from handhold.cli.grounding_tools import detector_of, encoder, reader_of
    from handhold.pipeline import Interrupted, grasp_object

    try:
        result = grasp_object(
            asset,
            instruction,
            settings=settings,
            reader=reader_of(backend),
            detector=detector_of(detector),
            encode=encoder(),
            on_progress=on_progress,
            **asked,
        )
    except Interrupted as interruption:
        return interruption.result, True
    return result, False


def _write(result: GraspResult, folder: Path, report: bool) -> dict[str, str]:
    from handhold.pipeline import write_outputs

    files = write_outputs(result, folder, report=report)
    return {name: str(path) for name, path in files.items()}


def _exit_code(result: GraspResult, interrupted: bool) -> int:
    if interrupted:
        return INTERRUPTED
    return 0 if result.batch.acceptable.any() else NO_GRASP


def _summary(asset: ObjectAsset) -> str:
    x, y, z = asset.mesh.extents
    assumed = "" if asset.frame.stated else ", assumed"
    return (
        f"{x * 100:.1f} x {y * 100:.1f} x {z * 100:.1f} cm"
        f" (unit {asset.frame.unit}{assumed}, {asset.frame.up} up), {len(asset.part_names)} parts"
    )
