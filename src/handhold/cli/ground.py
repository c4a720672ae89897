"""`handhold ground`: what a sentence means on an object, from the words to the region."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder

if TYPE_CHECKING:
    from handhold.pipeline import Grounding

FORMAT, VERSION = "handhold-grounding", 1


def ground(
    mesh: options.MeshArgument,
    instruction: Annotated[
        str, typer.Argument(metavar="INSTRUCTION", help='What to do: "pour me some tea".')
    ],
    part: Annotated[
        str | None, typer.Option(help="The part, in your words; overrides the sentence.")
    ] = None,
    affordance: Annotated[
        str | None, typer.Option(help="How, e.g. handle-grip; overrides the sentence.")
    ] = None,
    avoid: options.AvoidOption = None,
    backend: options.BackendOption = "auto",
    detector: options.DetectorOption = None,
    strict: options.StrictOption = False,
    unit: options.UnitOption = None,
    up: options.UpOption = "auto",
    parts: options.PartsOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The picture.  [default: out/NAME-OF-MESH/ground.png]")
    ] = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """What INSTRUCTION asks for on MESH: affordance, part, parts to avoid, region, and why."""
    picture = out or Path("out") / mesh.stem / "ground.png"
    checked_folder(picture.parent)

    from handhold.cli.grounding_tools import grounder
    from handhold.objects import load_object
    from handhold.pipeline.ground import require_clear

    asset = load_object(mesh, unit=unit, up=up, parts=parts)
    found = grounder(asset, backend, detector).ground(
        instruction, affordance=affordance, part=part, avoid=avoid or ()
    )
    if strict:
        require_clear(found)
    _save_picture(found, picture)
    if json:
        console.print_json(grounding_document(found, picture))
    elif not quiet:
        show_grounding(found)
        console.results().print(f"{picture}", markup=False)


def grounding_document(found: Grounding, picture: Path) -> dict[str, Any]:
    """All of it as plain values."""
    understood, other = found.understood, found.understood.runner_up
    areas = found.asset.mesh.face_areas
    return {
        "format": FORMAT,
        "version": VERSION,
        "object": found.asset.name,
        "instruction": understood.instruction,
        "affordance": understood.affordance,
        "part": found.target.name,
        "avoid": list(understood.avoid),
        "confidence": understood.confidence,
        "runner_up": None
        if other is None
        else {
            "affordance": other.affordance,
            "part": other.part_name,
            "confidence": other.confidence,
        },
        "back_end": understood.back_end,
        "region": {
            "found_by": found.how,
            "confidence": found.confidence,
            "area_m2": float(areas[found.faces].sum()),
            "area_share": float(areas[found.faces].sum() / areas.sum()),
        },
        "ambiguities": list(found.ambiguities),
        "steps": list(found.steps),
        "notes": list(understood.notes),
        "picture": str(picture),
    }


def show_grounding(found: Grounding) -> None:
    """The chain, for a person."""
    from rich.table import Table

    understood = found.understood
    areas = found.asset.mesh.face_areas
    table = Table(show_header=False)
    table.add_row("affordance", understood.affordance)
    table.add_row("part", found.target.name)
    if understood.avoid:
        table.add_row("keep off", ", ".join(understood.avoid))
    table.add_row("confidence", f"{understood.confidence:.2f} ({understood.back_end})")
    if understood.runner_up is not None:
        other = understood.runner_up
        table.add_row(
            "else", f"{other.affordance} / {other.part_name or '?'} ({other.confidence:.2f})"
        )
    share = areas[found.faces].sum() / areas.sum()
    table.add_row(
        "region", f"{share:.0%} of the surface, by {found.how} (confidence {found.confidence:.2f})"
    )
    out = console.results()
    out.print(table)
    for line in (*found.ambiguities, *found.steps, *understood.notes):
        out.print(line, markup=False)


def _save_picture(found: Grounding, path: Path) -> None:
    import numpy as np

    from handhold.grasps import write_atomically
    from handhold.render import region_picture

    understood = found.understood
    rows = [found.asset.part_index(name) for name in understood.avoid]
    png = io.BytesIO()
    region_picture(
        found.asset.mesh,
        found.faces,
        f"{understood.affordance}: {found.target.name} of {found.asset.name}",
        (f'"{understood.instruction}"', *found.ambiguities, *found.steps),
        avoided=np.isin(found.asset.face_parts, rows),
    ).save(png, format="PNG")
    write_atomically(path, png.getvalue())
