"""Checkpoints: identical samples after a round trip, and a clear refusal of everything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from handhold.errors import InputError
from handhold.models import Affine, Normalisation, PartAwareCVAE, cvae_preset, make_condition
from handhold.train import load_network, read_network_info, save_network

CLUSTERS = ("twist-1", "press-0")


def _network() -> PartAwareCVAE:
    torch.manual_seed(0)
    affine = Affine((0.1, 0.2, 1 / 3), (0.05, 0.06, 0.07))
    normalisation = Normalisation(affine, affine, affine, Affine((0.1,), (0.03,)))
    return PartAwareCVAE(cvae_preset("tiny", 2), normalisation, CLUSTERS)


def _saved(folder: Path) -> Path:
    path = folder / "network.safetensors"
    save_network(path, _network(), "human", "starter-1")
    return path


def _rewritten(path: Path, **changes: object) -> Path:
    """The checkpoint with some header entries changed."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        header = json.loads(file.metadata()["handhold"])
    header.update(changes)
    save_file(load_file(path), path, metadata={"handhold": json.dumps(header)})
    return path


def test_a_loaded_network_gives_identical_samples(tmp_path: Path) -> None:
    network, loaded = _network(), load_network(_saved(tmp_path), hand="human")
    points = torch.randn(2, 40, 3, generator=torch.Generator().manual_seed(0))
    cluster = torch.tensor([0, 1])
    condition = make_condition(points, points, None, cluster, n_points=network.config.n_points)
    first = network.sample(condition, 5, torch.Generator().manual_seed(1))
    second = loaded.sample(condition, 5, torch.Generator().manual_seed(1))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert loaded.normalisation == network.normalisation
    assert loaded.cluster_ids == CLUSTERS and not loaded.training


def test_the_header_tells_what_it_is(tmp_path: Path) -> None:
    info = read_network_info(_saved(tmp_path))
    assert (info.hand, info.data_version, info.cluster_ids) == ("human", "starter-1", CLUSTERS)
    assert info.config == cvae_preset("tiny", 2)


def test_saving_leaves_one_file(tmp_path: Path) -> None:
    assert [path.name for path in _saved(tmp_path).parent.iterdir()] == ["network.safetensors"]


def test_loading_does_not_touch_the_global_random_numbers(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    torch.manual_seed(7)
    load_network(path)
    drawn = torch.rand(3)
    torch.manual_seed(7)
    assert torch.equal(drawn, torch.rand(3))


def test_another_hand_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'human', not for 'shadow'"):
        load_network(_saved(tmp_path), hand="shadow")


@pytest.mark.parametrize("change", [{"version": 2}, {"format": "another"}, {"format": None}])
def test_unknown_formats_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(InputError, match="format"):
        load_network(_rewritten(_saved(tmp_path), **change))


@pytest.mark.parametrize(
    "change",
    [
        {"config": {}},
        {"config": None},
        {"normalisation": {"translation": 1}},
        {"cluster_ids": ["one"]},
        {"cluster_ids": 3},
        {"config": cvae_preset("small", 2).to_dict()},
    ],
)
def test_headers_that_do_not_fit_the_weights_are_refused(
    tmp_path: Path, change: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        load_network(_rewritten(_saved(tmp_path), **change))


@pytest.mark.parametrize("content", [b"", b"garbage" * 100, b"\x08" + b"\0" * 7 + b"{}      "])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "network.safetensors"
    path.write_bytes(content)
    with pytest.raises(InputError, match="not a handhold checkpoint"):
        load_network(path)


def test_truncated_missing_and_infinite_files_are_refused(tmp_path: Path) -> None:
    path = _saved(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a handhold checkpoint"):
        load_network(path)
    with pytest.raises(InputError, match="There is no file"):
        load_network(tmp_path / "other.safetensors")
    network = _network()
    with torch.no_grad():
        network.pose.bias[0] = torch.nan
    save_network(path, network, "human", "starter-1")
    with pytest.raises(InputError, match="not finite"):
        load_network(path)
