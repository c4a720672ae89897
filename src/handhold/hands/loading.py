"""Hands by name or by file."""

from __future__ import annotations

import importlib.util
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from handhold.errors import InputError
from handhold.hands.spec import load_spec

if TYPE_CHECKING:
    from handhold.hands.hand import Hand

SHADOW = "shadow"
MODEL_SUFFIXES = (".xml", ".mjcf", ".urdf")
_SHADOW_MODEL = Path("envs", "assets", "hand", "reach.xml")


def hand_names() -> tuple[str, ...]:
    """The hands that come with handhold."""
    root = resources.files("handhold.hands") / "specs"
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir()))


def load_hand(name: str | Path = "human") -> Hand:
    """A hand by name or by model file, float32 on the CPU; move it with ``hand.to(...)``.

    name: one of ``hand_names()``; "shadow", the Shadow Hand of the package gymnasium-robotics
    (extra ``handhold[shadow]``); or the path of an MJCF (.xml, .mjcf) or URDF (.urdf) file, see
    `hand_from_mjcf`. Raises InputError otherwise.
    """
    from handhold.hands.hand import Hand

    text = str(name)
    if text == SHADOW:
        return _model(_shadow_model(), SHADOW)
    if Path(text).suffix.lower() in MODEL_SUFFIXES:
        return _model(Path(text), None)
    if text not in hand_names():
        known = ", ".join((*hand_names(), SHADOW))
        raise InputError(
            f"There is no hand '{text}'.",
            f"Known hands: {known}; or give a model file ({', '.join(MODEL_SUFFIXES)}).",
        )
    folder = resources.files("handhold.hands") / "specs" / text
    with resources.as_file(folder / "hand.safetensors") as path:
        return Hand(load_spec(path))


def _model(path: Path, name: str | None) -> Hand:
    from handhold.hands.mjcf import hand_from_mjcf

    return hand_from_mjcf(path, name=name)


def _shadow_model() -> Path:
    """The model file in gymnasium-robotics, found without importing that package."""
    found = importlib.util.find_spec("gymnasium_robotics")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / _SHADOW_MODEL
        if path.is_file():
            return path
    raise InputError(
        "The Shadow Hand's model is not installed.",
        "Install it with: pip install 'handhold[shadow]', or give the path of any MJCF or URDF "
        "of a hand instead of the name.",
    )
