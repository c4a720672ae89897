"""The disk cache keeps what it is given, never fails, and never grows beyond its limit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from handhold.cache import DiskCache, content_hash, open_cache

ARRAYS = {"values": np.arange(6, dtype=np.float32).reshape(2, 3), "count": np.array(3)}


def test_what_was_stored_is_loaded_identical(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.store("grid", "key", ARRAYS)
    found = cache.load("grid", "key")
    assert found is not None
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_unknown_and_damaged_entries_are_misses(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    assert cache.load("grid", "nothing") is None
    cache.store("grid", "key", ARRAYS)
    (tmp_path / "grid" / "key.npz").write_bytes(b"PK\x03\x04 cut off")
    assert cache.load("grid", "key") is None


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "grid").mkdir()
    np.savez(tmp_path / "grid" / "key.npz", values=np.array([{"a": 1}], dtype=object))
    assert DiskCache(tmp_path).load("grid", "key") is None


def test_no_temporary_files_are_left(tmp_path: Path) -> None:
    DiskCache(tmp_path).store("grid", "key", ARRAYS)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["key.npz"]


def test_the_longest_unused_entries_go_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, limit_bytes=25_000)
    block = {"values": np.zeros(10_000, dtype=np.uint8)}
    for age, key in ((300, "old"), (200, "new")):
        cache.store("grid", key, block)
        stamp = os.path.getmtime(tmp_path / "grid" / f"{key}.npz") - age
        os.utime(tmp_path / "grid" / f"{key}.npz", (stamp, stamp))
    assert cache.load("grid", "old") is not None  # used: now the youngest
    cache.store("grid", "newest", block)
    assert cache.load("grid", "new") is None
    assert cache.load("grid", "old") is not None
    assert cache.load("grid", "newest") is not None


def test_entries_beyond_the_limit_are_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, limit_bytes=100)
    cache.store("grid", "key", {"values": np.zeros(1000)})
    assert cache.load("grid", "key") is None


def test_the_environment_chooses_the_folder_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path / "chosen"))
    assert open_cache().folder == tmp_path / "chosen"
    monkeypatch.setenv("HANDHOLD_CACHE", "off")
    cache = open_cache()
    assert cache.folder is None
    cache.store("grid", "key", ARRAYS)
    assert cache.load("grid", "key") is None


def test_a_home_that_cannot_be_written_falls_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.write_text("a file where a folder should be: nothing can be written below it")
    (tmp_path / "tmp").mkdir()
    monkeypatch.delenv("HANDHOLD_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    folder = open_cache().folder
    assert folder is not None
    assert folder.parent == tmp_path / "tmp"
    monkeypatch.setattr("tempfile.tempdir", str(home))
    assert open_cache().folder is None


def test_a_cache_that_cannot_be_written_is_silent(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    cache = DiskCache(blocked)
    cache.store("grid", "key", ARRAYS)
    assert cache.load("grid", "key") is None


def test_the_hash_sees_values_shapes_types_and_order() -> None:
    array = np.arange(6.0)
    different = [
        content_hash(array),
        content_hash(array.reshape(2, 3)),
        content_hash(array.astype(np.float32)),
        content_hash(array + 1e-12),
        content_hash(array, 1),
        content_hash(1, array),
        content_hash(1.0, array),
        content_hash("1", array),
        content_hash(None, array),
        content_hash("ab", "c"),
        content_hash("a", "bc"),
    ]
    assert len(set(different)) == len(different)
    assert content_hash(array[::2]) == content_hash(array[::2].copy())
    with pytest.raises(TypeError):
        content_hash(object())
