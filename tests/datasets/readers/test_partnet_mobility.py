"""Reading PartNet-Mobility: parts, placement, joints, and what is wrong with a model."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from formats_partnet_mobility import BOXES, HINGE, cabinet_urdf, joint, visual, write_cabinet

from handhold.datasets.canonical_size import canonical_size
from handhold.datasets.readers.partnet_mobility import READER
from handhold.datasets.readers.reader import Problems, ReadOptions
from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError

DATA = os.environ.get("HANDHOLD_DEV_DATA")


def read(root: Path, **options: object) -> tuple[list[ObjectGrasps], Problems]:
    chosen, problems = ReadOptions(**options), Problems()  # type: ignore[arg-type]
    units = READER.units(root, chosen)
    return [found for unit in units for found in READER.read(unit, chosen, problems)], problems


def one(root: Path) -> ObjectGrasps:
    found, problems = read(root)
    assert not problems.skipped
    return found[0]


def turned(point: tuple[float, float, float]) -> np.ndarray:
    """From the meshes' y-up frame to the URDF's root, by hand."""
    x, y, z = point
    return np.array([-z, -x, y])


def test_parts_are_partnet_nodes_and_instances_are_numbered(tmp_path: Path) -> None:
    write_cabinet(tmp_path)
    found = one(tmp_path)
    assert set(found.asset.part_names) == {"frame", "door", "handle_1", "handle_2", "drawer"}
    assert not found.asset.parts_provisional
    assert (found.category, found.role, found.grasps) == ("storage-furniture", "unseen", ())
    assert found.origin == "PartNet-Mobility 45780"


def test_pieces_lie_where_the_urdf_puts_them(tmp_path: Path) -> None:
    write_cabinet(tmp_path)
    asset = one(tmp_path).asset
    for part, piece in (("door", "door"), ("handle_1", "grip_high"), ("handle_2", "grip_low")):
        centre = asset.part_mesh(part).bounds.mean(axis=0)
        expected = asset.frame.points_to_object(turned(BOXES[piece][1]))
        np.testing.assert_allclose(centre, expected, atol=1e-9)


def test_it_has_the_canonical_size_and_the_frame_says_the_scale(tmp_path: Path) -> None:
    write_cabinet(tmp_path)
    asset = one(tmp_path).asset
    size = canonical_size("storage-furniture")
    assert asset.mesh.extents.max() == pytest.approx(size)
    assert asset.frame.scale_to_metres == pytest.approx(size / 2.1)  # 2 high, and a foot of 0.1
    assert not asset.frame.stated
    np.testing.assert_allclose(asset.mesh.bounds.sum(axis=0), 0, atol=1e-9)
    assert asset.mesh.extents.argmax() == 2  # upright


def test_joints_are_plain_values_in_the_object_frame(tmp_path: Path) -> None:
    write_cabinet(tmp_path)
    found = one(tmp_path)
    joints = {each["name"]: each for each in found.articulation["joints"]}  # type: ignore[attr-defined]
    assert set(joints) == {"joint_0", "joint_1"}  # not the one that turns the whole cabinet
    hinge, slide = joints["joint_0"], joints["joint_1"]
    frame = found.asset.frame
    assert hinge["type"] == "revolute" and hinge["child_parts"] == ["door", "handle_2", "handle_1"]
    assert hinge["parent_parts"] == ["frame"]
    np.testing.assert_allclose(hinge["origin"], frame.points_to_object(turned(HINGE)), atol=1e-9)
    assert hinge["axis"] == [0.0, 0.0, -1.0]
    assert (hinge["lower"], hinge["upper"]) == (0.0, 1.5)
    assert slide["axis"] == [-1.0, 0.0, 0.0]  # unit length, out of the front
    assert slide["upper"] == pytest.approx(0.4 * frame.scale_to_metres)
    assert json.loads(json.dumps(dict(found.articulation))) == dict(found.articulation)


def test_what_has_no_moving_joint_has_no_articulation(tmp_path: Path) -> None:
    write_cabinet(
        tmp_path,
        urdf=cabinet_urdf(
            hinge=joint("joint_0", "fixed", "link_2", "link_0", '<origin xyz="0.25 0 0.5"/>'),
            slide=joint("joint_1", "fixed", "link_2", "link_1", ""),
        ),
    )
    assert one(tmp_path).articulation == {}


def test_a_mirrored_or_stretched_visual_is_placed_so(tmp_path: Path) -> None:
    stretched = visual("drawer", "drawer-1", extra=' scale="-2 1 1"')
    write_cabinet(tmp_path, urdf=cabinet_urdf(drawer=f'<link name="link_1">{stretched}</link>'))
    asset = one(tmp_path).asset
    sides = asset.part_mesh("drawer").extents / asset.frame.scale_to_metres
    np.testing.assert_allclose(sides, [0.02, 1.0, 0.3], atol=1e-9)


def test_units_are_sorted_and_list_and_limit_choose(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    for name in ("9", "100", "12"):
        write_cabinet(root, name)
    assert [unit.key for unit in READER.units(root, ReadOptions())] == ["100", "12", "9"]
    assert [unit.key for unit in READER.units(root, ReadOptions(limit=2))] == ["100", "12"]
    listed = tmp_path / "list.txt"
    listed.write_text("# two\n9\tCoffeeMachine\n77\n")
    found, problems = read(root, object_list=listed)
    assert [(each.asset.name, each.category) for each in found] == [("9", "coffee-machine")]
    assert [skip.entry for skip in problems.skipped] == ["77"]
    assert "there is no model" in problems.skipped[0].why


def test_the_message_says_which_level_was_given(tmp_path: Path) -> None:
    root = tmp_path / "dataset"
    model = write_cabinet(root)
    for wrong, message in (
        (tmp_path, "is the parent of the root"),
        (model, "is inside the root .* Give its parent"),
        (model / "textured_objs", "is inside the root"),
        (tmp_path / "nothing", "There is no folder"),
        (model / "mobility.urdf", "is a file"),
    ):
        with pytest.raises(InputError, match=message):
            READER.units(wrong, ReadOptions())
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="is empty"):
        READER.units(tmp_path / "empty", ReadOptions())


HINGE_WITH = "<origin xyz='0 0 0'/><axis xyz='{axis}'/><limit lower='{lower}' upper='{upper}'/>"


def hinge(axis: str = "0 1 0", lower: str = "0", upper: str = "1") -> str:
    inside = HINGE_WITH.format(axis=axis, lower=lower, upper=upper)
    return joint("joint_0", "revolute", "link_2", "link_0", inside)


BROKEN = {
    "cut off": (cabinet_urdf()[:300], "is not XML"),
    "entity": (
        cabinet_urdf().replace("<robot", '<!DOCTYPE r [<!ENTITY a "b">]><robot', 1),
        "declares a document type",
    ),
    "nested": (f"<robot>{'<a>' * 60}{'</a>' * 60}</robot>", "nested over 50 deep"),
    "other xml": ("<mujoco/>", "is no URDF"),
    "zero axis": (cabinet_urdf(hinge=hinge(axis="0 0 0")), "'joint_0': its axis has zero length"),
    "nan": (cabinet_urdf(hinge=hinge(axis="0 nan 0")), "'xyz' has numbers that are not finite"),
    "huge": (cabinet_urdf(hinge=hinge(upper="1e30")), "'upper' has numbers .* too large"),
    "words": (cabinet_urdf(hinge=hinge(upper="far")), "'upper' is 'far'"),
    "two of three": (cabinet_urdf(hinge=hinge(axis="0 1")), "has 2 numbers, expected 3"),
    "limits": (cabinet_urdf(hinge=hinge(lower="2")), "lower limit 2 is above"),
    "joint type": (
        cabinet_urdf(hinge=joint("joint_0", "screw", "link_2", "link_0", "")),
        "its type is 'screw'",
    ),
    "no such link": (
        cabinet_urdf(hinge=joint("joint_0", "fixed", "link_2", "link_9", "")),
        "there is no link 'link_9'",
    ),
    "ring": (
        cabinet_urdf(
            hinge=joint("joint_0", "fixed", "link_1", "link_0", ""),
            slide=joint("joint_1", "fixed", "link_0", "link_1", ""),
        ),
        "hangs in a ring",
    ),
    "two roots": (cabinet_urdf(hinge=""), "has 2 links without a parent"),
    "missing mesh": (
        cabinet_urdf(drawer=f'<link name="link_1">{visual("gone", "drawer-1")}</link>'),
        "link 'link_1', visual 0: its mesh .*gone.obj' is missing",
    ),
    "leads out": (
        cabinet_urdf(drawer=f'<link name="link_1">{visual("../../x", "drawer-1")}</link>'),
        "leads out of the model's folder",
    ),
    "no mesh": (
        cabinet_urdf(
            drawer='<link name="link_1"><visual name="a-1"><geometry><box size="1 1 1"/>'
            "</geometry></visual></link>"
        ),
        "its geometry is no mesh",
    ),
    "no part": (
        cabinet_urdf(
            body='<link name="link_2"/>',
            door='<link name="link_0"/>',
            drawer='<link name="link_1"/>',
        ),
        "has no link with a mesh",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_wrong_is_named_and_the_rest_is_read(tmp_path: Path, case: str) -> None:
    urdf, message = BROKEN[case]
    write_cabinet(tmp_path, "bad", urdf)
    write_cabinet(tmp_path, "good")
    found, problems = read(tmp_path)
    assert [each.asset.name for each in found] == ["good"]
    assert [skip.entry for skip in problems.skipped] == ["bad"]
    with pytest.raises(InputError, match=message):
        strict = Problems(strict=True)
        list(READER.read(READER.units(tmp_path, ReadOptions())[0], ReadOptions(), strict))


def test_entities_are_found_in_any_encoding(tmp_path: Path) -> None:
    folder = write_cabinet(tmp_path)
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE r [<!ENTITY a "b">]><robot/>'
    (folder / "mobility.urdf").write_bytes(text.encode("utf-16"))
    _, problems = read(tmp_path)
    assert "document type" in problems.skipped[0].why


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("meta.json", '{"model_cat": "Mu', "is not JSON"),
        ("meta.json", '{"anno_id": "1"}', "'model_cat' is missing"),
        ("meta.json", '{"model_cat": 3}', "model_cat: expected a string"),
        ("semantics.txt", "", "link 'link_1', visual 0: it has no name"),
        ("textured_objs/door.obj", "", "is an empty file"),
        ("textured_objs/door.obj", "v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "NaN or infinite"),
        ("textured_objs/door.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "uses vertex 9"),
        ("textured_objs/door.obj", "v 0 0 0\nv 9e9 0 0\nv 0 1 0\nf 1 2 3\n", "longest side of 9e"),
    ],
)
def test_damaged_files_beside_the_urdf_are_named(
    tmp_path: Path, file: str, content: str, message: str
) -> None:
    folder = write_cabinet(tmp_path)
    (folder / file).write_text(content)
    found, problems = read(tmp_path)
    assert not found
    with pytest.raises(InputError, match=message):
        raise InputError(problems.skipped[0].why)


def test_a_model_that_is_not_turned_is_noted(tmp_path: Path) -> None:
    write_cabinet(
        tmp_path, urdf=cabinet_urdf(turned=joint("joint_2", "fixed", "base", "link_2", ""))
    )
    _, problems = read(tmp_path)
    assert "read as z up" in problems.notes[0]


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
class TestRealModels:
    root = Path(DATA or "") / "objects" / "parts" / "partnet_mobility"

    def find(self, key: str) -> ObjectGrasps:
        options, problems = ReadOptions(), Problems(strict=True)
        unit = next(unit for unit in READER.units(self.root, options) if unit.key == key)
        return next(iter(READER.read(unit, options, problems)))

    @pytest.mark.parametrize("key", ["remote_100809", "storage_45780"])
    def test_the_box_is_that_of_the_owners(self, key: str) -> None:
        """bounding_box.json is in the y-up frame of the meshes, and is not read by the reader."""
        box = json.loads((self.root / key / "bounding_box.json").read_text())
        corners = np.stack([turned(box[name]) for name in ("min", "max")])
        asset = self.find(key).asset
        user = asset.frame.points_to_user(asset.mesh.vertices)
        np.testing.assert_allclose(user.min(axis=0), corners.min(axis=0), atol=2e-6)
        np.testing.assert_allclose(user.max(axis=0), corners.max(axis=0), atol=2e-6)

    def test_the_storage_has_two_doors_with_a_handle_each(self) -> None:
        found = self.find("storage_45780")
        joints = found.articulation["joints"]
        owners = json.loads((self.root / "storage_45780" / "mobility_v2.json").read_text())
        frame = found.asset.frame
        for own, each in zip(owners, joints, strict=False):  # type: ignore[call-overload]
            assert {"handle_1", "handle_2"} & set(each["child_parts"])
            axis = own["jointData"]["axis"]
            np.testing.assert_allclose(each["axis"], turned(axis["direction"]), atol=1e-9)
            np.testing.assert_allclose(
                each["origin"], frame.points_to_object(turned(axis["origin"])), atol=1e-9
            )
            assert each["upper"] == pytest.approx(np.radians(own["jointData"]["limit"]["b"]))
        assert len(joints) == 2  # type: ignore[arg-type]

    def test_a_door_turned_about_its_hinge_keeps_the_hinge(self) -> None:
        """The door's edge nearest to the axis hardly moves when it opens: origin and axis fit."""
        found = self.find("storage_45780")
        each = found.articulation["joints"][0]  # type: ignore[index]
        door = found.asset.part_mesh("cabinet_door_surface_2").vertices
        axis, origin = np.array(each["axis"]), np.array(each["origin"])
        arm = door - origin
        distance = np.linalg.norm(arm - (arm @ axis)[:, None] * axis, axis=1)
        assert distance.min() < 0.02 and distance.max() > 0.3

    def test_the_remote_has_58_buttons_on_one_side(self) -> None:
        found = self.find("remote_100809")
        buttons = [name for name in found.asset.part_names if name.startswith("button_")]
        assert len(buttons) == 58 and "base_body" in found.asset.part_names
        assert found.asset.mesh.extents.max() == pytest.approx(canonical_size("remote"))
