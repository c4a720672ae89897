"""The errors a user can meet. Each is one line and says what to do next."""

from __future__ import annotations


class HandholdError(Exception):
    """Base of all errors that handhold raises on purpose.

    `message` says what was got, `advice` what is allowed and what to do. Both are folded
    into one line. `exit_code` is what the command line returns.
    """

    exit_code: int = 1

    def __init__(self, message: str, advice: str = "") -> None:
        self.message = _one_line(message)
        self.advice = _one_line(advice)
        super().__init__(self.message, self.advice)

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class InputError(HandholdError):
    """A mistake in what the user gave: a file, a flag, a name."""

    exit_code = 2


class NoGraspError(HandholdError):
    """The pipeline ran, and no grasp was good enough to return."""

    exit_code = 3


def _one_line(text: str) -> str:
    return " ".join(text.split())
