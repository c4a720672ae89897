"""Networks on disk: safetensors, with a JSON header that says what the tensors are.

Every file of weights of handhold is one of these; what the header holds is its owner's matter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from handhold.errors import InputError
from handhold.grasps import write_atomically

_ENTRY = "handhold"


def write_weights(
    path: Path | str,
    tensors: Mapping[str, Tensor],
    header: Mapping[str, Any],
    *,
    half: bool = False,
) -> None:
    """Write tensors and header; the file appears whole or not at all. half: as float16."""
    packed = {
        name: (tensor.detach().cpu().half() if half else tensor.detach().cpu()).contiguous()
        for name, tensor in tensors.items()
    }
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_atomically(Path(path), save(packed, {_ENTRY: json.dumps(header, sort_keys=True)}))


def read_weights(
    path: Path | str, what: str, advice: str, *, header_only: bool = False
) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors, as stored, and header of a file by :func:`write_weights`.

    what: what the file should be, with its article ("an instruction head"), and `advice`: for the
    InputError where it is missing, or something else.
    """
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            header = json.loads((file.metadata() or {})[_ENTRY])
            names = [] if header_only else list(file.keys())
            tensors = {name: file.get_tensor(name) for name in names}
    except FileNotFoundError as error:
        raise InputError(f"There is no file '{path}'; it should be {what}.", advice) from error
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise InputError(f"'{path}' is not {what}.", advice) from error
    if not isinstance(header, dict):
        raise InputError(f"'{path}' is not {what}.", advice)
    return tensors, header
