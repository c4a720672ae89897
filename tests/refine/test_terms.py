"""Every energy term: its value where theory gives it, and where it must vanish or not."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from solid_fields import HAND, bar, bent, flat_pose, priors, table
from torch import Tensor

from handhold.contact import ObjectField, PriorBatch, contact_map, find_correspondence
from handhold.hands import HAND_PARTS
from handhold.refine import RefineConfig, State, look
from handhold.refine import terms as t
from handhold.refine.autograd import all_terms

TABLE = table()
ZERO = torch.zeros(1, HAND.joint_count, dtype=torch.float64)
LOWEST = float(HAND.spec.vertices[:, 2].min())
VERTICES = len(HAND.spec.vertices)


def _state(
    height: float,
    joints: Tensor = ZERO,
    prior: PriorBatch | None = None,
    field: ObjectField = TABLE,
) -> State:
    return look(HAND, field, prior or priors(joints), flat_pose(height, joints))


def _above(state: State) -> Tensor:
    return state.posed.vertices[0, :, 2]


def _with(state: State, **maps: Tensor) -> State:
    return replace(state, priors=replace(state.priors, **maps))


def test_every_weight_has_a_term_and_every_term_a_weight() -> None:
    config = RefineConfig()
    assert set(all_terms(config.pen_slack)) == set(vars(config.weights))


def test_contact_is_the_prior_weighted_mean_distance_to_the_part() -> None:
    state = _state(0.1)
    weights = state.priors.part_mean[0]
    torch.testing.assert_close(
        t.Contact()(state), (weights * _above(state)).mean()[None], atol=1e-12, rtol=1e-9
    )


def test_contact_vanishes_where_the_prior_wants_nothing_and_on_the_surface() -> None:
    nothing = _with(_state(0.1), part_mean=torch.zeros(1, VERTICES).double())
    assert float(t.Contact()(nothing)) == 0.0
    state = _state(-LOWEST)
    touching = torch.nn.functional.one_hot(_above(state).argmin(), VERTICES)[None].double()
    assert float(t.Contact()(_with(state, part_mean=touching))) == pytest.approx(0.0, abs=1e-9)


def test_the_contact_map_term_vanishes_at_the_clusters_mean() -> None:
    state = _state(0.03)
    same = _with(state, contact_mean=contact_map(state.signed))
    assert float(t.ContactMap()(same)) == 0.0
    assert float(t.ContactMap()(state)) > 0.0


def test_a_wide_deviation_excuses_a_vertex() -> None:
    state = _state(0.03)
    narrow = _with(state, contact_std=torch.zeros_like(state.signed))
    wide = _with(state, contact_std=torch.full_like(state.signed, math.log(2.0)))
    torch.testing.assert_close(t.ContactMap()(narrow), 2 * t.ContactMap()(wide))


def test_the_finger_term_is_the_sum_of_the_nearest_wanted_vertex_of_each_part() -> None:
    state = _state(0.15, prior=None)
    wanted = state.priors.part_mean[0] > 0.5
    expected = sum(
        float(_above(state)[wanted & (HAND.vertex_part == part)].min())
        for part in range(len(HAND_PARTS))
    )
    assert float(t.FingerContact()(state)) == pytest.approx(expected)


def test_parts_that_the_prior_does_not_want_do_not_count() -> None:
    state = _state(0.15)
    index = HAND.vertex_part == HAND_PARTS.index("index")
    only = _with(state, part_mean=index[None].double())
    assert float(t.FingerContact()(only)) == pytest.approx(float(_above(state)[index].min()))
    none = _with(state, part_mean=torch.zeros_like(state.signed))
    assert float(t.FingerContact()(none)) == 0.0


def test_penetration_terms_vanish_above_the_surface() -> None:
    state = _state(-LOWEST + 0.002)
    assert float(t.Penetration()(state)) == 0.0
    assert float(t.ReversePenetration()(state)) == 0.0


def test_skin_under_the_surface_is_summed_by_depth() -> None:
    state = _state(0.02)
    expected = torch.relu(-_above(state))
    assert float(expected.sum()) > 0.01
    torch.testing.assert_close(t.ReversePenetration()(state), expected.sum()[None])
    slack = torch.relu(expected - 0.002).sum()[None]
    torch.testing.assert_close(t.ReversePenetration(0.002)(state), slack)


def test_one_object_point_under_the_skin_counts_by_its_depth() -> None:
    state = _state(0.3)
    vertices, normals = state.posed.vertices, HAND.vertex_normals(state.posed.vertices)
    chosen, depth = int(_above(state).argmin()), 0.0015
    point = vertices[0, chosen] - depth * normals[0, chosen]
    field = replace(TABLE, points=point[None], normals=normals[0, chosen][None])
    pairs = find_correspondence(field.points, vertices)
    one = replace(state, field=field, normals=normals, pairs=pairs)
    assert float(t.Penetration()(one)) == pytest.approx(depth, rel=1e-6)
    assert float(t.Penetration(0.001)(one)) == pytest.approx(depth - 0.001, rel=1e-6)


def test_penetration_sees_the_table_in_a_hand() -> None:
    assert float(t.Penetration()(_state(0.0))) > 0.01


def test_the_skeleton_term_is_the_overlap_of_softened_spheres() -> None:
    state = _state(0.0)
    expected = torch.relu(0.7 * HAND.sphere_radius - state.posed.spheres[0, :, 2]).sum()
    assert float(expected) > 0.0
    torch.testing.assert_close(t.Skeleton()(state), expected[None])
    assert float(t.Skeleton()(_state(0.15))) == 0.0


def test_the_skeleton_term_pushes_a_bone_out_of_a_thin_wall_from_either_side() -> None:
    """relu(share r - |d|): the sign that skin terms lose when a finger has passed through."""
    # A 4 mm wall: signed distance never below -2 mm, spheres on both sides of it overlap.
    wall = replace(TABLE, grid=replace(TABLE.grid, values=TABLE.grid.values.abs() - 0.002))
    state = _state(0.004, field=wall)
    assert float(t.Skeleton()(state)) > 0.0


def test_contacts_on_a_table_alone_cannot_balance() -> None:
    state = _state(-LOWEST - 0.001)
    assert float(t.ForceClosure()(state)) >= 1.0


def test_contacts_round_a_bar_balance_better_than_on_a_table() -> None:
    joints = bent(1, 0.9)
    wrapped = look(HAND, bar(), priors(joints), flat_pose(0.038, joints))
    assert 0.0 < float(t.ForceClosure()(wrapped)) < 1.0


def test_without_contact_force_closure_says_nothing() -> None:
    assert float(t.ForceClosure()(_state(0.19))) == pytest.approx(0.0, abs=1e-12)


def test_joint_limits_count_what_is_beyond_them() -> None:
    spec = HAND.spec
    inside = _state(0.1, spec.joint_upper[None])
    assert float(t.JointLimits()(inside)) == 0.0
    beyond = spec.joint_upper.clone()
    beyond[2] += 0.2
    beyond[5] = spec.joint_lower[5] - 0.1
    assert float(t.JointLimits()(_state(0.1, beyond[None]))) == pytest.approx(0.3)


def test_an_open_hand_does_not_touch_itself() -> None:
    assert float(t.SelfPenetration(1.0)(_state(0.1))) == 0.0


def test_self_penetration_is_the_overlap_of_sphere_pairs() -> None:
    joints = bent(1, 1.5)
    state = _state(0.1, HAND.clamp(joints))
    centres, radius = state.posed.spheres[0], 0.9 * HAND.sphere_radius
    expected = 0.0
    for i, j in HAND.sphere_pairs.tolist():
        gap = float((centres[i] - centres[j]).norm())
        expected += max(0.0, float(radius[i] + radius[j]) - gap)
    assert expected > 0.0
    assert float(t.SelfPenetration()(state)) == pytest.approx(expected)


def test_the_pull_to_the_prior_vanishes_there_and_is_a_mean_square() -> None:
    state = _state(0.1, bent(1, 0.5))
    assert float(t.PriorPose()(state)) == 0.0
    moved = _with(state, joints=state.joints + 0.1)
    assert float(t.PriorPose()(moved)) == pytest.approx(0.01)


def test_closeness_is_the_mean_distance_of_finger_pads() -> None:
    state = _state(0.1)
    pads = HAND.spec.palmar & (HAND.vertex_part != 0)
    assert float(t.CloseToObject()(state)) == pytest.approx(float(_above(state)[pads].mean()))


def test_the_literal_term_is_two_loops() -> None:
    field = replace(TABLE, points=TABLE.points[::60], normals=TABLE.normals[::60])
    state = _state(0.02, field=field)
    vertices = state.posed.vertices[0]
    normals = HAND.vertex_normals(state.posed.vertices)[0]
    expected = 0.0
    for point, normal in zip(field.points, field.normals, strict=True):
        near = (vertices - point).norm(dim=1).argmin()
        expected += max(0.0, float((point - vertices[near]) @ normal))
    for vertex, normal in zip(vertices, normals, strict=True):
        near = (field.points - vertex).norm(dim=1).argmin()
        expected += max(0.0, float((vertex - field.points[near]) @ normal))
    assert float(t.LiteralPenetration()(state)) == pytest.approx(expected)


@pytest.mark.parametrize("name", sorted(all_terms()))
def test_a_term_answers_each_grasp_for_itself(name: str) -> None:
    joints = torch.cat([bent(1, share) for share in (0.1, 0.6, 1.4)])
    field, prior = bar(100), priors(joints)
    pose = flat_pose(0.03, joints)
    term = all_terms()[name]
    together = term(look(HAND, field, prior, pose))
    assert together.shape == (3,)
    assert (together >= 0).all()
    for row in range(3):
        rows = slice(row, row + 1)
        one = PriorBatch(*(getattr(prior, n)[rows] for n in vars(prior)))
        alone = term(look(HAND, field, one, pose.select(rows)))
        torch.testing.assert_close(together[rows], alone, atol=1e-10, rtol=1e-9)
