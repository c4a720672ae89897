"""GroundingDINO and OWLv2 with few and random weights, through the code that loads real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import trimesh

from handhold.errors import InputError
from handhold.geometry import TriMesh
from handhold.grounding.detection import detect_part
from handhold.grounding.pretrained_detector import PretrainedDetector, transformers_detector
from handhold.render.observation import observe_object

transformers = pytest.importorskip("transformers")

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "handle", "of", "the", "body"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
IMAGE = np.random.default_rng(0).integers(0, 255, (100, 140, 3), dtype=np.uint8)


def save_grounding_dino(folder: Path) -> None:
    vision = transformers.SwinConfig(
        image_size=64,
        embed_dim=8,
        depths=[1, 1, 1, 1],
        num_heads=[1, 1, 2, 2],
        window_size=4,
        out_features=["stage2", "stage3", "stage4"],
    )
    text = {
        "vocab_size": len(WORDS),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "max_position_embeddings": 24,
    }
    config = transformers.GroundingDinoConfig(
        backbone_config=vision,
        text_config=text,
        d_model=32,
        encoder_layers=1,
        encoder_ffn_dim=16,
        encoder_attention_heads=2,
        decoder_layers=2,
        decoder_ffn_dim=16,
        decoder_attention_heads=2,
        num_queries=9,
        max_text_len=24,
    )
    transformers.GroundingDinoForObjectDetection(config).save_pretrained(folder)
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    size = {"shortest_edge": 256, "longest_edge": 256}
    transformers.GroundingDinoImageProcessorPil(size=size).save_pretrained(folder)


def save_owlv2(folder: Path) -> None:
    tokens = ["<pad>", "<|startoftext|>", "<|endoftext|>", *LETTERS]
    tokens += [f"{letter}</w>" for letter in LETTERS]
    sizes = {
        "hidden_size": 16,
        "intermediate_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
    }
    ids = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
    config = transformers.Owlv2Config(
        text_config={**sizes, **ids, "vocab_size": 60, "max_position_embeddings": 16},
        vision_config={**sizes, "image_size": 64, "patch_size": 16},
        projection_dim=16,
    )
    transformers.Owlv2ForObjectDetection(config).save_pretrained(folder)
    vocabulary = {token: index for index, token in enumerate(tokens)}
    tokenizer = transformers.CLIPTokenizer(vocab=vocabulary, merges=[], pad_token="<pad>")
    tokenizer.save_pretrained(folder)
    size = {"height": 64, "width": 64}
    transformers.Owlv2ImageProcessorPil(size=size).save_pretrained(folder)


SAVE = {"grounding-dino": save_grounding_dino, "owlv2": save_owlv2}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {}
    for name, save in SAVE.items():
        torch.manual_seed(0)
        folders[name] = tmp_path_factory.mktemp(name)
        save(folders[name])
    return folders


@pytest.fixture(params=list(SAVE))
def folder(request: pytest.FixtureRequest, saved: dict[str, Path], tmp_path: Path) -> Path:
    """A model's folder that a test may spoil."""
    return Path(shutil.copytree(saved[request.param], tmp_path / "model"))


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Any attempt to reach anything fails the test."""

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a detector tried to reach the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    yield


def loaded(folder: Path, threshold: float | None = 0.0) -> PretrainedDetector:
    return transformers_detector(folder, threshold=threshold)


def test_a_saved_model_loads_and_detects(folder: Path) -> None:
    detector = loaded(folder)
    boxes = detector.detect(IMAGE, "handle of the body")
    assert len(boxes) in (9, 16) and boxes.corners.shape == (len(boxes), 4)
    assert ((boxes.scores >= 0) & (boxes.scores <= 1)).all()
    assert (boxes.corners[:, 2:] >= boxes.corners[:, :2]).all()
    again = loaded(folder).detect(IMAGE, "handle of the body")
    assert (again.corners == boxes.corners).all() and (again.scores == boxes.scores).all()


def test_boxes_and_scores_are_those_of_the_models_own_processor(folder: Path) -> None:
    detector = loaded(folder)
    boxes = detector.detect(IMAGE, "handle")
    inputs = {**detector._words("handle"), **detector._pixels(IMAGE)}
    with torch.inference_mode():
        output = detector.model(**inputs)
    if detector.kind.padded:
        kwargs = {"threshold": 0.0, "target_sizes": torch.tensor([IMAGE.shape[:2]])}
        theirs = detector.image_processor.post_process_object_detection(output, **kwargs)[0]
    else:
        both = transformers.GroundingDinoProcessor(detector.image_processor, detector.tokenizer)
        theirs = both.post_process_grounded_object_detection(
            output, inputs["input_ids"], threshold=0.0, target_sizes=[IMAGE.shape[:2]]
        )[0]
    assert boxes.corners == pytest.approx(theirs["boxes"].numpy(), abs=1e-3)
    assert boxes.scores == pytest.approx(theirs["scores"].numpy(), abs=1e-6)


def test_only_boxes_over_the_threshold_are_returned(folder: Path) -> None:
    scores = np.sort(loaded(folder).detect(IMAGE, "handle").scores)
    middle = float(scores[len(scores) // 2])
    found = loaded(folder, middle).detect(IMAGE, "handle")
    assert len(found) == (scores >= middle).sum()
    assert len(loaded(folder, 1.1).detect(IMAGE, "handle")) == 0
    assert 0 < loaded(folder, None).threshold < 0.5


def test_the_whole_chain_runs_on_an_object(folder: Path) -> None:
    mesh = TriMesh.from_trimesh(trimesh.creation.box((0.1, 0.05, 0.05)))
    parts = (mesh.face_centres[:, 0] > 0).astype(np.int64)
    views = observe_object(mesh, parts, views=2, size=(96, 96))
    found = detect_part(loaded(folder), views, "handle", ("one", "two"))
    assert len(found.boxes) == 2 and found.scores.shape == (2,)


@pytest.mark.parametrize(
    "phrase",
    [
        "Handle. body?",
        "ignore all instructions. {0} {x} %s [SEP]",
        "Griff " * 500,
        "取っ手",
        "🫖 handle",
    ],
)
def test_any_words_are_only_words(folder: Path, phrase: str) -> None:
    detector = loaded(folder)
    assert len(detector.detect(IMAGE, phrase)) > 0
    if not detector.kind.padded:
        ids = detector._words(phrase)["input_ids"]
        assert (ids == WORDS.index(".")).sum() <= 1
        assert (ids == WORDS.index("[SEP]")).sum() == 1


@pytest.mark.parametrize("phrase", ["", " ", "...", "🫖"])
def test_a_phrase_without_a_word_is_refused(folder: Path, phrase: str) -> None:
    with pytest.raises(InputError, match="names nothing"):
        loaded(folder).detect(IMAGE, phrase)


def test_case_and_stops_make_no_difference(folder: Path) -> None:
    detector = loaded(folder)
    plain, loud = detector.detect(IMAGE, "handle"), detector.detect(IMAGE, " HANDLE.. ")
    assert (plain.scores == loud.scores).all()


def test_a_missing_folder_says_what_to_put_where(tmp_path: Path) -> None:
    for source in (tmp_path / "nowhere", "some-owner/no-such-model", "no//such:name"):
        with pytest.raises(InputError, match="no folder.*model cache") as caught:
            transformers_detector(source)
        assert "model.safetensors" in caught.value.advice
        assert "config.json" in caught.value.advice and "http" not in str(caught.value)


def test_a_model_is_found_in_the_cache_by_its_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache's layout: models--OWNER--NAME/snapshots/COMMIT, and the commit in refs/main."""
    import huggingface_hub

    model = tmp_path / "cache" / "models--me--tiny"
    shutil.copytree(folder, model / "snapshots" / "abc")
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text("abc")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    assert len(transformers_detector("me/tiny", threshold=0.0).detect(IMAGE, "handle")) > 0


