"""Any hand mesh and any object mesh that stand in one frame, as one rigid grasp."""

from __future__ import annotations

from pathlib import Path

from handhold.datasets.reading import Reading
from handhold.errors import InputError
from handhold.geometry import TriMesh, concatenate, load_geometry
from handhold.grasps.group import GraspGroup
from handhold.objects import ObjectAsset, load_object

HAND_SIZE = (0.08, 0.6)  # metres, ours: longest side of a hand with or without its forearm


def read_mesh_pair(
    hand_mesh: str | Path,
    object_mesh: str | Path,
    *,
    unit: str | None = None,
    up: str = "auto",
    parts: str | Path | None = None,
    part: str | None = None,
) -> Reading:
    """One grasp of a rigid hand mesh; both meshes in the unit, axes and frame of the object's.

    unit, up, parts: as in `load_object`; part: the part that was to be grasped. Raises InputError
    for meshes that cannot be read and a hand of impossible size.
    """
    asset = load_object(object_mesh, unit=unit, up=up, parts=parts, decompose=False)
    geometries = load_geometry(hand_mesh)
    if any(each.is_cloud for each in geometries):
        raise InputError(f"'{hand_mesh}' is a point cloud.", "Give a mesh of the hand.")
    entry = Path(hand_mesh).stem
    whole = concatenate([TriMesh(each.vertices, each.faces) for each in geometries])
    group = GraspGroup(
        asset=asset,
        hand=None,
        poses=None,
        entry=(entry,),
        source="mesh pair",
        part=(asset.part_names[asset.part_index(part)] if part else None,),
        skins=(hand_skin(entry, asset, whole),),
    )
    return Reading((group,))


def hand_skin(entry: str, asset: ObjectAsset, hand: TriMesh) -> TriMesh:
    """A hand's mesh, given in the frame and unit of the object's file, in the object frame.

    Raises InputError where its size is no hand's: the two meshes differ in unit.
    """
    skin = TriMesh(asset.frame.points_to_object(hand.vertices), hand.faces)
    size = float(skin.extents.max())
    if not HAND_SIZE[0] <= size <= HAND_SIZE[1]:
        raise InputError(
            f"The hand '{entry}' is {size:.3g} m long (taken in the object's unit, "
            f"{asset.frame.unit}).",
            f"A hand has {HAND_SIZE[0]:g} to {HAND_SIZE[1]:g} m: give both meshes in one unit.",
        )
    return skin
