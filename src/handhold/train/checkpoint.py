"""Weights on disk: safetensors, with everything needed to use them in the header.

Format "handhold-part-aware-cvae", version 1. The header's entry ``handhold`` is JSON with format,
version, config, normalisation, hand, cluster_ids (order of the one-hot), data_version, categories
(of the objects learned from; absent in old files).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from handhold.errors import InputError
from handhold.models import CvaeConfig, Normalisation, PartAwareCVAE
from handhold.weights_file import read_weights, write_weights

FORMAT = "handhold-part-aware-cvae"
VERSION = 1
_WHAT = "a handhold checkpoint"
_ADVICE = "Train it again with 'handhold train cvae', or give a file that it wrote."


@dataclass(frozen=True)
class NetworkInfo:
    """What a checkpoint says about itself."""

    config: CvaeConfig
    normalisation: Normalisation
    hand: str
    cluster_ids: tuple[str, ...]
    data_version: str
    categories: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON, with format and version."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "config": self.config.to_dict(),
            "normalisation": self.normalisation.to_dict(),
            "hand": self.hand,
            "cluster_ids": list(self.cluster_ids),
            "data_version": self.data_version,
            "categories": list(self.categories),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any], source: str) -> NetworkInfo:
        """The inverse of :meth:`to_dict`; InputError names ``source``."""
        found = values.get("format"), values.get("version")
        if found != (FORMAT, VERSION):
            raise InputError(
                f"{source} has format {found[0]!r} version {found[1]!r}, "
                f"this handhold reads {FORMAT!r} version {VERSION}.",
                _ADVICE,
            )
        try:
            return cls(
                config=CvaeConfig.from_dict(values["config"]),
                normalisation=Normalisation.from_dict(values["normalisation"]),
                hand=str(values["hand"]),
                cluster_ids=tuple(str(name) for name in values["cluster_ids"]),
                data_version=str(values["data_version"]),
                categories=tuple(str(name) for name in values.get("categories", ())),
            )
        except (KeyError, TypeError) as error:
            raise InputError(f"{source} has an incomplete header: {error}.", _ADVICE) from error

    def build(self) -> PartAwareCVAE:
        """An untrained network of this kind, with the global generator's weights."""
        return PartAwareCVAE(self.config, self.normalisation, self.cluster_ids)


def save_network(
    path: Path | str,
    network: PartAwareCVAE,
    hand: str,
    data_version: str,
    categories: Sequence[str] = (),
) -> None:
    """Write the weights; the file appears whole or not at all."""
    info = NetworkInfo(
        network.config,
        network.normalisation,
        hand,
        network.cluster_ids,
        data_version,
        tuple(categories),
    )
    write_weights(path, network.state_dict(), info.to_dict())


def load_network(
    path: Path | str, *, hand: str | None = None, device: torch.device | str = "cpu"
) -> PartAwareCVAE:
    """The network of a checkpoint, in evaluation mode.

    hand: the hand it will be used with; InputError when it was trained for another one. InputError
    as well when the file is missing, not a checkpoint, of another format, or damaged.
    """
    tensors, header = read_weights(path, _WHAT, _ADVICE)
    info = NetworkInfo.from_dict(header, str(path))
    if hand is not None and hand != info.hand:
        raise InputError(
            f"{path} was trained for the hand '{info.hand}', not for '{hand}'.",
            f"Use --hand {info.hand}, or train a network for '{hand}'.",
        )
    return restore_weights(info, tensors, str(path)).to(device).eval()


def read_network_info(path: Path | str) -> NetworkInfo:
    """What the checkpoint says about itself, without building the network; errors as above."""
    _, header = read_weights(path, _WHAT, _ADVICE, header_only=True)
    return NetworkInfo.from_dict(header, str(path))


def restore_weights(info: NetworkInfo, tensors: dict[str, Tensor], source: str) -> PartAwareCVAE:
    """The network that the header describes, with these weights; InputError if they don't fit."""
    try:
        with torch.random.fork_rng(devices=[]):
            network = info.build()
        network.load_state_dict(tensors)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"{source} has weights that do not fit its header.", _ADVICE) from error
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InputError(f"{source} has weights that are not finite.", _ADVICE)
    return network
