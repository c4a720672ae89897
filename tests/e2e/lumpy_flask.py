"""A flask without symmetry, so that no two poses cost the same: body and lid, y up, metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh

HEIGHT, LID_HEIGHT = 0.10, 0.02


def flask_parts() -> dict[str, trimesh.Trimesh]:
    """The two closed meshes. Coordinates are single-precision numbers, as a GLB holds them."""
    body = _lumpy(0.032, HEIGHT, 0.0)
    lid = _lumpy(0.020, LID_HEIGHT, 0.0605)
    return {"body": body, "lid": lid}


def write_glb(path: Path) -> Path:
    """The flask in metres, y up, as glTF wants it."""
    scene = trimesh.Scene()
    for name, mesh in flask_parts().items():
        scene.add_geometry(mesh, geom_name=name, node_name=name)
    path.write_bytes(scene.export(file_type="glb"))
    return path


def write_obj(path: Path, *, millimetres: bool = True) -> Path:
    """The same surface, z up, as groups of an OBJ file, faces in the order a GLB is read in."""
    scale = 1000.0 if millimetres else 1.0
    lines, first = [], 1
    for name, mesh in reversed(flask_parts().items()):
        lines.append(f"g {name}")
        lines += [f"v {x!r} {y!r} {z!r}" for x, y, z in (scale * to_z_up(mesh.vertices)).tolist()]
        lines += [f"f {a} {b} {c}" for a, b, c in (mesh.faces + first).tolist()]
        first += len(mesh.vertices)
    path.write_text("\n".join(lines) + "\n")
    return path


def to_z_up(points: np.ndarray) -> np.ndarray:
    """Points (..., 3) of the y-up file in the z-up one, same unit."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1)


def _lumpy(radius: float, height: float, middle: float) -> trimesh.Trimesh:
    mesh = trimesh.creation.cylinder(radius, height, sections=24)
    x, y, z = mesh.vertices.T
    angle = np.arctan2(y, x)
    swell = 1 + 0.06 * np.cos(angle + 0.7) + 0.04 * np.sin(3 * angle) + 0.8 * z
    upright = np.stack([swell * x, middle + z, -swell * y], axis=1)
    vertices = upright.astype(np.float32).astype(np.float64)
    return trimesh.Trimesh(vertices, mesh.faces, process=False)
