"""How well a part's region is found without any cut: the part segmenter against shape rules.

python benchmarks/parts.py synthetic --per-category 5      # unseen categories; needs nothing else
python benchmarks/parts.py real                            # needs HANDHOLD_DEV_DATA
python benchmarks/parts.py synthetic --weights runs/segmenter/part_segmenter.safetensors

"Right" is the share of (category, affordance, part) uses whose region is on the part: more than
half of its area, and covering at least 30 % of the part. IoU is by area, of every named part, asked
for by its name alone, and again with the object's other names as rivals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from devdata import Case, data_root, load_cut_object, read_cases
from numpy.typing import NDArray
from performance_tables import table as markdown

from handhold.geometry import TriMesh, convex_pieces, nearest_piece
from handhold.geometry.mesh import unit_rows
from handhold.grounding import describe_parts
from handhold.grounding.point_scores import Encode, Query
from handhold.grounding.region_places import choose_place
from handhold.grounding.segment import ask
from handhold.grounding.segmenter_file import Segmenter, load_segmenter, shipped_segmenter
from handhold.grounding.shape import LIKENESS
from handhold.grounding.surface_points import Rays, points_of_mesh
from handhold.language.encoder import load_text_encoder, text_encoder_available
from handhold.objects import ObjectAsset
from handhold.objects.frame import UserFrame
from handhold.synthesis import UNSEEN, make_shape

VIEW_POINTS = 2048
FEWEST_SEEN = 20  # points of a part that a view must show to be asked for it
MOSTLY, COVERED = 0.5, 0.3


@dataclass(frozen=True, eq=False)
class Labelled:
    """An object whose parts are known to the judge only. weights (F,): areas that count."""

    id: str
    group: str
    mesh: TriMesh
    labels: NDArray[np.int64]
    names: tuple[str, ...]
    weights: NDArray[np.float64]
    uses: tuple[tuple[str, str], ...]  # (affordance, part)


@dataclass(frozen=True)
class Score:
    """One question: iou, and whether the region is on the part."""

    group: str
    question: str
    way: str
    iou: float
    is_right: bool


def synthetic_objects(per_category: int) -> Iterator[Labelled]:
    """Shapes of the unseen categories with their uses."""
    for category in UNSEEN:
        for number in range(per_category):
            shape = make_shape(category, number)
            uses = [(a, part) for part in shape.part_names for a in shape.affordances[part]]
            yield Labelled(
                shape.name,
                category,
                shape.mesh,
                shape.face_parts,
                shape.part_names,
                shape.mesh.face_areas,
                tuple(uses),
            )


def real_objects(root: Path, cases: Sequence[Case]) -> Iterator[Labelled]:
    """Every cut object of the development data, as one mesh; uses are the benchmark's."""
    for source in _cut_ids(root):
        mine = [case for case in cases if case.is_cut and case.source == source]
        for case in mine or [Case("", source, True, "", "")]:
            asset = load_cut_object(
                root, source, scale_to_metres=case.scale_to_metres, part_names=case.part_names
            )
            weights = asset.mesh.face_areas * ~asset.hidden_faces
            uses = ((case.affordance, case.part),) if case.id else ()
            name = f"{case.id} {source}" if case.id else source
            yield Labelled(
                name, source, asset.mesh, asset.face_parts, asset.part_names, weights, uses
            )


def _cut_ids(root: Path) -> list[str]:
    entries = json.loads((root / "objects.json").read_text(encoding="utf-8"))["objects"]
    return [entry["id"] for entry in entries]


def scores_of(
    thing: Labelled, segmenter: Segmenter, encode: Encode | None, *, with_views: bool, seed: int
) -> Iterator[Score]:
    """All questions about one object, in every way of answering."""
    rivals = [Query(name) for name in thing.names]
    queries = [*rivals, *_queries_of(thing)]
    answers = ask(thing.mesh, queries, segmenter=segmenter, encode=encode)
    for index, name in enumerate(thing.names):
        truth = thing.labels == index
        for way, others in (("alone", ()), ("with rivals", range(len(rivals)))):
            region = answers.region(index, others)
            yield _score(thing, name, f"part, {way}", region.chosen, truth, thing.weights)
    pieces = _pieces(thing) if thing.uses else None
    for number, (affordance, part) in enumerate(thing.uses):
        truth = thing.labels == thing.names.index(part)
        question = f"{affordance} {part}"
        named, unnamed = len(rivals) + 2 * number, len(rivals) + 2 * number + 1
        place = choose_place(thing.mesh, answers.region(named), part, part)
        by_affordance = answers.region(unnamed).contact
        for way, chosen in (("use", place.faces), ("use, no name", by_affordance)):
            yield _score(thing, question, way, chosen, truth, thing.weights)
        if pieces is not None:
            chosen = _by_shape(pieces, affordance)
            yield _score(thing, question, "use, shape rules", chosen, truth, thing.weights)
    if with_views:
        yield from _view_scores(thing, segmenter, encode, seed)


def _queries_of(thing: Labelled) -> list[Query]:
    """Each use twice: with the part's name and without."""
    return [
        query
        for affordance, part in thing.uses
        for query in (Query(part, affordance), Query("", affordance))
    ]


