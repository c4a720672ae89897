"""Dissimilarity and clusters (GDG eq. 1-2)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from records_of import grasps

from handhold.priors import GraspRecords, PartDescriptor, cluster_records, dissimilarity
from handhold.priors.cluster import FEWEST, features

THIN, THICK = (0.10, 0.02, 0.01), (0.12, 0.09, 0.08)


def _two_groups(each: int = 10) -> GraspRecords:
    first = grasps("handle-grip", THIN, 1.2, each)
    return GraspRecords.concatenate([first, grasps("handle-grip", THICK, 0.3, each, seed=1)])


def test_a_descriptor_is_four_logarithms() -> None:
    got = PartDescriptor((0.2, 0.1, 0.05), 0.01).vector()
    np.testing.assert_allclose(got, np.log([0.2, 0.1, 0.05, 0.01]))


def test_a_flat_part_has_a_finite_descriptor() -> None:
    assert np.isfinite(PartDescriptor((0.2, 0.1, 0.0), 0.0).vector()).all()


def test_dissimilarity_is_symmetric_with_a_zero_diagonal() -> None:
    values = dissimilarity(_two_groups())
    np.testing.assert_array_equal(values, values.T)
    np.testing.assert_array_equal(np.diag(values), 0.0)
    assert (values[~np.eye(len(values), dtype=bool)] > 0).all()


def test_across_affordances_grasps_are_infinitely_unlike() -> None:
    records = GraspRecords.concatenate(
        [grasps("handle-grip", THIN, 1.0, 3), grasps("twist", THIN, 1.0, 2)]
    )
    infinite = np.isinf(dissimilarity(records))
    expected = records.affordance[:, None] != records.affordance[None]
    np.testing.assert_array_equal(infinite, expected)


def test_dissimilarity_adds_part_and_joints_each_over_its_spread() -> None:
    records = _two_groups(4)
    part = np.log(np.column_stack([records.part_size, records.section_radius]))
    spread_part = np.sqrt(part.var(0).sum())
    spread_joints = np.sqrt(records.joints.var(0).sum())
    values = dissimilarity(records)
    for i, j in [(0, 1), (0, 5), (3, 7)]:
        expected = np.linalg.norm(part[i] - part[j]) / spread_part
        expected += np.linalg.norm(records.joints[i] - records.joints[j]) / spread_joints
        assert values[i, j] == pytest.approx(expected)


def test_like_grasps_are_nearer_than_unlike_ones() -> None:
    values = dissimilarity(_two_groups())
    assert values[:10, :10].max() < 0.2 * values[:10, 10:].min()


def test_features_do_not_depend_on_the_unit_of_the_joints() -> None:
    records = _two_groups()
    degrees = dataclasses.replace(records, joints=np.degrees(records.joints))
    np.testing.assert_allclose(features(degrees), features(records))


def test_no_cluster_mixes_two_obvious_groups() -> None:
    labels = cluster_records(_two_groups())
    assert set(labels[:10]).isdisjoint(labels[10:])


def test_three_groups_are_found_as_three() -> None:
    middle = grasps("handle-grip", (0.2, 0.05, 0.03), 0.75, 10, seed=2)
    labels = cluster_records(GraspRecords.concatenate([_two_groups(), middle]))
    assert len(set(labels)) == FEWEST == 3
    assert all(len(set(labels[k : k + 10])) == 1 for k in (0, 10, 20))


def test_clusters_are_the_same_for_the_same_seed() -> None:
    records = grasps("twist", THIN, 0.5, 40, noise=0.3)
    np.testing.assert_array_equal(cluster_records(records), cluster_records(records))


def test_too_few_grasps_are_one_cluster() -> None:
    assert set(cluster_records(grasps("press", THIN, 0.5, 5))) == {0}


def test_equal_grasps_are_clustered_without_a_fuss() -> None:
    labels = cluster_records(grasps("press", THIN, 0.5, 20, noise=0.0))
    assert len(labels) == 20


def test_affordances_are_clustered_apart() -> None:
    alone = cluster_records(_two_groups())
    other = grasps("twist", THIN, 0.5, 3)
    together = cluster_records(GraspRecords.concatenate([other, _two_groups()]))
    np.testing.assert_array_equal(together[3:], alone)
