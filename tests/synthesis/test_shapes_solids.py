"""The solids that shapes are built from: closed, the right way out, of the right volume."""

from __future__ import annotations

import numpy as np
import pytest

from handhold.synthesis.shapes.solids import (
    Y,
    Z,
    cylinder,
    fillet,
    lathe,
    oval,
    resample,
    rounded_rectangle,
    slab,
    tube,
    turn,
)
from handhold.synthesis.shapes.vessels import BOWS, bow


def test_a_cylinder_has_the_volume_of_the_closed_form() -> None:
    assert cylinder(0.02, 0.1, count=256).volume() == pytest.approx(np.pi * 0.02**2 * 0.1, rel=1e-3)


def test_a_closed_tube_is_a_torus() -> None:
    angle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    circle = 0.05 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], axis=1)
    torus = tube(circle, oval(0.01, 0.01, count=64), Z, closed=True)
    assert torus.genus() == 1
    assert torus.volume() == pytest.approx(2 * np.pi**2 * 0.05 * 0.01**2, rel=3e-3)


def test_a_tube_with_round_ends_is_a_capsule() -> None:
    line = np.linspace([0, 0, 0], [0.1, 0, 0], 8)
    capsule = tube(line, oval(0.01, 0.01, count=64), Y, round_ends=True)
    closed_form = np.pi * 0.01**2 * 0.1 + 4 / 3 * np.pi * 0.01**3
    assert capsule.volume() == pytest.approx(closed_form, rel=0.02)


def test_a_profile_that_turns_back_inside_makes_a_hollow_cup() -> None:
    cup = lathe([(0, 0), (0.04, 0), (0.04, 0.1), (0.03, 0.1), (0.03, 0.01), (0, 0.01)], count=256)
    closed_form = np.pi * (0.04**2 * 0.1 - 0.03**2 * 0.09)
    assert cup.volume() == pytest.approx(closed_form, rel=1e-3)


def test_a_slab_stands_on_zero_and_keeps_its_size() -> None:
    low_x, low_y, low_z, high_x, high_y, high_z = slab([0.3, 0.2, 0.02], 0.01, 0.004).bounding_box()
    assert (low_z, high_z) == pytest.approx((0.0, 0.02))
    assert (high_x - low_x, high_y - low_y) == pytest.approx((0.3, 0.2))


@pytest.mark.parametrize("exponent", [2.0, 3.0, 6.0])
def test_points_of_an_oval_fulfil_its_equation(exponent: float) -> None:
    points = np.abs(oval(0.03, 0.01, exponent)) / [0.03, 0.01]
    assert (points**exponent).sum(axis=1) == pytest.approx(1.0)


def test_a_fillet_touches_both_legs_and_keeps_its_radius() -> None:
    path = fillet([(0, 0), (1, 0), (1, 1)], 0.2, steps=9)
    arc = path[1:-1]
    assert np.linalg.norm(arc - [0.8, 0.2], axis=1) == pytest.approx(0.2)
    assert arc[0] == pytest.approx([0.8, 0.0]) and arc[-1] == pytest.approx([1.0, 0.2])


def test_a_rounded_rectangle_runs_counter_clockwise_within_its_size() -> None:
    outline = rounded_rectangle(0.2, 0.1, 0.02, steps=32)
    following = np.roll(outline, -1, axis=0)
    area = 0.5 * np.sum(outline[:, 0] * following[:, 1] - outline[:, 1] * following[:, 0])
    assert area == pytest.approx(0.2 * 0.1 - (4 - np.pi) * 0.02**2, rel=1e-3)


def test_resampling_keeps_ends_and_evens_steps() -> None:
    even = resample([(0, 0), (0.2, 0), (1.0, 0)], 0.1)
    assert even[[0, -1], 0] == pytest.approx([0.0, 1.0])
    assert np.ptp(np.diff(even[:, 0])) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("style", BOWS)
def test_a_bow_starts_and_ends_at_its_feet_and_reaches_out(style: str) -> None:
    path = bow(style, 0.07, 0.04)
    assert path[0] == pytest.approx([0.0, -0.035], abs=1e-9)
    assert path[-1] == pytest.approx([0.0, 0.035], abs=1e-9)
    assert path[:, 0].max() == pytest.approx(0.04, rel=0.02)


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_turns_are_right_handed_rotations(axis: str) -> None:
    matrix = turn(axis, 90)
    unit = np.eye(3)["xyz".index(axis)]
    following = np.roll(unit, 1)
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    assert matrix @ unit == pytest.approx(unit)
    assert matrix @ following == pytest.approx(np.cross(unit, following), abs=1e-12)
