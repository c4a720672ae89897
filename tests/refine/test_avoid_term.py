"""The hand keeps off parts: the energy, its gradient, and that it costs nothing without them."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import trimesh
from solid_fields import HAND, bent, flat_pose, priors, table

from handhold.contact import ObjectField, build_field, keep_off
from handhold.contact.field import AVOID_REACH
from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset
from handhold.refine import RefineConfig, keeping_off, look, measure, refine
from handhold.refine import terms as t
from handhold.refine.config import KEEP_OFF, active
from handhold.refine.terms.avoid import MARGIN

SHORT = RefineConfig(steps_extrinsic=6, steps_all=6, object_points=200)


@pytest.fixture(scope="module")
def flask() -> ObjectAsset:
    """A cylinder of 6 cm across with a lid, metres."""
    body = trimesh.creation.cylinder(0.03, 0.1, sections=24)
    lid = trimesh.creation.cylinder(0.018, 0.02, sections=24)
    lid.apply_translation([0.0, 0.0, 0.0605])
    parts = [("body", TriMesh.from_trimesh(body)), ("lid", TriMesh.from_trimesh(lid))]
    return ObjectAsset.from_parts("flask", parts)


@pytest.fixture(scope="module")
def near_lid(flask: ObjectAsset) -> ObjectField:
    return keep_off(build_field(flask, "body"), flask, ["lid"])


def test_it_is_what_is_missing_to_the_margin_over_the_skin() -> None:
    joints = bent(1, 0.3)
    state = look(HAND, table(), priors(joints), flat_pose(0.015, joints))
    above = state.posed.vertices[0, :, 2]
    expected = torch.relu(MARGIN - above).sum()
    assert float(expected) > 0.0
    assert float(t.Avoid()(state)) == pytest.approx(float(expected))


def test_without_parts_to_avoid_it_is_zero() -> None:
    joints = bent(1, 0.3)
    field = replace(table(), avoided=None)
    state = look(HAND, field, priors(joints), flat_pose(0.0, joints))
    assert float(t.Avoid()(state)) == 0.0


def test_distances_to_the_avoided_part_are_right_near_it(near_lid: ObjectField) -> None:
    centre = near_lid.avoided
    assert centre is not None
    top = float(centre.upper[2]) - AVOID_REACH  # of the lid
    above = torch.tensor([[0.0, 0.0, top + 0.004], [0.0, 0.0, top - 0.004], [0.0, 0.0, top + 0.03]])
    found = near_lid.to_avoided(above)
    spacing = centre.spacing
    assert found[:2].tolist() == pytest.approx([0.004, -0.004], abs=spacing)
    assert float(found[2]) > MARGIN


def test_a_field_keeps_its_avoided_part_when_samples_are_dropped(near_lid: ObjectField) -> None:
    assert near_lid.first(10).avoided is near_lid.avoided
    moved = near_lid.to("cpu").avoided
    assert moved is not None and near_lid.avoided is not None
    assert moved.values.equal(near_lid.avoided.values)


def test_parts_that_no_hand_reaches_change_nothing(flask: ObjectAsset) -> None:
    far = trimesh.creation.box((0.02, 0.02, 0.02))
    far.apply_translation([0.6, 0.0, 0.0])
    parts = [(name, flask.part_mesh(name)) for name in flask.part_names]
    wide = ObjectAsset.from_parts("wide", [*parts, ("far", TriMesh.from_trimesh(far))])
    field = build_field(wide, "body", points=64)
    assert keep_off(field, wide, ["far"]) is field
    assert keep_off(field, wide, []) is field


def test_the_weight_is_off_unless_it_is_asked_for() -> None:
    assert "avoid" not in active(RefineConfig().weights)
    assert active(keeping_off(SHORT).weights)["avoid"] == KEEP_OFF


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_field_with_avoided_parts_changes_no_bit_while_the_weight_is_off(engine: str) -> None:
    joints = bent(2, 0.4)
    config = replace(SHORT, engine=engine)
    with_part, without = (
        refine(HAND, field, priors(joints), flat_pose(0.02, joints), config)
        for field in (table(), replace(table(), avoided=None))
    )
    for name in ("translation", "rotation", "joints"):
        assert getattr(with_part.final, name).equal(getattr(without.final, name))
    assert with_part.energies.keys() == without.energies.keys()
    assert "avoid" not in with_part.energies


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_hand_moves_away_from_what_is_to_be_avoided(engine: str) -> None:
    """The same table to hold and to avoid: what pushes away wins more height."""
    joints = bent(1, 0.3)
    config = replace(SHORT, engine=engine)
    start = flat_pose(0.02, joints)
    usual, kept = (
        refine(HAND, table(), priors(joints), start, chosen).final
        for chosen in (config, keeping_off(config, 200.0))
    )
    assert float(kept.translation[0, 2]) > float(usual.translation[0, 2])


def test_its_value_is_measured_where_it_counts() -> None:
    joints = bent(1, 0.3)
    energies = measure(
        HAND, table(), priors(joints), flat_pose(0.01, joints), keeping_off(RefineConfig())
    )
    assert float(energies["avoid"]) > 0.0


def test_both_engines_agree_outside_the_avoided_parts_box(near_lid: ObjectField) -> None:
    """Hands whose fingers are beyond the small box around the lid, on every side of it."""
    hand = HAND.to(dtype=torch.float32)
    joints = bent(2, 0.4).float()
    start = flat_pose(0.09, joints)
    start.translation[1] = torch.tensor([-0.09, 0.01, 0.05])
    config = replace(keeping_off(RefineConfig()), steps_extrinsic=2, steps_all=2)
    ours, twin = (
        refine(hand, near_lid, priors(joints), start, replace(config, engine=engine)).final
        for engine in ("auto", "autograd")
    )
    torch.testing.assert_close(ours.translation, twin.translation, atol=1e-4, rtol=0)
    torch.testing.assert_close(ours.joints, twin.joints, atol=1e-4, rtol=0)
