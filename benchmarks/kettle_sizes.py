"""The demo kettle with a wanted number of faces, its parts still named.

    python benchmarks/kettle_sizes.py 50000 out/kettle_50000.glb

Each part is divided (every face into four, so that no crack opens), its vertices are moved by some
0.02 mm, so that nothing is flat or symmetric, and it is simplified to its share of the faces.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import trimesh

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

from kettle_mesh import kettle_parts, mesh_folder, write_glb  # noqa: E402

JITTER = 2e-5
"""Metres, standard deviation per axis (ours)."""


def with_faces(mesh: trimesh.Trimesh, count: int, seed: int = 0) -> trimesh.Trimesh:
    """About `count` faces on the same surface."""
    fine = mesh.copy()
    fine.merge_vertices(merge_tex=True, merge_norm=True)  # else the jitter would tear seams open
    while len(fine.faces) < count:
        fine = fine.subdivide()
    generator = np.random.default_rng(seed)
    fine.vertices = fine.vertices + JITTER * generator.standard_normal(fine.vertices.shape)
    return fine.simplify_quadric_decimation(face_count=count) if len(fine.faces) > count else fine


def shares(areas: dict[str, float], count: int) -> dict[str, int]:
    """Faces per part, by area; at least four each."""
    whole = sum(areas.values())
    return {name: max(4, round(count * area / whole)) for name, area in areas.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faces", type=int)
    parser.add_argument("out", type=Path, help="the GLB to write")
    arguments = parser.parse_args()
    parts = kettle_parts(mesh_folder())
    wanted = shares({name: float(mesh.area) for name, mesh in parts.items()}, arguments.faces)
    write_glb({name: with_faces(mesh, wanted[name]) for name, mesh in parts.items()}, arguments.out)
    print(f"{arguments.out}: {sum(wanted.values())} faces")


if __name__ == "__main__":
    main()
