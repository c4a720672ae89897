"""One benchmark case: run the pipeline, judge what it returned, keep the result on disk."""

from __future__ import annotations

import time
import traceback
from dataclasses import asdict
from pathlib import Path

import numpy as np
from devdata import Case, load_case
from pictures import first_grasp
from results import CaseResult, read_result, write_result

from handhold.errors import HandholdError
from handhold.evaluate import (
    Judgement,
    PosedHands,
    Thresholds,
    judge,
    posed_hands,
    write_text,
)
from handhold.grasps import GraspBatch
from handhold.hands import load_hand
from handhold.objects import ObjectAsset
from handhold.pipeline import GraspSettings, grasp_object, write_outputs

MODES = ("given", "sentence", "whole")
BEST = "best.png"


def run_or_reuse(
    root: Path, case: Case, mode: str, settings: GraspSettings, folder: Path
) -> tuple[CaseResult, bool]:
    """The result of a case in `folder`, and whether it was there already.

    A stored result counts only if it was made with the same settings.
    """
    stored = read_result(folder, asdict(settings))
    if stored is not None:
        return stored, True
    result = _run(root, case, mode, settings, folder)
    write_result(folder, result, asdict(settings))
    return result, False


def posed(batch: GraspBatch) -> PosedHands:
    """The hands of a batch in the object's frame, from its poses alone."""
    translation, rotation = batch.to_object_frame()
    return posed_hands(load_hand(batch.hand), translation, rotation, np.asarray(batch.joints))


def judged(asset: ObjectAsset, part: str, hands: PosedHands) -> Judgement:
    """Judge hands anew against `part` ("" for a whole object)."""
    index = asset.part_index(part) if part else 0
    face_parts = asset.face_parts if part else np.zeros(len(asset.mesh.faces), dtype=np.int64)
    return judge(asset.mesh, face_parts, index, hands, has_solid=asset.has_solid)


def _run(root: Path, case: Case, mode: str, settings: GraspSettings, folder: Path) -> CaseResult:
    known = {
        "case": case.id,
        "mode": mode,
        "source": case.source,
        "instruction": case.instruction,
        "affordance": case.affordance,
        "part": case.part,
    }
    start = time.perf_counter()
    try:
        asset = load_case(root, case)
        result = grasp_object(
            asset,
            case.instruction,
            settings=settings,
            affordance=None if mode == "sentence" else case.affordance,
            part=case.part if mode == "given" else None,
        )
        seconds = time.perf_counter() - start
        write_outputs(result, folder)
        batch = result.batch
        hands = posed(batch)
        understood = (batch.affordance[0], batch.part[0]) if len(batch) else ("", "")
        grasps = _grasp_columns(judged(asset, case.part, hands), batch, bool(case.part))
        if len(batch):
            target = result.asset.face_parts == result.contact_part.index
            first_grasp(asset.mesh, target, hands, folder / BEST)
        return CaseResult(**known, understood=understood, grasps=grasps, seconds=seconds)
    except HandholdError as error:
        note, crashed = f"{type(error).__name__}: {error}", False
    except Exception as error:  # one broken case must not end a run of an hour
        write_text(folder / "crash.txt", traceback.format_exc())
        note, crashed = f"crash: {type(error).__name__}: {error}", True
    seconds = time.perf_counter() - start
    return CaseResult(**known, understood=("", ""), seconds=seconds, note=note, crashed=crashed)


def _grasp_columns(
    judgement: Judgement, batch: GraspBatch, has_target: bool
) -> dict[str, list[float]]:
    columns = judgement.as_arrays()
    if not has_target:
        nothing = np.full(len(batch), np.nan)
        columns |= {"part_accuracy": nothing, "contact_share_on_part": nothing}
    limit = Thresholds().skeleton_piercing_mm
    columns["bones_pierced"] = (judgement.skeleton_piercing_mm > limit).astype(float)
    columns["from_network"] = np.array([origin == "network" for origin in batch.origin], float)
    columns["acceptable"] = np.asarray(batch.acceptable, float)
    return {name: [float(x) for x in values] for name, values in columns.items()}
