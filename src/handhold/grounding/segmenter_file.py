"""The part segmenter's weights on disk: safetensors with a JSON header.

Float16 in the file, float32 in memory. Beside the network the file has the vectors of many names
of parts, so that these can be asked for without the text encoder.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

from torch import Tensor

from handhold.errors import InputError
from handhold.grounding.point_features import FEATURES
from handhold.models.part_segmenter import PartSegmenter, SegmenterConfig
from handhold.weights_file import read_weights, write_weights

FORMAT, VERSION = "handhold-part-segmenter", 2
_NETWORK, _VECTORS = "network.", "name_vectors"
_ADVICE = "Train it again with 'handhold train segmenter', or give a file that it wrote."


@dataclass(frozen=True, eq=False)
class Segmenter:
    """The network, in evaluation mode, and what goes with it.

    names: asked for by vectors (M, 384) of the same order; the first `taught` of them were meant
    by parts in training, the others only look alike. categories: what it was trained on.
    """

    network: PartSegmenter
    names: tuple[str, ...]
    vectors: Tensor
    categories: tuple[str, ...]
    taught: int = 0

    def was_taught(self, name: str) -> bool:
        """Whether a part was called so in training."""
        return name in self.names[: self.taught]

    def vector(self, name: str) -> Tensor | None:
        """The vector (384,) of a name in lower case; None where the table has not got it."""
        return self.vectors[self.names.index(name)] if name in self.names else None


def save_segmenter(path: Path | str, segmenter: Segmenter) -> None:
    """Write the file; it appears whole or not at all."""
    header = {
        "format": FORMAT,
        "version": VERSION,
        "config": segmenter.network.config.to_dict(),
        "features": list(FEATURES),
        "names": list(segmenter.names),
        "categories": list(segmenter.categories),
        "taught": segmenter.taught,
    }
    tensors = {_NETWORK + name: value for name, value in segmenter.network.state_dict().items()}
    tensors[_VECTORS] = segmenter.vectors
    write_weights(path, tensors, header, half=True)


def load_segmenter(path: Path | str) -> Segmenter:
    """The segmenter of a file. InputError: missing, damaged, another format or other features."""
    tensors, header = read_weights(path, "a part segmenter", _ADVICE)
    found = header.get("format"), header.get("version")
    if found != (FORMAT, VERSION):
        raise InputError(
            f"{path} has format {found[0]!r} version {found[1]!r}, "
            f"this handhold reads {FORMAT!r} version {VERSION}.",
            _ADVICE,
        )
    if header.get("features") != list(FEATURES):
        raise InputError(f"{path} was trained with other point features.", _ADVICE)
    try:
        names = _strings(header["names"])
        network = PartSegmenter(SegmenterConfig.from_dict(header["config"]))
        weights = {
            name.removeprefix(_NETWORK): value.float()
            for name, value in tensors.items()
            if name.startswith(_NETWORK)
        }
        network.load_state_dict(weights)
        vectors = tensors[_VECTORS].float()
        if vectors.shape != (len(names), network.config.text):
            raise ValueError(f"{len(names)} names, vectors {tuple(vectors.shape)}")
        categories, taught = _strings(header["categories"]), int(header["taught"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{path} has a header that its weights do not fit.", _ADVICE) from error
    if not all(bool(value.isfinite().all()) for value in (*weights.values(), vectors)):
        raise InputError(f"{path} has weights that are not finite.", _ADVICE)
    return Segmenter(network.eval(), names, vectors, categories, taught)


@lru_cache(maxsize=1)
def shipped_segmenter() -> Segmenter:
    """The segmenter that comes with the package."""
    weights = files("handhold.grounding").joinpath("weights", "part_segmenter.safetensors")
    with as_file(weights) as path:
        return load_segmenter(path)


def _strings(values: Sequence[Any]) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError("not a list of strings")
    return tuple(values)
