"""A grasp as a .glb file, for any 3-D viewer.

The scene is one root node with two children named exactly ``hand`` and ``object``. Their
vertices are in the USER's frame and unit; the matrix of the root node turns and scales them to
what glTF 2.0 asks for, metres and y up. Its `extras` carry the factor, the unit and the up axis.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh
from handhold.grasps.colours import CONTACT_PART, HAND_SKIN, OBJECT_GREY, RGB
from handhold.grasps.files import write_atomically
from handhold.objects import up_rotation

_FLOAT, _UINT32 = 5126, 5125
_VERTICES, _INDICES = 34962, 34963
_Z_UP_TO_Y_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])


def write_grasp_glb(
    path: str | Path,
    hand_vertices_user: NDArray[np.float64],
    hand_faces: NDArray[np.int64],
    object_vertices_user: NDArray[np.float64],
    object_faces: NDArray[np.int64],
    *,
    scale_to_metres: float = 1.0,
    up: str = "z",
    unit: str = "m",
    contact_faces: NDArray[np.bool_] | None = None,
    extras: Mapping[str, object] | None = None,
) -> Path:
    """Write hand and object in the user's coordinates; returns the path.

    hand_vertices_user (V, 3), object_vertices_user (W, 3): user's unit and frame; faces (F, 3).
    scale_to_metres: metres per user's unit; up: the user's up axis.
    contact_faces (F,) bool: the object's faces to colour as the contact part.
    extras: further JSON values for the root node (instruction, metrics).
    Raises InputError where the file cannot be written.
    """
    builder = _GlbBuilder()
    hand = TriMesh(hand_vertices_user, hand_faces)
    hand_mesh = builder.add_mesh("hand", [(hand, HAND_SKIN)], smooth=True)
    pieces = _coloured_pieces(TriMesh(object_vertices_user, object_faces), contact_faces)
    object_mesh = builder.add_mesh("object", pieces, smooth=False)
    matrix = np.eye(4)
    matrix[:3, :3] = scale_to_metres * (_Z_UP_TO_Y_UP @ up_rotation(up))
    root_extras: dict[str, object] = {
        "scale_to_metres": scale_to_metres,
        "unit": unit,
        "up": up,
        **(extras or {}),
    }
    root_extras = {name: _json_value(value) for name, value in root_extras.items()}
    nodes: list[dict[str, object]] = [
        {
            "name": "handhold",
            "matrix": matrix.T.reshape(-1).tolist(),
            "children": [1, 2],
            "extras": root_extras,
        },
        {"name": "hand", "mesh": hand_mesh},
        {"name": "object", "mesh": object_mesh},
    ]
    return write_atomically(path, builder.to_bytes(nodes))


def _coloured_pieces(
    mesh: TriMesh, contact_faces: NDArray[np.bool_] | None
) -> list[tuple[TriMesh, RGB]]:
    if contact_faces is None or not np.any(contact_faces):
        return [(mesh, OBJECT_GREY)]
    contact = np.asarray(contact_faces, dtype=bool)
    # Vertices on the border of the part are repeated: one vertex has one colour.
    pieces = [(mesh.submesh(contact), CONTACT_PART)]
    if not contact.all():
        pieces.append((mesh.submesh(~contact), OBJECT_GREY))
    return pieces


class _GlbBuilder:
    """Collects the binary chunk and the JSON lists of a .glb file."""

    def __init__(self) -> None:
        self._binary = bytearray()
        self._views: list[dict[str, object]] = []
        self._accessors: list[dict[str, object]] = []
        self._meshes: list[dict[str, object]] = []

    def add_mesh(self, name: str, pieces: Sequence[tuple[TriMesh, RGB]], *, smooth: bool) -> int:
        """Append the pieces as ONE primitive coloured by vertex; returns the mesh's index."""
        starts = np.cumsum([0] + [len(piece.vertices) for piece, _ in pieces])
        vertices = np.concatenate([piece.vertices for piece, _ in pieces])
        faces = np.concatenate(
            [piece.faces + start for (piece, _), start in zip(pieces, starts, strict=False)]
        )
        colours = np.concatenate(
            [np.tile([*_linear(colour), 1.0], (len(piece.vertices), 1)) for piece, colour in pieces]
        )
        attributes = {"POSITION": self._add_vectors(vertices, with_bounds=True)}
        if smooth:
            normals = TriMesh(vertices, faces).vertex_normals
            attributes["NORMAL"] = self._add_vectors(_never_zero(normals))
        attributes["COLOR_0"] = self._add_vectors(colours)
        primitive = {"attributes": attributes, "indices": self._add_indices(faces), "material": 0}
        self._meshes.append({"name": name, "primitives": [primitive]})
        return len(self._meshes) - 1

    def to_bytes(self, nodes: list[dict[str, object]]) -> bytes:
        """The whole file; node 0 is the scene's only root."""
        document = {
            "asset": {"version": "2.0", "generator": "handhold"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": nodes,
            "meshes": self._meshes,
            "materials": [
                {
                    "doubleSided": True,
                    "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.75},
                }
            ],
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._binary)}],
        }
        text = json.dumps(document, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = struct.pack("<I4s", len(text), b"JSON") + text
        chunks += struct.pack("<I4s", len(self._binary), b"BIN\0") + bytes(self._binary)
        return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks

    def _add_vectors(self, values: np.ndarray, *, with_bounds: bool = False) -> int:
        array = np.ascontiguousarray(values, dtype="<f4")
        accessor: dict[str, object] = {
            "componentType": _FLOAT,
            "count": len(array),
            "type": f"VEC{array.shape[1]}",
        }
        if with_bounds:
            accessor["min"] = array.min(axis=0).tolist()
            accessor["max"] = array.max(axis=0).tolist()
        return self._add(array, _VERTICES, accessor)

    def _add_indices(self, faces: np.ndarray) -> int:
        array = np.ascontiguousarray(faces.reshape(-1), dtype="<u4")
        accessor = {"componentType": _UINT32, "count": len(array), "type": "SCALAR"}
        return self._add(array, _INDICES, accessor)

    def _add(self, array: np.ndarray, target: int, accessor: Mapping[str, object]) -> int:
        data = array.tobytes()
        view = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(data)}
        self._views.append({**view, "target": target})
        self._binary += data
        self._accessors.append({"bufferView": len(self._views) - 1, **accessor})
        return len(self._accessors) - 1


def _linear(colour: RGB) -> list[float]:
    # glTF keeps vertex colours linear; ours are sRGB.
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour]


def _json_value(value: object) -> object:
    # nan means "not measured", as in grasps.json.
    if isinstance(value, Mapping):
        return {str(name): _json_value(item) for name, item in value.items()}
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def _never_zero(normals: np.ndarray) -> np.ndarray:
    # glTF asks for unit normals; a vertex without faces has none.
    missing = np.linalg.norm(normals, axis=1) < 0.5
    return np.where(missing[:, None], np.array([0.0, 0.0, 1.0]), normals)
