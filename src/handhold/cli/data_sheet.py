"""Grasps of a data set on a page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from handhold.datasets.record import GraspRecord
from handhold.datasets.store import GraspStore, Where, table_records
from handhold.errors import InputError
from handhold.hands import Hand, load_hand
from handhold.render import SheetGrasp, grasp_sheet, write_png
from handhold.spatial import quaternion_to_matrix


def sheet(store: GraspStore, where: Where, count: int, seed: int, path: Path) -> tuple[int, int]:
    """Draw `count` of the chosen grasps; returns how many were drawn, and of how many."""
    table = store.table(where=where)
    if not len(table):
        raise InputError(f"No grasp of '{store.folder}' is like that.", "Ask for fewer things.")
    rows = np.sort(np.random.default_rng(seed).permutation(len(table))[:count])
    records = table_records(table.take(rows))
    hands = {name: load_hand(name) for name in {record.hand for record in records}}
    grasps = [_drawn(store, record, hands[record.hand]) for record in records]
    write_png(grasp_sheet(grasps), path)
    return len(records), len(table)


def _drawn(store: GraspStore, record: GraspRecord, hand: Hand) -> SheetGrasp:
    asset = store.object(record.object)
    known = record.part in asset.part_names
    contact = asset.face_parts == (asset.part_index(record.part) if known else -1)
    rotation = quaternion_to_matrix(torch.from_numpy(record.quaternion.copy()))
    posed = hand.pose(
        torch.from_numpy(record.translation.copy()).float()[None],
        rotation.float()[None],
        torch.from_numpy(record.joints.copy()).float()[None],
    )
    words = record.instructions[0] if record.instructions else record.entry
    task = record.affordance or record.source_affordance or "grasp"
    return SheetGrasp(
        object_mesh=asset.mesh,
        contact_faces=contact,
        hand_vertices=posed.vertices[0].double().numpy(),
        hand_faces=hand.faces.numpy(),
        title=f"{task}: {record.category} {record.part}",
        caption=words,
    )
