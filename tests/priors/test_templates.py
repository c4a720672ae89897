"""Template priors: every affordance, real angles, hands on the solids they were closed on."""

from __future__ import annotations

import pytest
import torch

from handhold.contact import Primitive, Prior, PriorBatch
from handhold.grasps import AFFORDANCES
from handhold.hands import HAND_PARTS, load_hand
from handhold.priors import template_priors
from handhold.priors.solids import CAP_HEIGHT, primitive_distance

HAND = load_hand("human")


@pytest.fixture(scope="module")
def templates() -> list[Prior]:
    return template_priors(HAND)


def test_every_affordance_has_a_template(templates: list[Prior]) -> None:
    assert {p.affordance for p in templates} == set(AFFORDANCES)


def test_names_are_unique_and_start_with_the_affordance(templates: list[Prior]) -> None:
    assert len({p.cluster for p in templates}) == len(templates)
    assert all(p.cluster.startswith(f"{p.affordance}/") for p in templates)


def test_angles_are_within_the_limits(templates: list[Prior]) -> None:
    joints = torch.stack([p.joints for p in templates])
    assert HAND.clamp(joints).equal(joints)


def test_contact_maps_are_between_nothing_and_one(templates: list[Prior]) -> None:
    for prior in templates:
        for values in (prior.contact_mean, prior.contact_std, prior.part_mean):
            assert values.shape == (len(HAND.spec.vertices),)
            assert values.min() >= 0
            assert values.max() <= 1
        assert (prior.part_mean <= prior.contact_mean).all()


def test_every_hand_touches_its_solid(templates: list[Prior]) -> None:
    for prior in templates:
        vertices = HAND.local(prior.joints[None]).vertices[0]
        distance = primitive_distance(prior.primitive, vertices)
        assert float(distance.min()) < 0.003, prior.cluster
        assert prior.part_mean.max() > 0.5, prior.cluster


@pytest.mark.parametrize("digit", ["palm", "thumb", "index"])
def test_palm_thumb_and_index_stay_out_of_the_solid(templates: list[Prior], digit: str) -> None:
    """The other fingers may cut a trigger or a short loop, which templates take as endless."""
    own = HAND.vertex_part == HAND_PARTS.index(digit)
    for prior in templates:
        vertices = HAND.local(prior.joints[None]).vertices[0]
        depth = -primitive_distance(prior.primitive, vertices)[own].min()
        assert float(depth) < 0.0015, prior.cluster


def test_whole_hand_grips_hold_with_the_gripping_side(templates: list[Prior]) -> None:
    for prior in templates:
        if prior.affordance in ("handle-grip", "wrap-around-grip", "base-support"):
            touched = prior.part_mean > 0.5
            assert float(HAND.spec.palmar[touched].double().mean()) > 0.5, prior.cluster


def test_axes_are_unit_and_sizes_sorted(templates: list[Prior]) -> None:
    for prior in templates:
        assert float(prior.primitive.axis.norm()) == pytest.approx(1.0, abs=1e-5)
        assert list(prior.part_size) == sorted(prior.part_size, reverse=True)
        assert prior.section_radius == prior.primitive.radius >= 0


def test_a_trigger_is_held_by_the_index_alone(templates: list[Prior]) -> None:
    wanted = {
        "trigger-squeeze/trigger-6": {"index"},
        "trigger-squeeze/two-finger-trigger-6": {"index", "middle"},
        "point/point-0": {"index"},
    }
    for prior in templates:
        if prior.cluster in wanted:
            touching = HAND.vertex_part[prior.part_mean > 0.5].unique().tolist()
            assert {HAND_PARTS[part] for part in touching} == wanted[prior.cluster]


def test_templates_are_the_same_each_time(templates: list[Prior]) -> None:
    again = template_priors(HAND)
    assert [p.cluster for p in again] == [p.cluster for p in templates]
    assert all(a.joints.equal(b.joints) for a, b in zip(again, templates, strict=True))


def test_stacked_priors_have_a_row_each(templates: list[Prior]) -> None:
    batch = PriorBatch.stack(templates[:3]).to(torch.zeros(1, dtype=torch.float64))
    assert batch.joints.shape == (3, HAND.joint_count)
    assert batch.part_mean.dtype == torch.float64
    torch.testing.assert_close(batch.contact_mean[2].float(), templates[2].contact_mean)


def _solid(kind: str) -> Primitive:
    return Primitive(kind, torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, 0.1]), 0.02)


@pytest.mark.parametrize(
    ("kind", "point", "expected"),
    [
        ("cylinder", (0.05, 0.0, 7.0), 0.03),
        ("cylinder", (0.0, 0.0, 0.1), -0.02),
        ("plane", (3.0, 1.0, 0.15), 0.05),
        ("spot", (3.0, 1.0, 0.04), -0.06),
        ("cap", (0.0, 0.0, 0.13), 0.03),
        ("cap", (0.05, 0.0, 0.14), 0.05),
        ("cap", (0.03, 0.0, 0.08), 0.01),
        ("cap", (0.0, 0.0, 0.095), -0.005),
        ("cap", (0.0, 0.0, 0.1 - CAP_HEIGHT - 0.01), 0.01),
    ],
)
def test_solids_have_closed_form_distances(
    kind: str, point: tuple[float, float, float], expected: float
) -> None:
    got = primitive_distance(_solid(kind), torch.tensor(point))
    assert float(got) == pytest.approx(expected, abs=1e-6)
