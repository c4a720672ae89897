"""handhold: an object mesh and a sentence in, dexterous hand grasps out.

    import handhold

    kettle = handhold.load_object("kettle.glb")
    result = handhold.grasp_object(kettle, "Could you pour me some tea?")
    result.batch.save("grasps.json")

Importing the package is cheap: the names below are fetched from their rooms on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_HOME_OF = {
    "AFFORDANCES": "handhold.grasps",
    "GraspBatch": "handhold.grasps",
    "GraspResult": "handhold.pipeline",
    "GraspSettings": "handhold.pipeline",
    "HandholdError": "handhold.errors",
    "InputError": "handhold.errors",
    "NoGraspError": "handhold.errors",
    "Grasper": "handhold.pipeline",
    "batch_picture": "handhold.render",
    "grasp_object": "handhold.pipeline",
    "hand_meshes": "handhold.grasps",
    "load_grasps": "handhold.grasps",
    "load_hand": "handhold.hands",
    "load_object": "handhold.objects",
    "write_outputs": "handhold.pipeline",
}

__all__ = ["__version__", *sorted(_HOME_OF)]


def __getattr__(name: str) -> Any:
    """Fetch a public name from its room (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'handhold' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
