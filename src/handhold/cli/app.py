"""The commands put together, and what becomes of their errors.

Exit codes: 0 done; 1 a bug of handhold; 2 a user's mistake; 3 no acceptable grasp was found;
130 interrupted (what was finished is written).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from handhold import __version__
from handhold.cli.cache import cache_app
from handhold.cli.compare import compare
from handhold.cli.data import data_app
from handhold.cli.evaluate import evaluate
from handhold.cli.grasp import grasp
from handhold.cli.ground import ground
from handhold.cli.library import library_app
from handhold.cli.parts import parts
from handhold.cli.train import train_app
from handhold.cli.understand import understand
from handhold.errors import HandholdError

BUG, USAGE = 1, 2
_RARELY = (100_000, 50, 1000)  # ours: thresholds of the garbage collector
DEBUG_VARIABLE = "HANDHOLD_DEBUG"

app = typer.Typer(
    name="handhold",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done, 2 a mistake in what was given, 3 no acceptable grasp, "
    "130 interrupted (finished grasps are kept), 1 a bug.",
)
app.command()(grasp)
app.command()(evaluate)
app.command()(compare)
app.command()(parts)
app.command()(ground)
app.command()(understand)
app.add_typer(library_app, name="library")
app.add_typer(train_app, name="train")
app.add_typer(data_app, name="data")
app.add_typer(cache_app, name="cache")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"handhold {__version__}")
        raise typer.Exit()


@app.callback()
def handhold(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """An object mesh and a sentence in, dexterous hand grasps out."""


def main() -> None:
    """Entry point of the `handhold` command.

    Importing makes a million objects that all stay: collecting garbage among them, then and at
    the exit, would take a second.
    """
    gc.set_threshold(*_RARELY)
    code = invoke(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


def invoke(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code. Errors become one line on stderr."""
    try:
        answer = app(list(arguments), prog_name="handhold", standalone_mode=False)
    except HandholdError as error:
        return _complain(str(error), error.exit_code)
    except typer.TyperException as error:
        return _complain(f"{error.format_message()} See: handhold --help", USAGE)
    except Exception as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        return _complain(
            f"This is a bug of handhold ({type(error).__name__}: {error})."
            f" {DEBUG_VARIABLE}=1 shows where.",
            BUG,
        )
    return answer if isinstance(answer, int) else 0


def _complain(message: str, code: int) -> int:
    typer.echo(f"handhold: {' '.join(message.split())}", err=True)
    return code
