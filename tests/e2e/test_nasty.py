"""Every broken, odd or empty file of the development data ends in a coarse grasp or one line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from handhold.errors import HandholdError, InputError
from handhold.objects import load_object
from handhold.pipeline import Grasper, GraspSettings

DATA = os.environ.get("HANDHOLD_DEV_DATA")
ROOT = Path(DATA or ".") / "objects" / "nasty"
FILES = sorted(path for path in ROOT.rglob("*") if path.is_file())
ONE_COARSE = GraspSettings(n=1, seeds=1, ablation="no-refinement", device="cpu")


def _grasped(path: Path) -> bool:
    """Whether a grasp came out; what goes wrong must be said in one line."""
    for unit in (None, "cm", "mm"):
        try:
            asset = load_object(path, unit=unit, decompose=False)
            result = Grasper(asset).ask("point at it", ONE_COARSE, affordance="point")
        except HandholdError as error:
            assert "\n" not in str(error) and str(error).strip(), path
            if not isinstance(error, InputError) or "--unit" not in str(error):
                return False
            continue
        assert len(result.batch) == 1, path
        assert np.isfinite(result.batch.translation).all(), path
        assert result.batch.acceptable[0] or result.batch.reason[0], path
        return True
    return False


@pytest.mark.skipif(not DATA, reason="HANDHOLD_DEV_DATA is not set")
@pytest.mark.parametrize("part", range(4))
def test_each_ends_in_a_grasp_or_in_one_line(part: int) -> None:
    mine = FILES[part::4]
    assert len(mine) > 10
    assert sum(_grasped(path) for path in mine) > len(mine) // 3
