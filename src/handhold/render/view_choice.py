"""From where a detector should look: the side that shows most, then what it left out.

G-DexGrasp renders "from the selected viewpoint to show its shape and appearance as much as
possible" and does not say how; all of this is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handhold.geometry import TriMesh, sample_surface
from handhold.render.camera import Camera
from handhold.render.raycast import RayScene
from handhold.render.viewpoints import CANDIDATES, View

_POINTS = 2000
_LEAST_POINTS = 48  # of a part, however small
_STEEP = 0.15  # cosine: surface seen more edge-on than this shows nothing
_ENOUGH = 0.3  # share of a part's visible surface that makes it a visible part
_AGAIN = 0.2  # what a view shows well counts so much even if another has shown it


@dataclass(frozen=True, eq=False)
class _Probe:
    """Points (N,) spread over the surface: `weight` (N,) is the area that each stands for, as a
    share of what any candidate sees; `part` (N,) its part, of which there are `parts`; and
    `seen` (views, N) which of them a view shows."""

    weight: NDArray[np.float64]
    part: NDArray[np.int64]
    parts: int
    seen: NDArray[np.bool_]

    def worth(self, shown: NDArray[np.bool_]) -> float:
        """Share of the visible area plus share of the parts that points `shown` (N,) show."""
        total = np.bincount(self.part, self.weight, self.parts)
        share = np.bincount(self.part, self.weight * shown, self.parts) / np.maximum(total, 1e-12)
        visible = np.minimum(share[total > 0] / _ENOUGH, 1.0)
        return float(self.weight @ shown) + (float(visible.mean()) if len(visible) else 0.0)


def choose_views(
    scene: RayScene,
    mesh: TriMesh,
    face_parts: NDArray[np.int64],
    count: int = 3,
    *,
    candidates: Sequence[tuple[View, float]] = CANDIDATES,
) -> tuple[View, ...]:
    """`count` views of an object, at most one per candidate; the first shows most.

    A view is worth the visible share of the surface plus the share of the parts of which at
    least 30 % can be seen there, plus the candidate's bonus. Each further view adds most to
    what those before it show. scene: the mesh (F faces) alone; face_parts (F,).
    """
    probe = _probe(scene, mesh, face_parts, [view for view, _ in candidates])
    alone = np.array([probe.worth(seen) for seen in probe.seen])
    bonus = np.array([extra for _, extra in candidates])
    covered = np.zeros(probe.seen.shape[1], dtype=bool)
    chosen: list[int] = []
    for _ in range(min(count, len(candidates))):
        gained = [probe.worth(covered | seen) for seen in probe.seen]
        scores = np.array(gained) + _AGAIN * alone + bonus
        scores[chosen] = -np.inf
        best = int(scores.argmax())
        chosen.append(best)
        covered |= probe.seen[best]
    return tuple(candidates[index][0] for index in chosen)


def _probe(
    scene: RayScene, mesh: TriMesh, face_parts: NDArray[np.int64], views: Sequence[View]
) -> _Probe:
    count = int(face_parts.max(initial=0)) + 1
    areas = np.bincount(face_parts, mesh.face_areas, count)
    points, normals, parts, weights = [], [], [], []
    for part in np.flatnonzero(areas > 0):
        share = areas[part] / areas.sum()
        sample = sample_surface(
            mesh, max(_LEAST_POINTS, round(_POINTS * share)), 0, face_parts == part
        )
        points.append(sample.points)
        normals.append(sample.normals)
        parts.append(np.full(len(sample.points), part))
        weights.append(np.full(len(sample.points), share / len(sample.points)))
    place, normal = np.concatenate(points), np.concatenate(normals)
    seen = np.array([_seen_from(scene, mesh, view, place, normal) for view in views])
    # What is buried in the object counts for no view and against none.
    weight = np.concatenate(weights) * seen.any(axis=0)
    weight /= max(float(weight.sum()), 1e-12)
    return _Probe(weight, np.concatenate(parts), count, seen)


def _seen_from(
    scene: RayScene,
    mesh: TriMesh,
    view: View,
    points: NDArray[np.float64],
    normals: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which points (N, 3) the camera of a view sees, and not too edge-on."""
    camera = Camera.framing(mesh.vertices, view.azimuth, view.elevation)
    away = points - camera.eye
    distance = np.linalg.norm(away, axis=1)
    direction = away / distance[:, None]
    hits = scene.cast(camera.eye, direction.astype(np.float32))
    first = np.full(len(points), np.inf)
    first[hits.ray] = hits.distance
    reached = first > distance - 2e-3 * scene.radius
    seen: NDArray[np.bool_] = reached & (np.abs((direction * normals).sum(axis=1)) > _STEEP)
    return seen
