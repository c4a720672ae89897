"""Every term's gradient is the finite difference of its value, in float64."""

from __future__ import annotations

import pytest
import torch
from solid_fields import HAND, ball, bar, bent, flat_pose, priors, table
from torch import Tensor

from handhold.contact import ObjectField
from handhold.refine import Pose, look
from handhold.refine.autograd import all_terms
from handhold.spatial import matrix_to_rotation_6d, rotation_6d_to_matrix

STEP = 1e-7
TERMS = sorted(all_terms())
# The force closure term holds the object's normals still, which is exact on a plane only.
FIELDS = [(name, "table") for name in TERMS]
FIELDS += [(name, solid) for name in TERMS if name != "fc" for solid in ("bar", "ball")]


def _field(name: str) -> ObjectField:
    return {"table": table, "bar": bar, "ball": ball}[name]()


def _start() -> list[Tensor]:
    """Two hands that violate everything: in the object, beyond limits, fingers crossing."""
    generator = torch.Generator().manual_seed(5)
    joints = torch.cat([bent(1, 0.5), 1.6 * bent(1, 1.0)])
    joints = joints + 0.02 * torch.randn(joints.shape, generator=generator).double()
    pose = flat_pose(0.012, joints)
    code = matrix_to_rotation_6d(pose.rotation)
    code = code + 0.05 * torch.randn(code.shape, generator=generator).double()
    return [pose.translation, code, joints]


@pytest.mark.parametrize(("name", "solid"), FIELDS)
def test_a_gradient_is_its_finite_difference(name: str, solid: str) -> None:
    field, term = _field(solid), all_terms()[name]
    start = [v.requires_grad_(True) for v in _start()]
    prior = priors(torch.cat([bent(1, 0.4), bent(1, 0.8)]), seed=2)

    def pose_of(values: list[Tensor]) -> Pose:
        return Pose(values[0], rotation_6d_to_matrix(values[1]), values[2])

    with torch.no_grad():
        first = look(HAND, field, prior, pose_of(start))
    cached = (first.normals, first.pairs)
    value = term(look(HAND, field, prior, pose_of(start), cached)).sum()
    assert float(value.detach()) != 0.0
    gradients = torch.autograd.grad(value, start, allow_unused=True)

    def energy(directions: list[Tensor], step: float) -> float:
        moved = [v.detach() + step * d for v, d in zip(start, directions, strict=True)]
        with torch.no_grad():
            return float(term(look(HAND, field, prior, pose_of(moved), cached)).sum())

    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        directions = [torch.randn(v.shape, generator=generator).double() for v in start]
        slope = sum(
            float((g * d).sum())
            for g, d in zip(gradients, directions, strict=True)
            if g is not None
        )
        difference = (energy(directions, STEP) - energy(directions, -STEP)) / (2 * STEP)
        assert slope == pytest.approx(difference, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("name", TERMS)
def test_gradients_are_finite_where_a_hand_touches_nothing(name: str) -> None:
    """Far away, at the prior, inside the limits: kinks and empty sums must not give nan."""
    joints = bent(1, 0.3).requires_grad_(True)
    pose = flat_pose(0.4, joints)
    value = all_terms()[name](look(HAND, table(), priors(joints.detach()), pose))
    (gradient,) = torch.autograd.grad(value.sum() + 0 * joints.sum(), joints)
    assert gradient.isfinite().all()
