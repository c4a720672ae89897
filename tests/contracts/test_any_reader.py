"""What every reader of a data set must keep. A new reader joins by a line in CASES."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import trimesh

sys.path.append(str(Path(__file__).resolve().parents[1] / "datasets" / "readers"))

import formats_affordpose
import formats_dexgraspbench
import formats_dexgraspnet
import formats_dexycb
import formats_oakink
import formats_objaverse
import formats_partnet_mobility
import formats_threednet

from handhold.datasets.importing import import_dataset
from handhold.datasets.readers import READERS, ReadOptions, reader_named
from handhold.datasets.store import check_store
from handhold.errors import InputError


@dataclass(frozen=True)
class Case:
    """A small data set: make(folder) writes it and returns a file that can be spoiled.

    root: name of the folder, where that matters; below: where in it the data set's root is.
    listed: the name of one of two objects.
    """

    make: Callable[[Path], Path]
    root: str = ""
    below: str = ""
    listed: str = ""
    grasps: int = 0
    options: ReadOptions = field(default_factory=ReadOptions)


def _affordpose(root: Path) -> Path:
    points = formats_dexycb.pinch() - formats_dexycb.CENTRE
    box = trimesh.creation.box((0.06, 0.17, 0.06))
    other = {"object_mesh": formats_affordpose.object_lines({5: box})}
    formats_affordpose.write(root, formats_affordpose.record(points, **other), name="3416")
    return formats_affordpose.write(root, formats_affordpose.record(points))


def _oakink(root: Path) -> Path:
    for identity, name in (("A16012", "bottle_1"), ("A16013", "bottle_2")):
        mesh = trimesh.creation.box((0.06, 0.06, 0.2 + 0.01 * len(identity)))
        formats_oakink.write_object(root, identity, name, mesh)
        formats_oakink.write_grasp(
            root, "bottle", identity, "0123456789", formats_oakink.hand_values()
        )
    return root / "shape/OakInkObjectsV2/bottle_1/align/model_align.obj"


def _partnet(root: Path) -> Path:
    formats_partnet_mobility.write_cabinet(root, "45781")
    return formats_partnet_mobility.write_cabinet(root) / "mobility.urdf"


def _threednet(root: Path) -> Path:
    formats_threednet.write_model(root, "bottle", "b" * 32)
    return formats_threednet.write_model(root, "bottle", "a" * 32, (0.3, 0.3, 1.0))


def _objaverse(root: Path) -> Path:
    other = "f" * 32
    formats_objaverse.write_lvis(root, {"hammer": [formats_objaverse.UID, other]})
    formats_objaverse.write_hammer(root, other, names=("Handle", "Head"))
    return formats_objaverse.write_hammer(root)


def _dexycb(root: Path) -> Path:
    formats_dexycb.write_box(root)
    formats_dexycb.write_sequence(root, [formats_dexycb.held(0.01)], sequence="20200709_141700")
    folder = formats_dexycb.write_sequence(root, [formats_dexycb.held()])
    return folder / "meta.yml"


def _dexgraspnet(root: Path) -> Path:
    other = formats_dexgraspnet.CODE[:-1] + "7"
    for away, code in ((0.12, other), (0.1, formats_dexgraspnet.CODE)):
        formats_dexgraspnet.write_mesh(root, code)
        grasps = [
            formats_dexgraspnet.grasp(WRJTx=away),
            formats_dexgraspnet.grasp(0.08, WRJTx=away),
        ]
        path = formats_dexgraspnet.write_grasps(root, grasps, code)
    return path


def _dexgraspbench(root: Path) -> Path:
    formats_dexgraspbench.write_mesh(root)
    formats_dexgraspbench.write_grasp(root, formats_dexgraspbench.grasp(obj_scale=0.08), 1)
    return formats_dexgraspbench.write_grasp(root, formats_dexgraspbench.grasp())


CASES = {
    "affordpose": Case(_affordpose, grasps=2, listed="3415"),
    "oakink": Case(_oakink, listed="A16012"),
    "partnet-mobility": Case(_partnet, listed="45780"),
    "3dnet": Case(_threednet, root="Cat10_ModelDatabase", listed="a" * 32),
    "objaverse": Case(_objaverse, listed="f" * 32),
    "dexycb": Case(_dexycb, grasps=2),
    "dexgraspnet": Case(_dexgraspnet, grasps=4, listed=formats_dexgraspnet.CODE),
    "dexgraspbench": Case(_dexgraspbench, below="output/debug_shadow/graspdata", grasps=2),
}
ANY_READER = pytest.mark.parametrize("name", list(READERS))


def _made(name: str, folder: Path) -> tuple[Path, Path]:
    """Root of the small data set, and the file to spoil."""
    root = folder / (CASES[name].root or "root")
    root.mkdir(parents=True)
    file = CASES[name].make(root)
    return root / CASES[name].below, file


def test_every_reader_is_in_the_list() -> None:
    assert set(CASES) == set(READERS)


def test_an_unknown_data_set_is_answered_with_the_names() -> None:
    with pytest.raises(InputError, match="affordpose.*dexgraspbench"):
        reader_named("graspnet")


@ANY_READER
def test_it_says_who_made_the_data_and_on_what_terms(name: str) -> None:
    reader = READERS[name]
    assert reader.name == name and reader.title and reader.licence and reader.where
    assert "http" not in f"{reader.title}{reader.licence}{reader.where}"


@ANY_READER
def test_units_are_sorted_and_the_same_wherever_the_data_lies(name: str, tmp_path: Path) -> None:
    first, _ = _made(name, tmp_path / "here")
    second, _ = _made(name, tmp_path / "there")
    options = CASES[name].options
    units = READERS[name].units(first, options)
    keys = [unit.key for unit in units]
    assert keys == sorted(keys) and len(set(keys)) == len(keys) >= 1
    assert keys == [unit.key for unit in READERS[name].units(second, options)]
    assert not any(str(tmp_path) in key for key in keys)
    assert len(READERS[name].units(first, ReadOptions(limit=1))) == 1


@ANY_READER
def test_an_import_is_a_sound_data_set(name: str, tmp_path: Path) -> None:
    root, _ = _made(name, tmp_path)
    report = import_dataset(name, root, tmp_path / "out", CASES[name].options, workers=1)
    store = report.store
    assert len(store) == CASES[name].grasps
    assert store.manifest.objects >= 1
    assert check_store(store) == []
    for record in store.records():
        assert record.source == READERS[name].title and record.licence and record.entry
        assert record.category == store.objects[record.object].category
    for digest in store.objects:
        asset = store.object(digest)
        middle = (asset.mesh.bounds[0] + asset.mesh.bounds[1]) / 2
        assert np.abs(middle).max() < 1e-5
        assert 0.002 < asset.mesh.extents.max() < 3.0


@ANY_READER
def test_a_root_that_is_missing_empty_or_one_level_off_is_explained(
    name: str, tmp_path: Path
) -> None:
    root, _ = _made(name, tmp_path / "data")
    reader, options = READERS[name], CASES[name].options
    for wrong, words in (
        (tmp_path / "nowhere", "no folder"),
        (root.parent, f"parent of the root.*Give '.*{root.name}'"),
    ):
        with pytest.raises(InputError, match=words):
            reader.units(wrong, options)
    inside = next(folder for folder in sorted(root.iterdir()) if folder.is_dir())
    with pytest.raises(InputError, match="[Gg]ive|inside"):
        reader.units(inside, options)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(InputError, match="empty"):
        reader.units(empty, options)


@ANY_READER
@pytest.mark.parametrize("spoiled", ["cut off", "garbage", "nothing"])
def test_a_damaged_file_is_skipped_and_named_or_fatal(
    name: str, spoiled: str, tmp_path: Path
) -> None:
    root, file = _made(name, tmp_path)
    data = file.read_bytes()
    file.write_bytes(
        {"cut off": data[: len(data) // 2], "garbage": b"\x00no\xff" * 40}.get(spoiled, b"")
    )
    options = CASES[name].options
    with pytest.raises(InputError):
        import_dataset(name, root, tmp_path / "strict", options, strict=True, workers=1)
    assert not (tmp_path / "strict" / "dataset.json").exists()
    report = import_dataset(name, root, tmp_path / "out", options, workers=1)
    assert sum(report.skipped.values()) >= 1
    assert report.store.manifest.objects >= 1  # the other one is still read
    assert report.store.manifest.skipped == report.skipped
    for entry, why in report.examples:
        assert entry and why
        assert str(tmp_path) not in " ".join(report.skipped)


@ANY_READER
def test_an_object_list_leaves_the_others_out(name: str, tmp_path: Path) -> None:
    root, _ = _made(name, tmp_path)
    listed = tmp_path / "objects.txt"
    listed.write_text("# mine\nno_such_object_anywhere\n")
    with pytest.raises(InputError, match="no_such_object_anywhere|list"):
        READERS[name].units(root, ReadOptions(object_list=listed))
    if CASES[name].listed:
        listed.write_text(f"# mine\n{CASES[name].listed}\n")
        every = READERS[name].units(root, CASES[name].options)
        chosen = READERS[name].units(root, ReadOptions(object_list=listed))
        assert 1 == len(chosen) < len(every)
        assert chosen[0].key in {unit.key for unit in every}


@ANY_READER
def test_a_broken_off_import_goes_on(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, _ = _made(name, tmp_path)
    options = CASES[name].options
    whole = import_dataset(name, root, tmp_path / "whole", options, workers=1)
    units = READERS[name].units(root, options)
    reads: list[str] = []
    original = type(READERS[name]).read

    def counted(self: object, unit: object, *rest: object) -> object:
        reads.append(unit.key)  # type: ignore[attr-defined]
        if len(reads) == len(units) and len(units) > 1:
            raise KeyboardInterrupt
        return original(self, unit, *rest)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(type(READERS[name]), "read", counted)
        try:
            import_dataset(name, root, tmp_path / "cut", options, workers=1)
        except KeyboardInterrupt:
            assert not (tmp_path / "cut" / "dataset.json").exists()
            reads.clear()
            patch.setattr(type(READERS[name]), "read", original)
    again = import_dataset(name, root, tmp_path / "cut", options, workers=1)
    assert again.store.table().equals(whole.store.table())
    assert list(again.store.objects) == list(whole.store.objects)
