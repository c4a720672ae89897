"""The weights that come with handhold."""

from __future__ import annotations

import logging
from importlib import resources
from pathlib import Path

from handhold.models import PartAwareCVAE
from handhold.priors import PriorLibrary
from handhold.train.checkpoint import load_network

_log = logging.getLogger(__name__)


def shipped_network_path(hand: str = "human") -> Path:
    """Where the network that comes with handhold lies."""
    return Path(str(resources.files("handhold.train") / "weights" / f"{hand}_cvae.safetensors"))


def load_shipped_network(hand: str, library: PriorLibrary) -> PartAwareCVAE | None:
    """The shipped network, or None where none fits.

    A network knows the clusters of the library it was trained with. Where the library has
    clusters of grasps that the network does not know, it is another library, and the network is
    not used.
    """
    path = shipped_network_path(hand)
    if not path.is_file():
        return None
    network = load_network(path, hand=hand)
    if {p.cluster for p in library.priors if p.members > 1} - set(network.cluster_ids):
        _log.warning("the shipped network was trained with another library and is not used")
        return None
    return network
