"""Who reads and who looks, as the options say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handhold.grounding.detection import TextDetector
    from handhold.language import InstructionReader
    from handhold.objects import ObjectAsset
    from handhold.pipeline import Grounder
    from handhold.pipeline.ground import Encode


def reader_of(backend: str) -> InstructionReader:
    """The reader of a --backend."""
    from handhold.language import LexiconReader, configured_reader, default_reader

    if backend == "lexicon":
        return configured_reader(backend, LexiconReader())
    return configured_reader(backend, default_reader())


def encoder() -> Encode | None:
    """Names to vectors, where the text encoder is installed."""
    from handhold.language.encoder import load_text_encoder, text_encoder_available

    if not text_encoder_available():
        return None
    return lambda texts: load_text_encoder().vectors(texts)


def detector_of(path: str | None) -> TextDetector | None:
    """The detector of a --detector."""
    if path is None:
        return None
    from handhold.grounding.pretrained_detector import transformers_detector

    return transformers_detector(path)


def grounder(asset: ObjectAsset, backend: str, detector: str | None) -> Grounder:
    """All that finds parts of this object."""
    from handhold.pipeline import Grounder

    return Grounder(asset, reader_of(backend), detector=detector_of(detector), encode=encoder())
