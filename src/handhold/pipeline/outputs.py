"""The output folder: grasps.json, one .glb per grasp, overview.png, report.html."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from handhold import __version__
from handhold.grasps import write_grasp_glb
from handhold.pipeline.state import GraspResult
from handhold.render import (
    DecidingWord,
    Fact,
    GraspPicture,
    GraspRow,
    GraspSteps,
    OverviewData,
    PriorPicture,
    ReportData,
    Step,
    Timing,
    overview_picture,
    overview_tiles,
    write_png,
    write_report,
)

OVERVIEW, REPORT = "overview.png", "report.html"
PICTURED = 4
STRIPS = 2
COLUMNS = (
    ("depth cm", "penetration_depth_cm", "{:.2f}"),
    ("volume cm3", "intersection_volume_cm3", "{:.2f}"),
    ("right part", "part_accuracy", "{:.0f}"),
    ("on part", "contact_share_on_part", "{:.0%}"),
    ("bones mm", "skeleton_piercing_mm", "{:.1f}"),
    ("self mm", "self_penetration_mm", "{:.1f}"),
)


def write_outputs(
    result: GraspResult, folder: str | Path, *, report: bool = True
) -> dict[str, Path]:
    """Write everything of a run; returns what was written, by kind.

    report: also the pictures and the page, which take most of the time. Each file appears whole
    or not at all. Grasps, pictures and report of an earlier run in the folder are removed.
    Raises InputError where the folder cannot be written.
    """
    began, folder = time.perf_counter(), Path(folder)
    files = {"grasps": result.batch.save(folder / "grasps.json")}
    for old in (*folder.glob("grasp_*.glb"), folder / OVERVIEW, folder / REPORT):
        old.unlink(missing_ok=True)
    for row in range(len(result.batch)):
        files[f"grasp_{row + 1:02d}"] = _write_glb(result, row, folder)
    return files | _write_report(result, folder, files, began) if report else files


def _write_report(
    result: GraspResult, folder: Path, files: dict[str, Path], began: float
) -> dict[str, Path]:
    """The overview and the page, which lists the other `files`; began: when writing began."""
    overview = _overview(result)
    tiles = overview_tiles(overview, limit=PICTURED)
    picture = overview_picture(overview, tiles, limit=PICTURED)
    files = files | {"overview": write_png(picture, folder / OVERVIEW)}
    timings = dict(result.timings) | {"write": time.perf_counter() - began}
    page = _report(result, overview, timings, files)
    return files | {"report": write_report(page, folder / REPORT, tiles=tiles)}


def _write_glb(result: GraspResult, row: int, folder: Path) -> Path:
    frame, mesh = result.asset.frame, result.asset.mesh
    return write_grasp_glb(
        folder / f"grasp_{row + 1:02d}.glb",
        frame.points_to_user(result.steps.refined[row]),
        result.hand.faces.cpu().numpy(),
        frame.points_to_user(mesh.vertices),
        mesh.faces,
        scale_to_metres=frame.scale_to_metres,
        up=frame.up,
        unit=frame.unit,
        contact_faces=_contact_faces(result),
        extras={"instruction": result.batch.instruction, "part": result.contact_part.name},
    )


def _contact_faces(result: GraspResult) -> np.ndarray:
    return np.asarray(result.asset.face_parts == result.contact_part.index)


def _overview(result: GraspResult) -> OverviewData:
    batch, prior = result.batch, result.priors[0]
    if len(batch):
        prior = next(p for p in result.priors if p.cluster == batch.prior_cluster[0])
    local = result.hand.local(prior.joints[None].to(result.hand.faces.device))
    extents = 100 * result.asset.mesh.extents
    return OverviewData(
        instruction=batch.instruction,
        summary=f"{result.understanding.affordance} at {result.contact_part.name}"
        f"  ·  {_outcome(result)}",
        object_mesh=result.asset.mesh,
        contact_faces=_contact_faces(result),
        hand_faces=result.hand.faces.cpu().numpy(),
        object_caption=(
            f"{result.asset.name}: {result.contact_part.name} in colour",
            f"{extents[0]:.1f} x {extents[1]:.1f} x {extents[2]:.1f} cm",
        ),
        prior=PriorPicture(
            local.vertices[0].cpu().numpy(),
            result.hand.faces.cpu().numpy(),
            prior.contact_mean.cpu().numpy(),
            (f"prior {prior.cluster}", f"contact map of {prior.members} grasps"),
        ),
        grasps=tuple(_picture(result, row) for row in range(len(batch))),
    )


def _picture(result: GraspResult, row: int) -> GraspPicture:
    batch = result.batch
    numbers = {name: _number(result, row, name, text) for _, name, text in COLUMNS}
    return GraspPicture(
        result.steps.refined[row],
        f"{row + 1}  {batch.prior_cluster[row]}  ({batch.origin[row]})",
        (
            f"depth {numbers['penetration_depth_cm']} cm · volume"
            f" {numbers['intersection_volume_cm3']} cm3 · on part"
            f" {numbers['contact_share_on_part']}",
        ),
        bool(batch.acceptable[row]),
    )


def _number(result: GraspResult, row: int, name: str, text: str) -> str:
    value = result.batch.metrics[name][row]
    return "-" if np.isnan(value) else text.format(value)


def _outcome(result: GraspResult) -> str:
    returned = int(result.batch.acceptable.sum())
    return (
        f"{returned} grasps returned, {result.good} acceptable of {result.seeds} refined,"
        f" {result.considered} coarse poses"
    )


def _report(
    result: GraspResult,
    overview: OverviewData,
    timings: dict[str, float],
    files: dict[str, Path],
) -> ReportData:
    batch, understood = result.batch, result.understanding
    names = ("initial", "extrinsic-refined", "refined")
    steps = [
        GraspSteps(
            f"Grasp {row + 1}",
            tuple(
                Step(name, vertices[row])
                for name, vertices in zip(
                    names,
                    (result.steps.initial, result.steps.extrinsic, result.steps.refined),
                    strict=True,
                )
            ),
        )
        for row in range(min(STRIPS, len(batch)))
    ]
    return ReportData(
        overview=overview,
        outcome=_outcome(result) + (f". {result.shortfall}" if result.shortfall else "."),
        understood=(
            Fact("affordance", understood.affordance),
            Fact("contact part", result.contact_part.name),
            Fact("why", f"{understood.explanation} {result.contact_part.explanation}"),
            Fact("confidence", f"{understood.confidence:.2f} (0 a guess, 1 stated)"),
        ),
        words=tuple(DecidingWord(word, understood.affordance) for word in understood.words),
        prior=tuple(
            Fact(
                prior.cluster,
                f"{prior.members} grasps, part {100 * prior.part_size[0]:.1f} x"
                f" {100 * prior.part_size[1]:.1f} x {100 * prior.part_size[2]:.1f} cm,"
                f" section radius {1000 * prior.section_radius:.0f} mm",
            )
            for prior in result.priors
        ),
        steps=tuple(steps),
        columns=("began as", "prior", *(heading for heading, _, _ in COLUMNS), "energy"),
        rows=tuple(
            GraspRow(
                row + 1,
                (
                    batch.origin[row],
                    batch.prior_cluster[row],
                    *(_number(result, row, name, text) for _, name, text in COLUMNS),
                    f"{batch.energies['total'][row]:.2f}",
                ),
                bool(batch.acceptable[row]),
                batch.result_code[row],
                batch.reason[row],
            )
            for row in range(len(batch))
        ),
        timings=tuple(Timing(stage, seconds) for stage, seconds in timings.items()),
        notes=result.notes,
        files=tuple(Fact(kind, path.name) for kind, path in files.items()),
        version=__version__,
    )
