"""A batch of grasps with awkward numbers."""

from __future__ import annotations

import pytest
from grasp_batches import make_batch

from handhold.grasps import GraspBatch


@pytest.fixture
def batch() -> GraspBatch:
    return make_batch()