def _view_scores(
    thing: Labelled, segmenter: Segmenter, encode: Encode | None, seed: int
) -> Iterator[Score]:
    """The uses again, asked of what one random view from above the horizon shows."""
    points, labels = _view(thing, seed)
    asked = [
        (affordance, part)
        for affordance, part in thing.uses
        if (labels == thing.names.index(part)).sum() >= FEWEST_SEEN
    ]
    if not asked:
        return
    queries = [Query(part, affordance) for affordance, part in asked]
    answers = ask(points, queries, segmenter=segmenter, encode=encode)
    for number, (affordance, part) in enumerate(asked):
        truth = labels == thing.names.index(part)
        chosen = answers.region(number).contact
        question = f"{affordance} {part}"
        yield _score(thing, question, "use, one view", chosen, truth, np.ones(len(points)))


def _view(thing: Labelled, seed: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng([seed, len(thing.mesh.faces)])
    direction = unit_rows(rng.normal(size=(1, 3)) + [0, 0, 0.7])[0]
    eye = thing.mesh.centre + 3 * float(np.linalg.norm(thing.mesh.extents)) * direction
    surface = points_of_mesh(thing.mesh, 3 * VIEW_POINTS, seed, detail=0.0)
    seen = np.flatnonzero(Rays(thing.mesh).sees(eye, surface.points))[:VIEW_POINTS]
    noise = rng.normal(size=(len(seen), 3)) * 1e-3 * float(thing.mesh.extents.max())
    return surface.points[seen] + noise, thing.labels[surface.source[seen]]


def _pieces(thing: Labelled) -> ObjectAsset:
    """The object in convex pieces, as it is loaded today when it has no parts."""
    pieces = convex_pieces(thing.mesh)
    labels = nearest_piece(pieces, thing.mesh.face_centres)
    used, packed = np.unique(labels, return_inverse=True)
    centred = thing.mesh.transformed(np.eye(3), -thing.mesh.centre)
    names = tuple(f"piece_{k}" for k in range(len(used)))
    return ObjectAsset(thing.id, centred, packed, names, True, UserFrame(offset=np.zeros(3)))


def _by_shape(pieces: ObjectAsset, affordance: str) -> NDArray[np.bool_]:
    _, likeness = LIKENESS[affordance]
    chosen: NDArray[np.bool_] = pieces.face_parts == int(likeness(describe_parts(pieces)).argmax())
    return chosen


def _score(
    thing: Labelled,
    question: str,
    way: str,
    chosen: NDArray[np.bool_],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
) -> Score:
    both, either = float(weights[chosen & truth].sum()), float(weights[chosen | truth].sum())
    found, wanted = float(weights[chosen].sum()), float(weights[truth].sum())
    right = both > MOSTLY * max(found, 1e-30) and both >= COVERED * wanted
    return Score(thing.group, f"{thing.id}: {question}", way, both / max(either, 1e-30), right)


def tables(scores: Sequence[Score], *, each: bool) -> str:
    """Per group the mean IoU and the share that is right, in every way; then all of it."""
    ways = list(dict.fromkeys(score.way for score in scores))
    groups = list(dict.fromkeys(score.group for score in scores))
    head = ("", *(f"{way}: {what}" for way in ways for what in _columns(way)))
    rows = [_row(group, [s for s in scores if s.group == group], ways) for group in groups]
    rows.append(_row("all", scores, ways))
    text = markdown(head, rows)
    if each:
        listed = [(s.question, s.way, f"{s.iou:.2f}", "yes" if s.is_right else "no") for s in scores
                  if s.way.startswith("use")]  # fmt: skip
        text += "\n\n" + markdown(("question", "way", "IoU", "right"), listed)
    return text


def _columns(way: str) -> tuple[str, ...]:
    return ("IoU",) if way.startswith("part") else ("n", "right %", "IoU")


def _row(group: str, scores: Sequence[Score], ways: Sequence[str]) -> tuple[str, ...]:
    cells = [group]
    for way in ways:
        mine = [score for score in scores if score.way == way]
        iou = f"{np.mean([s.iou for s in mine]):.2f}" if mine else "-"
        right = f"{100 * np.mean([s.is_right for s in mine]):.0f}" if mine else "-"
        cells += [iou] if way.startswith("part") else [str(len(mine)), right, iou]
    return tuple(cells)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("synthetic", "real"))
    parser.add_argument("--per-category", type=int, default=5)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--each", action="store_true", help="list every use")
    parser.add_argument("--no-views", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    segmenter = load_segmenter(options.weights) if options.weights else shipped_segmenter()
    encode = load_text_encoder().vectors if text_encoder_available() else None
    if options.what == "synthetic":
        things = synthetic_objects(options.per_category)
    else:
        root = data_root()
        things = real_objects(root, read_cases(root))
    scores = [
        score
        for thing in things
        for score in scores_of(
            thing, segmenter, encode, with_views=not options.no_views, seed=options.seed
        )
    ]
    print(tables(scores, each=options.each))


if __name__ == "__main__":
    main()
