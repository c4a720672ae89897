"""Where the hand goes: the part that was named, or the one whose shape suits."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from numpy.typing import ArrayLike

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grasps import AFFORDANCES
from handhold.grounding import describe_parts, locate_part
from handhold.grounding.shape import within
from handhold.language import LexiconReader, Understanding
from handhold.objects import ObjectAsset


def placed(mesh: trimesh.Trimesh, at: ArrayLike, turn: float = 0.0) -> TriMesh:
    """A mesh turned about x (degrees) and moved (metres)."""
    mesh.apply_transform(trimesh.transformations.rotation_matrix(np.radians(turn), [1, 0, 0]))
    mesh.apply_translation(at)
    return TriMesh.from_trimesh(mesh)


def cylinder(radius: float, height: float) -> trimesh.Trimesh:
    return trimesh.creation.cylinder(radius, height, sections=24)


def provisional(**meshes: TriMesh) -> tuple[ObjectAsset, dict[str, str]]:
    """An object whose parts are called part_1, part_2 ...; and what each of them really is."""
    names = [f"part_{number}" for number in range(1, len(meshes) + 1)]
    asset = ObjectAsset.from_parts("thing", list(zip(names, meshes.values(), strict=True)))
    return asset, dict(zip(names, meshes, strict=True))


def mug() -> tuple[ObjectAsset, dict[str, str]]:
    arc = trimesh.creation.torus(0.03, 0.006)
    return provisional(
        body=placed(cylinder(0.04, 0.1), (0, 0, 0.05)),
        handle=placed(arc, (0.06, 0, 0.05), turn=90),
    )


def hammer() -> tuple[ObjectAsset, dict[str, str]]:
    return provisional(
        head=placed(trimesh.creation.box((0.1, 0.03, 0.03)), (0, 0, 0.27)),
        handle=placed(cylinder(0.014, 0.25), (0, 0, 0.125)),
    )


def bottle() -> tuple[ObjectAsset, dict[str, str]]:
    return provisional(
        cap=placed(cylinder(0.016, 0.02), (0, 0, 0.23)),
        body=placed(cylinder(0.035, 0.18), (0, 0, 0.09)),
        neck=placed(cylinder(0.013, 0.04), (0, 0, 0.2)),
    )


def lamp_switch() -> tuple[ObjectAsset, dict[str, str]]:
    return provisional(
        base=placed(trimesh.creation.box((0.12, 0.12, 0.04)), (0, 0, 0.02)),
        button=placed(cylinder(0.008, 0.01), (0.03, 0, 0.045)),
    )


def drill() -> tuple[ObjectAsset, dict[str, str]]:
    return provisional(
        motor=placed(cylinder(0.035, 0.18), (0, 0, 0.2), turn=90),
        grip=placed(cylinder(0.018, 0.11), (0, 0.05, 0.11)),
        battery=placed(trimesh.creation.box((0.08, 0.1, 0.05)), (0, 0.05, 0.03)),
    )


def asked(affordance: str, part: str | None = None) -> Understanding:
    return Understanding("", affordance, part, (), "", 1.0)


@pytest.mark.parametrize(
    ("thing", "affordance", "expected"),
    [
        (mug, "handle-grip", "handle"),
        (mug, "wrap-around-grip", "body"),
        (mug, "base-support", "body"),
        (hammer, "handle-grip", "handle"),
        (bottle, "twist", "cap"),
        (bottle, "wrap-around-grip", "body"),
        (bottle, "base-support", "body"),
        (lamp_switch, "press", "button"),
        (lamp_switch, "point", "base"),
        (drill, "trigger-squeeze", "grip"),
        (drill, "handle-grip", "grip"),
    ],
)
def test_shape_finds_the_part_of_an_affordance(thing, affordance: str, expected: str) -> None:
    asset, really = thing()
    part = locate_part(
        asked(affordance), asset.part_names, describe_parts(asset), parts_provisional=True
    )
    assert really[part.name] == expected
    assert part.by_shape and len(part.scores) == len(really)
    assert asset.part_names[part.index] == part.name
    assert affordance in part.explanation and "provisional" in part.explanation


def two_boxes(at: ArrayLike) -> ObjectAsset:
    """A block with a smaller one 1 cm above it, standing anywhere."""
    low, high = np.add(at, (0, 0, 0.02)), np.add(at, (0, 0.025, 0.07))
    lower = placed(trimesh.creation.box((0.02, 0.06, 0.04)), low)
    upper = placed(trimesh.creation.box((0.01, 0.01, 0.04)), high)
    return ObjectAsset.from_parts("boxes", [("lower", lower), ("upper", upper)])


@pytest.mark.parametrize("affordance", AFFORDANCES)
def test_scores_do_not_depend_on_where_the_object_stands(affordance: str) -> None:
    here, there = (
        locate_part(asked(affordance), asset.part_names, describe_parts(asset)).scores
        for asset in (two_boxes((0, 0, 0)), two_boxes((0.3, -0.2, 1.0)))
    )
    assert here == pytest.approx(there, rel=1e-6)


def test_a_named_part_needs_no_shape() -> None:
    asset, _ = mug()
    part = locate_part(asked("twist", "part_1"), asset.part_names, describe_parts(asset))
    assert (part.index, part.name, part.by_shape, part.scores) == (0, "part_1", False, ())


def test_words_and_shape_together_find_the_handle_of_an_unnamed_mug() -> None:
    asset, really = mug()
    reading = LexiconReader().read("pour me some tea", asset.part_names)
    part = locate_part(reading, asset.part_names, describe_parts(asset), parts_provisional=True)
    assert really[part.name] == "handle"


def test_an_unknown_part_and_an_object_without_parts_are_refused() -> None:
    asset, _ = mug()
    descriptors = describe_parts(asset)
    with pytest.raises(InputError, match="no part 'spout'.*part_1, part_2"):
        locate_part(asked("twist", "spout"), asset.part_names, descriptors)
    with pytest.raises(InputError, match="no parts"):
        locate_part(asked("twist"), (), descriptors)


def test_descriptors_of_a_box_are_its_sides() -> None:
    parts = describe_parts(two_boxes((0, 0, 0)))
    assert parts.lengths == pytest.approx(np.array([[0.06, 0.04, 0.02], [0.04, 0.01, 0.01]]))
    assert parts.volume == pytest.approx([48e-6, 4e-6])
    assert parts.area_share == pytest.approx(np.array([88, 18]) / 106)
    assert parts.bottom == pytest.approx([0, 5 / 9]) and parts.top == pytest.approx([4 / 9, 1])
    assert parts.off_axis == pytest.approx([0, 0.025 / 0.03])
    assert len(parts) == 2


def test_a_flat_part_has_no_volume_but_is_described() -> None:
    sheet = TriMesh(np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0.0]]), np.array([[0, 1, 2]]))
    box = placed(trimesh.creation.box((0.05, 0.05, 0.05)), (0, 0, 0.025))
    parts = describe_parts(ObjectAsset.from_parts("t", [("sheet", sheet), ("box", box)]))
    assert parts.volume[0] == 0
    for affordance in AFFORDANCES:
        scores = locate_part(asked(affordance), ("sheet", "box"), parts).scores
        assert np.isfinite(scores).all()


def test_sizes_within_the_limits_count_fully_and_others_less() -> None:
    scores = within(np.array([0.01, 0.02, 0.04, 0.08, 0.0]), (0.01, 0.02))
    assert scores[:2] == pytest.approx([1, 1])
    assert 1 > scores[2] > scores[3] > scores[4] >= 0
