"""The segmenter's file: a round trip, and everything that is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from toy_segmenter import toy_segmenter

from handhold.errors import InputError
from handhold.grounding.segmenter_file import load_segmenter, save_segmenter


def test_what_is_saved_is_what_is_loaded(tmp_path: Path) -> None:
    segmenter = toy_segmenter()
    save_segmenter(tmp_path / "s.safetensors", segmenter)
    back = load_segmenter(tmp_path / "s.safetensors")
    assert (back.names, back.categories) == (segmenter.names, segmenter.categories)
    assert back.network.config == segmenter.network.config
    torch.testing.assert_close(back.vectors, segmenter.vectors, atol=1e-3, rtol=1e-3)
    for name, value in segmenter.network.state_dict().items():
        torch.testing.assert_close(back.network.state_dict()[name], value, atol=1e-3, rtol=1e-3)
    assert back.vector("bar") is not None
    assert back.vector("wheel") is None


def _changed(path: Path, **entries: object) -> None:
    with safe_open(path, framework="pt") as file:
        header = json.loads(file.metadata()["handhold"])
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file(tensors, path, {"handhold": json.dumps({**header, **entries})})


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"version": 0}, "version 0"),
        ({"format": "handhold-part-aware-cvae"}, "cvae"),
        ({"features": ["x"]}, "point features"),
        ({"names": ["bar"]}, "do not fit"),
        ({"names": "bar"}, "do not fit"),
        ({"config": {}}, "not readable"),
    ],
)
def test_other_formats_and_headers_are_refused(
    tmp_path: Path, entries: dict[str, object], message: str
) -> None:
    path = tmp_path / "s.safetensors"
    save_segmenter(path, toy_segmenter())
    _changed(path, **entries)
    with pytest.raises(InputError, match=message):
        load_segmenter(path)


def test_garbage_a_missing_file_and_infinite_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    with pytest.raises(InputError, match="There is no"):
        load_segmenter(path)
    path.write_bytes(b"\x80\x04not tensors")
    with pytest.raises(InputError, match="is not a part segmenter"):
        load_segmenter(path)
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(InputError, match="is not a part segmenter"):
        load_segmenter(path)
    segmenter = toy_segmenter()
    segmenter.vectors[0, 0] = torch.inf
    save_segmenter(path, segmenter)
    with pytest.raises(InputError, match="not finite"):
        load_segmenter(path)
