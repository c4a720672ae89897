"""grasps.json says which parts the hands were to keep off, where there are some."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from handhold.errors import InputError
from handhold.grasps import GraspBatch, load_grasps
from handhold.hands import load_hand
from handhold.objects import UserFrame


def batch(*avoid: str) -> GraspBatch:
    names = load_hand("human").joint_names
    return GraspBatch(
        hand="human",
        joint_names=names,
        frame=UserFrame(),
        object_file="mug.obj",
        object_name="mug",
        object_hash="0",
        instruction="hold it",
        translation=np.zeros((1, 3)),
        quaternion=np.array([[1.0, 0, 0, 0]]),
        joints=np.zeros((1, len(names))),
        affordance=("handle-grip",),
        part=("handle",),
        prior_cluster=("hook",),
        origin=("rule",),
        acceptable=np.array([True]),
        reason=("",),
        result_code=("converged",),
        avoid=avoid,
    )


def test_parts_to_be_avoided_are_read_back(tmp_path: Path) -> None:
    whole = batch("rim", "lid")
    assert load_grasps(whole.save(tmp_path / "grasps.json")).equals(whole)
    assert whole.select([0]).avoid == ("rim", "lid")


def test_a_file_without_any_is_as_it_always_was(tmp_path: Path) -> None:
    path = batch().save(tmp_path / "grasps.json")
    assert "avoid" not in json.loads(path.read_text())
    assert load_grasps(path).avoid == ()


@pytest.mark.parametrize("wrong", ["lid", [1], {"lid": True}, None])
def test_anything_but_names_is_refused(tmp_path: Path, wrong: object) -> None:
    path = batch("lid").save(tmp_path / "grasps.json")
    document = json.loads(path.read_text()) | {"avoid": wrong}
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="avoid"):
        load_grasps(path)
