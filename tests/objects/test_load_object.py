"""Every format and every kind of part labels gives the same object; bad input one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh

from handhold.errors import InputError
from handhold.geometry import TriMesh, concatenate, inside, read_solid, sample_surface
from handhold.objects import ObjectAsset, load_object

SIDES = np.array([0.06, 0.1, 0.14])
BODY = trimesh.creation.box(SIDES)
# A handle apart from the body, so that parts are clear whatever the format merges.
HANDLE = trimesh.creation.box([0.02, 0.02, 0.08], transform=np.eye(4) + np.eye(4, k=3) * 0.06)
BOTH = trimesh.util.concatenate([BODY, HANDLE])
FACES_OF_BOTH = np.repeat([0, 1], 12)


@pytest.fixture(autouse=True)
def _no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", "off")


def load(path: Path, **options: Any) -> ObjectAsset:
    return load_object(path, **{"decompose": False, **options})


def one_line(error: pytest.ExceptionInfo[InputError]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "off", "glb", "gltf"])
def test_every_mesh_format_gives_the_same_box(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"thing.{suffix}"
    if suffix == "gltf":
        for name, data in trimesh.exchange.gltf.export_gltf(trimesh.Scene(BODY)).items():
            (tmp_path / name.replace("model.gltf", "thing.gltf")).write_bytes(data)
    else:
        BODY.export(path)
    asset = load(path, up="z")
    assert len(asset.mesh.faces) == 12
    np.testing.assert_allclose(asset.mesh.bounds, [-SIDES / 2, SIDES / 2], atol=1e-6)
    assert asset.has_solid
    assert not asset.is_cloud
    assert inside(asset.mesh, np.zeros((1, 3))).all()


def test_gltf_is_y_up_unless_stated(tmp_path: Path) -> None:
    BODY.export(tmp_path / "thing.glb")
    asset = load(tmp_path / "thing.glb")
    assert asset.frame.up == "y"
    np.testing.assert_allclose(asset.mesh.extents, SIDES[[0, 2, 1]], atol=1e-6)


def test_millimetres_are_recognised_and_lead_back(tmp_path: Path) -> None:
    moved = BODY.copy()
    moved.apply_translation([1, 2, 3])
    moved.apply_scale(1000)
    moved.export(tmp_path / "thing.stl")
    asset = load(tmp_path / "thing.stl")
    assert asset.frame.unit == "mm"
    np.testing.assert_allclose(asset.mesh.extents, SIDES, atol=1e-6)
    np.testing.assert_allclose(asset.frame.points_to_user(np.zeros(3)), [1000, 2000, 3000])


def test_nodes_of_a_scene_are_parts_in_their_places(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(BODY, node_name="kettle body", geom_name="g0")
    lifted = trimesh.transformations.translation_matrix([0, 0, 0.1])
    scene.add_geometry(HANDLE, node_name="handle", geom_name="g1", transform=lifted)
    scene.export(tmp_path / "kettle.glb")
    asset = load(tmp_path / "kettle.glb", up="z")
    assert set(asset.part_names) == {"kettle body", "handle"}
    assert not asset.parts_provisional
    handle = asset.part_mesh("handle")
    body = asset.part_mesh("kettle body")
    np.testing.assert_allclose(handle.centre - body.centre, [0.06, 0, 0.1], atol=1e-6)


def test_a_mirrored_node_keeps_looking_outwards(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(BODY, transform=np.diag([1.0, -1.0, 1.0, 1.0]))
    scene.export(tmp_path / "mirrored.glb")
    asset = load(tmp_path / "mirrored.glb", up="z")
    outward = (asset.mesh.face_normals * asset.mesh.face_centres).sum(axis=1)
    assert (outward > 0).all()


@pytest.mark.parametrize("keyword", ["o", "g"])
def test_obj_groups_are_parts(tmp_path: Path, keyword: str) -> None:
    text = obj_text(BOTH.vertices, BOTH.faces)
    lines = text.splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("f"))
    lines.insert(first + 12, f"{keyword} the handle")
    lines.insert(first, f"{keyword} body")
    (tmp_path / "thing.obj").write_text("\n".join(lines))
    asset = load(tmp_path / "thing.obj")
    assert asset.part_names == ("body", "the handle")
    np.testing.assert_allclose(asset.part_mesh("the handle").extents, [0.02, 0.02, 0.08], atol=1e-9)


def test_a_fourth_number_of_obj_vertices_is_a_label(tmp_path: Path) -> None:
    labels = np.where(BOTH.vertices[:, 0] > 0.04, 6, 5)
    (tmp_path / "thing.obj").write_text(obj_text(BOTH.vertices, BOTH.faces, labels))
    asset = load(tmp_path / "thing.obj")
    assert asset.part_names == ("label_5", "label_6")
    assert asset.parts_provisional
    assert len(asset.part_mesh("label_6").faces) == 12
    (tmp_path / "weights.obj").write_text(obj_text(BOTH.vertices, BOTH.faces, np.ones(16, int)))
    assert load(tmp_path / "weights.obj").part_names == ("object",)


def test_obj_polygons_negative_indices_and_continuations(tmp_path: Path) -> None:
    (tmp_path / "thing.obj").write_text(
        "# a tetrahedron and a quad base\n"
        "v 0 0 0\nv 1 0 0 0.5 0.5 0.5\nv 1 1 0\nv 0 1 0\nv 0.5 0.5 1\n"
        "vn 0 0 1\nf -2//1 -3//1 \\\n -4//1 -5//1\n"
        "f 1/1/1 2/2/2 5/5/5\nf 2 3 5\nf\t3 4 5 # comment\nf 4 1 5\n"
    )
    asset = load(tmp_path / "thing.obj")
    assert len(asset.mesh.faces) == 6
    assert asset.mesh.to_trimesh().volume == pytest.approx(1 / 3)


@pytest.mark.parametrize("place", ["face", "vertex"])
def test_ply_label_properties_are_parts(tmp_path: Path, place: str) -> None:
    labels = FACES_OF_BOTH if place == "face" else np.repeat([0, 1], 8)
    (tmp_path / "thing.ply").write_text(ply_text(BOTH, place, labels))
    asset = load(tmp_path / "thing.ply")
    assert asset.part_names == ("label_0", "label_1")
    assert np.bincount(asset.face_parts).tolist() == [12, 12]


def parts_files(folder: Path) -> dict[str, Path]:
    per_face, per_vertex = FACES_OF_BOTH.tolist(), np.repeat([0, 1], 8).tolist()
    names = ["body", "handle"]
    spelled = [names[label] for label in per_face]
    contents = {
        "table": {"names": names, "face_labels": per_face},
        "vertices": {"names": names, "vertex_labels": per_vertex},
        "spelled": {"face_labels": spelled},
        "bare": spelled,
        "lists": {"body": list(range(12)), "handle": list(range(12, 24))},
    }
    paths = {}
    for key, content in contents.items():
        paths[key] = folder / f"{key}.json"
        paths[key].write_text(json.dumps(content))
    np.savez(folder / "arrays.npz", face_labels=FACES_OF_BOTH, names=np.array(names))
    np.savez(folder / "vertex.npz", vertex_labels=np.repeat([0, 1], 8), names=np.array(names))
    return {**paths, "npz": folder / "arrays.npz", "vertex npz": folder / "vertex.npz"}


def test_every_parts_file_says_the_same(tmp_path: Path) -> None:
    (tmp_path / "thing.obj").write_text(obj_text(BOTH.vertices, BOTH.faces))
    for path in parts_files(tmp_path).values():
        asset = load(tmp_path / "thing.obj", parts=path)
        assert asset.part_names == ("body", "handle")
        assert len(asset.part_mesh("handle").faces) == 12
        assert not asset.parts_provisional
    np.save(tmp_path / "numbers.npy", np.repeat([0, 1], 8))
    numbered = load(tmp_path / "thing.obj", parts=tmp_path / "numbers.npy")
    assert numbered.part_names == ("label_0", "label_1")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"face_labels": [0, 1]}, "2 labels, but the object has 24 faces"),
        ({"names": ["a"], "face_labels": [1] * 24}, "labels 1..1 for 1 names"),
        ({"names": "a", "face_labels": [0] * 24}, "not a list of names"),
        ({"names": ["a", "a"], "face_labels": [0] * 24}, "a name twice"),
        ({"face_labels": [0.5] * 24}, "not whole numbers"),
        ({"face_labels": [[0]] * 24}, "not a flat list"),
        ({"handle": [0, 99]}, "faces that the object lacks"),
        ({"handle": {"a": 1}}, "not a flat list"),
        (3, "neither an object nor a list"),
    ],
)
def test_wrong_parts_files_are_explained(tmp_path: Path, content: Any, message: str) -> None:
    (tmp_path / "thing.obj").write_text(obj_text(BOTH.vertices, BOTH.faces))
    (tmp_path / "parts.json").write_text(json.dumps(content))
    with pytest.raises(InputError, match=message) as error:
        load(tmp_path / "thing.obj", parts=tmp_path / "parts.json")
    one_line(error)


def test_parts_files_that_are_missing_or_damaged(tmp_path: Path) -> None:
    (tmp_path / "thing.obj").write_text(obj_text(BOTH.vertices, BOTH.faces))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "bad.npy").write_bytes(b"nothing")
    (tmp_path / "bad.txt").write_text("0")
    np.save(tmp_path / "pickle.npy", np.array([{"a": 1}] * 24, dtype=object))
    for name in ("none.json", "bad.json", "bad.npy", "bad.txt", "pickle.npy"):
        with pytest.raises(InputError) as error:
            load(tmp_path / "thing.obj", parts=tmp_path / name)
        assert name in one_line(error)


def test_an_object_without_parts_is_divided_by_convexity(tmp_path: Path) -> None:
    cross = trimesh.boolean.union(
        [trimesh.creation.box([0.2, 0.03, 0.03]), trimesh.creation.box([0.03, 0.2, 0.03])]
    )
    cross.subdivide().subdivide().export(tmp_path / "cross.stl")
    asset = load_object(tmp_path / "cross.stl")
    assert asset.parts_provisional
    assert asset.part_names == tuple(f"part_{k + 1}" for k in range(len(asset.part_names)))
    assert len(asset.part_names) > 1
    areas = [asset.part_mesh(name).area for name in asset.part_names]
    assert areas == sorted(areas, reverse=True)
    assert sum(areas) == pytest.approx(asset.mesh.area)


def test_defects_are_worked_around_and_listed(tmp_path: Path) -> None:
    vertices = np.concatenate([BODY.vertices, BODY.vertices])
    faces = np.concatenate([BODY.faces, BODY.faces[:, ::-1] + 8, [[0, 0, 1]]])
    (tmp_path / "thing.obj").write_text(obj_text(vertices, faces))
    asset = load(tmp_path / "thing.obj")
    notes = "; ".join(asset.notes)
    assert "merged 8 vertices" in notes
    assert "removed 1 degenerate faces" in notes
    assert "removed 12 duplicate faces" in notes
    assert len(asset.mesh.faces) == 12
    opened = BODY.faces[:10, ::-1]
    (tmp_path / "open.obj").write_text(obj_text(BODY.vertices, opened))
    notes = "; ".join(load(tmp_path / "open.obj").notes)
    assert "not closed (4 open edges)" in notes


def test_large_meshes_are_simplified_keep_their_parts_and_say_so(tmp_path: Path) -> None:
    fine = [mesh.subdivide_to_size(0.006) for mesh in (BODY, HANDLE)]
    both = trimesh.util.concatenate(fine)
    (tmp_path / "thing.obj").write_text(obj_text(both.vertices, both.faces))
    labels = np.repeat([0, 1], [len(mesh.faces) for mesh in fine])
    np.save(tmp_path / "parts.npy", labels)
    asset = load(tmp_path / "thing.obj", parts=tmp_path / "parts.npy", max_faces=600)
    assert len(asset.mesh.faces) <= 600
    assert any(f"simplified from {len(both.faces)} to" in note for note in asset.notes)
    np.testing.assert_allclose(asset.part_mesh("label_1").extents, [0.02, 0.02, 0.08], atol=2e-3)


def test_huge_meshes_are_condensed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handhold.objects.build.CONDENSE_ABOVE", 10_000)
    ball = trimesh.creation.icosphere(5, 0.1)
    ball.export(tmp_path / "ball.stl")
    asset = load(tmp_path / "ball.stl", max_faces=2000)
    assert any(f"simplified from {len(ball.faces)} to" in note for note in asset.notes)
    radii = np.linalg.norm(asset.mesh.vertices, axis=1)
    np.testing.assert_allclose(radii, 0.1, atol=1e-3)
    assert asset.mesh.to_trimesh().is_watertight


def cloud_files(folder: Path) -> list[Path]:
    sample = sample_surface(TriMesh.from_trimesh(trimesh.creation.icosphere(4, 0.05)), 2000)
    points, normals = sample.points, sample.normals
    np.save(folder / "plain.npy", points)
    np.save(folder / "oriented.npy", np.hstack([points, normals]).astype(np.float32))
    np.savez(folder / "cloud.npz", points=points, normals=normals)
    np.savetxt(folder / "plain.xyz", points, header="x y z")
    np.savetxt(folder / "oriented.xyz", np.hstack([points, normals]), delimiter=", ")
    trimesh.PointCloud(points).export(folder / "plain.ply")
    return sorted(folder.iterdir())


def test_clouds_become_closed_surfaces_without_a_solid(tmp_path: Path) -> None:
    for path in cloud_files(tmp_path):
        asset = load(path)
        assert asset.is_cloud
        assert not asset.has_solid
        radii = np.linalg.norm(asset.mesh.vertices + asset.frame.offset, axis=1)
        np.testing.assert_allclose(radii, 0.05, atol=0.003)
        assert np.abs(radii - 0.05).mean() < 0.0005
        assert read_solid(asset.mesh).closed
        assert inside(asset.mesh, np.zeros((1, 3))).all()
        estimated = any("normals estimated" in note for note in asset.notes)
        assert estimated == (path.stem == "plain")


def test_labels_of_points_become_parts_of_the_surface(tmp_path: Path) -> None:
    sample = sample_surface(concatenate([
        TriMesh.from_trimesh(BODY), TriMesh.from_trimesh(HANDLE)
    ]), 3000)  # fmt: skip
    labels = (sample.points[:, 0] > 0.04).astype(int)
    np.savez(tmp_path / "c.npz", points=sample.points, normals=sample.normals, labels=labels)
    asset = load(tmp_path / "c.npz")
    assert asset.part_names == ("label_0", "label_1")
    np.testing.assert_allclose(asset.part_mesh("label_1").extents, [0.02, 0.02, 0.08], atol=0.008)


def test_half_a_scan_is_closed_behind_what_was_seen(tmp_path: Path) -> None:
    sample = sample_surface(TriMesh.from_trimesh(trimesh.creation.icosphere(4, 0.05)), 3000)
    seen = sample.points[:, 0] > 0
    np.savez(tmp_path / "c.npz", points=sample.points[seen], normals=sample.normals[seen])
    asset = load(tmp_path / "c.npz")
    assert read_solid(asset.mesh).closed
    to_object = asset.frame.points_to_object
    assert inside(asset.mesh, to_object(np.array([[0.03, 0, 0], [0.02, 0.02, 0.02]]))).all()
    assert not inside(asset.mesh, to_object(np.array([[-0.02, 0, 0], [0.06, 0, 0]]))).any()


def test_a_mesh_in_npz(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "m.npz", vertices=BOTH.vertices, faces=BOTH.faces, face_labels=FACES_OF_BOTH
    )
    asset = load(tmp_path / "m.npz")
    assert not asset.is_cloud
    assert len(asset.part_names) == 2


def bad_files(folder: Path) -> dict[str, str]:
    """File name -> what its error must mention."""
    glb = trimesh.Scene(BODY).export(file_type="glb")
    stl = BODY.export(file_type="stl")
    nan = BODY.vertices.copy()
    nan[2, 1] = np.nan
    contents: dict[str, tuple[bytes, str]] = {
        "cut.glb": (glb[: len(glb) // 2], "truncated"),
        "head.glb": (glb[:7], "not a GLB"),
        "text.glb": (b"this is no scene at all", "not a GLB"),
        "cut.stl": (stl[: len(stl) // 2], "STL"),
        "noise.ply": (b"ply\nformat ascii 1.0\nelement vertex 3\nend_header\n1 2", "noise.ply"),
        "noise.gltf": (b"{", "GLTF"),
        "noise.off": (b"OFF\n1 2 3\n", "noise.off"),
        "zero.obj": (b"", "0 bytes"),
        "comment.obj": (b"# nothing\n", "neither faces nor points"),
        "words.obj": (b"v a b c\nf 1 1 1\n", "not made of numbers"),
        "short.obj": (b"v 0 0\nv 1 1\nv 2 2\nf 1 2 3\n", "fewer than three"),
        "index.obj": (b"v 0 0 0\nv 0 1 0\nv 1 0 0\nf 1 2 9\n", "uses vertex 9"),
        "zeroth.obj": (b"v 0 0 0\nv 0 1 0\nv 1 0 0\nf 0 1 2\n", "only 3 vertices"),
        "points.obj": (b"v 0 0 0\nv 0 1 0\nv 1 0 0\n", "no faces"),
        "nan.obj": (obj_text(nan, BODY.faces).encode(), "NaN or infinite"),
        "line.obj": (b"v 0 0 0\nv 0 1 0\nv 0 0.5 0\nf 1 2 3\n", "no face with an area"),
        "dot.obj": (b"v 1 1 1\nv 1 1 1\nv 1 1 1\nf 1 2 3\n", "zero size"),
        "few.xyz": (b"0 0 0\n1 1 1\n", "2 points and no faces"),
        "ragged.xyz": (b"0 0 0\n1 1\n", "different numbers of columns"),
        "words.xyz": (b"a b c\n" * 60, "not a table of numbers"),
        "two.xyz": (b"1 2\n" * 60, "shape"),
        "noise.npy": (b"nothing", "NPY"),
        "noise.npz": (b"nothing", "NPZ"),
        "thing.dae": (b"<xml/>", "Supported: GLB"),
        "thing": (b"?", "Supported: GLB"),
    }
    for name, (data, _) in contents.items():
        (folder / name).write_bytes(data)
    np.save(folder / "pickle.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.save(folder / "flat.npy", np.zeros(30))
    np.savez(folder / "other.npz", something=np.zeros(3))
    (folder / "folder.obj").mkdir()
    return {name: text for name, (_, text) in contents.items()} | {
        "pickle.npy": "pickled",
        "flat.npy": "shape",
        "other.npz": "something",
        "folder.obj": "not a file",
        "missing.obj": "no file",
    }


def test_bad_files_end_in_one_line_that_says_why(tmp_path: Path) -> None:
    for name, expected in bad_files(tmp_path).items():
        with pytest.raises(InputError) as error:
            load(tmp_path / name)
        line = one_line(error)
        assert expected in line, (name, line)


def obj_text(vertices: np.ndarray, faces: np.ndarray, labels: np.ndarray | None = None) -> str:
    ends = [""] * len(vertices) if labels is None else [f" {label}" for label in labels]
    lines = [f"v {x} {y} {z}{end}" for (x, y, z), end in zip(vertices, ends, strict=True)]
    lines += [f"f {a + 1} {b + 1} {c + 1}" for a, b, c in faces]
    return "\n".join(lines) + "\n"


def ply_text(mesh: trimesh.Trimesh, place: str, labels: np.ndarray) -> str:
    on_vertex, on_face = place == "vertex", place == "face"
    header = ["ply", "format ascii 1.0", f"element vertex {len(mesh.vertices)}"]
    header += [f"property float {axis}" for axis in "xyz"]
    header += ["property int label"] * on_vertex
    header += [f"element face {len(mesh.faces)}", "property list uchar int vertex_indices"]
    header += ["property int label"] * on_face + ["end_header"]
    rows = [f"{x} {y} {z}" for x, y, z in mesh.vertices]
    corners = [f"3 {a} {b} {c}" for a, b, c in mesh.faces]
    chosen = rows if on_vertex else corners
    chosen[:] = [f"{row} {label}" for row, label in zip(chosen, labels, strict=True)]
    return "\n".join(header + rows + corners) + "\n"


def test_a_scale_in_metres_per_unit_stands_for_a_unit(tmp_path: Path) -> None:
    moved = trimesh.creation.box((1.0, 1.0, 2.0))
    moved.apply_translation([3, 0, 0])
    moved.export(tmp_path / "thing.obj")
    asset = load(tmp_path / "thing.obj", scale=0.06)
    np.testing.assert_allclose(asset.mesh.extents, [0.06, 0.06, 0.12])
    assert asset.frame.unit == "0.06 m"
    assert asset.frame.stated
    np.testing.assert_allclose(asset.frame.points_to_object([3, 0, 1]), [0, 0, 0.06], atol=1e-12)
    np.testing.assert_allclose(asset.frame.points_to_user([0, 0, 0.06]), [3, 0, 1])
    inches, named = (
        load(tmp_path / "thing.obj", **kind) for kind in ({"scale": 0.0254}, {"unit": "in"})
    )
    assert inches.frame.unit == named.frame.unit == "in"
    assert inches.content_hash == named.content_hash


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), 100.0])
def test_a_scale_that_no_hand_could_hold_is_refused(tmp_path: Path, scale: float) -> None:
    BODY.export(tmp_path / "thing.obj")
    with pytest.raises(InputError, match="at a scale of"):
        load(tmp_path / "thing.obj", scale=scale)
    with pytest.raises(InputError, match="Give one of them"):
        load(tmp_path / "thing.obj", scale=1.0, unit="m")


def test_convex_pieces_of_a_file_are_no_names(tmp_path: Path) -> None:
    text = obj_text(BOTH.vertices, BOTH.faces).splitlines()
    first = next(index for index, line in enumerate(text) if line.startswith("f"))
    text.insert(first + 12, "o convex_1")
    text.insert(first, "o convex_0")
    (tmp_path / "thing.obj").write_text("\n".join(text))
    assert load(tmp_path / "thing.obj").parts_provisional
