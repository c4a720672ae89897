"""Fixtures of the command line's tests."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import trimesh
from cli_stub import StubPipeline


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> StubPipeline:
    """A pipeline that answers at once, in the place of the real one."""
    stub = StubPipeline()
    monkeypatch.setitem(sys.modules, "handhold.pipeline", stub)
    return stub


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with box.glb: two cubes of 5 cm, the parts body and handle."""
    monkeypatch.chdir(tmp_path)
    scene = trimesh.Scene()
    for name, height in (("body", 0.0), ("handle", 0.06)):
        box = trimesh.creation.box((0.05, 0.05, 0.05))
        box.apply_translation((0, 0, height))
        scene.add_geometry(box, geom_name=name, node_name=name)
    scene.export("box.glb")
    return tmp_path
