"""`handhold parts`: what the object is seen as, before anything is grasped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder

if TYPE_CHECKING:
    from handhold.grounding import PartDescriptors
    from handhold.objects import ObjectAsset

FORMAT, VERSION = "handhold-parts", 1


def parts(
    mesh: options.MeshArgument,
    unit: options.UnitOption = None,
    up: options.UpOption = "auto",
    labels: options.PartsOption = None,
    find: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help='Show one part: "handle", "grip", ... also where none is named.'
        ),
    ] = None,
    detector: options.DetectorOption = None,
    out: Annotated[
        Path | None, typer.Option(help="The picture.  [default: out/NAME-OF-MESH/parts.png]")
    ] = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Names, sizes and a picture of the parts that MESH is seen to have.

    With --find, the region that NAME means: by the file's own names, else in pictures with
    --detector, else by the part segmenter.
    """
    picture = out or Path("out") / mesh.stem / "parts.png"
    checked_folder(picture.parent)

    from handhold.objects import load_object

    asset = load_object(mesh, unit=unit, up=up, parts=labels)
    if find is not None:
        _find(asset, find, detector, picture, json=json, quiet=quiet)
        return

    from handhold.grounding import describe_parts

    descriptors = describe_parts(asset)
    _save_picture(asset, picture)
    if json:
        console.print_json(parts_document(asset, descriptors, picture))
    elif not quiet:
        _show(asset, descriptors, picture)


def _find(
    asset: ObjectAsset, name: str, detector: str | None, picture: Path, *, json: bool, quiet: bool
) -> None:
    from handhold.cli.grounding_tools import detector_of, encoder
    from handhold.grasps import write_atomically
    from handhold.pipeline import find_part
    from handhold.render import region_picture

    found = find_part(asset, name, detector=detector_of(detector), encode=encoder())
    areas = asset.mesh.face_areas
    share = float(areas[found.faces].sum() / areas.sum())
    png = io.BytesIO()
    region_picture(asset.mesh, found.faces, f"{name} of {asset.name}", (found.reason,)).save(
        png, format="PNG"
    )
    write_atomically(picture, png.getvalue())
    if json:
        console.print_json(
            {
                "format": FORMAT,
                "version": VERSION,
                "object": asset.name,
                "find": name,
                "confidence": found.confidence,
                "area_m2": float(areas[found.faces].sum()),
                "area_share": share,
                "reason": found.reason,
                "picture": str(picture),
            }
        )
    elif not quiet:
        out = console.results()
        out.print(f"{found.reason} {share:.0%} of the surface.", markup=False)
        out.print(f"{picture}", markup=False)


def _save_picture(asset: ObjectAsset, picture: Path) -> None:
    from handhold.grasps import write_atomically
    from handhold.render import parts_picture

    png = io.BytesIO()
    parts_picture(asset).save(png, format="PNG")
    write_atomically(picture, png.getvalue())


def parts_document(
    asset: ObjectAsset, descriptors: PartDescriptors, picture: Path
) -> dict[str, Any]:
    """The parts as plain values, in metres and square and cubic metres."""
    rows = [
        {
            "name": name,
            "box_lengths_m": descriptors.lengths[index],
            "box_centre_m": descriptors.centres[index],
            "area_share": descriptors.area_share[index],
            "hull_volume_m3": descriptors.volume[index],
        }
        for index, name in enumerate(asset.part_names)
    ]
    return {
        "format": FORMAT,
        "version": VERSION,
        "object": asset.name,
        "unit": asset.frame.unit,
        "unit_stated": asset.frame.stated,
        "scale_to_metres": asset.frame.scale_to_metres,
        "up": asset.frame.up,
        "extents_m": descriptors.extents,
        "parts_provisional": asset.parts_provisional,
        "parts": rows,
        "notes": asset.notes,
        "picture": str(picture),
    }


def _show(asset: ObjectAsset, descriptors: PartDescriptors, picture: Path) -> None:
    from rich.table import Table

    out = console.results()
    table = Table("part", "box cm", "share of surface")
    for index, name in enumerate(asset.part_names):
        box = " x ".join(f"{length * 100:.1f}" for length in descriptors.lengths[index])
        table.add_row(name, box, f"{descriptors.area_share[index]:.0%}")
    out.print(table)
    if asset.parts_provisional:
        out.print("The parts are provisional: an automatic decomposition, names mean nothing.")
    for note in asset.notes:
        out.print(note, markup=False)
    out.print(f"{picture}", markup=False)
