"""Files of grasps to evaluations, for the commands that judge."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from handhold.cli import console
from handhold.errors import InputError

if TYPE_CHECKING:
    from handhold.datasets import Reading
    from handhold.evaluate import Evaluation, Profile
    from handhold.grasps import GraspGroup

SUFFIX = ".evaluation.json"


@dataclass(frozen=True)
class Sources:
    """Where hands, objects and parts come from: the options of the command line."""

    hand: str | None = None
    mesh: Path | None = None
    mesh_root: Path | None = None
    hand_mesh: Path | None = None
    unit: str | None = None
    up: str = "auto"
    parts: Path | None = None
    part: str | None = None
    limit: int | None = None
    keep_going: bool = False

    def read(self, path: Path) -> Reading:
        """The grasps of one input."""
        from handhold.datasets import read_any, read_mesh_pair
        from handhold.hands import load_hand

        if self.hand_mesh is not None and self.mesh is not None:
            reading = read_mesh_pair(
                self.hand_mesh, self.mesh, unit=self.unit, up=self.up, parts=self.parts
            )
        else:
            reading = read_any(
                path,
                hand=None if self.hand is None else load_hand(self.hand),
                mesh=self.mesh,
                mesh_root=self.mesh_root,
                parts=self.parts,
                keep_going=self.keep_going,
            )
        return replace(reading, groups=tuple(self._chosen(group) for group in reading.groups))

    def _chosen(self, group: GraspGroup) -> GraspGroup:
        if self.part is not None:
            name = group.asset.part_names[group.asset.part_index(self.part)]
            group = replace(group, part=tuple(own or name for own in group.part))
        return group if self.limit is None else group.select(range(len(group))[: self.limit])


@dataclass
class Judging:
    """Judges files by one profile, reading each once."""

    profile: Profile
    sources: Sources
    on_progress: console.OnProgress
    workers: int | None = None
    seed: int = 0
    _read: dict[Path, Reading] = field(default_factory=dict)

    def files(
        self, inputs: Sequence[Path], out: Path | None = None, *, resume: bool = False
    ) -> dict[str, Evaluation]:
        """Label -> evaluation of each input; saved under `out`, while it grows, where given.

        resume: grasps that the file there holds already are not judged again.
        """
        labels = distinct_labels(inputs)
        judged = {}
        for path, label in zip(inputs, labels, strict=True):
            target = None if out is None else out / (label.replace(os.sep, "-") + SUFFIX)
            judged[label] = self._file(path, target, resume)
        return judged

    def groups(self, path: Path) -> tuple[GraspGroup, ...]:
        """The grasps of one input."""
        return self._reading(path).groups

    def _file(self, path: Path, target: Path | None, resume: bool) -> Evaluation:
        from handhold.evaluate import (
            Skipped,
            evaluate_groups,
            load_evaluation,
            save_evaluation,
        )

        reading = self._reading(path)
        skipped = tuple(Skipped(path.name, "", text) for text in reading.skipped)

        def whole(evaluation: Evaluation) -> Evaluation:
            return replace(
                evaluation,
                source=str(path),
                skipped=(*skipped, *evaluation.skipped),
                notes=(*reading.notes, *evaluation.notes),
            )

        def keep(evaluation: Evaluation) -> None:
            if target is not None:
                save_evaluation(whole(evaluation), target)

        done = load_evaluation(target) if resume and target and target.is_file() else None
        evaluation = evaluate_groups(
            reading.groups,
            self.profile,
            seed=self.seed,
            workers=self.workers,
            on_progress=self._counter(path),
            keep_going=self.sources.keep_going,
            done=done,
            on_partial=None if target is None else keep,
        )
        keep(evaluation)
        return whole(evaluation)

    def _reading(self, path: Path) -> Reading:
        if path not in self._read:
            self.on_progress("read", 0.0, path.name)
            self._read[path] = self.sources.read(path)
        return self._read[path]

    def _counter(self, path: Path) -> Callable[[str, int, int], None]:
        def count(stage: str, n: int, of: int) -> None:
            self.on_progress(stage, n / max(of, 1), f"{path.name}: {n} of {of}")

        return count


def distinct_labels(paths: Sequence[Path]) -> list[str]:
    """A short name per path: its stem, with as many folders before it as tell it apart."""
    for depth in range(1, max(len(path.parts) for path in paths) + 1):
        labels = [os.sep.join([*path.parts[-depth:-1], path.stem]) for path in paths]
        if len(set(labels)) == len(labels):
            return labels
    twice = next(path for path in paths if paths.count(path) > 1)
    raise InputError(f"'{twice}' is given twice.", "Name every file once.")
