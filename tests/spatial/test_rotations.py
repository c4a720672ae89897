"""Rotation codes: axioms, round trips and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from torch.autograd import gradcheck

from handhold import spatial

CASES = ["random", "near identity", "half turn", "near half turn", "identity"]


def _double(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def _vectors(case: str, n: int = 64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    axis = torch.randn(n, 3, generator=generator, dtype=torch.float64)
    axis[:6] = torch.cat((torch.eye(3), -torch.eye(3))).double()
    axis = axis / axis.norm(dim=-1, keepdim=True)
    angle = {
        "random": torch.rand(n, 1, generator=generator, dtype=torch.float64) * math.pi,
        "near identity": 10.0 ** torch.linspace(-12, -2, n, dtype=torch.float64)[:, None],
        "half turn": torch.full((n, 1), math.pi, dtype=torch.float64),
        "near half turn": math.pi - 10.0 ** torch.linspace(-12, -2, n).double()[:, None],
        "identity": torch.zeros(n, 1, dtype=torch.float64),
    }[case]
    return axis * angle


@pytest.mark.parametrize("case", CASES)
def test_axis_angle_agrees_with_scipy(case: str) -> None:
    vectors = _vectors(case)
    expected = Rotation.from_rotvec(vectors.numpy()).as_matrix()
    assert np.abs(spatial.axis_angle_to_matrix(vectors).numpy() - expected).max() < 1e-14


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_every_code_round_trips_through_the_matrix(case: str, dtype: torch.dtype) -> None:
    matrix = spatial.axis_angle_to_matrix(_vectors(case)).to(dtype)
    tolerance = 2e-6 if dtype == torch.float32 else 1e-14
    quaternion = spatial.matrix_to_quaternion(matrix)
    back = {
        "quaternion": spatial.quaternion_to_matrix(quaternion),
        "6-D": spatial.rotation_6d_to_matrix(spatial.matrix_to_rotation_6d(matrix)),
        "axis-angle": spatial.axis_angle_to_matrix(spatial.matrix_to_axis_angle(matrix)),
    }
    for name, result in back.items():
        assert (result - matrix).abs().max() < tolerance, name
        assert result.dtype == dtype
    assert (quaternion[..., 0] >= 0).all()
    assert (quaternion.norm(dim=-1) - 1).abs().max() < tolerance


@pytest.mark.parametrize("case", ["random", "near identity", "near half turn"])
def test_a_rotation_vector_is_recovered(case: str) -> None:
    vectors = _vectors(case)
    found = spatial.matrix_to_axis_angle(spatial.axis_angle_to_matrix(vectors))
    assert (found - vectors).abs().max() < 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=6, max_size=6))
def test_any_six_numbers_decode_to_a_rotation(numbers: list[float]) -> None:
    matrix = spatial.rotation_6d_to_matrix(torch.tensor(numbers, dtype=torch.float64))
    assert (matrix.T @ matrix - torch.eye(3)).abs().max() < 1e-7
    assert torch.linalg.det(matrix) > 0.99


def test_the_6d_code_is_the_first_two_columns() -> None:
    matrix = spatial.random_rotations(5, torch.Generator().manual_seed(0))
    code = spatial.matrix_to_rotation_6d(matrix)
    assert torch.equal(code[:, :3], matrix[:, :, 0])
    assert torch.equal(code[:, 3:], matrix[:, :, 1])


def test_a_quaternion_of_any_length_and_sign_is_the_same_rotation() -> None:
    quaternion = torch.randn(20, 4, dtype=torch.float64)
    expected = spatial.quaternion_to_matrix(quaternion)
    assert torch.allclose(spatial.quaternion_to_matrix(-3.0 * quaternion), expected)


def test_quarter_turn_about_z_takes_x_to_y() -> None:
    matrix = spatial.axis_angle_to_matrix(_double(0.0, 0.0, math.pi / 2))
    assert torch.allclose(matrix @ _double(1, 0, 0), _double(0, 1, 0))
    half = math.sqrt(0.5)
    assert torch.allclose(spatial.matrix_to_quaternion(matrix), _double(half, 0, 0, half))


@pytest.mark.parametrize("angle", [0.0, 1e-9, 1e-3, 1.0, math.pi - 1e-9, math.pi])
def test_rotation_angle_is_exact_at_both_ends(angle: float) -> None:
    base = spatial.random_rotations(1, torch.Generator().manual_seed(1), dtype=torch.float64)[0]
    turn = spatial.axis_angle_to_matrix(_double(0, angle, 0))
    assert spatial.rotation_angle(base, base @ turn).item() == pytest.approx(angle, abs=1e-14)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e-3, 1.0])
def test_gradients_agree_with_finite_differences(scale: float) -> None:
    vector = (scale * _double(0.3, -0.5, 0.8)[None]).requires_grad_()
    assert gradcheck(spatial.axis_angle_to_matrix, (vector,))
    matrix = spatial.axis_angle_to_matrix(vector.detach()).requires_grad_()
    assert gradcheck(spatial.matrix_to_quaternion, (matrix,))
    code = spatial.matrix_to_rotation_6d(matrix.detach()).requires_grad_()
    assert gradcheck(spatial.rotation_6d_to_matrix, (code,))


def test_random_rotations_are_seeded_and_uniform() -> None:
    first = spatial.random_rotations(4000, torch.Generator().manual_seed(5), dtype=torch.float64)
    again = spatial.random_rotations(4000, torch.Generator().manual_seed(5), dtype=torch.float64)
    assert torch.equal(first, again)
    assert first.mean(0).abs().max() < 0.05
    angle = spatial.rotation_angle(first, torch.eye(3).double())
    # Under the Haar measure the mean angle is pi/2 + 2/pi.
    assert angle.mean().item() == pytest.approx(math.pi / 2 + 2 / math.pi, abs=0.05)


def test_leading_dimensions_are_kept() -> None:
    quaternion = torch.randn(2, 3, 4)
    matrix = spatial.quaternion_to_matrix(quaternion)
    assert matrix.shape == (2, 3, 3, 3)
    assert spatial.matrix_to_quaternion(matrix).shape == (2, 3, 4)
    code = spatial.matrix_to_rotation_6d(matrix)
    assert code.shape == (2, 3, 6)
    assert spatial.rotation_6d_to_matrix(code).shape == (2, 3, 3, 3)


def test_a_wrong_shape_is_named() -> None:
    with pytest.raises(ValueError, match=r"\(\.\.\., 4\)"):
        spatial.quaternion_to_matrix(torch.zeros(3))
