"""A mesh and a sentence in, a folder of grasps out: what the folder promises.

It was made by a command that could open no socket and whose home could not be written.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import torch
from flask_run import FLAGS, INSTRUCTION, SETTINGS, SealedRun
from lumpy_flask import flask_parts, to_z_up, write_obj
from PIL import Image

from handhold.grasps import GraspBatch, grasps_schema, load_grasps
from handhold.hands import load_hand
from handhold.objects import load_object
from handhold.pipeline import Grasper, GraspResult


def test_the_command_works_without_network_and_without_a_home(sealed_run: SealedRun) -> None:
    assert sealed_run.code == 0, sealed_run.err
    assert sealed_run.err == ""
    assert not sealed_run.home.exists()


def test_the_folder_holds_what_was_promised_and_nothing_else(sealed_run: SealedRun) -> None:
    names = {path.name for path in sealed_run.folder.iterdir()}
    assert names == {
        "grasps.json", "grasp_01.glb", "grasp_02.glb", "overview.png", "report.html",
    }  # fmt: skip
    document = json.loads(sealed_run.out)
    assert {Path(path).name for path in document["files"].values()} == names
    assert document["format"] == "handhold-run"
    assert document["contact_part"]["name"] == "body"


def test_the_grasps_are_those_of_any_other_process_with_the_same_seed(
    sealed_run: SealedRun, result: GraspResult
) -> None:
    assert load_grasps(sealed_run.folder / "grasps.json").equals(result.batch)


def test_a_saved_batch_reads_back_identical(result: GraspResult, tmp_path: Path) -> None:
    assert load_grasps(result.batch.save(tmp_path / "grasps.json")).equals(result.batch)


def test_the_grasps_follow_the_published_schema(sealed_run: SealedRun) -> None:
    document = _document(sealed_run)
    jsonschema.Draft202012Validator(grasps_schema()).validate(document)
    assert (document["format"], document["version"]) == ("handhold-grasps", 1)


def test_unit_frame_hand_and_joint_order_are_stated(sealed_run: SealedRun) -> None:
    document = _document(sealed_run)
    frame, hand = document["frame"], load_hand("human")
    assert (frame["unit"], frame["scale_to_metres"], frame["up"]) == ("m", 1.0, "y")
    assert frame["stated"] is False
    assert any("unit taken to be m" in note for note in document["notes"])
    assert document["hand"] == {"name": "human", "joint_names": list(hand.joint_names)}
    assert document["instruction"] == INSTRUCTION
    assert document["object"]["name"] == "flask"
    for grasp in document["grasps"]:
        assert len(grasp["joints"]) == len(hand.joint_names) == 16
        assert (grasp["affordance"], grasp["part"]) == ("wrap-around-grip", "body")
        assert grasp["origin"] in ("network", "rule")
        assert grasp["prior_cluster"].startswith("wrap-around-grip/") or grasp["prior_cluster"]
        assert {"total", "contact", "cmap", "pen", "reveren", "fc"} <= set(grasp["energies"])
        assert {"penetration_depth_cm", "part_accuracy"} <= set(grasp["metrics"])
        assert grasp["acceptable"] is True
        assert grasp["result_code"] in ("converged", "moving")


def test_joints_are_within_the_hands_limits(result: GraspResult) -> None:
    spec = load_hand("human").spec
    joints = torch.as_tensor(np.array(result.batch.joints))
    assert (joints >= spec.joint_lower - 1e-6).all()
    assert (joints <= spec.joint_upper + 1e-6).all()


def test_the_returned_grasps_differ(result: GraspResult) -> None:
    batch = result.batch
    shift = np.linalg.norm(batch.translation[0] - batch.translation[1])
    turn = np.arccos(np.clip((np.trace(batch.rotation[0].T @ batch.rotation[1]) - 1) / 2, -1, 1))
    assert shift > 0.005 or turn > 0.15


def test_each_glb_shows_hand_and_object_under_a_root_with_the_factor(
    sealed_run: SealedRun,
) -> None:
    document, _ = _glb(sealed_run.folder / "grasp_01.glb")
    root, *children = document["nodes"]
    assert [child["name"] for child in children] == ["hand", "object"]
    assert root["children"] == [1, 2]
    extras = root["extras"]
    assert (extras["scale_to_metres"], extras["unit"], extras["up"]) == (1.0, "m", "y")
    assert (extras["instruction"], extras["part"]) == (INSTRUCTION, "body")


def test_the_hand_in_the_glb_is_the_hand_at_the_pose_of_the_file(sealed_run: SealedRun) -> None:
    batch = load_grasps(sealed_run.folder / "grasps.json")
    skin = _user_skin(batch)
    for row in range(len(batch)):
        vertices = _vertices(sealed_run.folder / f"grasp_{row + 1:02d}.glb", "hand")
        assert np.abs(vertices - skin[row]).max() < 1e-5


def test_the_object_in_the_glb_lies_where_it_lay_in_the_users_file(sealed_run: SealedRun) -> None:
    stored = _vertices(sealed_run.folder / "grasp_02.glb", "object")
    given = np.concatenate([mesh.vertices for mesh in flask_parts().values()])
    assert np.allclose(stored.min(0), given.min(0), atol=1e-6)
    assert np.allclose(stored.max(0), given.max(0), atol=1e-6)


def test_the_hand_touches_the_body_from_outside(result: GraspResult) -> None:
    asset = result.asset
    skin = asset.frame.points_to_object(_user_skin(result.batch))
    assert np.allclose(skin, result.steps.refined, atol=1e-5)
    body = asset.part_mesh("body")
    for hand in skin:
        nearest = np.linalg.norm(hand[:, None] - body.face_centres[None], axis=-1).min()
        assert nearest < 0.02
    assert (result.batch.metrics["contact_ratio"] == 1).all()
    assert (result.batch.metrics["penetration_depth_cm"] < 0.5).all()


def test_a_file_in_millimetres_with_another_up_axis_gets_the_same_grasps(
    result: GraspResult, tmp_path: Path
) -> None:
    asset = load_object(write_obj(tmp_path / "flask.obj"), unit="mm", up="z")
    other = Grasper(asset).ask(INSTRUCTION, SETTINGS).batch
    assert (other.unit, other.up, other.scale_to_metres) == ("mm", "z", 0.001)
    assert np.abs(other.translation / 1000 - to_z_up(result.batch.translation)).max() < 1e-4
    expected = to_z_up(_user_skin(result.batch))
    assert np.abs(_user_skin(other) / 1000 - expected).max() < 1e-4


def test_the_overview_is_a_picture(sealed_run: SealedRun) -> None:
    with Image.open(sealed_run.folder / "overview.png") as picture:
        picture.load()
        assert min(picture.size) > 400
        assert np.asarray(picture.convert("L"), dtype=float).std() > 5


def test_the_report_is_self_contained_and_tells_how_it_came_about(sealed_run: SealedRun) -> None:
    page = (sealed_run.folder / "report.html").read_text()
    assert "http://" not in page and "https://" not in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "<script" not in page
    cluster = load_grasps(sealed_run.folder / "grasps.json").prior_cluster[0]
    text = re.sub(r'"data:[^"]*"|<[^>]*>', "", page)
    for expected in (INSTRUCTION, "wrap-around-grip", "body", cluster, "refine", "propose"):
        assert expected in text
    assert page.count('alt="initial, extrinsic-refined, refined"') == SETTINGS.n


def test_flags_and_settings_of_these_tests_say_the_same() -> None:
    for name, value in (("n", SETTINGS.n), ("seeds", SETTINGS.seeds), ("seed", SETTINGS.seed)):
        dashes = "-" if len(name) == 1 else "--"
        assert f"{dashes}{name} {value} " in FLAGS


def _document(run: SealedRun) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((run.folder / "grasps.json").read_text())
    return document


def _user_skin(batch: GraspBatch) -> np.ndarray:
    """(N, V, 3) skin at a batch's poses, in the user's unit and frame, from its arrays only."""
    hand = load_hand("human").to(dtype=torch.float64)
    local = hand.local(torch.as_tensor(np.array(batch.joints))).vertices.numpy()
    turned = np.einsum("nij,nvj->nvi", batch.rotation, local / batch.scale_to_metres)
    return turned + batch.translation[:, None]


def _glb(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    assert data[:4] == b"glTF"
    size = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + size]), data[28 + size :]


def _vertices(path: Path, name: str) -> np.ndarray:
    """Stored coordinates (V, 3) of a node's mesh: those of the first primitive's accessor on."""
    document, binary = _glb(path)
    node = next(node for node in document["nodes"] if node.get("name") == name)
    blocks = []
    for primitive in document["meshes"][node["mesh"]]["primitives"]:
        accessor = document["accessors"][primitive["attributes"]["POSITION"]]
        start = document["bufferViews"][accessor["bufferView"]]["byteOffset"]
        values = np.frombuffer(binary, "<f4", 3 * accessor["count"], start)
        blocks.append(values.reshape(-1, 3).astype(np.float64))
    return np.concatenate(blocks)
