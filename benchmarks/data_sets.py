"""Data sets: how fast they load and feed training, and whether the synthetic grasps hold.

python benchmarks/data_sets.py yields data/synthetic
python benchmarks/data_sets.py loading data/synthetic
python benchmarks/data_sets.py holding data/synthetic --grasps 200
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import torch
from performance_tables import table as markdown

from handhold.datasets.store import GraspStore, Where, joint_column, pose_columns, table_records
from handhold.grasps import AFFORDANCES, GraspGroup, HandPoses
from handhold.hands import load_hand
from handhold.models import cvae_preset
from handhold.physics import protocol, run_trials
from handhold.priors import load_library
from handhold.spatial import quaternion_to_matrix
from handhold.synthesis import learning_set
from handhold.train import BatchSource, training_set

BATCHES, BATCH = 1000, 64
Made = TypeVar("Made")


def yields(folder: Path) -> str:
    """What became of all seeds by category and by affordance."""
    store = GraspStore(folder)
    rows = cast(list[dict[str, Any]], store.manifest.made["yields"])
    shapes = Counter(info.category for info in store.objects.values())
    head = ("", "role", "shapes", "seeds", "kept", "%", "why the others were not")
    table = [
        _yield_row(name, "seen" if name in store.manifest.seen else "unseen", str(shapes[name]),
                   [row for row in rows if row["category"] == name])
        for name in (*store.manifest.seen, *store.manifest.unseen)
    ]  # fmt: skip
    for affordance in AFFORDANCES:
        mine = [row for row in rows if row["affordance"] == affordance]
        table.append(_yield_row(affordance, "", str(sum(row["shapes"] for row in mine)), mine))
    table.append(_yield_row("all", "", str(sum(shapes.values())), rows))
    return markdown(head, table)


def _yield_row(name: str, role: str, shapes: str, rows: list[dict[str, Any]]) -> tuple[str, ...]:
    rejected: Counter[str] = Counter()
    for row in rows:
        rejected.update(row["rejected"])
    proposed, kept = (sum(row[key] for row in rows) for key in ("proposed", "kept"))
    why = ", ".join(f"{reason} {count}" for reason, count in rejected.most_common(6))
    share = f"{100 * kept / max(proposed, 1):.0f}"
    return name, role, shapes, str(proposed), str(kept), share, why


def loading(folder: Path) -> str:
    """Seconds to open, to read every record, to prepare a training set, and to draw batches."""
    rows: list[tuple[str, float, str]] = []

    def timed(what: str, work: Callable[[], Made], note: Callable[[Made], str]) -> Made:
        began = time.perf_counter()
        made = work()
        rows.append((what, time.perf_counter() - began, note(made)))
        return made

    store = timed("open", lambda: GraspStore(folder), lambda s: f"{len(s)} grasps")
    timed("poses, angles and sentences as columns", lambda: _columns(store), str)
    timed("every record", lambda: sum(1 for _ in store.records()), lambda n: f"{n} records")
    timed(
        "records of mugs held by the handle",
        lambda: list(store.records(Where(category=("mug",), affordance=("handle-grip",)))),
        lambda found: f"{len(found)} records",
    )
    learned = timed("grasps to learn from", lambda: learning_set(store), str)
    source = timed("training set", lambda: _source(learned), lambda s: f"{len(s)} grasps")
    timed(
        f"{BATCHES} random batches of {BATCH}, turned at random",
        lambda: _draw(source),
        lambda seconds: f"{60 * BATCHES / seconds:.0f} a minute",
    )
    return markdown(("step", "s", "what"), [(w, f"{s:.2f}", n) for w, s, n in rows])


def _columns(store: GraspStore) -> str:
    table = store.table(("translation", "quaternion", "joints", "instructions"))
    translation, _ = pose_columns(table)
    return f"{len(translation)} x {joint_column(table).shape[1]} angles"


def _source(learned: object) -> BatchSource:
    library, hand = load_library(), load_hand("human")
    examples = training_set(learned, library, hand)  # type: ignore[arg-type]
    return BatchSource(
        examples,
        cvae_preset("small", len(examples.cluster_ids)),
        cloud_variants=4,
        tilt_degrees=10.0,
        generator=torch.Generator().manual_seed(0),
    )


def _draw(source: BatchSource) -> float:
    generator = torch.Generator().manual_seed(1)
    began = time.perf_counter()
    for _ in range(BATCHES):
        source.draw(torch.randint(len(source), (BATCH,), generator=generator), generator)
    return time.perf_counter() - began


def holding(folder: Path, count: int) -> str:
    """How many kept grasps pass six-axis/1, on the whole object, by affordance."""
    store = GraspStore(folder)
    affordances = ("handle-grip", "wrap-around-grip", "trigger-squeeze", "base-support")
    table = store.table(where=Where(affordance=affordances))
    chosen = np.sort(np.random.default_rng(0).permutation(len(table))[:count])
    found: dict[str, list[float]] = {}
    for record in table_records(table.take(chosen)):
        rotation = quaternion_to_matrix(torch.from_numpy(record.quaternion.copy()))[None].numpy()
        group = GraspGroup(
            asset=store.object(record.object),
            hand=load_hand("human"),
            poses=HandPoses(record.translation[None], rotation, record.joints[None]),
            entry=(record.id,),
            source=record.source,
            affordance=(record.affordance,),
        )
        result = run_trials(group, protocol("six-axis/1"), only_success=True)
        found.setdefault(record.affordance, []).append(float(result.success[0] == 1.0))
    rows = [(name, str(len(v)), f"{100 * np.mean(v):.0f}") for name, v in sorted(found.items())]
    everything = [value for values in found.values() for value in values]
    rows.append(("all", str(len(everything)), f"{100 * np.mean(everything):.0f}"))
    return markdown(("affordance", "grasps", "hold in six-axis/1, %"), rows)


def main() -> None:
    """Print one of the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("yields", "loading", "holding"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--grasps", type=int, default=200, help="tried by `holding`")
    arguments = parser.parse_args()
    torch.set_num_threads(os.cpu_count() or 1)
    if arguments.what == "yields":
        print(yields(arguments.data))
    elif arguments.what == "loading":
        print(loading(arguments.data))
    else:
        print(holding(arguments.data, arguments.grasps))


if __name__ == "__main__":
    main()
