"""Numbers of the refinement: steps, rates, weights."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace


@dataclass(frozen=True)
class Weights:
    """Weight of each term in the sum. GDG prints none: all ours (metres, radians).

    `contact`, `cmap`, `close` and `pose` are means; the others are sums.
    """

    contact: float = 200.0
    cmap: float = 2.0
    finger: float = 40.0
    pen: float = 10.0
    reveren: float = 10.0
    skeleton: float = 30.0
    fc: float = 2.0
    joint: float = 10.0
    spen: float = 30.0
    pose: float = 1.0
    close: float = 0.0
    literal_pen: float = 0.0
    avoid: float = 0.0


@dataclass(frozen=True)
class RefineConfig:
    """How to refine (GDG section 3.4 unless marked).

    Attributes:
        steps_extrinsic, steps_all: Adam steps of the two stages (700 and 700).
        rate_extrinsic, rate_all: learning rates (0.005 and 0.001), each with cosine decay (ours).
        weights: of the terms.
        pen_slack: metres of penetration that cost nothing (c_pen, c_reveren: ours, 0).
        refresh: steps between new hand-object correspondences (ours).
        object_points: surface samples that look for the hand (ours; GDG samples 2048).
        separation: the first stage, too, keeps bones out of the object, so that a hand does not
            start the second stage behind a wall (ours).
        engine: "auto" (compiled on the CPU where all terms are, else "autograd") or "autograd".
    """

    steps_extrinsic: int = 700
    steps_all: int = 700
    rate_extrinsic: float = 0.005
    rate_all: float = 0.001
    weights: Weights = field(default_factory=Weights)
    pen_slack: float = 0.0
    refresh: int = 25
    object_points: int = 1024
    separation: bool = True
    engine: str = "auto"


FULL = RefineConfig()
FAST = RefineConfig(steps_extrinsic=100, steps_all=150, rate_all=0.002)
"""GDG's "fast version" is not defined: these steps are ours."""
KEEP_OFF = 20.0
"""Weight of the term `avoid` where there are parts to be avoided (ours)."""


def without_prior(config: RefineConfig) -> RefineConfig:
    """GDG's "W/O Prior Guid.": no L_cmap, L_contact replaced by closeness to the object."""
    weights = replace(config.weights, contact=0.0, cmap=0.0, finger=0.0, pose=0.0, close=200.0)
    return replace(config, weights=weights)


def one_stage(config: RefineConfig) -> RefineConfig:
    """GDG's "One-Stage Optim.": all parameters from the first step, as many steps in all."""
    return replace(config, steps_extrinsic=0, steps_all=config.steps_extrinsic + config.steps_all)


def literal(config: RefineConfig) -> RefineConfig:
    """Eq. 5 and 7 as printed, in place of the masked terms."""
    weights = replace(config.weights, pen=0.0, reveren=0.0, literal_pen=config.weights.pen)
    return replace(config, weights=weights)


def keeping_off(config: RefineConfig, weight: float = KEEP_OFF) -> RefineConfig:
    """The hand is pushed off the parts to be avoided, too (ours); for fields that have some."""
    return replace(config, weights=replace(config.weights, avoid=weight))


def active(weights: Weights) -> dict[str, float]:
    """Names and weights of the terms that count."""
    pairs = ((f.name, getattr(weights, f.name)) for f in fields(weights))
    return {name: weight for name, weight in pairs if weight != 0.0}
