"""The disk cache keeps what it is given, never fails, and never grows beyond its limit."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from handhold.cache import DiskCache, content_hash, open_cache, parse_size
from handhold.errors import InputError

ARRAYS = {"values": np.arange(6, dtype=np.float32).reshape(2, 3), "count": np.array(3)}
KEY, OLD, NEW, NEWEST = (content_hash(name) for name in ("key", "old", "new", "newest"))


def test_what_was_stored_is_loaded_identical(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.store("grid", KEY, ARRAYS)
    found = cache.load("grid", KEY)
    assert found is not None
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_unknown_and_damaged_entries_are_misses(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    assert cache.load("grid", "nothing") is None
    cache.store("grid", KEY, ARRAYS)
    (tmp_path / "grid" / f"{KEY}.npz").write_bytes(b"PK\x03\x04 cut off")
    assert cache.load("grid", KEY) is None


def test_pickled_objects_are_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "grid").mkdir()
    np.savez(tmp_path / "grid" / f"{KEY}.npz", values=np.array([{"a": 1}], dtype=object))
    assert DiskCache(tmp_path).load("grid", KEY) is None


def test_no_temporary_files_are_left(tmp_path: Path) -> None:
    DiskCache(tmp_path).store("grid", KEY, ARRAYS)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [f"{KEY}.npz"]


def test_the_longest_unused_entries_go_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, limit_bytes=25_000)
    block = {"values": np.zeros(10_000, dtype=np.uint8)}
    for age, key in ((300, OLD), (200, NEW)):
        cache.store("grid", key, block)
        stamp = os.path.getmtime(tmp_path / "grid" / f"{key}.npz") - age
        os.utime(tmp_path / "grid" / f"{key}.npz", (stamp, stamp))
    assert cache.load("grid", OLD) is not None  # used: now the youngest
    cache.store("grid", NEWEST, block)
    assert cache.load("grid", NEW) is None
    assert cache.load("grid", OLD) is not None
    assert cache.load("grid", NEWEST) is not None


def test_entries_beyond_the_limit_are_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, limit_bytes=100)
    cache.store("grid", KEY, {"values": np.zeros(1000)})
    assert cache.load("grid", KEY) is None


def test_the_environment_chooses_the_folder_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path / "chosen"))
    assert open_cache().folder == tmp_path / "chosen"
    monkeypatch.setenv("HANDHOLD_CACHE", "off")
    cache = open_cache()
    assert cache.folder is None
    cache.store("grid", KEY, ARRAYS)
    assert cache.load("grid", KEY) is None


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
    cache.store("grid", KEY, ARRAYS)
    assert cache.load("grid", KEY) is None


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


def test_sizes_are_read_with_and_without_units() -> None:
    sizes = {"0": 0, "17": 17, "500MB": 500_000_000, "2 GiB": 2 * 1024**3, " 1.5kb ": 1500}
    assert {text: parse_size(text) for text in sizes} == sizes


@pytest.mark.parametrize("text", ["lots", "", "-1GB", "2 gigs", "1,5GB", "nan", "GB"])
def test_a_size_that_is_none_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"The size is .*500MB or 2GB"):
        parse_size(text)


def test_the_environment_sets_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDHOLD_CACHE", str(tmp_path))
    monkeypatch.delenv("HANDHOLD_CACHE_LIMIT", raising=False)
    assert open_cache().limit_bytes == 2 * 1024**3
    monkeypatch.setenv("HANDHOLD_CACHE_LIMIT", "3MB")
    assert open_cache().limit_bytes == 3_000_000
    assert open_cache(17).limit_bytes == 17
    monkeypatch.setenv("HANDHOLD_CACHE_LIMIT", "plenty")
    with pytest.raises(InputError, match="HANDHOLD_CACHE_LIMIT is 'plenty'"):
        open_cache()


def test_entries_are_listed_by_their_last_use(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    for age, kind, key in ((20, "grid", NEW), (30, "pieces", OLD), (10, "grid", NEWEST)):
        cache.store(kind, key, ARRAYS)
        os.utime(tmp_path / kind / f"{key}.npz", (1e9 - age, 1e9 - age))
    found = cache.entries()
    assert [(entry.kind, entry.path.stem) for entry in found] == [
        ("pieces", OLD), ("grid", NEW), ("grid", NEWEST),
    ]  # fmt: skip
    assert all(entry.size == entry.path.stat().st_size for entry in found)


def test_clearing_one_kind_leaves_the_others(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    for kind in ("grid", "pieces"):
        cache.store(kind, KEY, ARRAYS)
    size = (tmp_path / "grid" / f"{KEY}.npz").stat().st_size
    removed = cache.clear("grid")
    assert (removed.count, removed.size) == (1, size)
    assert [entry.kind for entry in cache.entries()] == ["pieces"]
    assert cache.clear().count == 1 and not cache.entries()


def test_only_entries_are_ever_removed(tmp_path: Path) -> None:
    """The folder may have been somebody's data before it was named as the cache."""
    (tmp_path / "grid").mkdir()
    outside = tmp_path / "outside.txt"
    foreign = [
        outside,
        tmp_path / f"{KEY}.npz",
        tmp_path / "grid" / "scan.npz",
        tmp_path / "grid" / f"{KEY}.txt",
        tmp_path / "grid" / ".part-young.tmp",
        tmp_path / "My Scans" / f"{KEY}.npz",
    ]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("not ours")
    (tmp_path / "grid" / f"{OLD}.npz").symlink_to(outside)
    cache = DiskCache(tmp_path, limit_bytes=5000)
    for key in (KEY, NEW, NEWEST):
        cache.store("grid", key, {"values": np.zeros(3000, np.uint8)})
    assert cache.prune(0).count == 1
    cache.store("grid", NEW, ARRAYS)
    assert cache.clear().count == 1
    assert all(path.read_text() == "not ours" for path in foreign)
    assert (tmp_path / "grid" / f"{OLD}.npz").is_symlink()


def test_what_a_broken_off_run_left_goes_with_the_rest(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.store("grid", KEY, ARRAYS)
    left = tmp_path / "grid" / ".part-abc123.tmp"
    left.write_text("half")
    os.utime(left, (1e9, 1e9))
    cache.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_is_off_is_empty() -> None:
    cache = DiskCache(None)
    assert cache.entries() == []
    assert cache.clear().count == cache.prune(0).count == 0
