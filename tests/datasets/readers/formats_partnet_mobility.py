"""A small PartNet-Mobility data set (SAPIEN, Xiang et al. 2020), written in its own format.

    dataset/<id>/mobility.urdf            links, visuals named "<node name>-<PartNet id>", joints
    dataset/<id>/meta.json                {"model_cat": "StorageFurniture", "anno_id": "45780", ...}
    dataset/<id>/semantics.txt            a line per link: "link_0 hinge rotation_door"
    dataset/<id>/textured_objs/*.obj      one piece each, no unit, y up, all in one frame
    dataset/<id>/result.json, bounding_box.json, mobility_v2.json      not read by us

Frames: meshes stand in one y-up frame; a visual's origin undoes its link's origin, so that at zero
all pieces lie as in the files, and the fixed joint of the root (rpy pi/2, 0, -pi/2) turns them to
z up: (x, y, z) -> (-z, -x, y). Limits are radians, or units of the file for prismatic joints.

Verified on the two real models remote_100809 and storage_45780 of the development data (URDF,
semantics.txt, meta.json, bounding_box.json). From memory: that all other models are like them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import trimesh

HALF_TURN = "1.570796326794897 0 -1.570796326794897"
HINGE = (0.25, 0.0, 0.5)  # in the meshes' frame


def visual(mesh: str, name: str | None = None, xyz: str = "0 0 0", extra: str = "") -> str:
    """A visual with one mesh."""
    named = "" if name is None else f' name="{name}"'
    return (
        f'<visual{named}><origin xyz="{xyz}"/><geometry><mesh filename="textured_objs/{mesh}.obj"'
        f"{extra}/></geometry></visual>"
    )


def joint(name: str, kind: str, parent: str, child: str, inside: str) -> str:
    """A joint with whatever stands inside."""
    return (
        f'<joint name="{name}" type="{kind}">{inside}<parent link="{parent}"/>'
        f'<child link="{child}"/></joint>'
    )


def cabinet_urdf(**changes: str) -> str:
    """A cabinet: a body, a door with two handles on a hinge, and a drawer that slides out."""
    x, y, z = HINGE
    pieces = {
        "root": '<link name="base"/>',
        "body": (
            f'<link name="link_2">{visual("body", "frame-7")}{visual("foot", "frame-7")}</link>'
        ),
        "door": (
            f'<link name="link_0">{visual("door", "door-3", f"{-x} {-y} {-z}")}'
            f"{visual('grip_low', 'handle-12', f'{-x} {-y} {-z}')}"
            f"{visual('grip_high', 'handle-10', f'{-x} {-y} {-z}')}</link>"
        ),
        "drawer": f'<link name="link_1">{visual("drawer")}</link>',
        "turned": joint(
            "joint_2", "fixed", "base", "link_2", f'<origin rpy="{HALF_TURN}" xyz="0 0 0"/>'
        ),
        "hinge": joint(
            "joint_0",
            "revolute",
            "link_2",
            "link_0",
            f'<origin xyz="{x} {y} {z}"/><axis xyz="0 -1 0"/><limit lower="0" upper="1.5"/>',
        ),
        "slide": joint(
            "joint_1",
            "prismatic",
            "link_2",
            "link_1",
            '<origin xyz="0 0 0"/><axis xyz="0 0 2"/><limit lower="0" upper="0.4"/>',
        ),
    }
    inside = "".join((pieces | changes).values())
    return f'<?xml version="1.0" ?>\n<robot name="partnet_x">{inside}</robot>'


BOXES: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    # name: sides, centre, in the meshes' frame (y up)
    "body": ((1.0, 2.0, 0.8), (0.0, 0.0, 0.0)),
    "foot": ((0.2, 0.1, 0.2), (0.0, -1.05, 0.0)),
    "door": ((0.4, 0.8, 0.02), (0.0, 0.5, 0.5)),
    "grip_low": ((0.05, 0.1, 0.05), (0.1, 0.3, 0.54)),
    "grip_high": ((0.05, 0.1, 0.05), (0.1, 0.7, 0.54)),
    "drawer": ((0.5, 0.3, 0.02), (0.0, -0.5, 0.5)),
}


def write_cabinet(root: Path, name: str = "45780", urdf: str | None = None) -> Path:
    """A model of three links; the drawer's visual has no name, so semantics.txt names it."""
    folder = root / name
    (folder / "textured_objs").mkdir(parents=True)
    (folder / "mobility.urdf").write_text(urdf or cabinet_urdf())
    (folder / "meta.json").write_text(
        json.dumps({"model_cat": "StorageFurniture", "anno_id": name})
    )
    (folder / "semantics.txt").write_text(
        "link_0 hinge rotation_door\nlink_1 slider drawer\nlink_2 heavy furniture_body\n"
    )
    for each, (sides, centre) in BOXES.items():
        box = trimesh.creation.box(sides)
        box.apply_translation(centre)
        box.export(folder / "textured_objs" / f"{each}.obj")
    return folder
