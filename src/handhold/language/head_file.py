"""The instruction head on disk: safetensors, with everything needed to use it in the header.

Format "handhold-instruction-head", version 2. The header's entry ``handhold`` is JSON with format,
version, config, adapters (their sizes), affordances (order of the logits), temperature (the joint
logits are divided by it), part_marks (order of the lexicon's marks), categories (of the objects
that it learned from) and data (what else it learned from, in words). Weights are stored as float16:
the head's under ``head.``, the adapters' under ``adapters.``, of the encoder itself none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import torch
from torch import Tensor, nn

from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.language.reading import PART_MARKS
from handhold.models.instruction_head import HeadConfig, InstructionHead
from handhold.models.sentence_encoder import AdapterConfig, Adapters
from handhold.weights_file import read_weights, write_weights

FORMAT, VERSION = "handhold-instruction-head", 2
_ADVICE = "Train it again with 'handhold train instructions', or give a file that it wrote."


@dataclass(frozen=True, eq=False)
class TrainedHead:
    """A head in evaluation mode, and what is needed to use it; fields as in the file.

    adapters: of the encoder that reads for the head.
    """

    network: InstructionHead
    adapters: Adapters
    temperature: float
    categories: tuple[str, ...]
    data: str = ""


def shipped_head_path() -> Path:
    """Where the head that comes with handhold lies."""
    name = "instruction_head.safetensors"
    return Path(str(resources.files("handhold.language") / "weights" / name))


def save_head(path: Path | str, head: TrainedHead) -> None:
    """Write the head; the file appears whole or not at all."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "config": head.network.config.to_dict(),
        "adapters": head.adapters.config.to_dict(),
        "affordances": list(AFFORDANCES),
        "part_marks": list(PART_MARKS),
        "temperature": head.temperature,
        "categories": list(head.categories),
        "data": head.data,
    }
    write_weights(path, _both(head.network, head.adapters).state_dict(), header, half=True)


def load_head(path: Path | str | None = None) -> TrainedHead:
    """The head of a file, by default the shipped one.

    Raises InputError when the file is missing, no head, of another version, or damaged.
    """
    path = shipped_head_path() if path is None else Path(path)
    tensors, header = read_weights(path, "an instruction head", _ADVICE)
    found = header.get("format"), header.get("version")
    if found != (FORMAT, VERSION):
        raise InputError(
            f"{path} has format {found[0]!r} version {found[1]!r}, this handhold reads"
            f" {FORMAT!r} version {VERSION}.",
            _ADVICE,
        )
    try:
        orders = tuple(header["affordances"]), tuple(header["part_marks"])
        temperature = float(header["temperature"])
        categories = tuple(str(name) for name in header["categories"])
        sizes = HeadConfig.from_dict(header["config"]), AdapterConfig.from_dict(header["adapters"])
        data = str(header["data"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} has an incomplete header: {error}.", _ADVICE) from error
    if orders != (AFFORDANCES, PART_MARKS) or not 0 < temperature < float("inf"):
        raise InputError(f"{path} was made for other affordances or another lexicon.", _ADVICE)
    return TrainedHead(*_restored(*sizes, tensors, path), temperature, categories, data)


def _both(network: InstructionHead, adapters: Adapters) -> nn.ModuleDict:
    return nn.ModuleDict({"head": network, "adapters": adapters})


def _restored(
    config: HeadConfig, sizes: AdapterConfig, tensors: Mapping[str, Tensor], path: Path
) -> tuple[InstructionHead, Adapters]:
    with torch.random.fork_rng(devices=[]):
        network, adapters = InstructionHead(config), Adapters(sizes)
    both = _both(network, adapters)
    try:
        both.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    except RuntimeError as error:
        raise InputError(f"{path} has weights that do not fit its header.", _ADVICE) from error
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InputError(f"{path} has weights that are not finite.", _ADVICE)
    both.eval().requires_grad_(False)
    return network, adapters
