"""Overlap of hand and object, from both sides, masked and inside-tested.

GDG's eq. 5 and 7, taken literally, also count points on the far side of the object and on the
back of the hand; `literal_penetration` keeps that reading under its own name.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

SEARCHED = 0.03
"""Metres from its nearest hand vertex beyond which an object point does not count (prototype)."""
KEPT = 512
"""Object points kept per hand: the others cannot matter until the next refresh (ours)."""


def skin_depth(signed: Tensor, slack: float = 0.0) -> Tensor:
    """How deep hand vertices lie inside the object beyond `slack`: relu(-sdf - slack), metres."""
    return torch.relu(-signed - slack)


def sphere_depth(signed: Tensor, radius: Tensor, share: float = 0.7) -> Tensor:
    """How far bone spheres overlap the object: relu(share * radius - sdf), metres (ours).

    The share below one leaves the flesh soft: skin may touch, bones may not.

    Args:
        signed: (B, S) signed distance of sphere centres. radius: (S,).
    """
    return torch.relu(share * radius - signed)


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Object points near a hand and, for each, the nearest hand vertex.

    Attributes:
        point: (B, M) index of object points, nearest-to-the-hand first.
        vertex: (B, M) index of the hand vertex nearest to each.
        mask: (B, M) True where the two lie within the search distance.
    """

    point: Tensor
    vertex: Tensor
    mask: Tensor


def find_correspondence(
    points: Tensor, vertices: Tensor, *, within: float = SEARCHED, keep: int = KEPT
) -> Correspondence:
    """Nearest hand vertex of the object points, for the `keep` points nearest to each hand.

    Args:
        points: (M, 3) object samples. vertices: (B, V, 3) posed hands.
        within: metres beyond which a pair is masked out. keep: points kept per hand.

    On the CPU trees find the neighbours, which is several times faster than all distances.
    """
    search = _by_trees if points.device.type == "cpu" else all_distances
    nearest, vertex = search(points, vertices, within)
    keep = min(keep, nearest.shape[1])
    nearest, point = nearest.topk(keep, dim=-1, largest=False)
    return Correspondence(point, vertex.gather(1, point), nearest < within)


def all_distances(points: Tensor, vertices: Tensor, within: float) -> tuple[Tensor, Tensor]:
    """Distance (B, M) from each point to its nearest vertex, and which that is."""
    del within
    return torch.cdist(points.expand(len(vertices), -1, -1), vertices).min(-1)


def _by_trees(points: Tensor, vertices: Tensor, within: float) -> tuple[Tensor, Tensor]:
    """Like `all_distances`; beyond `within` infinite, and the vertex 0."""
    queries = points.detach().numpy()

    def query(hand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not np.isfinite(hand).all():
            return np.full(len(queries), np.inf), np.zeros(len(queries), dtype=np.int64)
        tree = cKDTree(hand, balanced_tree=False, compact_nodes=False)
        distance, vertex = tree.query(queries, distance_upper_bound=within)
        return distance, np.where(np.isfinite(distance), vertex, 0)

    found = [query(hand) for hand in vertices.detach().numpy()]
    nearest = torch.from_numpy(np.stack([distance for distance, _ in found]))
    vertex = torch.from_numpy(np.stack([index for _, index in found]))
    return nearest.to(points.dtype), vertex


def depth_of_surface_points(
    points: Tensor, vertices: Tensor, normals: Tensor, pairs: Correspondence, slack: float = 0.0
) -> Tensor:
    """How deep object points lie under the skin, metres: (B, M), zero outside or masked.

    A point is inside where the outward normal of its nearest hand vertex looks away from it;
    its depth is measured along that normal.

    Args:
        points: (M, 3). vertices, normals: (B, V, 3). pairs: correspondence on the same hands.
    """
    index = pairs.vertex[..., None].expand(-1, -1, 3)
    below = ((vertices.gather(1, index) - points[pairs.point]) * normals.gather(1, index)).sum(-1)
    return torch.relu(below - slack) * pairs.mask


def literal_penetration(
    points: Tensor,
    point_normals: Tensor,
    vertices: Tensor,
    vertex_normals: Tensor,
    slack: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Eq. 5 and eq. 7 of GDG as printed, without a mask: two (B,) sums in metres.

    Eq. 5: over object points, (O_i - V_near) . n_i^O - c_pen. Eq. 7: over hand vertices,
    (V_i - O_near) . n_i^V - c_reveren. Both count only positive values. For comparison only.
    """
    distance = torch.cdist(points.expand(len(vertices), -1, -1), vertices)
    vertex = distance.argmin(-1)[..., None].expand(-1, -1, 3)
    near_vertex = vertices.gather(1, vertex)
    eq5 = torch.relu(((points - near_vertex) * point_normals).sum(-1) - slack).sum(-1)
    point = distance.argmin(-2)
    eq7 = torch.relu(((vertices - points[point]) * vertex_normals).sum(-1) - slack).sum(-1)
    return eq5, eq7
