"""Judging groups of grasps by a profile."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from handhold.errors import InputError
from handhold.evaluate.columns import Columns
from handhold.evaluate.evaluation import Evaluation, GraspRow, ObjectRecord, Skipped
from handhold.evaluate.geometry import geometry_columns
from handhold.evaluate.hands import PosedHands, posed_hands, rigid_hand
from handhold.evaluate.identity import hash_of_grasp, hash_of_hand
from handhold.evaluate.profiles import Profile
from handhold.evaluate.profiles import profile as find_profile
from handhold.evaluate.sets import CLIPPED, PoseSet
from handhold.evaluate.simulate import physics_columns
from handhold.evaluate.validity import faults, require_some
from handhold.grasps import GraspGroup

RIGID_HAND = "rigid mesh"
_AT_ONCE = 64  # ours: grasps judged between two saves

OnProgress = Callable[[str, int, int], None]
OnPartial = Callable[[Evaluation], None]


def evaluate_groups(
    groups: Sequence[GraspGroup],
    profile: Profile | str,
    *,
    seed: int = 0,
    workers: int | None = None,
    on_progress: OnProgress | None = None,
    keep_going: bool = False,
    done: Evaluation | None = None,
    on_partial: OnPartial | None = None,
) -> Evaluation:
    """Judge the grasps of one hand on several objects by one profile.

    seed: of the points sampled on the objects. workers: threads of the physics (all cores
    if None). on_progress(stage, n, of) counts grasps of "geometry" and trials of each protocol.
    done: what an earlier run with the same profile and seed found; grasps in it that are the same
    to the bit are not judged again. on_partial gets all that is known after every 64 grasps, so
    that it can be saved: the grasps reached so far, then those still to come that `done` holds,
    which metrics of the set leave out. The result holds the grasps of this run only; metrics of
    the set are over all of them together.

    Raises InputError for no grasps, several hands, or a grasp that cannot be judged (nan, joints
    outside limits, unknown part, a hand without an inside), naming the entry; with keep_going
    those are listed in `skipped` and the others judged.
    """
    chosen = find_profile(profile) if isinstance(profile, str) else profile
    run = _Run(groups, chosen, seed, workers, on_progress, keep_going, on_partial)
    run.recall(done)
    for number in range(len(groups)):
        run.judge(number)
    return run.finish()


@dataclass
class _Run:
    """One evaluation under way.

    known: rows by hash; earlier: objects of the earlier run by hash; waiting: rows of the earlier
    run that this one has not reached, by group and entry.
    """

    groups: Sequence[GraspGroup]
    profile: Profile
    seed: int
    workers: int | None
    on_progress: OnProgress | None
    keep_going: bool
    on_partial: OnPartial | None
    settings: dict[str, object] = field(init=False)
    known: dict[str, GraspRow] = field(default_factory=dict)
    earlier: dict[str, ObjectRecord] = field(default_factory=dict)
    waiting: dict[tuple[int, str], GraspRow] = field(default_factory=dict)
    rows: list[GraspRow] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    objects: dict[str, ObjectRecord] = field(default_factory=dict)
    object_poses: dict[str, PoseSet] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    decomposed: dict[str, float] = field(default_factory=dict)
    poses: PoseSet = field(init=False)
    names: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        if not self.groups:
            raise InputError("There are no grasps to judge.", "Give at least one file of grasps.")
        for group in self.groups:
            require_some(group)
        hands = sorted({_hand_name(group) for group in self.groups})
        if len(hands) > 1:
            raise InputError(
                f"These are grasps of several hands: {', '.join(hands)}.", "Judge one at a time."
            )
        self.settings = self.profile.settings()
        self.poses = PoseSet(self.groups[0].hand, self.profile)
        self.names = _object_names(self.groups)

    def recall(self, done: Evaluation | None) -> None:
        """Keep the rows of an earlier run; it must have measured the same."""
        if done is None:
            return
        if done.settings != self.settings or done.seed != self.seed:
            raise InputError(
                f"The earlier evaluation used {done.profile} with other settings or another seed.",
                "Give the same --profile and --seed, or start anew without --resume.",
            )
        self.known = {row.hash: row for row in done.rows}
        self.earlier = {record.hash: record for record in done.objects}
        self.notes |= dict.fromkeys(note for note in done.notes if CLIPPED not in note)
        for number, group in enumerate(self.groups):
            hand_hash = hash_of_hand(group.hand)
            for row in range(len(group)):
                if found := self.known.get(hash_of_grasp(group, row, hand_hash)):
                    self.waiting[number, group.entry[row]] = self._renamed(found, group, row)

    def judge(self, number: int) -> None:
        """Add the rows of one group."""
        group = self.groups[number]
        sound = self._sound_rows(group)
        key = group.asset.content_hash
        record = self._record(group)
        own = self.object_poses.setdefault(key, PoseSet(group.hand, self.profile))
        hand_hash = hash_of_hand(group.hand)
        for start in range(0, len(sound), _AT_ONCE):
            part = group.select(sound[start : start + _AT_ONCE])
            hashes = [hash_of_grasp(part, row, hand_hash) for row in range(len(part))]
            new = [row for row, mark in enumerate(hashes) if mark not in self.known]
            if new:
                record = self._measure(part.select(new), [hashes[row] for row in new], record)
            kept = [row for row, mark in enumerate(hashes) if mark in self.known]
            self.rows += [self._renamed(self.known[hashes[row]], part, row) for row in kept]
            for entry in part.entry:
                self.waiting.pop((number, entry), None)
            for poses in (own, self.poses):
                poses.add(part.select(kept))
            self.objects[key] = replace(record, sets=own.metrics()[0])
            self._tell("geometry", len(self.rows))
            if self.on_partial is not None:
                self.on_partial(self.evaluation(partial=True))

    def finish(self) -> Evaluation:
        """The result; InputError where no grasp could be judged."""
        if not self.rows:
            first = self.skipped[0]
            count = len(self.skipped)
            what = f"None of the {count} grasps" if count > 1 else "The only grasp"
            which = f"The first one: {first.reason}" if count > 1 else first.reason
            how = "could be judged" if count > 1 else "could not be judged"
            raise InputError(f"{what} {how}.", which)
        return self.evaluation()

    def evaluation(self, *, partial: bool = False) -> Evaluation:
        """The grasps judged so far; partial: then those that an earlier run has judged."""
        sets, reasons = self.poses.metrics()
        rows, objects = list(self.rows), dict(self.objects)
        if partial:
            rows += self.waiting.values()
            for number, _ in self.waiting:
                group = self.groups[number]
                objects.setdefault(group.asset.content_hash, self._record(group))
        return Evaluation(
            profile=self.profile.name,
            settings=self.settings,
            seed=self.seed,
            hand=_hand_name(self.groups[0]),
            source=", ".join(dict.fromkeys(group.source for group in self.groups)),
            objects=tuple(objects.values()),
            rows=tuple(rows),
            sets=sets,
            set_reasons=reasons,
            skipped=tuple(self.skipped),
            notes=(*self.notes, *self.poses.notes()),
            seconds=self.seconds | {"decomposition": float(sum(self.decomposed.values()))},
        )

    def _record(self, group: GraspGroup) -> ObjectRecord:
        """What is known of the group's object."""
        key = group.asset.content_hash
        if key in self.objects:
            return self.objects[key]
        record = ObjectRecord(self.names[key], key, group.asset.file, _object_notes(group))
        known = self.earlier.get(key)
        if known is None:
            return record
        return replace(record, overhang_mm=known.overhang_mm, sets=known.sets)

    def _renamed(self, found: GraspRow, group: GraspGroup, row: int) -> GraspRow:
        """A known row under the names that this run has for grasp and object."""
        name = self.names[group.asset.content_hash]
        return replace(found, entry=group.entry[row], object=name)

    def _sound_rows(self, group: GraspGroup) -> list[int]:
        found = faults(group, self.profile)
        for row, error in found.items():
            if not self.keep_going:
                raise error
            self._skip(group, row, error)
        return [row for row in range(len(group)) if row not in found]

    def _skip(self, group: GraspGroup, row: int, error: InputError) -> None:
        self.skipped.append(
            Skipped(group.entry[row], self.names[group.asset.content_hash], error.message)
        )

    def _measure(self, group: GraspGroup, hashes: list[str], record: ObjectRecord) -> ObjectRecord:
        """Judge grasps and remember their rows under their hashes; `record`, with what their
        physics said of the object."""
        began = time.perf_counter()
        measured: list[int] = []
        columns: list[tuple[dict[str, float], dict[str, str]]] = []
        for rows, hands in self._posed(group):
            found = self._geometry(group, rows, hands)
            measured += rows
            columns += [found.row(index) for index in range(len(rows))]
        self._count("geometry", time.perf_counter() - began)
        if self.profile.physics and measured:
            trials = physics_columns(
                group.select(measured), self.profile, workers=self.workers, tell=self.on_progress
            )
            for index in range(len(measured)):
                metrics, reasons = trials.columns.row(index)
                columns[index][0].update(metrics)
                columns[index][1].update(reasons)
            self.notes |= dict.fromkeys(trials.notes)
            known = self.decomposed.get(record.hash, 0.0)
            self.decomposed[record.hash] = max(known, trials.decomposition_seconds)
            for stage, seconds in trials.seconds.items():
                self._count(stage, seconds)
            record = replace(record, overhang_mm={**record.overhang_mm, **trials.overhang_mm})
        for row, (metrics, reasons) in zip(measured, columns, strict=True):
            self.known[hashes[row]] = GraspRow(
                entry=group.entry[row],
                object=record.name,
                part=group.part[row] or "",
                affordance=group.affordance[row],
                hash=hashes[row],
                metrics={name: metrics[name] for name in self.profile.grasp_metrics},
                reasons=reasons,
            )
        return record

    def _geometry(self, group: GraspGroup, rows: list[int], hands: PosedHands) -> Columns:
        names = [group.part[row] for row in rows]
        target = [-1 if name is None else group.asset.part_index(name) for name in names]
        avoid = [np.isin(group.asset.part_names, group.avoid[row]) for row in rows]
        return geometry_columns(
            group.asset,
            hands,
            np.array(target, dtype=np.int64),
            self.profile,
            avoid=np.array(avoid, dtype=bool).reshape(len(rows), -1),
            seed=self.seed,
        )

    def _posed(self, group: GraspGroup) -> Iterator[tuple[list[int], PosedHands]]:
        """Rows and their hands; rigid meshes one by one, for each has its own faces."""
        if group.hand is not None and group.poses is not None:
            poses = group.poses
            hands = posed_hands(group.hand, poses.translation, poses.rotation, poses.joints)
            yield list(range(len(group))), hands
            return
        for row, skin in enumerate(group.skins):
            try:
                yield [row], rigid_hand(skin)
            except InputError as error:
                named = InputError(f"{group.entry[row]}: {error.message}", error.advice)
                if not self.keep_going:
                    raise named from error
                self._skip(group, row, named)

    def _count(self, stage: str, seconds: float) -> None:
        self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def _tell(self, stage: str, n: int) -> None:
        if self.on_progress is not None:
            self.on_progress(stage, n, sum(len(group) for group in self.groups))


def _hand_name(group: GraspGroup) -> str:
    return RIGID_HAND if group.hand is None else group.hand.name


def _object_names(groups: Sequence[GraspGroup]) -> dict[str, str]:
    """Content hash -> name; objects of one name (at several scales) also get their size."""
    assets = {group.asset.content_hash: group.asset for group in groups}
    count = Counter(asset.name for asset in assets.values())
    names = {}
    for key, asset in assets.items():
        size = 100.0 * float(asset.mesh.extents.max())
        names[key] = asset.name if count[asset.name] == 1 else f"{asset.name} ({size:.1f} cm)"
    return names


def _object_notes(group: GraspGroup) -> tuple[str, ...]:
    asset = group.asset
    if asset.parts_provisional and any(part is not None for part in group.part):
        return (*asset.notes, "its parts come from an automatic decomposition")
    return asset.notes
