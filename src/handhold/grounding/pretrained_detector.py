"""GroundingDINO and OWLv2 as detectors, through transformers, from files that the user has.

They stand in for GLIP, the detector of G-DexGrasp. Liu et al., "Grounding DINO" (2024);
Minderer et al., "Scaling Open-Vocabulary Object Detection" (2023). Nothing is ever fetched, no
code in a model's folder is run, and weights are read from safetensors files only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from handhold.errors import InputError
from handhold.grounding.detection import Boxes
from handhold.optional import require

_EXTRA = "text"
_PICKLED = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_IMAGE_FILES = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER_FILES = ("tokenizer.json", "vocab.txt", "vocab.json")
_NEEDED = (
    "Give the folder of a GroundingDINO or OWLv2 model in transformers format, or the name it"
    " has in your model cache: config.json, preprocessor_config.json, the tokenizer's files and"
    " model.safetensors, as its owners distribute them. handhold does not download it."
)


@dataclass(frozen=True)
class _Kind:
    """What differs between the models: names of classes, the prompt, the score that counts, and
    whether boxes are relative to the picture padded to a square (OWLv2) or to the picture."""

    model: str
    image_processor: str
    prompt: str
    threshold: float
    padded: bool


# Thresholds: those that the models' own processors default to, GroundingDINO's a little lower,
# as parts score less than objects (ours).
_KINDS = {
    "grounding-dino": _Kind(
        "GroundingDinoForObjectDetection", "GroundingDinoImageProcessor", "{}.", 0.2, False
    ),
    "owlv2": _Kind("Owlv2ForObjectDetection", "Owlv2ImageProcessor", "a photo of a {}", 0.1, True),
}


@dataclass(frozen=True, eq=False)
class PretrainedDetector:
    """A loaded model as a TextDetector; made by transformers_detector."""

    kind: _Kind
    model: Any
    tokenizer: Any
    image_processor: Any
    threshold: float
    device: str

    def detect(self, image: NDArray[np.uint8], phrase: str) -> Boxes:
        """Boxes that show `phrase` with at least the threshold's score, in no order.

        image (H, W, 3): sRGB, uint8. Raises InputError for a phrase without a word in it.
        """
        inputs = {**self._words(phrase), **self._pixels(image)}
        with torch.inference_mode():
            output = self.model(**{key: value.to(self.device) for key, value in inputs.items()})
        scores = output.logits[0].float().sigmoid().amax(dim=-1).cpu().numpy().astype(np.float64)
        middle_and_size = output.pred_boxes[0].float().cpu().numpy().astype(np.float64)
        height, width = image.shape[:2]
        if self.kind.padded:
            height = width = max(height, width)
        middle, half = middle_and_size[:, :2], middle_and_size[:, 2:] / 2
        corners = np.concatenate([middle - half, middle + half], axis=1)
        kept = np.isfinite(scores) & (scores >= self.threshold)
        return Boxes.of(corners[kept] * [width, height, width, height], scores[kept])

    def _words(self, phrase: str) -> dict[str, torch.Tensor]:
        # A full stop ends a phrase of GroundingDINO's prompt; nothing in a name may do so.
        clean = " ".join(re.sub(r"[^\w\s'-]", " ", phrase.lower()).split())
        if not clean:
            raise InputError(f"'{phrase}' names nothing to look for.", "Give a word, as 'handle'.")
        text = self.model.config
        most = text.text_config.max_position_embeddings
        if not self.kind.padded:
            most = min(most, text.max_text_len)
        return dict(
            self.tokenizer(
                [self.kind.prompt.format(clean)],
                return_tensors="pt",
                truncation=True,
                max_length=most,
                padding="max_length" if self.kind.padded else False,
            )
        )

    def _pixels(self, image: NDArray[np.uint8]) -> dict[str, torch.Tensor]:
        return dict(
            self.image_processor(
                images=image, return_tensors="pt", input_data_format="channels_last"
            )
        )


def transformers_detector(
    source: str | Path, *, threshold: float | None = None, device: str = "cpu"
) -> PretrainedDetector:
    """The GroundingDINO or OWLv2 model in a folder, or of that name in the user's model cache.

    Which of the two it is, config.json says. threshold: least score of a box, 0..1; None is the
    model's usual one. Raises InputError if nothing is there, if it is another model, if its
    weights are not safetensors, or if they do not fit the configuration, and MissingPackageError
    without transformers.
    """
    transformers = require("transformers", extra=_EXTRA)
    folder = _folder(source)
    kind = _kind(folder)
    _require_safetensors(folder)
    _require_any(folder, _IMAGE_FILES)
    _require_any(folder, _TOKENIZER_FILES)
    try:
        with _without_progress(transformers):
            model = _model(transformers, folder, kind)
            processor = _image_processor_class(transformers, kind).from_pretrained(
                folder, local_files_only=True
            )
            tokenizer = transformers.AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
    except InputError:
        raise
    except Exception as error:  # transformers raises whatever the broken file made it meet
        raise InputError(f"The model in {folder} cannot be loaded: {error}", _NEEDED) from error
    level = kind.threshold if threshold is None else threshold
    return PretrainedDetector(kind, model.to(device), tokenizer, processor, level, device)


def _folder(source: str | Path) -> Path:
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise InputError(f"{source} is a file, not a model's folder.", _NEEDED)
    hub = require("huggingface_hub", extra=_EXTRA)
    try:
        return Path(hub.snapshot_download(str(source), local_files_only=True))
    except (OSError, ValueError) as error:
        raise InputError(
            f"There is no folder {source}, and no model of that name in the model cache.", _NEEDED
        ) from error


def _kind(folder: Path) -> _Kind:
    file = folder / "config.json"
    if not file.is_file():
        raise InputError(f"There is no config.json in {folder}.", _NEEDED)
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{file} is not JSON ({error}).", _NEEDED) from error
    name = config.get("model_type") if isinstance(config, dict) else None
    if name not in _KINDS:
        raise InputError(
            f"The model in {folder} is of type '{name}'.",
            f"Types that can be used as a detector: {', '.join(_KINDS)}.",
        )
    return _KINDS[name]


def _require_safetensors(folder: Path) -> None:
    if any(folder.glob("*.safetensors")):
        return
    pickled = sorted(file.name for pattern in _PICKLED for file in folder.glob(pattern))
    if pickled:
        raise InputError(
            f"The weights in {folder} are pickled ({pickled[0]}); loading them could run code.",
            "Use the model's safetensors file, or convert them with transformers where you trust"
            " them: save_pretrained writes safetensors.",
        )
    raise InputError(f"There is no safetensors file with weights in {folder}.", _NEEDED)


def _require_any(folder: Path, names: tuple[str, ...]) -> None:
    # Without its file, transformers makes a tokenizer that knows no word.
    if not any((folder / name).is_file() for name in names):
        raise InputError(f"There is no {' or '.join(names)} in {folder}.", _NEEDED)


def _model(transformers: ModuleType, folder: Path, kind: _Kind) -> Any:
    model, report = getattr(transformers, kind.model).from_pretrained(
        folder, local_files_only=True, use_safetensors=True, output_loading_info=True
    )
    # transformers fills what is missing with random numbers and goes on. Tables that it computes
    # (buffers) are no weights, and older files may lack them.
    weights = {name for name, _ in model.named_parameters()}
    absent = sorted(weights & set(report["missing_keys"]))
    absent += sorted(str(key) for key in report["mismatched_keys"])
    if absent:
        raise InputError(
            f"The weights in {folder} do not fit its config.json: {len(absent)} are missing or of"
            f" another shape, as {absent[0]}.",
            _NEEDED,
        )
    return model.float().eval()


def _image_processor_class(transformers: ModuleType, kind: _Kind) -> Any:
    """The variant that works on PIL images where there is one: the other needs torchvision."""
    plain = getattr(transformers, f"{kind.image_processor}Pil", None)
    return plain or getattr(transformers, kind.image_processor)


@contextmanager
def _without_progress(transformers: ModuleType) -> Iterator[None]:
    logging = transformers.utils.logging
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
