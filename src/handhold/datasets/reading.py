"""What every reader of grasps returns, and how it treats entries that cannot be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

from handhold.errors import InputError
from handhold.grasps.group import GraspGroup


class NothingLeftError(InputError):
    """Every entry was left out. `skipped`: why each; a single reason is said unchanged."""

    def __init__(self, what: str, skipped: Sequence[str]) -> None:
        self.skipped = tuple(skipped)
        if len(skipped) == 1:
            super().__init__(skipped[0])
        else:
            super().__init__(
                f"None of the grasps of '{what}' can be read ({len(skipped)} problems).",
                f"The first: {skipped[0]}",
            )


@dataclass(frozen=True, eq=False)
class Reading:
    """The grasps of one or more files: a group per object and scale.

    skipped: one sentence per entry that was left out (only with `keep_going`); notes: what was
    assumed or looks odd, one sentence each.
    """

    groups: tuple[GraspGroup, ...]
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Number of grasps."""
        return sum(len(group) for group in self.groups)


@dataclass
class Gathering:
    """A reading in the making: bad entries are raised or, with `keep_going`, listed."""

    keep_going: bool = False
    groups: list[GraspGroup] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, entry: str, problem: str, advice: str = "") -> None:
        """Raise InputError that names the entry, or list it as skipped."""
        with self.entry(entry):
            raise InputError(f"{problem}.", advice)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """With `keep_going`, an InputError inside is listed and passed over."""
        try:
            yield
        except InputError as error:
            if not self.keep_going:
                raise
            self.skipped += error.skipped if isinstance(error, NothingLeftError) else [str(error)]

    @contextmanager
    def entry(self, name: str) -> Iterator[None]:
        """Like `going_on`, and an InputError inside gets the entry's name."""
        with self.going_on():
            try:
                yield
            except InputError as error:
                raise InputError(f"{name}: {error.message}", error.advice) from error

    def add(self, reading: Reading, file: str = "") -> None:
        """Take in what another reader read; its notes get the name of the file, if given."""
        self.groups.extend(reading.groups)
        self.skipped.extend(reading.skipped)
        self.notes.extend(f"{file}: {note}" if file else note for note in reading.notes)

    def finish(self, what: str) -> Reading:
        """The reading; InputError where no grasp at all is left."""
        groups = tuple(group for group in self.groups if len(group))
        if not groups:
            _nothing(what, self.skipped)
        return Reading(groups, tuple(self.skipped), tuple(self.notes))


def _nothing(what: str, skipped: list[str]) -> NoReturn:
    if not skipped:
        raise InputError(f"'{what}' holds no grasps.", "Give a file with at least one.")
    raise NothingLeftError(what, skipped)
