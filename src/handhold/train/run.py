"""A training run's state between two epochs: what must be kept to go on as if never stopped."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from handhold.errors import InputError
from handhold.models import PartAwareCVAE
from handhold.train.checkpoint import NetworkInfo, restore_weights
from handhold.weights_file import read_weights, write_weights

_FORMAT = "handhold-training-state"
_VERSION = 1
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass(frozen=True)
class EpochRecord:
    """One epoch's means: epoch counts from 1; terms are unweighted (see LossTerms).

    validation: the same terms on the validation set, empty without one. seconds: of this epoch.
    """

    epoch: int
    epochs: int
    loss: float
    terms: dict[str, float]
    validation: dict[str, float]
    learning_rate: float
    seconds: float


@dataclass(frozen=True, eq=False)
class RunState:
    """A network, its optimiser, and the epochs done so far.

    settings: plain values that fix the run (configuration, data, seed, epochs); a resumed run
    must have the same.
    """

    network: PartAwareCVAE
    optimiser: torch.optim.Adam
    info: NetworkInfo
    settings: dict[str, Any]
    history: tuple[EpochRecord, ...]

    def save(self, path: Path) -> None:
        """Write everything to one file, whole or not at all."""
        tensors = {f"network.{k}": v for k, v in self.network.state_dict().items()}
        for name, parameter in self.network.named_parameters():
            for moment in _MOMENTS:
                tensors[f"{moment}.{name}"] = self.optimiser.state[parameter][moment]
        steps = next(iter(self.optimiser.state.values()))["step"]
        header = {
            "format": _FORMAT,
            "version": _VERSION,
            "info": self.info.to_dict(),
            "settings": self.settings,
            "steps": int(steps),
            "history": [asdict(record) for record in self.history],
        }
        write_weights(path, tensors, header)


def make_optimiser(network: PartAwareCVAE, learning_rate: float) -> torch.optim.Adam:
    """Adam over all parameters."""
    return torch.optim.Adam(network.parameters(), lr=learning_rate)


def load_run(
    path: Path, settings: dict[str, Any], learning_rate: float, device: torch.device | str
) -> RunState:
    """The state of :meth:`RunState.save`; InputError when it is of a run with other settings."""
    tensors, header = read_weights(path, "a training state", "Start afresh.")
    if (header.get("format"), header.get("version")) != (_FORMAT, _VERSION):
        raise InputError(f"{path} is not a training state of this version.", "Start afresh.")
    wanted = json.loads(json.dumps(settings))
    saved = header["settings"]
    if saved != wanted:
        odd = sorted(k for k in set(saved) | set(wanted) if saved.get(k) != wanted.get(k))
        raise InputError(
            f"{path} belongs to a run with other settings: {', '.join(odd)}.",
            "Resume with the same settings and data, or choose another output folder.",
        )
    info = NetworkInfo.from_dict(header["info"], str(path))
    weights = _under("network.", tensors)
    network = restore_weights(info, weights, str(path)).to(device)
    optimiser = make_optimiser(network, learning_rate)
    for name, parameter in network.named_parameters():
        moments = {m: tensors[f"{m}.{name}"].to(device) for m in _MOMENTS}
        optimiser.state[parameter] = {"step": torch.tensor(float(header["steps"])), **moments}
    history = tuple(EpochRecord(**record) for record in header["history"])
    return RunState(network, optimiser, info, saved, history)


def cosine_rate(learning_rate: float, done: float) -> float:
    """Learning rate when a share ``done`` (0..1) of the run is over: half a cosine down to 0."""
    return learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
