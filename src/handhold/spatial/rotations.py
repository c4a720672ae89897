"""Rotation codes and the maps between them.

All functions are batched over leading dimensions, differentiable, and keep dtype and device.
A rotation matrix R acts on columns, ``p_a = R_ab @ p_b``; its columns are the axes of b in a.
Quaternions are ``wxyz``. Angles are radians. The 6-D code is the first two COLUMNS of R,
``(R[:, 0], R[:, 1])``, one after the other.
"""

from __future__ import annotations

import torch
from torch import Tensor

_DEGENERATE = 1e-8


def quaternion_to_matrix(quaternion: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of quaternions (..., 4) ``wxyz``; any non-zero length."""
    _require_last(quaternion, 4, "quaternion")
    w, x, y, z = torch.unbind(quaternion, -1)
    two_over_norm = 2.0 / (quaternion * quaternion).sum(-1)
    rows = (
        1 - two_over_norm * (y * y + z * z),
        two_over_norm * (x * y - z * w),
        two_over_norm * (x * z + y * w),
        two_over_norm * (x * y + z * w),
        1 - two_over_norm * (x * x + z * z),
        two_over_norm * (y * z - x * w),
        two_over_norm * (x * z - y * w),
        two_over_norm * (y * z + x * w),
        1 - two_over_norm * (x * x + y * y),
    )
    return torch.stack(rows, -1).reshape(*quaternion.shape[:-1], 3, 3)


def matrix_to_quaternion(matrix: Tensor) -> Tensor:
    """Unit quaternions (..., 4) ``wxyz`` with w >= 0 of rotation matrices (..., 3, 3).

    Shepperd's method: of the four ways to divide, the one with the largest divisor, so it is
    accurate and has finite gradients everywhere, half turns included.
    """
    _require_matrix(matrix)
    m00, m01, m02, m10, m11, m12, m20, m21, m22 = torch.unbind(matrix.flatten(-2), -1)
    # Row i holds 4 q_i * (w, x, y, z), for i = w, x, y, z.
    candidates = torch.stack(
        (
            torch.stack((1 + m00 + m11 + m22, m21 - m12, m02 - m20, m10 - m01), -1),
            torch.stack((m21 - m12, 1 + m00 - m11 - m22, m10 + m01, m02 + m20), -1),
            torch.stack((m02 - m20, m10 + m01, 1 - m00 + m11 - m22, m21 + m12), -1),
            torch.stack((m10 - m01, m02 + m20, m21 + m12, 1 - m00 - m11 + m22), -1),
        ),
        -2,
    )
    best = torch.diagonal(candidates, dim1=-2, dim2=-1).argmax(-1)
    index = best[..., None, None].expand(*best.shape, 1, 4)
    chosen = candidates.gather(-2, index).squeeze(-2)
    quaternion = chosen / chosen.norm(dim=-1, keepdim=True)
    return torch.where(quaternion[..., :1] < 0, -quaternion, quaternion)


def rotation_6d_to_matrix(code: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of 6-D codes (..., 6): Gram-Schmidt on two columns.

    Zhou et al. 2019, "On the continuity of rotation representations". Columns that are zero or
    parallel (ours) fall back to a fixed axis, so the result is always a rotation.
    """
    _require_last(code, 6, "6-D rotation code")
    first = _unit_or(code[..., :3], _axis_like(code[..., :3], 0))
    second = code[..., 3:]
    second = second - (first * second).sum(-1, keepdim=True) * first
    second = _unit_or(second, _any_perpendicular(first))
    third = torch.linalg.cross(first, second)
    return torch.stack((first, second, third), -1)


def matrix_to_rotation_6d(matrix: Tensor) -> Tensor:
    """6-D codes (..., 6), the first then the second column of rotation matrices (..., 3, 3)."""
    _require_matrix(matrix)
    return torch.cat((matrix[..., :, 0], matrix[..., :, 1]), -1)


def axis_angle_to_matrix(vector: Tensor) -> Tensor:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3), axis times angle in radians.

    Rodrigues' formula R = I + a K + b K^2 with a = sin(t)/t and b = (1 - cos(t))/t^2, both
    smooth in t = 0, gradients included.
    """
    _require_last(vector, 3, "rotation vector")
    squared = (vector * vector).sum(-1)
    small = squared < 1e-6
    # The unused branch of `where` must stay finite, or its gradient poisons the used one.
    angle = torch.where(small, torch.ones_like(squared), squared).sqrt()
    a = torch.where(small, 1 - squared / 6, torch.sin(angle) / angle)
    half = torch.sin(angle / 2) / (angle / 2)
    b = torch.where(small, 0.5 - squared / 24, 0.5 * half * half)
    cross = _cross_matrix(vector)
    identity = torch.eye(3, dtype=vector.dtype, device=vector.device)
    return identity + a[..., None, None] * cross + b[..., None, None] * (cross @ cross)


def matrix_to_axis_angle(matrix: Tensor) -> Tensor:
    """Rotation vectors (..., 3) of rotation matrices (..., 3, 3), of length 0..pi radians."""
    quaternion = matrix_to_quaternion(matrix)
    w, xyz = quaternion[..., :1], quaternion[..., 1:]
    squared = (xyz * xyz).sum(-1, keepdim=True)
    small = squared < 1e-8
    sine = torch.where(small, torch.ones_like(squared), squared).sqrt()
    # angle / sin(angle / 2), by the series 2 (1/w)(1 - s^2 / (3 w^2)) near the identity.
    near = 2 / w.clamp(min=0.5) * (1 - squared / (3 * w.clamp(min=0.5) ** 2))
    return xyz * torch.where(small, near, 2 * torch.atan2(sine, w) / sine)


def rotation_angle(first: Tensor, second: Tensor) -> Tensor:
    """Geodesic distance (...,) in radians, 0..pi, between rotations (..., 3, 3).

    Accurate at 0 and at pi, where ``acos`` of the trace is not.
    """
    quaternion = matrix_to_quaternion(first.transpose(-1, -2) @ second)
    return 2 * torch.atan2(quaternion[..., 1:].norm(dim=-1), quaternion[..., 0])


def random_rotations(
    n: int,
    generator: torch.Generator | None = None,
    *,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Tensor:
    """Rotation matrices (n, 3, 3), uniform on SO(3) (Haar), reproducible by ``generator``."""
    where = device if device is not None else (generator.device if generator else "cpu")
    source = generator.device if generator else where
    sample = torch.randn(n, 4, generator=generator, dtype=torch.float64, device=source)
    return quaternion_to_matrix(sample).to(device=where, dtype=dtype)


def _cross_matrix(vector: Tensor) -> Tensor:
    x, y, z = torch.unbind(vector, -1)
    zero = torch.zeros_like(x)
    entries = torch.stack((zero, -z, y, z, zero, -x, -y, x, zero), -1)
    return entries.reshape(*vector.shape[:-1], 3, 3)


def _axis_like(vector: Tensor, axis: int) -> Tensor:
    basis = torch.zeros_like(vector)
    basis[..., axis] = 1
    return basis


def _any_perpendicular(unit: Tensor) -> Tensor:
    least = torch.nn.functional.one_hot(unit.detach().abs().argmin(-1), 3).to(unit.dtype)
    across: Tensor = torch.linalg.cross(unit, least)
    return across / across.norm(dim=-1, keepdim=True)


def _unit_or(vector: Tensor, fallback: Tensor) -> Tensor:
    squared = (vector * vector).sum(-1, keepdim=True)
    usable = squared > _DEGENERATE**2
    length = torch.where(usable, squared, torch.ones_like(squared)).sqrt()
    return torch.where(usable, vector / length, fallback)


def _require_last(tensor: Tensor, size: int, what: str) -> None:
    if tensor.shape[-1:] != (size,):
        raise ValueError(f"a {what} has shape (..., {size}), got {tuple(tensor.shape)}")


def _require_matrix(matrix: Tensor) -> None:
    if matrix.shape[-2:] != (3, 3):
        raise ValueError(f"a rotation matrix has shape (..., 3, 3), got {tuple(matrix.shape)}")
