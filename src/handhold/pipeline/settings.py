"""What a user can set."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from handhold.errors import InputError
from handhold.refine import FAST, FULL, RefineConfig, literal, one_stage, without_prior

SCHEDULES = {"full": FULL, "fast": FAST}
ABLATIONS = (
    "full",
    "no-refinement",
    "no-prior-terms",
    "one-stage",
    "network-only",
    "rules-only",
    "literal",
)


@dataclass(frozen=True)
class GraspSettings:
    """How many grasps, from how many seeds, and how.

    Attributes:
        n: grasps to return at most.
        seeds: coarse poses that are refined.
        seed: of every random draw.
        device: "auto" (CUDA if there is one), "cpu" or "cuda".
        schedule: "full" (700 + 700 steps, GDG) or "fast" (100 + 150, ours).
        ablation: "full", or one of the rows of GDG's table 2 and of ours.
    """

    n: int = 8
    seeds: int = 32
    seed: int = 0
    device: str = "auto"
    schedule: str = "full"
    ablation: str = "full"

    def __post_init__(self) -> None:
        for name, allowed in (
            ("device", ("auto", "cpu", "cuda")),
            ("schedule", tuple(SCHEDULES)),
            ("ablation", ABLATIONS),
        ):
            if getattr(self, name) not in allowed:
                got = getattr(self, name)
                raise InputError(f"{name} '{got}' is not known.", f"Allowed: {', '.join(allowed)}.")
        if self.n < 1 or self.seeds < 1:
            raise InputError(f"n is {self.n} and seeds {self.seeds}.", "Both start at 1.")

    def torch_device(self) -> torch.device:
        """The device to compute on; InputError where CUDA is asked for and missing."""
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("There is no CUDA device.", "Use --device cpu or auto.")
        wanted = "cuda" if self.device != "cpu" and torch.cuda.is_available() else "cpu"
        return torch.device(wanted)

    def refinement(self) -> RefineConfig | None:
        """Steps and weights, or None where the coarse pose is returned as it is."""
        config = SCHEDULES[self.schedule]
        changed = {"no-prior-terms": without_prior, "one-stage": one_stage, "literal": literal}
        if self.ablation == "no-refinement":
            return None
        return changed[self.ablation](config) if self.ablation in changed else config
