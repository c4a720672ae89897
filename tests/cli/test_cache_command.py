"""`handhold cache`: what it shows and what it removes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from handhold.cache import DiskCache, content_hash
from handhold.cli import invoke


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DiskCache:
    """Three entries of two kinds in a folder that is the cache."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("HANDHOLD_CACHE", str(folder))
    cache = DiskCache(folder)
    for age, kind in enumerate(("grid", "grid", "pieces")):
        key = content_hash(kind, age)
        cache.store(kind, key, {"values": np.zeros(5000, np.uint8)})
        os.utime(folder / kind / f"{key}.npz", (1e9 + age, 1e9 + age))
    return cache


def test_the_table_shows_folder_limit_and_kinds(
    filled: DiskCache, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE_LIMIT", "3MiB")
    assert invoke(["cache"]) == 0
    said = capsys.readouterr().out
    assert str(filled.folder) in said.replace("\n", "")
    for word in ("grid", "pieces", "2001-09-", "of 3.0 MiB"):
        assert word in said


def test_json_has_the_same_in_bytes_and_seconds(
    filled: DiskCache, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["cache", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["format"], document["version"]) == ("handhold-cache", 1)
    assert document["folder"] == str(filled.folder)
    assert document["limit_bytes"] == 2 * 1024**3
    kinds = [(kind["kind"], kind["entries"], kind["last_used"]) for kind in document["kinds"]]
    assert kinds == [("grid", 2, 1e9 + 1), ("pieces", 1, 1e9 + 2)]
    assert document["bytes"] == sum(entry.size for entry in filled.entries())


def test_clear_removes_a_kind_or_everything(
    filled: DiskCache, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["cache", "clear", "--kind", "grid"]) == 0
    assert "2 entries removed" in capsys.readouterr().out
    assert [entry.kind for entry in filled.entries()] == ["pieces"]
    assert invoke(["cache", "clear", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["removed_entries"], document["kinds"]) == (1, [])


def test_an_unknown_kind_is_a_mistake_that_lists_the_kinds(
    filled: DiskCache, capsys: pytest.CaptureFixture[str]
) -> None:
    assert invoke(["cache", "clear", "--kind", "girds"]) == 2
    assert "It holds: grid, pieces." in capsys.readouterr().err
    assert len(filled.entries()) == 3


def test_prune_keeps_what_was_used_last(filled: DiskCache) -> None:
    assert invoke(["cache", "prune", "--to", "6KB", "--quiet"]) == 0
    assert [entry.kind for entry in filled.entries()] == ["pieces"]
    assert invoke(["cache", "prune", "--to", "half"]) == 2
    assert len(filled.entries()) == 1


def test_an_empty_cache_and_none_at_all_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path / "new"))
    assert invoke(["cache"]) == 0
    assert "Empty; up to 2.0 GiB will be kept." in capsys.readouterr().out
    monkeypatch.setenv("HANDHOLD_CACHE", "off")
    for command in (["cache"], ["cache", "clear"], ["cache", "prune", "--to", "0"]):
        assert invoke(command) == 0
        assert "The cache is off" in capsys.readouterr().out
    assert invoke(["cache", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["folder"] is None


def test_a_limit_that_is_no_size_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE_LIMIT", "plenty")
    assert invoke(["cache"]) == 2
    assert "500MB" in capsys.readouterr().err
