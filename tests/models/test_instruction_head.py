"""The instruction head and the sentence encoder at tiny sizes."""

from __future__ import annotations

import pytest
import torch

from handhold.errors import InputError
from handhold.models.instruction_head import HeadConfig, HeadInput, InstructionHead
from handhold.models.sentence_encoder import (
    AdapterConfig,
    Adapters,
    SentenceEncoder,
    SentenceEncoderConfig,
    weight_shapes,
)

TINY = HeadConfig(
    states=12, affordances=7, evidence=2, part_evidence=5, width=16, heads=2, part_layers=1,
    dropout=0.0, blind=0.0,
)  # fmt: skip


def batch(count: int = 4, tokens: int = 6, parts: int = 3, seed: int = 0) -> HeadInput:
    rng = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=rng)

    return HeadInput(
        tokens=drawn(count, tokens, 12),
        token_mask=torch.ones(count, tokens, dtype=torch.bool),
        spans=torch.eye(tokens)[None, :parts].repeat(count, 1, 1),
        part_mask=torch.ones(count, parts, dtype=torch.bool),
        evidence=drawn(count, 7, 2),
        part_evidence=drawn(count, parts, 5),
    )


def padded(given: HeadInput, tokens: int, parts: int) -> HeadInput:
    """The same with padding that holds nonsense."""
    more_tokens = torch.full((len(given.tokens), tokens, 12), 3.0)
    more_spans = torch.nn.functional.pad(given.spans, (0, tokens, 0, parts))
    off = torch.zeros(len(given.tokens), 1, dtype=torch.bool)
    return HeadInput(
        tokens=torch.cat([given.tokens, more_tokens], 1),
        token_mask=torch.cat([given.token_mask, off.expand(-1, tokens)], 1),
        spans=more_spans,
        part_mask=torch.cat([given.part_mask, off.expand(-1, parts)], 1),
        evidence=given.evidence,
        part_evidence=torch.cat([given.part_evidence, torch.ones(len(off), parts, 5)], 1),
    )


def test_shapes_and_gradients() -> None:
    head = InstructionHead(TINY)
    output = head(batch())
    assert output.joint.shape == (4, 7, 3)
    assert output.avoid.shape == (4, 3)
    (output.joint.sum() + output.avoid.sum()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in head.parameters())


def test_padding_changes_nothing_and_is_never_chosen() -> None:
    head = InstructionHead(TINY).eval()
    plain, wide = head(batch()), head(padded(batch(), tokens=4, parts=2))
    assert torch.allclose(plain.joint, wide.joint[:, :, :3], atol=1e-5)
    assert torch.allclose(plain.avoid, wide.avoid[:, :3], atol=1e-5)
    assert (wide.joint[:, :, 3:] == -torch.inf).all()


def test_the_order_of_the_parts_does_not_matter() -> None:
    head, given = InstructionHead(TINY).eval(), batch()
    turned = HeadInput(
        given.tokens, given.token_mask, given.spans.flip(1), given.part_mask, given.evidence,
        given.part_evidence.flip(1),
    )  # fmt: skip
    assert torch.allclose(head(given).joint, head(turned).joint.flip(2), atol=1e-5)


def test_one_batch_is_learned_by_heart() -> None:
    torch.manual_seed(0)
    head, given = InstructionHead(TINY), batch()
    answers = torch.tensor([0, 5, 13, 20])
    optimiser = torch.optim.Adam(head.parameters(), lr=0.01)
    for _ in range(80):
        loss = torch.nn.functional.cross_entropy(head(given).joint.flatten(1), answers)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.05


def test_the_lexicon_is_hidden_in_training_only() -> None:
    head = InstructionHead(HeadConfig(**{**TINY.to_dict(), "blind": 0.5}))
    given = batch()
    torch.manual_seed(1)
    assert not torch.allclose(head(given).joint, head(given).joint)
    head.eval()
    assert torch.allclose(head(given).joint, head(given).joint)


def test_the_configuration_survives_json_and_refuses_nonsense() -> None:
    assert HeadConfig.from_dict(TINY.to_dict()) == TINY
    with pytest.raises(ValueError, match="heads must divide"):
        HeadConfig(width=10, heads=4)
    for broken in ({}, {**TINY.to_dict(), "more": 1}, {**TINY.to_dict(), "width": "a"}):
        with pytest.raises(InputError, match="configuration"):
            HeadConfig.from_dict(broken)


