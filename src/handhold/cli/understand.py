"""`handhold understand`: many sentences, read without a mesh."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal

import typer

from handhold.cli import console, options
from handhold.cli.out_folder import checked_folder
from handhold.errors import InputError

if TYPE_CHECKING:
    from handhold.language import InstructionReader, Understanding

STDIN = Path("-")
MOST_LINES = 100_000  # this and the next four are ours
LONGEST_LINE = 256 * 1024  # bytes
MOST_PARTS = 200
LONGEST_NAME = 200  # characters, of a part, a category and an id
MOST_WORDS = 1000
_READ_AT_ONCE = 64 * 1024


def understand(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE.jsonl",
            help='Lines {"id", "category", "parts": [...], "instruction"}; - is standard input.',
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Where the answers go.  [default: standard output]")
    ] = None,
    backend: Annotated[
        Literal["auto", "offline", "llm", "lexicon"],
        typer.Option(help="Who reads. auto: a language model where one is configured."),
    ] = "auto",
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at a bad line; else it is told and skipped.")
    ] = False,
    quiet: options.QuietOption = False,
) -> None:
    """What each sentence asks for: one JSON line per line, in the same order.

    An answer is {"id", "affordance", "part", "avoid", "confidence", "reason", "runner_up",
    "back_end", "notes"}. The category may be left out. With --out the file appears when all
    is read; without it each answer is printed as soon as it is known.
    """
    if out is not None:
        _check_out(out)
    tally = _Tally(strict=strict)
    with _opened(file) as stream:
        reader = _reader(backend)
        if out is None:
            _print_all(stream, reader, tally)
        else:
            _write_all(stream, reader, tally, out)
    if not tally.answered and tally.skipped:
        raise InputError(
            f"None of the {tally.skipped} lines of '{file}' could be used.",
            'A line is {"id": "1", "parts": ["lid", "body"], "instruction": "open it"}.',
        )
    if not quiet:
        console.notes().print(tally.summary(), markup=False, soft_wrap=True)


class _LineError(Exception):
    """A line that cannot be used. field: which value of it, or "" for the line itself."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.field = name


@dataclass(frozen=True)
class Request:
    """One line of the input. id: text or a whole number, given back as it came."""

    id: str | int
    category: str
    parts: tuple[str, ...]
    instruction: str


@dataclass
class _Tally:
    """What became of the lines. ids: the line each was on first."""

    strict: bool
    answered: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    ids: dict[str | int, int] = field(default_factory=dict)

    def tell(self, number: int, error: _LineError) -> None:
        """Report a bad line on stderr, or raise InputError with --strict."""
        place = f"line {number}" + (f", {error.field}" if error.field else "")
        if self.strict:
            raise InputError(f"{place}: {error}", "Mend the line, or leave out --strict.")
        self.skipped += 1
        typer.echo(f"handhold: {place}: {error} (skipped)", err=True)

    def summary(self) -> str:
        """One line for the end."""
        by = ", ".join(f"{count} by {back_end}" for back_end, count in self.answered.items())
        read = f"{self.answered.total()} read" + (f" ({by})" if by else "")
        return f"{read}, {self.skipped} skipped"


def _reader(backend: str) -> InstructionReader:
    from handhold.language import LexiconReader
    from handhold.language.chain import configured_reader

    if backend == "lexicon":
        return configured_reader(backend, LexiconReader())

    from handhold.language.offline import default_reader

    return configured_reader(backend, default_reader())


def _print_all(stream: IO[bytes], reader: InstructionReader, tally: _Tally) -> None:
    try:
        for line in _answers(stream, reader, tally):
            sys.stdout.write(line)
            sys.stdout.flush()
    except BrokenPipeError:  # whoever read this has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt as stop:
        raise console.StoppedError(f"Interrupted. {tally.summary()}.") from stop


def _write_all(stream: IO[bytes], reader: InstructionReader, tally: _Tally, out: Path) -> None:
    """All answers at once; after Ctrl-C those that are known."""
    from handhold.grasps import write_atomically

    lines: list[str] = []
    try:
        lines.extend(_answers(stream, reader, tally))
    except KeyboardInterrupt as stop:
        write_atomically(out, "".join(lines).encode())
        raise console.StoppedError(f"Interrupted; {out} is not complete: {tally.summary()}.") from (
            stop
        )
    if lines or not tally.skipped:
        write_atomically(out, "".join(lines).encode())


