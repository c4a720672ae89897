"""One run of the whole pipeline, made once and looked at by many tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from flask_run import INSTRUCTION, SETTINGS, SealedRun, run_sealed
from lumpy_flask import write_glb

from handhold.cache import ENVIRONMENT_VARIABLE
from handhold.objects import ObjectAsset, load_object
from handhold.pipeline import Grasper, GraspResult, settings
from handhold.refine import FAST


@pytest.fixture(scope="session", autouse=True)
def _one_thread_and_no_cache() -> Iterator[None]:
    """Sums in one order, and nothing left on disk."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENVIRONMENT_VARIABLE, "off")
        yield
    torch.set_num_threads(before)


@pytest.fixture
def few_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A "fast" schedule that is over at once."""
    hasty = replace(FAST, steps_extrinsic=4, steps_all=6)
    monkeypatch.setitem(settings.SCHEDULES, "fast", hasty)


@pytest.fixture(scope="session")
def flask_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_glb(tmp_path_factory.mktemp("flask") / "flask.glb")


@pytest.fixture(scope="session")
def flask(flask_file: Path) -> ObjectAsset:
    return load_object(flask_file)


@pytest.fixture(scope="session")
def result(flask: ObjectAsset) -> GraspResult:
    """The run in this process."""
    return Grasper(flask).ask(INSTRUCTION, SETTINGS)


@pytest.fixture(scope="session")
def sealed_run(flask_file: Path, tmp_path_factory: pytest.TempPathFactory) -> SealedRun:
    """The same run as a command in another process."""
    return run_sealed(flask_file, tmp_path_factory.mktemp("sealed"))
