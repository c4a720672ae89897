"""Grasps of AffordPose (Jian et al. 2023): a rigid human hand on an object with labelled parts."""

from __future__ import annotations

from pathlib import Path

from handhold.datasets.affordpose_record import (
    KEYS,
    MAX_BYTES,
    MESHES,
    affordance_of,
    labelled_asset,
    obj_text,
    require_at_origin,
)
from handhold.datasets.mesh_pair import hand_skin
from handhold.datasets.reading import Reading
from handhold.geometry import TriMesh
from handhold.grasps.group import GraspGroup
from handhold.grasps.json_reading import parse_json, shown

__all__ = ["KEYS", "MESHES", "read_affordpose"]


def read_affordpose(path: str | Path) -> Reading:
    """The grasp of one AffordPose record (JSON), as the rigid hand mesh that the file holds.

    `rhand_mesh` and `object_mesh` are lines of OBJ in metres, in one frame with y up; the fourth
    number of an object's vertex is the label of its part. The part asked for is that of the
    record's `afford_name`, the affordance ours where it has one (`affordance_of`). Raises
    InputError naming the place in the file. A folder of records: `read_any`.
    """
    file = Path(path)
    root = parse_json(file, MAX_BYTES)
    require_at_origin(root)
    body, hand = obj_text(root["object_mesh"], columns=4), obj_text(root["rhand_mesh"], columns=3)
    category = root["class_name"].text()
    asset = labelled_asset(category or file.stem, body, str(file))
    asked = root["afford_name"].text()
    part = next((name for name in asset.part_names if name.lower() == asked.lower()), None)
    notes: tuple[str, ...] = ()
    if part is None:
        notes = (f"no vertex of the object carries the label of '{shown(asked)}'",)
    group = GraspGroup(
        asset=asset,
        hand=None,
        poses=None,
        entry=(f"{file.stem}[0]",),
        source="AffordPose",
        part=(part,),
        affordance=(affordance_of(asked, category),),
        skins=(hand_skin(file.stem, asset, TriMesh(hand.vertices, hand.faces)),),
    )
    return Reading((group,), notes=notes)
