"""What a judge needs to know of posed hands, whoever posed them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.evaluate.skin import outward_faces, piece_of_vertex
from handhold.geometry import TriMesh
from handhold.hands import Hand


@dataclass(frozen=True, eq=False)
class Spheres:
    """Self-collision spheres: centres (B, S, 3), radius (S,) metres, pairs (P, 2) that may not
    overlap."""

    centres: NDArray[np.float64]
    radius: NDArray[np.float64]
    pairs: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PosedHands:
    """B posed hands in the object's frame, metres.

    vertices (B, V, 3) and faces (F, 3) of a closed skin; keypoints (B, K, 3); without spheres
    self-penetration is nan. bones (E, 2): keypoint pairs, from the root outwards; without them
    the 21 keypoints are wrist, then thumb, index, middle, ring, little from base to tip; without
    keypoints piercing is nan. vertex_link (V,): the link each vertex moves with; without it
    Q1 is nan.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    keypoints: NDArray[np.float64] | None
    spheres: Spheres | None = None
    bones: NDArray[np.int64] | None = None
    vertex_link: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.vertices)


def posed_hands(
    hand: Hand,
    translation: NDArray[np.float64],
    rotation: NDArray[np.float64],
    joints: NDArray[np.float64],
) -> PosedHands:
    """Pose `hand` at translations (B, 3) metres, rotations (B, 3, 3), joints (B, d) radians.

    In double precision on the CPU, wherever the grasps were made, and the same to the bit
    whatever other hands are posed with one.
    """
    exact = hand.to("cpu", torch.float64)

    def tensor(values: NDArray[np.float64]) -> torch.Tensor:
        return torch.from_numpy(np.array(values, dtype=np.float64))

    with torch.no_grad():
        links = exact.links(tensor(translation), tensor(rotation), tensor(joints)).numpy()
    vertices, keypoints, spheres = (_carried(links, c.numpy()) for c in exact.carriers)
    return PosedHands(
        vertices=vertices,
        faces=outward_faces(exact.spec.vertices.numpy(), exact.faces.numpy()),
        keypoints=keypoints,
        spheres=Spheres(spheres, exact.sphere_radius.numpy(), exact.sphere_pairs.numpy()),
        bones=exact.bones.numpy(),
        vertex_link=exact.spec.weights.argmax(dim=1).numpy(),
    )


def _carried(links: NDArray[np.float64], carriers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Points (B, N, 3) that links (B, L, 3, 4) carry by their carriers (4 L, N).

    As in Hand.carried_by, but hand by hand: how a product is rounded depends on how many rows it
    has.
    """
    rows = links.transpose(0, 2, 1, 3).reshape(len(links), 3, -1)
    points = np.zeros((len(links), carriers.shape[1], 3))
    for place, row in zip(points, rows, strict=True):
        place[:] = (row @ carriers).T
    return points


def rigid_hand(skin: TriMesh) -> PosedHands:
    """One hand of which only the mesh is known: no skeleton, no spheres.

    Separate bodies of the mesh stand for links (ours). Raises InputError where the mesh is so
    open that it has no inside.
    """
    pieces = piece_of_vertex(skin)
    return PosedHands(
        vertices=skin.vertices[None],
        faces=outward_faces(skin.vertices, skin.faces),
        keypoints=None,
        vertex_link=pieces if pieces.max(initial=0) > 0 else None,
    )
