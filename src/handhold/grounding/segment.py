"""From a part's name to a region of an object that has no named parts, or of a cloud.

The part segmenter's chances at points go to the faces, are smoothed along the surface, and cut off
at a threshold that was chosen on shapes of seen categories kept out of training. Where nothing
comes near that threshold, convex pieces vote. All of it is ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from handhold.errors import InputError
from handhold.geometry import TriMesh, convex_pieces, nearest_piece
from handhold.grounding.point_scores import (
    Encode,
    PointScores,
    Query,
    score_cloud,
    score_mesh,
)
from handhold.grounding.segmenter_file import Segmenter, shipped_segmenter
from handhold.grounding.surface_graph import SurfaceGraph, graph_of_mesh, graph_of_points
from handhold.objects.part_labels import PartLabels

_BODY_PULL = 0.5  # of a body's mean on its faces: bodies of a mesh are mostly whole parts
_AROUND = 4  # scored points that a face without one of its own asks
_OF_PEAK = 0.5  # the threshold is at most this share of the highest chance
_PEAK_POINTS = 10
_FLECK = 0.1  # pieces smaller than this share of the largest are dropped
_TOGETHER = 0.02  # of the longest side: pieces no farther apart are one place
_FAINT = 0.15  # below this chance convex pieces vote
_SMALLEST_PIECE = 0.35  # mean chance that a convex piece needs, as a share of the best one's

Surface = TriMesh | NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """Where the part called `name` is.

    scores (F,): chance of each face, or of each point of a cloud; chosen (F,): those of the
    region; places (F,): the separate places that the region has, 0 for the one with most area
    times chance, -1 for what was not chosen; confidence: mean chance of what was chosen;
    by_pieces: convex pieces voted.
    """

    name: str
    scores: NDArray[np.float64]
    chosen: NDArray[np.bool_]
    places: NDArray[np.int64]
    confidence: float
    by_pieces: bool = False

    @property
    def contact(self) -> NDArray[np.bool_]:
        """Mask (F,) of where a hand goes: one place, or all of them for a name in the plural."""
        return self.chosen if _is_plural(self.name) else self.places == 0


@dataclass(frozen=True, eq=False)
class Answers:
    """What the segmenter says of a mesh's faces or a cloud's points, for several queries.

    logits (F, Q): smoothed along the surface. threshold: the segmenter's.
    """

    surface: Surface
    queries: tuple[Query, ...]
    graph: SurfaceGraph
    logits: NDArray[np.float64]
    threshold: float

    def region(self, query: int, rivals: Sequence[int] = (), *, pieces: bool = True) -> Region:
        """The region of one query; what is likelier one of the rivals (queries) is not chosen.

        pieces: whether convex pieces may vote where nothing of a mesh is likely.
        """
        own = _chance(self.logits[:, query])
        peak = _peak(own, self.graph)
        limit = min(self.threshold, _OF_PEAK * peak)
        others = [rival for rival in rivals if rival != query]
        by_pieces = pieces and isinstance(self.surface, TriMesh) and peak < _FAINT
        if by_pieces and isinstance(self.surface, TriMesh):
            chosen = _voted(self.surface, own)
        elif others:
            likelier = self.logits[:, query] > self.logits[:, others].max(axis=1)
            chosen = likelier & (own > limit / 2)
            chosen = chosen if chosen.any() else own >= limit
        else:
            chosen = own >= limit
        chosen = _without_flecks(chosen, self.graph)
        sizes = self.graph.sizes[chosen]
        confidence = float((own[chosen] * sizes).sum() / max(float(sizes.sum()), 1e-30))
        places = self._places(chosen, own)
        return Region(self.queries[query].name, own, chosen, places, confidence, by_pieces)

    def _places(self, chosen: NDArray[np.bool_], chances: NDArray[np.float64]) -> NDArray[np.int64]:
        """Connected places, those with most area times chance first.

        Pieces that lie close together are one place: real parts are made of several bodies.
        """
        if not chosen.any():
            return np.full(len(chosen), -1)
        place = _joined_pieces(self.surface, self.graph.pieces(chosen))
        mass = np.bincount(place[chosen], (self.graph.sizes * chances)[chosen])
        rank = np.empty(len(mass), dtype=np.int64)
        rank[np.argsort(-mass, kind="stable")] = np.arange(len(mass))
        return np.append(rank, -1)[place]

    def labels(self) -> PartLabels:
        """The likeliest query's name for each face or point; names of nothing drop out."""
        used, labels = np.unique(self.logits.argmax(axis=1), return_inverse=True)
        names = tuple(self.queries[index].name for index in used)
        return PartLabels(labels, names, "the part segmenter")


def ask(
    surface: Surface,
    queries: Sequence[Query],
    *,
    normals: NDArray[np.float64] | None = None,
    segmenter: Segmenter | None = None,
    encode: Encode | None = None,
    seed: int = 0,
) -> Answers:
    """Ask about a mesh, or a cloud (M, 3); metres, z up. Many queries cost little more than one.

    normals (M, 3): of the cloud, outwards. segmenter: the shipped one if None. encode: for names
    that it has no vector of. Raises InputError for an empty surface, an unknown affordance, and a
    name that is not known without an encoder.
    """
    network = segmenter or shipped_segmenter()
    if isinstance(surface, TriMesh):
        scored = score_mesh(surface, queries, network, encode, seed)
        graph = graph_of_mesh(surface)
        logits = _at_faces(surface, scored)
    else:
        points = np.asarray(surface, dtype=np.float64)
        scored = score_cloud(points, normals, queries, network, encode, seed)
        graph = graph_of_points(points)
        logits = _near(scored, points, np.zeros((len(points), 0)), scored.surface.points[:, :0])
    smooth = graph.smoothed(logits)
    overall = (smooth * graph.sizes[:, None]).sum(axis=0) / max(float(graph.sizes.sum()), 1e-30)
    pulled = smooth + _BODY_PULL * (graph.body_means(smooth) - overall)
    return Answers(surface, tuple(queries), graph, pulled, float(network.network.threshold))


