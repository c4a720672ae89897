"""The command line. Nothing imports this room; heavy rooms are imported inside commands."""

from __future__ import annotations

from handhold.cli.app import app, invoke, main

__all__ = ["app", "invoke", "main"]
