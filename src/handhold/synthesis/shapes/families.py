"""The families of shapes, and a shape of a family from a seed."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from handhold.errors import InputError
from handhold.synthesis.shapes import (
    bag,
    bottle,
    bowl,
    broom,
    bucket,
    coffee_machine,
    dispenser,
    earphone,
    faucet,
    flashlight,
    frying_pan,
    hair_dryer,
    hammer,
    handle_bottle,
    jar,
    kettle,
    keyboard,
    knife,
    laptop,
    mug,
    pot,
    power_drill,
    remote,
    scissors,
    screwdriver,
    spray_bottle,
    suitcase,
    umbrella,
    watering_can,
)
from handhold.synthesis.shapes.sample import Blueprint, ShapeSample, realise


@dataclass(frozen=True)
class Family:
    """Styles that the seeds take in turn, and the builder of one shape in a style."""

    styles: tuple[str, ...]
    build: Callable[[str, np.random.Generator], Blueprint]


_SEEN: Mapping[str, Family] = MappingProxyType(
    {
        "bag": Family(bag.STYLES, bag.build),
        "bottle": Family(bottle.STYLES, bottle.build),
        "dispenser": Family(dispenser.STYLES, dispenser.build),
        "earphone": Family(earphone.STYLES, earphone.build),
        "faucet": Family(faucet.STYLES, faucet.build),
        "handle-bottle": Family(handle_bottle.STYLES, handle_bottle.build),
        "jar": Family(jar.STYLES, jar.build),
        "keyboard": Family(keyboard.STYLES, keyboard.build),
        "knife": Family(knife.STYLES, knife.build),
        "laptop": Family(laptop.STYLES, laptop.build),
        "mug": Family(mug.STYLES, mug.build),
        "pot": Family(pot.STYLES, pot.build),
        "scissors": Family(scissors.STYLES, scissors.build),
    }
)
_UNSEEN: Mapping[str, Family] = MappingProxyType(
    {
        "bowl": Family(bowl.STYLES, bowl.build),
        "broom": Family(broom.STYLES, broom.build),
        "bucket": Family(bucket.STYLES, bucket.build),
        "coffee-machine": Family(coffee_machine.STYLES, coffee_machine.build),
        "flashlight": Family(flashlight.STYLES, flashlight.build),
        "frying-pan": Family(frying_pan.STYLES, frying_pan.build),
        "hair-dryer": Family(hair_dryer.STYLES, hair_dryer.build),
        "hammer": Family(hammer.STYLES, hammer.build),
        "kettle": Family(kettle.STYLES, kettle.build),
        "power-drill": Family(power_drill.STYLES, power_drill.build),
        "remote": Family(remote.STYLES, remote.build),
        "screwdriver": Family(screwdriver.STYLES, screwdriver.build),
        "spray-bottle": Family(spray_bottle.STYLES, spray_bottle.build),
        "suitcase": Family(suitcase.STYLES, suitcase.build),
        "umbrella": Family(umbrella.STYLES, umbrella.build),
        "watering-can": Family(watering_can.STYLES, watering_can.build),
    }
)
_FAMILIES: Mapping[str, Family] = MappingProxyType({**_SEEN, **_UNSEEN})
SEEN: tuple[str, ...] = tuple(_SEEN)
"""The categories of G-DexGrasp's seen objects: what ships learns from these alone."""
UNSEEN: tuple[str, ...] = tuple(_UNSEEN)
"""Categories that are kept for measuring generalisation (ours)."""
FAMILIES: tuple[str, ...] = tuple(_FAMILIES)


def role(family: str) -> str:
    """Whether a category is "seen" or "unseen"; InputError for one that is not known."""
    _family(family)
    return "seen" if family in _SEEN else "unseen"


def styles(family: str) -> tuple[str, ...]:
    """The variants of a family; seed s gives style s modulo their number."""
    return _family(family).styles


def make_shape(family: str, seed: int) -> ShapeSample:
    """The shape number `seed` of a family.

    Always the same for the same family and seed. Raises InputError for an unknown family
    or a negative seed.
    """
    chosen = _family(family)
    if seed < 0:
        raise InputError(f"The seed {seed} is negative.", "Give a seed of 0 or more.")
    style = chosen.styles[seed % len(chosen.styles)]
    rng = np.random.default_rng([zlib.crc32(family.encode()), seed])
    return realise(chosen.build(style, rng), family, seed, style)


def _family(name: str) -> Family:
    if name not in _FAMILIES:
        raise InputError(
            f"There is no family of shapes called '{name}'.",
            f"Families: {', '.join(_FAMILIES)}.",
        )
    return _FAMILIES[name]
