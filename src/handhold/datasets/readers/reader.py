"""What a reader of a data set is: a plan of units, and reading one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from handhold.datasets.record import ObjectGrasps
from handhold.errors import InputError


@dataclass(frozen=True)
class Unit:
    """A piece of a data set that is read at once: usually an object with its grasps.

    key: unique within the data set and the same on every machine (a path below its root).
    path: the file or folder to read. detail: whatever else the reader needs, as text.
    """

    key: str
    path: Path
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class ReadOptions:
    """What the user said about a data set. Readers ignore what does not concern them.

    mano: the user's own MANO_RIGHT.pkl. hand_folder: the AffordPose project's ManoHand folder.
    mesh_root: folder of object meshes, where they are not below the root. labels: folder of an
    outside part segmentation (PartField: a file per object). object_list: text file with a name
    of an object (or object and category) per line; others are left out. limit: units at most.
    """

    mano: Path | None = None
    hand_folder: Path | None = None
    mesh_root: Path | None = None
    labels: Path | None = None
    object_list: Path | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Skip:
    """An entry that was left out, and why: the message that it would have ended with."""

    entry: str
    why: str


@dataclass
class Problems:
    """What deviates from a data set's format: fatal where `strict`, else listed and skipped.

    read: grasps or objects taken. notes: assumptions, one sentence each.
    """

    strict: bool = False
    read: int = 0
    skipped: list[Skip] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @contextmanager
    def entry(self, name: str) -> Iterator[None]:
        """An InputError inside is about `name`: raised with it, or listed and passed over."""
        try:
            yield
        except InputError as error:
            if self.strict and error.message.startswith(name):
                raise
            if self.strict:
                raise InputError(f"{name}: {error.message}", error.advice) from error
            self.skipped.append(Skip(name, str(error)))

    def note(self, sentence: str) -> None:
        """Keep a sentence once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def reasons(self) -> Mapping[str, int]:
        """How often each reason occurred, most frequent first."""
        return dict(Counter(skip.why for skip in self.skipped).most_common())


class Reader(Protocol):
    """A data set as its owners distribute it.

    name: as on the command line. title: the owners' name. licence: terms in a few words.
    where: how a user gets it, by the name of the project (no address).
    """

    name: str
    title: str
    licence: str
    where: str

    def units(self, root: Path, options: ReadOptions) -> Sequence[Unit]:
        """The units below `root`, sorted by key; cheap: nothing is parsed.

        Raises InputError where the root is not the data set: also one level too high or too low
        (the message says which level), and for a licence-walled file that is absent.
        """
        ...

    def read(self, unit: Unit, options: ReadOptions, problems: Problems) -> Iterator[ObjectGrasps]:
        """The objects of a unit with their grasps; what deviates goes through `problems`."""
        ...
