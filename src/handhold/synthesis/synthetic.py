"""The synthetic set: every shape is a unit of its own, so that a run can be cut anywhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from handhold.cache import content_hash
from handhold.datasets.store import About, GraspStore, WorkFolder, alone, assemble, finished
from handhold.errors import InputError
from handhold.hands import load_hand
from handhold.processes import cores, run_all
from handhold.synthesis.grasping import GraspingConfig, PairTally, grasp_shape
from handhold.synthesis.instructions import instructions
from handhold.synthesis.shapes import FAMILIES, make_shape
from handhold.synthesis.texts import Use, with_instructions

SOURCE = "handhold synthetic"
LICENCE = "Apache-2.0, made by handhold"
METHOD = "1"
"""Changes when the same settings would give other grasps."""

Job = tuple[str, int]
"""Family and number of one shape."""


class OnProgress(Protocol):
    """How long-running work reports: stage, share of it that is done, a word about it."""

    def __call__(self, stage: str, fraction: float, detail: str = "") -> None: ...


@dataclass(frozen=True)
class SyntheticConfig:
    """Size of the set.

    Attributes:
        objects, grasps: in all; there may be fewer grasps, where too few pass.
        seed: another one, another set.
        workers: processes; the result does not depend on it.
        families: categories.
    """

    objects: int = 600
    grasps: int = 12_000
    seed: int = 0
    workers: int = field(default_factory=cores)
    families: tuple[str, ...] = FAMILIES
    grasping: GraspingConfig | None = None

    @property
    def per_shape(self) -> GraspingConfig:
        """How each shape is tried."""
        if self.grasping is not None:
            return self.grasping
        return GraspingConfig(grasps=-(-self.grasps // max(self.objects, 1)))

    def with_workers(self, workers: int) -> SyntheticConfig:
        """The same set, made by so many processes."""
        return replace(self, workers=workers)

    def jobs(self) -> list[Job]:
        """Shapes, all families in turn, so that the beginning of a set is as varied as all of it.

        Numbers start at 1000 times the seed.
        """
        count = len(self.families)
        return [
            (self.families[index % count], 1000 * self.seed + index // count)
            for index in range(self.objects)
        ]

    def stamp(self) -> str:
        """Of everything that a shape's grasps depend on, save its family and number."""
        return content_hash("synthetic", METHOD, repr(self.per_shape))[:16]

    def full_stamp(self) -> str:
        """Of everything that the set depends on."""
        sizes = (self.objects, self.grasps, self.seed, *self.families)
        return content_hash(self.stamp(), *sizes)[:16]


def make_synthetic(
    folder: Path,
    config: SyntheticConfig = SyntheticConfig(),  # noqa: B008
    *,
    only: Sequence[str] = (),
    on_progress: OnProgress | None = None,
) -> GraspStore | None:
    """Make the set in `folder`; shapes that an earlier run finished are kept.

    A shape's grasps depend on its family and number only, so that it does not matter where a
    run was cut. only: make the shapes of these categories now and leave the rest for another
    run. Returns the finished set, None where shapes are left. Raises InputError where the
    folder holds a set of other settings, and for an unknown category.
    """
    _require_families((*only, *config.families))
    with alone(folder):
        store = finished(folder, config.full_stamp())
        return _make(folder, config, only, on_progress) if store is None else store


def _make(
    folder: Path, config: SyntheticConfig, only: Sequence[str], on_progress: OnProgress | None
) -> GraspStore | None:
    work = WorkFolder(folder, config.stamp())
    jobs = config.jobs()
    wanted = [job for job in jobs if not only or job[0] in only]
    left = [job for job in wanted if not work.is_done(key_of(job))]
    done = len(wanted) - len(left)
    make = partial(_make_unit, folder, config.stamp(), config.per_shape)
    for detail in run_all(make, left, config.workers):
        done += 1
        if on_progress is not None:
            on_progress("grasps", done / len(wanted), detail)
    if any(not work.is_done(key_of(job)) for job in jobs):
        return None
    finish(work, config)
    return GraspStore(folder)


