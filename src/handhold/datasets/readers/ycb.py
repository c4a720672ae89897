"""The YCB objects of DexYCB: numbers, names and categories."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_LISTED = (
    ("002_master_chef_can", "can"),
    ("003_cracker_box", "box"),
    ("004_sugar_box", "box"),
    ("005_tomato_soup_can", "can"),
    ("006_mustard_bottle", "bottle"),
    ("007_tuna_fish_can", "can"),
    ("008_pudding_box", "box"),
    ("009_gelatin_box", "box"),
    ("010_potted_meat_can", "can"),
    ("011_banana", "banana"),
    ("019_pitcher_base", "pitcher"),
    ("021_bleach_cleanser", "bottle"),
    ("024_bowl", "bowl"),
    ("025_mug", "mug"),
    ("035_power_drill", "power-drill"),
    ("036_wood_block", "block"),
    ("037_scissors", "scissors"),
    ("040_large_marker", "marker"),
    ("051_large_clamp", "clamp"),
    ("052_extra_large_clamp", "clamp"),
    ("061_foam_brick", "brick"),
)
YCB_NAMES: Mapping[int, str] = MappingProxyType(
    {number: name for number, (name, _) in enumerate(_LISTED, start=1)}
)
"""Name of an object by its number in DexYCB, 1 to 21 (as in the project's own code)."""
YCB_CATEGORIES: Mapping[str, str] = MappingProxyType(dict(_LISTED))
"""Category of an object by its name; the names are YCB's, the categories ours."""
