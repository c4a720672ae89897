"""What is not a hand file is refused with advice."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from safetensors import safe_open
from safetensors.torch import save_file

from handhold.errors import InputError
from handhold.hands import hand_names, load_hand
from handhold.hands.spec import FORMAT, VERSION, load_spec


def _shipped() -> Path:
    return Path(str(resources.files("handhold.hands"))) / "specs" / "human" / "hand.safetensors"


def _rewritten(path: Path, **changes: str) -> Path:
    with safe_open(str(_shipped()), framework="pt") as file:
        tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        save_file(tensors, str(path), metadata=file.metadata() | changes)
    return path


def test_an_unknown_hand_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(InputError, match="no hand 'paw'.*human"):
        load_hand("paw")


@pytest.mark.parametrize("name", ["../hands", "", "human/hand.safetensors"])
def test_a_hand_name_is_not_a_path(name: str) -> None:
    with pytest.raises(InputError, match="Known hands"):
        load_hand(name)


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 64, b"{}" * 100])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hand.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a hand file"):
        load_spec(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a hand file"):
        load_spec(tmp_path / "none.safetensors")


@pytest.mark.parametrize("changes", [{"version": "999"}, {"format": "a-foot"}])
def test_another_format_or_version_is_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    path = _rewritten(tmp_path / "hand.safetensors", **changes)
    with pytest.raises(InputError, match=f"not '{FORMAT} {VERSION}'"):
        load_spec(path)


def test_a_rewritten_hand_reads_back_the_same(tmp_path: Path) -> None:
    path = _rewritten(tmp_path / "hand.safetensors")
    first, second = load_spec(_shipped()), load_spec(path)
    assert first.joint_names == second.joint_names
    assert first.vertices.equal(second.vertices)


def test_every_hand_says_where_it_came_from_and_under_which_licence() -> None:
    for name in hand_names():
        assert "CC0" in load_hand(name).spec.provenance
