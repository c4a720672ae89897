"""Training the part segmenter: it learns, goes on where it stopped, and refuses other runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from toy_prepared import SIZES, encode, prepared_shapes

from handhold.errors import InputError
from handhold.grounding.segmenter_file import load_segmenter
from handhold.synthesis import SEEN
from handhold.train.segmenter import (
    STATE_FILE,
    SegmenterProgress,
    SegmenterTraining,
    segmenter_loss,
    train_segmenter,
)
from handhold.train.segmenter_batches import SegmenterBatch, draw_batch
from handhold.train.segmenter_queries import QueryMix, vocabulary
from handhold.train.segmenter_validation import calibrated, measure_segmenter

SHORT = SegmenterTraining(
    steps=8, batch=3, points=32, warm_up=2, half=False, save_every=4, averaging=0.5
)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path: Path) -> None:
    shapes = prepared_shapes()
    whole = train_segmenter(shapes, encode, tmp_path / "a", sizes=SIZES, config=SHORT)
    seen: list[SegmenterProgress] = []
    finished = False
    while not finished:
        result = train_segmenter(
            shapes,
            encode,
            tmp_path / "b",
            sizes=SIZES,
            config=SHORT,
            time_limit_s=0.0,
            on_progress=seen.append,
        )
        finished = result.finished
    assert seen[-1].step == 8 and len(seen) == 8
    ours, theirs = result.segmenter.network, whole.segmenter.network
    for name, value in theirs.state_dict().items():
        assert torch.equal(ours.state_dict()[name], value), name
    back = load_segmenter(whole.path)
    assert back.categories == SEEN
    assert "handle" in back.names


def test_a_state_of_other_settings_is_refused(tmp_path: Path) -> None:
    shapes = prepared_shapes()
    train_segmenter(shapes, encode, tmp_path, sizes=SIZES, config=SHORT, time_limit_s=0.0)
    with pytest.raises(InputError, match="other settings"):
        train_segmenter(shapes, encode, tmp_path, sizes=SIZES, config=SHORT, seed=1)
    (tmp_path / STATE_FILE).write_bytes(b"no tensors")
    with pytest.raises(InputError):
        train_segmenter(shapes, encode, tmp_path, sizes=SIZES, config=SHORT)


def test_it_learns_a_small_set(tmp_path: Path) -> None:
    shapes = prepared_shapes(count=3)
    config = SegmenterTraining(
        steps=150, batch=3, points=48, warm_up=10, rate=1e-2, half=False, averaging=0.9
    )
    result = train_segmenter(shapes, encode, tmp_path, sizes=SIZES, config=config)
    quality = measure_segmenter(result.segmenter, shapes)
    assert quality.best > 0.75
    assert set(quality.by_part) == {"body", "handle"}
    marked = calibrated(result.segmenter, quality)
    assert float(marked.network.threshold) == pytest.approx(quality.threshold)


def test_a_batch_keeps_what_belongs_together() -> None:
    shapes, words = prepared_shapes(), vocabulary()
    batch = draw_batch(
        shapes,
        np.array([0, 3]),
        64,
        words,
        encode(words.names),
        np.random.default_rng(0),
        QueryMix(),
    )
    assert batch.features.shape == (2, 64, SIZES.features)
    upper = batch.features[..., 2] > 0
    handle = batch.wanted[..., 1].bool()  # the second question is for the second part
    assert torch.equal(handle & batch.counted, upper & batch.counted)
    assert int((~batch.counted).sum()) == 2


def test_the_loss_is_small_for_right_answers_and_ignores_outliers() -> None:
    wanted = torch.zeros(1, 10, 2)
    wanted[:, :3, 0] = 1
    counted = torch.ones(1, 10, dtype=torch.bool)
    counted[:, 9] = False
    batch = SegmenterBatch(torch.zeros(0), torch.zeros(0), torch.zeros(0), wanted, counted)
    right = 20 * (wanted - 0.5)
    odd = right.clone()
    odd[:, 9] *= -1
    assert segmenter_loss(right, batch, 0.5) < 0.01
    assert segmenter_loss(odd, batch, 0.5) < 0.01
    assert segmenter_loss(-right, batch, 0.5) > 1
