"""The sentences of a data set: what they are now, and writing them anew."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from handhold.datasets.store import GraspStore
from handhold.datasets.store.assemble import write_parquet
from handhold.language import ChatConfig
from handhold.synthesis.instructions import InstructionSet, make_instructions, part_picture

SENTENCES = 6
"""Instructions per grasp, drawn from those of its category, affordance and part (ours)."""


@dataclass(frozen=True, order=True)
class Use:
    """What a sentence is about."""

    category: str
    affordance: str
    part: str


def uses(store: GraspStore) -> Mapping[Use, str]:
    """The uses in a data set that have an affordance and a part, each with one of its objects."""
    columns = ("category", "affordance", "part", "object")
    found: dict[Use, str] = {}
    for row in store.table(columns).to_pylist():
        if row["affordance"] and row["part"]:
            use = Use(row["category"], row["affordance"], row["part"])
            found.setdefault(use, row["object"])
    return dict(sorted(found.items()))


def sentences(store: GraspStore) -> Mapping[Use, tuple[str, ...]]:
    """All different sentences that the grasps of each use carry."""
    columns = ("category", "affordance", "part", "instructions")
    found: dict[Use, dict[str, None]] = {}
    for row in store.table(columns).to_pylist():
        use = Use(row["category"], row["affordance"], row["part"])
        found.setdefault(use, {}).update(dict.fromkeys(row["instructions"]))
    return {use: tuple(texts) for use, texts in sorted(found.items())}


def rewrite_instructions(
    store: GraspStore, *, on_progress: Callable[[str, float, str], None] | None = None
) -> Mapping[Use, InstructionSet]:
    """Make the sentences of every use anew and write them into the shards.

    By the language model that the environment configures, which sees the object with the part in
    green; where there is none or it fails, by the grammar (see `make_instructions`). Answers are
    cached, so that a broken-off run asks nothing twice; a shard is replaced as a whole.
    """
    made: dict[Use, InstructionSet] = {}
    wanted, seeing = uses(store), ChatConfig.from_environment() is not None
    for number, (use, digest) in enumerate(wanted.items()):
        picture = part_picture(store.object(digest), use.part) if seeing else None
        made[use] = make_instructions(use.category, use.affordance, use.part, picture)
        if on_progress is not None:
            on_progress("sentences", (number + 1) / len(wanted), f"{made[use].source}")
    pools = {use: tuple(each.text for each in one.instructions) for use, one in made.items()}
    for shard in store.manifest.shards:
        table = pq.read_table(store.folder / shard.file)
        write_parquet(
            store.folder / shard.file, with_instructions(table, pools), store.manifest.hands
        )
    return made


def with_instructions(grasps: pa.Table, pools: Mapping[Use, tuple[str, ...]]) -> pa.Table:
    """The same grasps, each with SENTENCES of its use's; others keep what they have."""
    columns = ("id", "category", "affordance", "part", "instructions")
    texts = []
    for row in grasps.select(columns).to_pylist():
        pool = pools.get(Use(row["category"], row["affordance"], row["part"]))
        texts.append(row["instructions"] if pool is None else draw(row["id"], pool))
    place = grasps.schema.get_field_index("instructions")
    kind = grasps.schema.field("instructions")
    return grasps.set_column(place, kind, pa.array(texts, kind.type))


def draw(name: str, pool: tuple[str, ...]) -> list[str]:
    """SENTENCES of a pool, the same for the same name of a grasp, in the order of the pool."""
    order = np.random.default_rng(zlib.crc32(name.encode())).permutation(len(pool))
    return [pool[index] for index in sorted(order[:SENTENCES].tolist())]
