"""A finished run for the terminal: what was understood, the grasps, the files; or as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handhold.cli import console

if TYPE_CHECKING:
    import numpy as np
    from rich.table import Table

    from handhold.grasps import GraspBatch
    from handhold.pipeline import GraspResult

FORMAT, VERSION = "handhold-run", 1
# heading, metric, number format
COLUMNS = (
    ("depth cm", "penetration_depth_cm", "{:.2f}"),
    ("volume cm3", "intersection_volume_cm3", "{:.2f}"),
    ("bones mm", "skeleton_piercing_mm", "{:.1f}"),
    ("right part", "part_accuracy", "{:.0f}"),
    ("on part", "contact_share_on_part", "{:.0%}"),
)


def show_run(result: GraspResult, folder: Path, files: Mapping[str, str]) -> None:
    """Print understanding, grasps and files on stdout."""
    out = console.results()
    understood = result.understanding
    out.print(f"[bold]{understood.affordance}[/] at [bold]{result.contact_part.name}[/]")
    out.print(f"  {understood.explanation}", markup=False)
    if result.contact_part.by_shape:
        out.print(f"  {result.contact_part.explanation}", markup=False)
    for note in result.notes:
        out.print(f"  {note}", markup=False)
    out.print(grasp_table(result.batch))
    if result.shortfall:
        out.print(result.shortfall, markup=False)
    out.print(network_share(result.batch), markup=False)
    out.print(f"{folder}: {', '.join(Path(path).name for path in files.values())}", markup=False)


def grasp_table(batch: GraspBatch) -> Table:
    """One row per grasp."""
    from rich.table import Table

    table = Table("#", "began as", "prior", *(heading for heading, _, _ in COLUMNS), "acceptable")
    for row in range(len(batch)):
        numbers = (_number(batch.metrics.get(name), row, text) for _, name, text in COLUMNS)
        verdict = "yes" if batch.acceptable[row] else batch.reason[row] or "no"
        table.add_row(str(row + 1), batch.origin[row], batch.prior_cluster[row], *numbers, verdict)
    return table


def network_share(batch: GraspBatch) -> str:
    """How many of the grasps began as samples of the network."""
    began = sum(origin == "network" for origin in batch.origin)
    return f"{began} of {len(batch)} began as samples of the network, the rest as placed rules."


def run_document(result: GraspResult, files: Mapping[str, str], code: int) -> dict[str, Any]:
    """The run as plain values; `handhold grasp --json` prints it."""
    batch = result.batch
    return {
        "format": FORMAT,
        "version": VERSION,
        "exit_code": code,
        "understanding": asdict(result.understanding),
        "contact_part": asdict(result.contact_part),
        "unit": batch.unit,
        "up": batch.up,
        "scale_to_metres": batch.scale_to_metres,
        "hand": batch.hand,
        "joint_names": batch.joint_names,
        "grasps": [_grasp_document(batch, row) for row in range(len(batch))],
        "shortfall": result.shortfall,
        "notes": result.notes,
        "seconds": result.timings,
        "files": files,
    }


def _grasp_document(batch: GraspBatch, row: int) -> dict[str, Any]:
    return {
        "translation": batch.translation[row],
        "quaternion_wxyz": batch.quaternion[row],
        "joints": batch.joints[row],
        "affordance": batch.affordance[row],
        "part": batch.part[row],
        "prior_cluster": batch.prior_cluster[row],
        "origin": batch.origin[row],
        "acceptable": bool(batch.acceptable[row]),
        "reason": batch.reason[row],
        "metrics": {name: values[row] for name, values in batch.metrics.items()},
    }


def _number(values: np.ndarray | None, row: int, text: str) -> str:
    if values is None or math.isnan(values[row]):
        return "-"
    return text.format(values[row])
