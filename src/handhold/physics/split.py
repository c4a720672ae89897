"""A link of a hand as few convex pieces that cover it exactly."""

from __future__ import annotations

from itertools import product

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from handhold.geometry import TriMesh, convex_hull, overhang

_SHARES = (0.25, 0.375, 0.5, 0.625, 0.75)  # ours: where along an axis a cut is tried
_SAMPLES = 800  # ours, for the overhang of one piece


def split_convex(surface: TriMesh, skin: TriMesh, limit: float, most: int) -> tuple[TriMesh, ...]:
    """Convex pieces that contain every point of `surface`, a patch of the closed `skin`.

    Starts with the hull; while a piece stands out from the skin by more than `limit` metres and
    there are fewer than `most`, the worst is cut by the plane, across one of its principal axes,
    that leaves the least volume in the hulls of both sides (ours). Unlike CoACD it covers the
    surface exactly and uses few pieces on small curved shapes. Empty where the surface is flat.
    """
    whole = convex_hull(surface.vertices)
    if whole is None:
        return ()
    patches, hulls = [surface], [whole]
    out = [_overhang(skin, whole)]
    while max(out) > limit and len(hulls) < most:
        worst = int(np.argmax(out))
        halves = _best_cut(patches[worst])
        if halves is None:
            out[worst] = 0.0
            continue
        for items in (patches, hulls, out):
            del items[worst]
        for half in halves:
            hull = convex_hull(half.vertices)
            assert hull is not None
            patches.append(half)
            hulls.append(hull)
            out.append(_overhang(skin, hull))
    return tuple(hulls)


def _overhang(skin: TriMesh, hull: TriMesh) -> float:
    return overhang(skin, [hull], samples=_SAMPLES).largest


def _best_cut(patch: TriMesh) -> list[TriMesh] | None:
    centred = patch.vertices - patch.vertices.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    best: list[TriMesh] | None = None
    least = np.inf
    for axis, share in product(axes, _SHARES):
        along = patch.vertices @ axis
        level = along.min() + share * (along.max() - along.min())
        halves = _cut(patch, axis, level)
        volume = sum(_volume(half) for half in halves)
        if volume < least:
            best, least = halves, volume
    return best


def _volume(patch: TriMesh) -> float:
    """Of the hull; infinite for a patch that spans none, which makes no piece."""
    try:
        return float(ConvexHull(patch.vertices).volume)
    except (QhullError, ValueError):
        return float("inf")


def _cut(patch: TriMesh, axis: NDArray[np.float64], level: float) -> list[TriMesh]:
    """The patch on both sides of a plane; faces that cross it are cut along it."""
    height = patch.vertices @ axis - level
    sides = []
    for sign in (-1.0, 1.0):
        vertices, faces, _ = trimesh.intersections.slice_faces_plane(
            patch.vertices, patch.faces, sign * axis, level * axis
        )
        loose = patch.vertices[sign * height >= 0]  # a vertex may belong to no face
        sides.append(TriMesh(np.concatenate([loose, vertices]), faces + len(loose)))
    return sides