def finish(work: WorkFolder, config: SyntheticConfig) -> None:
    """Put the finished shapes together: the best of each pair first, up to the number asked for."""
    keys = [key_of(job) for job in config.jobs()]
    tallies = {key: work.get(key).tally for key in keys}
    about = About(
        name="synthetic",
        source=SOURCE,
        licence=LICENCE,
        hands={"human": load_hand("human").joint_names},
        made={
            "objects": config.objects,
            "grasps": config.grasps,
            "seed": config.seed,
            "method": METHOD,
            "stamp": config.full_stamp(),
            "yields": yields(tallies),
        },
    )
    assemble(work, keys, about, choose=partial(chosen, limit=config.grasps))


def key_of(job: Job) -> str:
    """The unit's key and the start of its grasps' ids: mug-0003."""
    return f"{job[0]}-{job[1]:04d}"


def yields(tallies: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per category and affordance: shapes, seeds proposed and kept, and why the others were not.

    tallies: unit key -> {"pairs": [PairTally as a mapping]}.
    """
    rows: dict[tuple[str, str], Counter[str]] = {}
    shapes: Counter[tuple[str, str]] = Counter()
    for key, tally in tallies.items():
        category = key.rsplit("-", 1)[0]
        for affordance in {pair["affordance"] for pair in tally["pairs"]}:
            shapes[category, affordance] += 1
        for pair in tally["pairs"]:
            row = rows.setdefault((category, pair["affordance"]), Counter())
            row.update(pair["rejected"])
            row["proposed"] += pair["proposed"]
            row["kept"] += pair["kept"]
    return [
        {
            "category": category,
            "affordance": affordance,
            "shapes": shapes[category, affordance],
            "proposed": row.pop("proposed"),
            "kept": row.pop("kept"),
            "rejected": dict(sorted(row.items())),
        }
        for (category, affordance), row in sorted(rows.items())
    ]


def _require_families(names: Sequence[str]) -> None:
    unknown = next((name for name in names if name not in FAMILIES), None)
    if unknown is not None:
        raise InputError(f"There is no category '{unknown}'.", f"Known: {', '.join(FAMILIES)}.")


def chosen(grasps: pa.Table, limit: int) -> pa.Table:
    """At most `limit` grasps, with their instructions: all pairs' best, then their second, ..."""
    rows = grasps.select(["object", "part", "affordance"]).to_pylist()
    rank: Counter[tuple[str, ...]] = Counter()
    ranks = []
    for row in rows:
        pair = (row["object"], row["part"], row["affordance"])
        ranks.append(rank[pair])
        rank[pair] += 1
    first = np.sort(np.argsort(ranks, kind="stable")[:limit])
    kept = grasps.take(first)
    return with_instructions(kept, _pools(kept))


def _pools(grasps: pa.Table) -> dict[Use, tuple[str, ...]]:
    """The grammar's sentences for every use in a table."""
    rows = grasps.select(["category", "affordance", "part"]).to_pylist()
    return {
        use: tuple(each.text for each in instructions(use.category, use.affordance, use.part))
        for use in {Use(**row) for row in rows}
    }


def _make_unit(folder: Path, stamp: str, config: GraspingConfig, job: Job) -> str:
    sample = make_shape(*job)
    found, tallies = grasp_shape(sample, config)
    tally = {"pairs": [_plain(each) for each in tallies]}
    work = WorkFolder(folder, stamp)
    count = work.put(key_of(job), [found], source=SOURCE, licence=LICENCE, tally=tally)
    return f"{key_of(job)}, {count} grasps"


def _plain(tally: PairTally) -> dict[str, Any]:
    return {**asdict(tally), "rejected": dict(tally.rejected)}
