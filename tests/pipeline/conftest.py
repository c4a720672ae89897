"""A flask to ask about, and a refinement that is over at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
import trimesh

from handhold.cache import ENVIRONMENT_VARIABLE
from handhold.geometry import TriMesh
from handhold.objects import ObjectAsset
from handhold.pipeline import settings
from handhold.refine import FAST


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    """Few steps, one thread, nothing left on disk."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, "off")
        hasty = replace(FAST, steps_extrinsic=3, steps_all=4)
        patch.setitem(settings.SCHEDULES, "fast", hasty)
        yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def flask() -> ObjectAsset:
    """A cylinder of 6 cm across with a lid beside its axis, metres, z up."""
    body = trimesh.creation.cylinder(0.03, 0.1, sections=24)
    lid = trimesh.creation.cylinder(0.018, 0.02, sections=24)
    lid.apply_translation([0.004, 0.002, 0.0605])
    parts = [("body", TriMesh.from_trimesh(body)), ("lid", TriMesh.from_trimesh(lid))]
    return ObjectAsset.from_parts("flask", parts)
