"""What the part segmenter says of points: chances for each of several queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grasps import AFFORDANCES
from handhold.grounding.point_features import point_features
from handhold.grounding.segmenter_file import Segmenter
from handhold.grounding.surface_points import (
    N_POINTS,
    SurfacePoints,
    bending,
    points_of_cloud,
    points_of_mesh,
)
from handhold.language.lexicon import load_lexicon
from handhold.language.parts import read_part
from handhold.language.words import split_name
from handhold.models.part_segmenter import neighbourhoods

Encode = Callable[[Sequence[str]], Tensor]
"""Names to unit vectors (M, 384): the `vectors` of a text encoder."""

_PASSES = 3  # with other points and another turn about the vertical each time
_AT_ONCE = 1024  # points that the network was trained with


@dataclass(frozen=True)
class Query:
    """A part's name, or an affordance, or both."""

    name: str
    affordance: str | None = None


@dataclass(frozen=True, eq=False)
class PointScores:
    """surface: K points; logits (K, Q): of each point for each query."""

    surface: SurfacePoints
    logits: NDArray[np.float64]


def score_mesh(
    mesh: TriMesh, queries: Sequence[Query], segmenter: Segmenter, encode: Encode | None, seed: int
) -> PointScores:
    """Points on a mesh (metres, z up) and their logits. Errors as in query_vectors."""
    text, affordance = query_vectors(queries, segmenter, encode)
    bend = bending(mesh)
    passes = [points_of_mesh(mesh, N_POINTS, seed + k, bend=bend) for k in range(_PASSES)]
    return _scored(passes, segmenter, text, affordance, seed)


def score_cloud(
    points: NDArray[np.float64],
    normals: NDArray[np.float64] | None,
    queries: Sequence[Query],
    segmenter: Segmenter,
    encode: Encode | None,
    seed: int,
) -> PointScores:
    """Points of a cloud (M, 3), whole or seen from one side, and their logits."""
    text, affordance = query_vectors(queries, segmenter, encode)
    passes = [points_of_cloud(points, N_POINTS, seed + k, normals) for k in range(_PASSES)]
    return _scored(passes, segmenter, text, affordance, seed)


def query_vectors(
    queries: Sequence[Query], segmenter: Segmenter, encode: Encode | None
) -> tuple[Tensor, Tensor]:
    """Vectors (1, Q, T) and affordances (1, Q, A) of queries.

    A name is looked up as it is, then by the part's noun in it ("middle_handle" by "handle"), then
    encoded. Where no part was called so in training, an affordance says more: the name is left
    out beside one. Raises InputError for an unknown affordance, an empty query, and a name that is
    not in the table where there is no encoder.
    """
    text = [_vector(query, segmenter, encode) for query in queries]
    hot = torch.zeros(len(queries), len(AFFORDANCES))
    for row, query in enumerate(queries):
        if query.affordance is not None:
            if query.affordance not in AFFORDANCES:
                raise InputError(
                    f"There is no affordance '{query.affordance}'.",
                    f"Use one of: {', '.join(AFFORDANCES)}.",
                )
            hot[row, AFFORDANCES.index(query.affordance)] = 1
    return torch.stack(text)[None], hot[None]


def _vector(query: Query, segmenter: Segmenter, encode: Encode | None) -> Tensor:
    lexicon = load_lexicon()
    words = split_name(query.name, lexicon.irregular)
    phrase = " ".join(word.lower for word in words if word.text.isalpha())
    if not phrase:
        if query.affordance is None:
            raise InputError(f"'{query.name}' names no part.", "Give a noun, as in 'handle'.")
        return torch.zeros(segmenter.network.config.text)
    names = (phrase, read_part(query.name, lexicon).noun or phrase)
    if query.affordance is not None and not any(map(segmenter.was_taught, names)):
        return torch.zeros(segmenter.network.config.text)
    for name in sorted(names, key=segmenter.was_taught, reverse=True):
        known = segmenter.vector(name)
        if known is not None:
            return known
    if encode is None:
        raise InputError(
            f"The part segmenter does not know the name '{phrase}'.",
            "Install the text encoder (pip install 'handhold[text]'), or use a common noun.",
        )
    return encode([phrase])[0].float()


def _scored(
    passes: Sequence[SurfacePoints],
    segmenter: Segmenter,
    text: Tensor,
    affordance: Tensor,
    seed: int,
) -> PointScores:
    logits = [
        _pass(surface, turn, segmenter, text, affordance, seed)
        for turn, surface in enumerate(passes)
    ]
    return PointScores(_joined(passes), np.concatenate(logits))


def _pass(
    surface: SurfacePoints,
    turn: int,
    segmenter: Segmenter,
    text: Tensor,
    affordance: Tensor,
    seed: int,
) -> NDArray[np.float64]:
    """Logits (N, Q) of one set of points, turned by `turn` sixths of a right angle."""
    features = torch.from_numpy(point_features(_turned(surface, turn * np.pi / 12)))
    count = len(features)
    groups = -(-count // _AT_ONCE)
    size = min(_AT_ONCE, count)
    order = np.random.default_rng([seed, turn]).permutation(count)
    index = torch.from_numpy(order[np.arange(groups * size) % count].reshape(groups, size))
    network = segmenter.network
    with torch.inference_mode():
        some = features[index]
        found = network(
            some,
            neighbourhoods(some[..., :3], network.config),
            text.expand(groups, -1, -1),
            affordance.expand(groups, -1, -1),
        )
    logits = np.zeros((count, text.shape[1]))
    logits[index.numpy().reshape(-1)] = found.reshape(-1, text.shape[1]).numpy()
    return logits


def _turned(surface: SurfacePoints, angle: float) -> SurfacePoints:
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
    return replace(surface, points=surface.points @ matrix.T, normals=surface.normals @ matrix.T)


def _joined(passes: Sequence[SurfacePoints]) -> SurfacePoints:
    return SurfacePoints(
        np.concatenate([surface.points for surface in passes]),
        np.concatenate([surface.normals for surface in passes]),
        np.concatenate([surface.source for surface in passes]),
        np.concatenate([surface.thickness for surface in passes]),
        np.concatenate([surface.openness for surface in passes]),
        np.concatenate([surface.share for surface in passes]),
    )