def _answers(stream: IO[bytes], reader: InstructionReader, tally: _Tally) -> Iterator[str]:
    """A line of JSON per good line."""
    for number, raw in _lines(stream):
        try:
            request = _parsed(raw)
            _check_id(request.id, number, tally)
            understood = _understood(reader, request)
        except _LineError as error:
            tally.tell(number, error)
            continue
        tally.answered[understood.back_end] += 1
        yield json.dumps(document(request, understood), ensure_ascii=False) + "\n"


def _understood(reader: InstructionReader, request: Request) -> Understanding:
    try:
        return reader.read(request.instruction, request.parts, category=request.category)
    except InputError as error:
        raise _LineError("instruction", str(error)) from error


def document(request: Request, understood: Understanding) -> dict[str, Any]:
    """An answer as plain values."""
    other = understood.runner_up
    return {
        "id": request.id,
        "affordance": understood.affordance,
        "part": understood.part_name,
        "avoid": list(understood.avoid),
        "confidence": understood.confidence,
        "reason": understood.explanation,
        "runner_up": None
        if other is None
        else {
            "affordance": other.affordance,
            "part": other.part_name,
            "confidence": other.confidence,
        },
        "back_end": understood.back_end,
        "notes": list(understood.notes),
    }


# -- Lines in --------------------------------------------------------------------------------------


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, or of standard input. Raises InputError where there are none."""
    try:
        with nullcontext(sys.stdin.buffer) if file == STDIN else file.open("rb") as stream:
            yield stream
    except OSError as error:
        if str(error.filename) != str(file):
            raise
        raise InputError(
            f"'{file}' cannot be read ({error.strerror or error}).",
            "Give a file of JSON lines, or - for standard input.",
        ) from error


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """(number, line) of all that are not blank; a line that is too long is cut short."""
    number = 0
    while raw := stream.readline(LONGEST_LINE + 1):
        number += 1
        if number > MOST_LINES:
            raise InputError(
                f"There are more than {MOST_LINES:,} lines.", "Split the file and read each part."
            )
        rest = raw
        while not rest.endswith(b"\n") and (rest := stream.readline(_READ_AT_ONCE)):
            pass
        if raw.strip():
            yield number, raw.removeprefix(b"\xef\xbb\xbf") if number == 1 else raw


def _parsed(raw: bytes) -> Request:
    """A line's values, checked. Raises _LineError."""
    if len(raw) > LONGEST_LINE:
        raise _LineError("", f"It is longer than {LONGEST_LINE // 1024} KiB.")
    try:
        values = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise _LineError("", "It is no JSON object in UTF-8.")
    return Request(
        _id(values), _category(values), _parts(values), _instruction(values.get("instruction"))
    )


def _id(values: dict[str, Any]) -> str | int:
    value = values.get("id")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _name("id", value, "The id")


def _category(values: dict[str, Any]) -> str:
    value = values.get("category")
    return "" if value in (None, "") else _name("category", value, "The category")


def _parts(values: dict[str, Any]) -> tuple[str, ...]:
    """The names; one that is given twice counts once."""
    value = values.get("parts")
    if not isinstance(value, list):
        raise _LineError("parts", "It is missing or no list of names.")
    if len(value) > MOST_PARTS:
        raise _LineError("parts", f"There are {len(value)} names, {MOST_PARTS} are allowed.")
    names = [_name(f"parts[{at}]", name, "The name") for at, name in enumerate(value)]
    return tuple(dict.fromkeys(names))


def _instruction(value: object) -> str:
    if not isinstance(value, str):
        raise _LineError("instruction", "It is missing or no text.")
    count = len(value.split())
    if count > MOST_WORDS:
        raise _LineError("instruction", f"It has {count} words, {MOST_WORDS} are allowed.")
    return value


def _name(where: str, value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _LineError(where, f"{what} is missing or no text.")
    if len(value) > LONGEST_NAME:
        raise _LineError(where, f"{what} is longer than {LONGEST_NAME} characters.")
    return value


def _check_id(value: str | int, number: int, tally: _Tally) -> None:
    first = tally.ids.setdefault(value, number)
    if first != number:
        raise _LineError("id", f"{value!r} is on line {first}, too.")


def _check_out(out: Path) -> None:
    if out.is_dir():
        raise InputError(f"'{out}' is a folder.", "Give --out the name of a file.")
    checked_folder(out.parent)
