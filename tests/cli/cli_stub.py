"""A pipeline that answers at once, in the place of the real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from handhold.grasps import GraspBatch
from handhold.grounding import ContactPart
from handhold.hands import load_hand
from handhold.language import LexiconReader, Understanding

JOINT_NAMES = load_hand("human").joint_names


@dataclass(frozen=True)
class GraspSettings:
    n: int = 8
    seeds: int = 48
    seed: int = 0
    device: str = "auto"
    schedule: str = "full"


@dataclass(frozen=True, eq=False)
class GraspResult:
    batch: GraspBatch
    understanding: Understanding
    contact_part: ContactPart
    timings: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    shortfall: str | None = None


class Interrupted(Exception):  # noqa: N818 - the name in handhold.pipeline
    def __init__(self, result: GraspResult) -> None:
        super().__init__("interrupted")
        self.result = result


class StubPipeline(ModuleType):
    """handhold.pipeline for these tests; `calls` keeps what it was asked."""

    GraspSettings = GraspSettings
    GraspResult = GraspResult
    Interrupted = Interrupted

    def __init__(self) -> None:
        super().__init__("handhold.pipeline")
        self.calls: list[dict[str, Any]] = []
        self.reports: list[bool] = []
        self.acceptable = True
        self.interrupt = False
        self.error: BaseException | None = None

    def grasp_object(self, asset: Any, instruction: str, **asked: Any) -> GraspResult:
        self.calls.append({"asset": asset, "instruction": instruction, **asked})
        asked["on_progress"]("refine", 0.5, "half way")
        if self.error is not None:
            raise self.error
        result = self._result(asset, instruction, asked)
        if self.interrupt:
            raise Interrupted(result)
        return result

    def write_outputs(
        self, result: GraspResult, folder: Path, *, report: bool = True
    ) -> dict[str, Path]:
        self.reports.append(report)
        folder.mkdir(parents=True, exist_ok=True)
        return {"grasps": result.batch.save(folder / "grasps.json")}

    def _result(self, asset: Any, instruction: str, asked: Mapping[str, Any]) -> GraspResult:
        understanding = LexiconReader().read(
            instruction, asset.part_names, affordance=asked["affordance"], part=asked["part"]
        )
        part = understanding.part_name or asset.part_names[0]
        shortfall = None if self.acceptable else "No grasp was good enough: too deep."
        return GraspResult(
            batch=_batch(asset, understanding, asked["settings"].n, self.acceptable),
            understanding=understanding,
            contact_part=ContactPart(0, part, False, f"{part} was named."),
            timings={"refine": 0.1},
            notes=asset.notes,
            shortfall=shortfall,
        )


def _batch(asset: Any, understanding: Understanding, n: int, acceptable: bool) -> GraspBatch:
    return GraspBatch(
        hand="human",
        joint_names=JOINT_NAMES,
        frame=asset.frame,
        object_file="",
        object_name=asset.name,
        object_hash="0",
        instruction=understanding.instruction,
        translation=np.zeros((n, 3)),
        quaternion=np.tile([1.0, 0, 0, 0], (n, 1)),
        joints=np.zeros((n, len(JOINT_NAMES))),
        affordance=(understanding.affordance,) * n,
        part=("object",) * n,
        prior_cluster=("hook",) * n,
        origin=("network", *("rule",) * (n - 1)),
        acceptable=np.full(n, acceptable),
        reason=("" if acceptable else "too deep",) * n,
        result_code=("converged",) * n,
        metrics={"penetration_depth_cm": np.full(n, 0.125), "part_accuracy": np.full(n, np.nan)},
    )