def find_region(
    surface: Surface,
    name: str,
    affordance: str | None = None,
    rivals: Sequence[str] = (),
    *,
    normals: NDArray[np.float64] | None = None,
    segmenter: Segmenter | None = None,
    encode: Encode | None = None,
    pieces: bool = True,
    seed: int = 0,
) -> Region:
    """The region of a mesh, or of a cloud (M, 3), that a name means.

    A name may be "" where the affordance says it all. rivals: names of other parts that the
    object is known to have. The rest, and errors, as for `ask` and `Answers.region`.
    """
    queries = [Query(name, affordance), *(Query(rival) for rival in rivals if rival != name)]
    answers = ask(surface, queries, normals=normals, segmenter=segmenter, encode=encode, seed=seed)
    return answers.region(0, range(1, len(queries)), pieces=pieces)


def segment(
    surface: Surface,
    names: Sequence[str],
    *,
    normals: NDArray[np.float64] | None = None,
    segmenter: Segmenter | None = None,
    encode: Encode | None = None,
    seed: int = 0,
) -> PartLabels:
    """A label for each face of a mesh, or point of a cloud: the likeliest of `names`.

    Names that nothing is called drop out. Errors as for `ask`, and where there are no names.
    """
    if not names:
        raise InputError("There are no names to tell parts by.", "Give at least one.")
    queries = [Query(name) for name in names]
    answers = ask(surface, queries, normals=normals, segmenter=segmenter, encode=encode, seed=seed)
    return answers.labels()


def _at_faces(mesh: TriMesh, scored: PointScores) -> NDArray[np.float64]:
    """Logits (F, Q): the mean of a face's own points, else of points near it that face alike."""
    count, queries = len(mesh.faces), scored.logits.shape[1]
    source = scored.surface.source
    own = np.bincount(source, minlength=count)
    sums = [np.bincount(source, column, minlength=count) for column in scored.logits.T]
    result = np.stack(sums, axis=1) / np.maximum(own, 1)[:, None]
    without = np.flatnonzero(own == 0)
    if len(without):
        flip = np.abs(mesh.face_normals[without])  # winding may be wrong: direction only
        result[without] = _near(
            scored, mesh.face_centres[without], flip, np.abs(scored.surface.normals)
        )
    return result.reshape(count, queries)


def _near(
    scored: PointScores,
    places: NDArray[np.float64],
    directions: NDArray[np.float64],
    of_points: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Logits (n, Q) at places, from the nearest scored points in space and direction."""
    size = 0.05 * max(float(np.ptp(scored.surface.points, axis=0).max()), 1e-30)
    tree = cKDTree(np.column_stack([scored.surface.points, size * of_points]))
    distance, near = tree.query(np.column_stack([places, size * directions]), k=_AROUND)
    weights = 1 / (distance + 1e-3 * size)
    weights /= weights.sum(axis=1, keepdims=True)
    return np.einsum("nk,nkq->nq", weights, scored.logits[near])


def _chance(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-np.clip(logits, -30, 30)))


def _peak(chances: NDArray[np.float64], graph: SurfaceGraph) -> float:
    """The chance that only a little of the surface exceeds: what a small sure region has."""
    order = np.argsort(-chances)
    share = np.cumsum(graph.sizes[order]) / max(float(graph.sizes.sum()), 1e-30)
    few = min(int(np.searchsorted(share, _PEAK_POINTS / 6144)), len(order) - 1)
    return float(chances[order[few]])


def _without_flecks(chosen: NDArray[np.bool_], graph: SurfaceGraph) -> NDArray[np.bool_]:
    pieces = graph.pieces(chosen)
    if not chosen.any():
        return chosen
    sizes = np.bincount(pieces[chosen], graph.sizes[chosen])
    kept = np.append(sizes >= _FLECK * sizes.max(), False)
    result: NDArray[np.bool_] = kept[pieces]
    return result


def _joined_pieces(surface: Surface, pieces: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place (F,) of each face or point that is on a piece; -1 for the others, as in `pieces`."""
    count = int(pieces.max()) + 1
    corners = surface.vertices[surface.faces] if isinstance(surface, TriMesh) else surface[:, None]
    size = float(np.ptp(corners.reshape(-1, 3), axis=0).max())
    trees = [cKDTree(corners[pieces == piece].reshape(-1, 3)) for piece in range(count)]
    near = np.eye(count, dtype=bool)
    for first in range(count):
        for second in range(first + 1, count):
            near[first, second] = trees[first].count_neighbors(trees[second], _TOGETHER * size) > 0
    _, place = connected_components(coo_array(near), directed=False)
    return np.append(place, -1)[pieces]


def _is_plural(name: str) -> bool:
    return name.lower().endswith("s") and not name.lower().endswith("ss")


def _voted(mesh: TriMesh, chances: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Faces (F,) of the convex pieces whose mean chance is near the best one's."""
    pieces = convex_pieces(mesh)
    piece = nearest_piece(pieces, mesh.face_centres)
    areas = np.bincount(piece, mesh.face_areas, minlength=len(pieces))
    sums = np.bincount(piece, mesh.face_areas * chances, minlength=len(pieces))
    means = sums / np.maximum(areas, 1e-30)
    result: NDArray[np.bool_] = (means > (1 - _SMALLEST_PIECE) * means.max())[piece]
    return result
