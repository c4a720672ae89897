"""Put the kettle of gymnasium-robotics into one GLB with the parts `body` and `handle`.

    pip install --no-deps gymnasium-robotics
    python examples/kettle_mesh.py out/kettle.glb

The meshes kettle.stl and kettlehandle.stl belong to the Franka kitchen of gymnasium-robotics
(MIT licence, Farama Foundation); they are read from the installed package, which is not
imported. They are in metres, z up: kettle_asset.xml gives them no scale. The two struts that
carry the handle are primitives in the source, not meshes; here they are plain rods, ours.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path

import numpy as np
import trimesh

MESHES = "envs/assets/kitchen_franka/kitchen_assets/meshes"
STRUT_X = 0.092  # metres from the middle, as in kettle_chain.xml
STRUT_Z = (0.10, 0.215)  # ours: from inside the body to inside the foot of the handle
STRUT_RADIUS = 0.008  # ours

Z_UP_TO_GLTF = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def mesh_folder() -> Path:
    """Where the installed package keeps the kitchen's meshes."""
    spec = importlib.util.find_spec("gymnasium_robotics")
    if spec is None or spec.origin is None:
        sys.exit("gymnasium-robotics is missing: pip install --no-deps gymnasium-robotics")
    return Path(spec.origin).parent / MESHES


def kettle_parts(folder: Path) -> dict[str, trimesh.Trimesh]:
    """Body (with spout, lid, knob and struts) and handle; metres, z up."""
    kettle = trimesh.load_mesh(folder / "kettle.stl")
    arch, knob = _by_height(trimesh.load_mesh(folder / "kettlehandle.stl"))
    return {"body": trimesh.util.concatenate([kettle, knob, *_struts()]), "handle": arch}


def _by_height(mesh: trimesh.Trimesh) -> list[trimesh.Trimesh]:
    """Connected pieces, the highest first."""
    return sorted(mesh.split(only_watertight=False), key=lambda piece: -piece.bounds[1, 2])


def _struts() -> list[trimesh.Trimesh]:
    rods = [((x, 0, STRUT_Z[0]), (x, 0, STRUT_Z[1])) for x in (-STRUT_X, STRUT_X)]
    return [trimesh.creation.cylinder(STRUT_RADIUS, segment=rod, sections=24) for rod in rods]


def write_glb(parts: dict[str, trimesh.Trimesh], out: Path) -> None:
    """Write parts that are z up; glTF is y up by its standard."""
    scene = trimesh.Scene()
    for name, mesh in parts.items():
        mesh.apply_transform(Z_UP_TO_GLTF)
        scene.add_geometry(mesh, geom_name=name, node_name=name)
    out.parent.mkdir(parents=True, exist_ok=True)
    scene.export(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, help="the GLB to write")
    out: Path = parser.parse_args().out
    parts = kettle_parts(mesh_folder())
    write_glb(parts, out)
    print(f"{out}: {', '.join(parts)}")


if __name__ == "__main__":
    main()