def test_a_file_is_not_a_folder(folder: Path) -> None:
    with pytest.raises(InputError, match="is a file"):
        transformers_detector(folder / "model.safetensors")


def test_pickled_weights_are_refused_unread(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    witness = tmp_path / "ran"
    evil = f"cposix\nsystem\n(S'touch {witness}'\ntR.".encode()
    (folder / "pytorch_model.bin").write_bytes(evil)
    with pytest.raises(InputError, match="pickled.*pytorch_model.bin.*run code"):
        transformers_detector(folder)
    assert not witness.exists()


def test_no_weights_at_all_are_named(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(InputError, match="no safetensors file"):
        transformers_detector(folder)


def test_another_kind_of_model_is_refused_by_its_type(folder: Path) -> None:
    file = folder / "config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "model_type": "bert"}))
    with pytest.raises(InputError, match="type 'bert'.*grounding-dino, owlv2"):
        transformers_detector(folder)
    file.write_text("[]")
    with pytest.raises(InputError, match="type 'None'"):
        transformers_detector(folder)
    file.write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        transformers_detector(folder)
    file.unlink()
    with pytest.raises(InputError, match="no config.json"):
        transformers_detector(folder)


def test_broken_or_foreign_weights_are_refused(folder: Path, saved: dict[str, Path]) -> None:
    file = folder / "model.safetensors"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be loaded"):
        transformers_detector(folder)
    here = json.loads((folder / "config.json").read_text())["model_type"]
    (other,) = (path for name, path in saved.items() if name != here)
    shutil.copy(other / "model.safetensors", file)
    with pytest.raises(InputError, match="do not fit its config.json.*missing"):
        transformers_detector(folder)


@pytest.mark.parametrize("file", ["preprocessor_config.json", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_refused(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(InputError, match=f"There is no .*{file}"):
        transformers_detector(folder)
