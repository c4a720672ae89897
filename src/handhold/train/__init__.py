"""Training: losses, the loop, checkpoints."""

from __future__ import annotations

from handhold.train.batches import Batch, BatchSource, random_turns
from handhold.train.checkpoint import (
    NetworkInfo,
    load_network,
    read_network_info,
    save_network,
)
from handhold.train.config import LossWeights, TrainConfig
from handhold.train.from_data import training_set
from handhold.train.loop import NETWORK_FILE, STATE_FILE, TrainResult, train_cvae
from handhold.train.losses import (
    LossTerms,
    cvae_losses,
    kl_divergence,
    penetration_loss,
    total_loss,
)
from handhold.train.run import EpochRecord
from handhold.train.shipped import load_shipped_network, shipped_network_path
from handhold.train.training_set import TrainingSet

__all__ = [
    "NETWORK_FILE",
    "STATE_FILE",
    "Batch",
    "BatchSource",
    "EpochRecord",
    "LossTerms",
    "LossWeights",
    "NetworkInfo",
    "TrainConfig",
    "TrainResult",
    "TrainingSet",
    "cvae_losses",
    "kl_divergence",
    "load_network",
    "load_shipped_network",
    "penetration_loss",
    "random_turns",
    "read_network_info",
    "save_network",
    "shipped_network_path",
    "total_loss",
    "train_cvae",
    "training_set",
]
