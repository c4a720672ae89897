"""Our own grasps.json finds its object again, or says why not."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh
from toy_sets import toy_hand

from handhold.datasets import read_grasps_file
from handhold.errors import InputError
from handhold.grasps import GraspBatch
from handhold.hands import load_hand
from handhold.objects import ObjectAsset, load_object
from handhold.spatial import random_rotations

HAND = load_hand()


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", "off")


def write_object(path: Path, shift: float = 5.0) -> ObjectAsset:
    """A jar with a lid, in millimetres and y up, away from the origin."""
    lid = trimesh.creation.box((60, 20, 60))
    lid.apply_translation([shift, 70, 0])
    body = trimesh.creation.box((50, 100, 50))
    body.apply_translation([shift, 0, 0])
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = trimesh.util.concatenate([body, lid])
    text = [f"v {x} {y} {z}" for x, y, z in whole.vertices]
    for name, faces in (("body", whole.faces[:12]), ("lid", whole.faces[12:])):
        text += [f"g {name}", *(f"f {a} {b} {c}" for a, b, c in faces + 1)]
    path.write_text("\n".join(text))
    return load_object(path, unit="mm", up="y")


def make_batch(asset: ObjectAsset, n: int = 3, **changes: object) -> GraspBatch:
    generator = torch.Generator().manual_seed(0)
    rotation = random_rotations(n, generator, dtype=torch.float64).numpy()
    values: dict[str, object] = {
        "joints": np.zeros((n, HAND.joint_count)),
        "hand": "human",
        "joint_names": HAND.joint_names,
        "object_file": asset.file,
        "object_name": asset.name,
        "object_hash": asset.content_hash,
        "instruction": "",
        "affordance": ["twist"] * n,
        "part": ["lid", "body", ""][:n],
        "prior_cluster": [""] * n,
        "origin": ["rule"] * n,
        "acceptable": [True] * n,
        "reason": [""] * n,
        "result_code": ["converged"] * n,
    }
    translation = np.arange(3 * n, dtype=float).reshape(n, 3) / 20
    return GraspBatch.from_object_frame(asset.frame, translation, rotation, **(values | changes))


def test_poses_parts_and_names_come_back_in_the_object_frame(tmp_path: Path) -> None:
    asset = write_object(tmp_path / "jar.obj")
    batch = make_batch(asset)
    batch.save(tmp_path / "grasps.json")
    reading = read_grasps_file(tmp_path / "grasps.json")
    (group,) = reading.groups
    assert not reading.notes
    assert group.poses is not None
    translation, rotation = batch.to_object_frame()
    np.testing.assert_array_equal(group.poses.translation, translation)
    np.testing.assert_array_equal(group.poses.rotation, rotation)
    np.testing.assert_allclose(group.poses.translation[1], [3 / 20, 4 / 20, 5 / 20])
    assert group.entry == ("grasps[0]", "grasps[1]", "grasps[2]")
    assert group.part == ("lid", "body", None)
    assert group.asset.content_hash == asset.content_hash
    np.testing.assert_allclose(group.asset.frame.offset, asset.frame.offset)


@pytest.mark.parametrize("where", ["beside", "root", "root below", "given"])
def test_the_object_is_looked_for_where_it_may_have_gone(tmp_path: Path, where: str) -> None:
    asset = write_object(tmp_path / "old" / "jar.obj")
    make_batch(replace(asset, file="old/jar.obj")).save(tmp_path / "out" / "grasps.json")
    new = {
        "beside": tmp_path / "out" / "jar.obj",
        "root": tmp_path / "meshes" / "jar.obj",
        "root below": tmp_path / "meshes" / "old" / "jar.obj",
        "given": tmp_path / "else" / "pot.obj",
    }[where]
    new.parent.mkdir(parents=True, exist_ok=True)
    os.replace(tmp_path / "old" / "jar.obj", new)
    options = {
        "given": {"mesh": new},
        "beside": {},
    }.get(where, {"mesh_root": tmp_path / "meshes"})
    reading = read_grasps_file(tmp_path / "out" / "grasps.json", **options)
    assert reading.groups[0].asset.file == str(new)


def test_a_missing_object_says_where_it_was_looked_for(tmp_path: Path) -> None:
    asset = write_object(tmp_path / "jar.obj")
    make_batch(asset).save(tmp_path / "grasps.json")
    (tmp_path / "jar.obj").unlink()
    with pytest.raises(InputError, match=r"grasps\.json' is missing") as error:
        read_grasps_file(tmp_path / "grasps.json", mesh_root=tmp_path / "meshes")
    assert str(tmp_path / "meshes" / "jar.obj") in str(error.value)


def test_an_object_in_another_place_is_refused_another_surface_noted(tmp_path: Path) -> None:
    asset = write_object(tmp_path / "jar.obj")
    make_batch(asset).save(tmp_path / "grasps.json")
    write_object(tmp_path / "moved.obj", shift=7.0)
    with pytest.raises(InputError, match="is not the object"):
        read_grasps_file(tmp_path / "grasps.json", mesh=tmp_path / "moved.obj")
    text = (tmp_path / "jar.obj").read_text()
    first = text.splitlines()[0]  # a corner of the body, inside the box of the whole
    (tmp_path / "dented.obj").write_text(text.replace(first, "v -19 -50 -25"))
    reading = read_grasps_file(tmp_path / "grasps.json", mesh=tmp_path / "dented.obj")
    assert "not exactly the object" in reading.notes[0]


def test_an_entry_with_an_unknown_part_or_impossible_joint_is_named(tmp_path: Path) -> None:
    asset = write_object(tmp_path / "jar.obj")
    joints = np.zeros((3, HAND.joint_count))
    joints[2, 4] = 40.0  # degrees, by mistake
    make_batch(asset, part=["lid", "spout", ""], joints=joints).save(tmp_path / "grasps.json")
    with pytest.raises(InputError, match=r"^grasps\[1\]: .*'spout' .*body, lid.*--parts"):
        read_grasps_file(tmp_path / "grasps.json")
    reading = read_grasps_file(tmp_path / "grasps.json", keep_going=True)
    assert reading.groups[0].entry == ("grasps[0]",)
    assert [text.split(":")[0] for text in reading.skipped] == ["grasps[1]", "grasps[2]"]
    assert HAND.joint_names[4] in reading.skipped[1]


def test_unknown_hands_foreign_joints_and_empty_files_are_refused(tmp_path: Path) -> None:
    asset = write_object(tmp_path / "jar.obj")
    make_batch(asset, hand="claw").save(tmp_path / "claw.json")
    with pytest.raises(InputError, match="There is no hand 'claw'"):
        read_grasps_file(tmp_path / "claw.json")
    make_batch(asset, joint_names=HAND.joint_names[::-1]).save(tmp_path / "joints.json")
    with pytest.raises(InputError, match="joints are not those of the hand"):
        read_grasps_file(tmp_path / "joints.json")
    make_batch(asset, n=0).save(tmp_path / "empty.json")
    with pytest.raises(InputError, match="holds no grasps"):
        read_grasps_file(tmp_path / "empty.json", keep_going=True)


def edit(path: Path, *place: object, value: object) -> Path:
    """Write a value into a JSON file, at a place given by keys."""
    document = json.loads(path.read_text())
    node = document
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = value
    path.write_text(json.dumps(document))
    return path


def test_a_hand_of_another_name_is_refused_the_same_is_used(tmp_path: Path) -> None:
    file = make_batch(write_object(tmp_path / "jar.obj")).save(tmp_path / "grasps.json")
    with pytest.raises(InputError, match=r"is of the hand 'human', not 'toy'\. Leave --hand out"):
        read_grasps_file(file, hand=toy_hand())
    assert read_grasps_file(file, hand=HAND).groups[0].hand is HAND


@pytest.mark.parametrize("distance", [101.0, 1e9, 1e300])
def test_a_hand_far_from_the_object_is_named_or_left_out(tmp_path: Path, distance: float) -> None:
    file = make_batch(write_object(tmp_path / "jar.obj")).save(tmp_path / "grasps.json")
    edit(file, "grasps", 1, "translation", value=[distance * 1000, 0, 0])  # the file is in mm
    with pytest.raises(InputError, match=r"^grasps\[1\]: its hand is .* more than 100 m"):
        read_grasps_file(file)
    assert read_grasps_file(file, keep_going=True).groups[0].entry == ("grasps[0]", "grasps[2]")


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", "."], ids=["long", "null", "folder"])
def test_an_impossible_object_file_is_missing(tmp_path: Path, name: str) -> None:
    file = make_batch(write_object(tmp_path / "jar.obj")).save(tmp_path / "grasps.json")
    edit(file, "object", "file", value=name)
    with pytest.raises(InputError, match="is missing.*--mesh") as error:
        read_grasps_file(file)
    assert len(str(error.value)) < 1500
    assert str(error.value).isprintable()
    with pytest.raises(InputError, match="names no object"):
        read_grasps_file(edit(file, "object", "file", value=""))


def test_a_file_that_only_the_json_chose_is_not_quoted(tmp_path: Path) -> None:
    file = make_batch(write_object(tmp_path / "in" / "jar.obj")).save(tmp_path / "in" / "g.json")
    (tmp_path / "notes.obj").write_text("v secret 1 2\n")
    edit(file, "object", "file", value="../notes.obj")
    with pytest.raises(InputError, match=r"cannot be used.*--mesh") as error:
        read_grasps_file(file)
    assert "secret" not in str(error.value)
    with pytest.raises(InputError, match="secret"):
        read_grasps_file(file, mesh=tmp_path / "notes.obj")


def test_a_pose_that_is_not_finite_is_named_or_left_out(tmp_path: Path) -> None:
    make_batch(write_object(tmp_path / "jar.obj")).save(tmp_path / "grasps.json")
    document = json.loads((tmp_path / "grasps.json").read_text())
    document["grasps"][1]["translation"][2] = float("nan")
    (tmp_path / "grasps.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"grasps\[1\]\.translation\[2\]: got nan.*--keep-going"):
        read_grasps_file(tmp_path / "grasps.json")
    reading = read_grasps_file(tmp_path / "grasps.json", keep_going=True)
    assert reading.groups[0].entry == ("grasps[0]", "grasps[2]")
    assert "translation[2]" in reading.skipped[0]
