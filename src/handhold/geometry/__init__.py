"""Meshes and clouds: loading, repair, sampling, boxes, signed distance, convex pieces."""

from __future__ import annotations

from handhold.geometry.closest import Closest, closest_points
from handhold.geometry.convex import (
    ConvexDecomposition,
    Overhang,
    convex_decomposition,
    convex_hull,
    convex_pieces,
    hull_planes,
    nearest_piece,
    overhang,
)
from handhold.geometry.grid import DistanceGrid, build_distance_grid
from handhold.geometry.loading import load_geometry
from handhold.geometry.mesh import TriMesh, concatenate
from handhold.geometry.named_geometry import NamedGeometry
from handhold.geometry.oriented_box import OrientedBox, oriented_box
from handhold.geometry.sampling import SurfaceSample, sample_surface
from handhold.geometry.signed_distance import (
    box_distance,
    cylinder_distance,
    inside,
    signed_distance,
    sphere_distance,
)
from handhold.geometry.solid import Solid, read_solid

__all__ = [
    "Closest",
    "ConvexDecomposition",
    "DistanceGrid",
    "NamedGeometry",
    "OrientedBox",
    "Overhang",
    "Solid",
    "SurfaceSample",
    "TriMesh",
    "box_distance",
    "build_distance_grid",
    "closest_points",
    "concatenate",
    "convex_decomposition",
    "convex_hull",
    "convex_pieces",
    "cylinder_distance",
    "hull_planes",
    "inside",
    "load_geometry",
    "nearest_piece",
    "oriented_box",
    "overhang",
    "read_solid",
    "sample_surface",
    "signed_distance",
    "sphere_distance",
]
