"""What can be set, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from handhold.errors import InputError
from handhold.pipeline import GraspSettings
from handhold.refine import FULL


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"device": "abacus"}, "auto, cpu, cuda"),
        ({"schedule": "leisurely"}, "full, fast"),
        ({"ablation": "no-hand"}, "no-refinement"),
        ({"n": 0}, "start at 1"),
        ({"seeds": 0}, "start at 1"),
        ({"seeds": -3}, "seeds -3"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_is_allowed(
    wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        GraspSettings(**wrong)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_cuda_device_is_a_mistake_and_auto_does_without() -> None:
    with pytest.raises(InputError, match="--device cpu"):
        GraspSettings(device="cuda").torch_device()
    assert GraspSettings().torch_device() == torch.device("cpu")


def test_full_is_the_papers_schedule() -> None:
    config = GraspSettings().refinement()
    assert config == FULL
    assert (config.steps_extrinsic, config.steps_all) == (700, 700)
    assert (config.rate_extrinsic, config.rate_all) == (0.005, 0.001)


def test_ablations_change_what_their_names_say() -> None:
    assert GraspSettings(ablation="no-refinement").refinement() is None
    single = GraspSettings(ablation="one-stage").refinement()
    assert single is not None
    assert (single.steps_extrinsic, single.steps_all) == (0, 1400)
    blind = GraspSettings(ablation="no-prior-terms").refinement()
    assert blind is not None
    assert (blind.weights.contact, blind.weights.cmap, blind.weights.pose) == (0, 0, 0)
    assert blind.weights.close > 0
    printed = GraspSettings(ablation="literal").refinement()
    assert printed is not None
    assert printed.weights.literal_pen > 0
    assert (printed.weights.pen, printed.weights.reveren) == (0, 0)
    for where_only in ("network-only", "rules-only"):
        assert GraspSettings(ablation=where_only).refinement() == FULL