ENCODER = SentenceEncoderConfig(vocabulary=20, width=8, layers=2, heads=2, hidden=16, positions=10)


def encoder_weights(seed: int = 0) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    shapes = weight_shapes(ENCODER)
    return {name: torch.randn(*shape, generator=rng) for name, shape in shapes.items()}


def test_the_encoder_ignores_padding_and_what_it_does_not_use() -> None:
    weights = encoder_weights()
    encoder = SentenceEncoder(ENCODER, {**weights, "pooler.dense.weight": torch.zeros(8, 8)})
    prefixed = SentenceEncoder(ENCODER, {f"bert.{n}": w for n, w in weights.items()})
    tokens = torch.tensor([[1, 4, 7]])
    states = encoder(tokens, torch.ones(1, 3, dtype=torch.bool))
    longer = encoder(torch.tensor([[1, 4, 7, 0, 0]]), torch.tensor([[True] * 3 + [False] * 2]))
    assert states.shape == (1, 3, 8)
    assert torch.allclose(states, longer[:, :3], atol=1e-5)
    assert torch.equal(states, prefixed(tokens, torch.ones(1, 3, dtype=torch.bool)))


def test_the_encoder_refuses_other_weights() -> None:
    weights = encoder_weights()
    weights.pop("encoder.layer.1.output.dense.bias")
    with pytest.raises(ValueError, match=r"1 weights are missing.*layer\.1\.output"):
        SentenceEncoder(ENCODER, weights)
    with pytest.raises(ValueError, match="heads divide"):
        SentenceEncoderConfig(width=9, heads=2)


ADAPTERS = AdapterConfig(width=8, layers=2, hidden=16, rank=2)
TOKENS, MASK = torch.tensor([[1, 4, 7], [2, 2, 0]]), torch.tensor([[True] * 3, [True, True, False]])


def test_adapters_change_nothing_at_first_and_learn_while_the_encoder_stays() -> None:
    torch.manual_seed(0)
    encoder, adapters = SentenceEncoder(ENCODER, encoder_weights()), Adapters(ADAPTERS)
    before = encoder(TOKENS, MASK)
    assert torch.equal(before, encoder(TOKENS, MASK, adapters.pairs()))
    optimiser = torch.optim.Adam(adapters.parameters(), lr=0.03)
    wanted = torch.randn(2, 8)
    losses = []
    for _ in range(150):
        loss = (encoder(TOKENS, MASK, adapters.pairs())[:, 0] - wanted).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert all(p.grad is not None and p.grad.isfinite().all() for p in adapters.parameters())
    assert losses[-1] < 0.7 * losses[0]
    assert torch.equal(before, encoder(TOKENS, MASK))


def test_folded_adapters_are_the_same_reading() -> None:
    torch.manual_seed(0)
    encoder, adapters = SentenceEncoder(ENCODER, encoder_weights()), Adapters(ADAPTERS)
    with torch.no_grad():
        for up in adapters.up:
            up.normal_(std=0.1)
        folded = encoder.folded(adapters)
        beside = encoder(TOKENS, MASK, adapters.pairs())
    assert torch.allclose(folded(TOKENS, MASK)[:, 0], beside[:, 0], atol=1e-4)
    assert not torch.allclose(encoder(TOKENS, MASK)[:, 0], beside[:, 0], atol=1e-2)


def test_adapters_of_other_sizes_are_refused() -> None:
    encoder = SentenceEncoder(ENCODER, encoder_weights())
    with pytest.raises(ValueError, match="adapters have"):
        encoder.folded(Adapters(AdapterConfig(width=8, layers=3, hidden=16, rank=2)))
    with pytest.raises(ValueError, match="at least 1"):
        AdapterConfig(rank=0)
    assert AdapterConfig.from_dict(ADAPTERS.to_dict()) == ADAPTERS
    for broken in ({}, {**ADAPTERS.to_dict(), "more": 1}, {**ADAPTERS.to_dict(), "rank": "a"}):
        with pytest.raises(InputError, match="configuration"):
            AdapterConfig.from_dict(broken)
