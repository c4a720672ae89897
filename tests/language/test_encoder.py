"""The sentence encoder's files: small ones made here, and the installed ones where there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from handhold.errors import InputError
from handhold.language import encoder as encoding
from handhold.language.encoder import (
    ENCODER_VARIABLE,
    LONGEST_TOKENS,
    WIDTH,
    TextEncoder,
    text_encoder_available,
    text_encoder_folder,
)
from handhold.models.sentence_encoder import SentenceEncoderConfig, weight_shapes
from handhold.optional import MissingPackageError

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "pour", "tea", "handle", "lid"]
SIZES = SentenceEncoderConfig(vocabulary=len(WORDS), layers=1, hidden=8)
CONFIG = {
    "model_type": "bert",
    "vocab_size": len(WORDS),
    "hidden_size": WIDTH,
    "num_hidden_layers": 1,
    "num_attention_heads": 12,
    "intermediate_size": 8,
    "max_position_embeddings": 512,
    "layer_norm_eps": 1e-12,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tokenizers = pytest.importorskip("tokenizers")
    made = tmp_path_factory.mktemp("encoder")
    model = tokenizers.models.WordLevel({w: k for k, w in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(model)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.enable_padding(length=128)  # as the public file has it
    tokenizer.save(str(made / "tokenizer.json"))
    (made / "config.json").write_text(json.dumps(CONFIG))
    rng = torch.Generator().manual_seed(0)
    shapes = weight_shapes(SIZES)
    weights = {name: 0.1 * torch.randn(*shape, generator=rng) for name, shape in shapes.items()}
    save_file(weights, made / "model.safetensors")
    return made


def test_states_and_unit_vectors(folder: Path) -> None:
    encoder = TextEncoder(folder)
    assert encoder.states("pour tea").shape == (2, WIDTH)
    vectors = encoder.vectors(["handle", "lid", "handle"])
    assert vectors.shape == (3, WIDTH)
    assert torch.allclose(vectors.norm(dim=1), torch.ones(3))
    assert torch.equal(vectors[0], vectors[2])
    assert encoder.vectors([]).shape == (0, WIDTH)


def test_sentence_category_and_names_are_one_text(folder: Path) -> None:
    encoder = TextEncoder(folder)
    words = {word: number for number, word in enumerate(WORDS)}
    asked = encoder.asked("pour tea", ["lid", "handle lid"], "tea")
    found = [asked.tokens[start:end] for start, end in asked.spans]
    assert found == [(words["lid"],), (words["handle"], words["lid"])]
    assert encoder.asked("pour tea", ["lid"]).tokens != encoder.asked("pour", ["lid"]).tokens
    many = encoder.asked("tea " * 5000, ["handle " * 50] * 300)
    assert len(many.spans) == 300
    assert all(0 < start < end <= len(many.tokens) for start, end in many.spans)
    assert len(many.tokens) <= CONFIG["max_position_embeddings"]


def test_a_sentence_is_the_same_alone_and_among_others(folder: Path) -> None:
    encoder = TextEncoder(folder)
    alone = encoder.states("pour tea")
    together = encoder.states_of(["pour tea", "pour tea handle lid lid lid"])
    assert torch.allclose(alone, together[0], atol=1e-5)


def test_a_long_sentence_is_cut(folder: Path) -> None:
    assert TextEncoder(folder).states("tea " * 5000).shape == (LONGEST_TOKENS, WIDTH)


def test_names_are_remembered_but_not_without_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoding, "_REMEMBERED", 3)
    encoder = TextEncoder(folder)
    first = encoder.vectors(["lid"])
    encoder.vectors(["pour", "tea", "handle", "pour tea"])
    assert len(encoder._vectors) <= 4
    assert torch.equal(first, encoder.vectors(["lid"]))


def test_the_user_may_name_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENCODER_VARIABLE, str(folder))
    assert text_encoder_folder() == folder
    assert text_encoder_available()
    assert TextEncoder().folder == folder


def test_a_folder_without_the_files_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ENCODER_VARIABLE, str(tmp_path))
    with pytest.raises(InputError, match=r"tokenizer\.json.*not there"):
        text_encoder_folder()


def test_without_an_encoder_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("tokenizers")
    monkeypatch.delenv(ENCODER_VARIABLE, raising=False)
    monkeypatch.setattr(encoding, "_PACKAGE", "no_such_package_anywhere")
    assert not text_encoder_available()
    with pytest.raises(MissingPackageError, match=r"handhold\[text\]"):
        TextEncoder()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", "{"),
        ("config.json", "[]"),
        ("config.json", json.dumps({**CONFIG, "hidden_size": 96})),
        ("config.json", json.dumps({**CONFIG, "num_hidden_layers": 2})),
        ("model.safetensors", "garbage"),
        ("tokenizer.json", "garbage"),
    ],
)
def test_damaged_files_are_refused(folder: Path, tmp_path: Path, name: str, content: str) -> None:
    for file in folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError):
        TextEncoder(tmp_path)


@pytest.mark.skipif(not text_encoder_available(), reason="needs the extra 'text'")
def test_the_installed_encoder_knows_what_is_alike() -> None:
    vectors = TextEncoder().vectors(["handle", "grip", "keyboard"])
    assert float(vectors[0] @ vectors[1]) > float(vectors[0] @ vectors[2]) + 0.1


@pytest.mark.slow
@pytest.mark.skipif(not text_encoder_available(), reason="needs the extra 'text'")
def test_the_installed_encoder_is_what_the_general_library_makes_of_it() -> None:
    bert = pytest.importorskip("transformers.models.bert.modeling_bert")
    encoder = TextEncoder()
    model = bert.BertModel.from_pretrained(
        encoder.folder, local_files_only=True, use_safetensors=True, add_pooling_layer=False
    ).eval()
    tokens = torch.tensor([encoder._tokenizer.encode("Pour me some tea, please.").ids])
    with torch.inference_mode():
        expected = model(tokens).last_hidden_state[0]
    assert torch.allclose(encoder.states("Pour me some tea, please."), expected, atol=1e-4)
