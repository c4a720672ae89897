"""Faces as a graph: what is smoothed, what is one piece, what is one body."""

from __future__ import annotations

import numpy as np
from bar_and_ball import BALL, BAR, bar_and_ball

from handhold.grounding.surface_graph import graph_of_mesh, graph_of_points
from handhold.grounding.surface_points import points_of_mesh


def test_bodies_that_touch_nothing_stay_apart() -> None:
    mesh, labels = bar_and_ball()
    graph = graph_of_mesh(mesh)
    assert len(np.unique(graph.bodies)) == 2
    means = graph.body_means((labels == BAR).astype(float))
    assert np.allclose(means, labels == BAR)
    smooth = graph.smoothed(np.stack([labels, 1 - labels], axis=1).astype(float))
    assert np.allclose(smooth[:, 0], labels)


def test_smoothing_takes_out_single_faces() -> None:
    mesh, _ = bar_and_ball()
    noisy = np.zeros(len(mesh.faces))
    noisy[100] = 1.0
    assert graph_of_mesh(mesh).smoothed(noisy).max() < 0.6


def test_pieces_are_connected() -> None:
    mesh, labels = bar_and_ball()
    high = mesh.face_centres[:, 2] > 0.04
    low = mesh.face_centres[:, 2] < -0.04
    graph = graph_of_mesh(mesh)
    pieces = graph.pieces((high | low) & (labels == BALL))
    assert len(np.unique(pieces[high])) == 1
    assert pieces[high][0] != pieces[low][0]
    assert (pieces[~(high | low)] == -1).all()
    assert (graph.pieces(np.zeros(len(labels), bool)) == -1).all()


def test_a_cloud_is_smoothed_among_near_points() -> None:
    surface = points_of_mesh(bar_and_ball()[0], 600)
    graph = graph_of_points(surface.points)
    values = (surface.points[:, 0] > 0.06).astype(float)
    noisy = np.where(np.random.default_rng(0).random(600) < 0.05, 1 - values, values)
    smooth = graph.smoothed(noisy) > 0.5
    assert (smooth != values).mean() < (noisy != values).mean()
