"""A small 3DNet model database (Wohlkinger et al. 2012), written in its own format.

    Cat200_ModelDatabase/<category>/<md5>.ply     one mesh each, no unit, mostly z up

Cat10, Cat60 and Cat200 are folders of this kind side by side; Cat10_TestDatabase holds scanned
scenes (PCD), no models. Categories are words in small letters with '_' ("wine_glass").

Verified in code of others that reads it (UOP-Net's data preparation; grasp learning on
Cat10_ModelDatabase/bottle, which scales models to 0.1 to 0.25 m, and leaves single ones out because
"z-axis not up"). No real file was at hand. From memory: that all models are PLY.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import trimesh


def write_model(
    root: Path,
    category: str,
    name: str,
    sides: Sequence[float] = (0.2, 0.3, 1.0),
    kind: str = "ply",
) -> Path:
    """A box, off the origin."""
    box = trimesh.creation.box(sides)
    box.apply_translation((5.0, -2.0, 0.5))
    path = root / category / f"{name}.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    box.export(path)
    return path
