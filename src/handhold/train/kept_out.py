"""Objects that no training sentence is about: what readers are measured on stays unseen.

The synthetic set's unseen categories, the objects of `benchmarks/sentences/heldout.jsonl` that
are of no seen category, and those of the open benchmark.
"""

from __future__ import annotations

import re

from handhold.synthesis.shapes import SEEN, UNSEEN

HELD_OUT_OBJECTS: tuple[str, ...] = (
    "alarm clock", "apple", "axe", "ball point pen", "ballpoint pen", "barcode scanner",
    "blender", "book", "box", "button box", "cabinet", "cake stand", "calculator", "camera",
    "car door", "caulking gun", "chainsaw", "cordless vacuum", "dial", "door handle", "door knob",
    "door lock", "doorbell", "doorbell panel", "drawer", "drawer cabinet", "dumbbell",
    "electric toothbrush", "elevator panel", "figurine", "fire extinguisher", "flower pot",
    "fuel nozzle", "garden fork", "garden hose nozzle", "globe", "glue gun", "golf club",
    "guitar", "heat gun", "hedge trimmer", "iron", "ketchup bottle", "kitchen cabinet",
    "laboratory flask", "ladle", "light bulb", "light switch", "litter picker", "lunchbox",
    "microscope", "microwave", "nail gun", "oil lamp", "oven", "paint roller", "paper cup",
    "pepper mill", "perfume bottle", "phone", "piano", "plate", "pressure washer", "radio",
    "refrigerator", "robot teach pendant", "rocket launcher toy", "safe", "salt shaker", "saw",
    "soda can", "spray can", "staple gun", "stapler", "starting pistol", "steering wheel",
    "stove", "sword", "syringe", "tablet", "teapot", "tennis racket", "thermos", "thermostat",
    "toaster", "toothbrush", "toothpaste tube", "traffic cone", "tray", "trophy", "trumpet",
    "turntable", "vase", "wall map", "washing machine", "water gun", "water pipe", "wheelbarrow",
    "wine bottle", "wine glass", "wrench",
)  # fmt: skip

OTHER_WORDS: tuple[str, ...] = (
    "atomiser", "electric screwdriver", "gramophone", "hob", "impact driver", "mister", "parasol",
    "plant mister", "screw gun", "squirt gun", "super soaker", "tacker", "torch",
)  # fmt: skip
"""For the same things."""


def is_kept_out(category: str) -> bool:
    """Whether an object of this name may not be learned from."""
    said = " ".join(re.findall(r"[a-z0-9]+", category.lower()))
    return said not in {name.replace("-", " ") for name in SEEN} and said in _KEPT_OUT


_KEPT_OUT = frozenset(
    (*(name.replace("-", " ") for name in UNSEEN), *HELD_OUT_OBJECTS, *OTHER_WORDS)
)
