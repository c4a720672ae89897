"""`handhold cache`: results that are kept on disk so that they need not be computed again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from handhold.cli import console, options

if TYPE_CHECKING:
    from handhold.cache import DiskCache, Removed

FORMAT, VERSION = "handhold-cache", 1

cache_app = typer.Typer()


@cache_app.callback(invoke_without_command=True)
def cache(context: typer.Context, json: options.JsonOption = False) -> None:
    """Show the folder of the cache, its limit, and what is in it.

    HANDHOLD_CACHE names the folder (off: nothing is kept), HANDHOLD_CACHE_LIMIT the limit
    (such as 500MB); beyond it, what was used longest ago is removed.
    """
    if context.invoked_subcommand is not None:
        return

    from handhold.cache import open_cache

    store = open_cache()
    document = cache_document(store)
    if json:
        console.print_json(document)
    else:
        _show(document)


@cache_app.command()
def clear(
    kind: Annotated[
        str | None, typer.Option(help="Only this kind of result, such as distance-grid.")
    ] = None,
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Remove everything from the cache, or one kind of result. Other files are left alone."""
    from handhold.cache import open_cache

    store = open_cache()
    _require_kind(store, kind)
    _report(store, store.clear(kind), json, quiet)


@cache_app.command()
def prune(
    to: Annotated[str, typer.Option(metavar="SIZE", help="What may stay, such as 500MB.")],
    json: options.JsonOption = False,
    quiet: options.QuietOption = False,
) -> None:
    """Remove what was used longest ago until the rest fits into SIZE."""
    from handhold.cache import open_cache, parse_size

    store = open_cache()
    _report(store, store.prune(parse_size(to, "--to")), json, quiet)


def cache_document(store: DiskCache) -> dict[str, Any]:
    """Folder (None: off), limit and contents of a cache; bytes, and seconds since 1970."""
    kinds: dict[str, dict[str, Any]] = {}
    for entry in store.entries():
        known = kinds.setdefault(entry.kind, {"kind": entry.kind, "entries": 0, "bytes": 0})
        known["entries"] += 1
        known["bytes"] += entry.size
        known["last_used"] = entry.used  # entries come in the order of their use
    return {
        "format": FORMAT,
        "version": VERSION,
        "folder": None if store.folder is None else str(store.folder),
        "limit_bytes": store.limit_bytes,
        "bytes": sum(known["bytes"] for known in kinds.values()),
        "kinds": [kinds[name] for name in sorted(kinds)],
    }


def _require_kind(store: DiskCache, kind: str | None) -> None:
    from handhold.errors import InputError

    known = sorted({entry.kind for entry in store.entries()})
    if kind is not None and known and kind not in known:
        raise InputError(
            f"The cache holds no results of the kind '{kind}'.", f"It holds: {', '.join(known)}."
        )


def _report(store: DiskCache, removed: Removed, json: bool, quiet: bool) -> None:
    if json:
        gone = {"removed_entries": removed.count, "removed_bytes": removed.size}
        console.print_json({**cache_document(store), **gone})
    elif quiet:
        return
    elif store.folder is None:
        console.results().print(_OFF)
    else:
        what = "entry" if removed.count == 1 else "entries"
        console.results().print(f"{removed.count} {what} removed, {_size(removed.size)}")


_OFF = "The cache is off: nothing is kept (HANDHOLD_CACHE names a folder)."


def _show(document: dict[str, Any]) -> None:
    out = console.results()
    if document["folder"] is None:
        out.print(_OFF)
        return
    out.print(document["folder"], markup=False, soft_wrap=True)
    limit = _size(document["limit_bytes"])
    if not document["kinds"]:
        out.print(f"Empty; up to {limit} will be kept.")
        return
    from rich.table import Table

    table = Table("kind", "entries", "size", "last used")
    for known in document["kinds"]:
        table.add_row(
            known["kind"], str(known["entries"]), _size(known["bytes"]), _day(known["last_used"])
        )
    out.print(table)
    out.print(f"{_size(document['bytes'])} of {limit}")


def _size(count: int) -> str:
    for unit, factor in (("GiB", 1024**3), ("MiB", 1024**2), ("KiB", 1024)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))
