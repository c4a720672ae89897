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
_COMMON_STEM = "grasps"  # every run of `handhold grasp` writes this name: the folder tells more


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

    def check(self) -> None:
        """InputError for options that nothing would read."""
        if self.hand_mesh is None and (self.unit is not None or self.up != "auto"):
            raise InputError(
                "--unit and --up are for --hand-mesh: files of grasps say their own.",
                "Leave them out.",
            )
        if self.hand_mesh is not None and (self.hand is not None or self.mesh_root is not None):
            raise InputError(
                "--hand-mesh needs neither --hand nor --mesh-root.", "Give it with --mesh alone."
            )

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
                mesh_root=self._mesh_root(path),
                parts=self.parts,
                keep_going=self.keep_going,
            )
        return replace(reading, groups=tuple(self._chosen(group) for group in reading.groups))

    def _mesh_root(self, path: Path) -> Path | None:
        """--mesh-root as given, or else inside the input's own folder."""
        if self.mesh_root is None:
            return None
        home = path if path.is_dir() else path.parent
        for folder in (self.mesh_root, home / self.mesh_root):
            if folder.is_dir():
                return folder
        raise InputError(
            f"There is no folder '{self.mesh_root}', nor one in '{home}'.",
            "Give the folder of the meshes with --mesh-root.",
        )

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
        targets = _targets(inputs, labels, out)
        earlier = [_earlier(path, target, resume) for path, target in targets.items()]
        return {
            label: self._file(path, targets[path], done)
            for label, path, done in zip(labels, inputs, earlier, strict=True)
        }

    def groups(self, path: Path) -> tuple[GraspGroup, ...]:
        """The grasps of one input."""
        return self._reading(path).groups

    def _file(self, path: Path, target: Path | None, done: Evaluation | None) -> Evaluation:
        from handhold.evaluate import Skipped, evaluate_groups, save_evaluation

        reading = self._reading(path)
        if done is not None and len(done) > len(reading):
            raise InputError(
                f"'{target}' holds {len(done)} grasps, {len(reading)} are to be judged.",
                "Leave --limit as it was, or choose another --out.",
            )
        skipped = tuple(Skipped(path.name, "", text) for text in reading.skipped)

        def whole(evaluation: Evaluation) -> Evaluation:
            return replace(
                evaluation,
                source=str(path),
                skipped=(*skipped, *evaluation.skipped),
                notes=tuple(dict.fromkeys((*reading.notes, *evaluation.notes))),
            )

        def keep(evaluation: Evaluation) -> None:
            if target is not None:
                save_evaluation(whole(evaluation), target)

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
    """A short name per path: its stem, with as many folders before it as tell it apart.

    Where only the suffix tells two apart, it stays. Raises InputError for a path given twice.
    """
    first = 2 if any(path.stem == _COMMON_STEM for path in paths) else 1
    most = max(len(path.parts) for path in paths)
    for name in ("stem", "name"):
        for depth in range(min(first, most), most + 1):
            labels = [os.sep.join([*path.parts[-depth:-1], getattr(path, name)]) for path in paths]
            if len(set(labels)) == len(labels):
                return labels
    twice = next(path for path in paths if list(paths).count(path) > 1)
    raise InputError(f"'{twice}' is given twice.", "Name every file once.")


def _targets(
    inputs: Sequence[Path], labels: Sequence[str], out: Path | None
) -> dict[Path, Path | None]:
    """The file of each input's evaluation."""
    if out is None:
        return dict.fromkeys(inputs)
    names = [label.strip(os.sep).replace(os.sep, "-") + SUFFIX for label in labels]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(
            f"Two inputs would be written to '{out / twice}'.", "Rename one, or judge them apart."
        )
    return {path: out / name for path, name in zip(inputs, names, strict=True)}


def _earlier(path: Path, target: Path | None, resume: bool) -> Evaluation | None:
    """What `target` holds, to be resumed; InputError where that is of another input."""
    from handhold.evaluate import load_evaluation

    if target is None or not target.is_file():
        return None
    try:
        found = load_evaluation(target)
    except InputError:
        if resume:
            raise
        return None  # a broken file may be replaced
    if Path(found.source).absolute() != path.absolute():
        raise InputError(
            f"'{target}' holds the evaluation of '{found.source}'.", "Choose another --out."
        )
    return found if resume else None
