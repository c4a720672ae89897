"""The category of an object: one spelling for all data sets, and whether it is a seen one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

SEEN: tuple[str, ...] = (
    "bag", "bottle", "dispenser", "earphone", "faucet", "handle-bottle", "jar", "keyboard",
    "knife", "laptop", "mug", "pot", "scissors",
)  # fmt: skip
"""The 13 categories of AffordPose, from which G-DexGrasp's seen set is made."""
# Names of seen categories elsewhere, so that they are not taken for unseen ones (ours).
_SAME: Mapping[str, str] = MappingProxyType(
    {
        "kitchen-pot": "pot",  # PartNet-Mobility
        "headphone": "earphone",
        "headphones": "earphone",
        "earphones": "earphone",
        "headset": "earphone",
        "tap": "faucet",
        "computer-keyboard": "keyboard",  # LVIS
        "laptop-computer": "laptop",  # LVIS
        "notebook-computer": "laptop",
        "handbag": "bag",  # LVIS
        "pocketknife": "knife",  # LVIS
        "coffee-mug": "mug",
        "wine-bottle": "bottle",  # LVIS
        "beer-bottle": "bottle",  # LVIS
        "water-bottle": "bottle",  # LVIS
        "soap-dispenser": "dispenser",
    }
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OTHER = re.compile(r"[^a-z0-9]+")


def category_name(word: str) -> str:
    """A data set's word for a category in our spelling: "CoffeeMachine" is "coffee-machine".

    Words in small letters with '-' between them; the same for wine_glass, wine glass and
    WineGlass. What AffordPose has under another name gets AffordPose's name.
    """
    plain = _OTHER.sub("-", _HUMP.sub("-", word).lower()).strip("-")
    return _SAME.get(plain, plain)


def role_of(category: str) -> str:
    """ "seen" for AffordPose's categories, "unseen" for others, "" where there is no category."""
    if not category:
        return ""
    return "seen" if category in SEEN else "unseen"
