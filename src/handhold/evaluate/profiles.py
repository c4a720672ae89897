"""Frozen, named, versioned sets of metrics with every number they depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

from handhold.errors import InputError
from handhold.evaluate.metrics import GRASP_METRICS, METRICS, SET_METRICS, SHRUNK, with_depth
from handhold.evaluate.profile import QuickProfile
from handhold.evaluate.q1 import ContactRule

_DISPLACEMENT = (
    "displacement_mean_cm",
    "displacement_worst_cm",
    f"displacement_mean_cm{SHRUNK}",
    f"displacement_worst_cm{SHRUNK}",
)
_SUCCESS = ("success", f"success{SHRUNK}")
_AVOIDED = "contact_share_on_avoided"  # later than the profiles of "every metric"
_HELD = ("held_share", f"held_share{SHRUNK}")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is measured, how, and in which order it stands in tables.

    name: "gdexgrasp/1"; a changed number needs a new name. columns: names of METRICS.
    physics: the protocols ("obman/1") that measure the displacement and success columns.
    quick: the numbers of the quick metrics. contacts: those of Q1. object_samples: points of
    the object looked for in the hand. entropy_bins: per joint range. shrink: metres that the
    hand's hulls lose for the `_shrunk` columns. joint_tolerance: radians outside the limits
    that are not refused (ours).
    """

    name: str
    about: str
    columns: tuple[str, ...]
    physics: tuple[str, ...] = ()
    quick: QuickProfile = field(default_factory=QuickProfile)
    contacts: ContactRule = field(default_factory=ContactRule)
    object_samples: int = 2048
    entropy_bins: int = 100
    shrink: float = 0.002
    joint_tolerance: float = 1e-3

    def __post_init__(self) -> None:
        unknown = [name for name in self.columns if name not in METRICS]
        if unknown:
            raise ValueError(f"no metric '{unknown[0]}'; there are {', '.join(METRICS)}")
        if with_depth(self.columns) != self.columns:
            raise ValueError("displacement means nothing without penetration_depth_cm")
        protocols = {name.split("/")[0] for name in self.physics}
        for name in self.columns:
            if METRICS[name].protocol and METRICS[name].protocol not in protocols:
                raise ValueError(f"{name} needs the protocol {METRICS[name].protocol}")

    @property
    def grasp_metrics(self) -> tuple[str, ...]:
        """The columns that each grasp has its own value of."""
        return tuple(name for name in self.columns if name in GRASP_METRICS)

    @property
    def set_metrics(self) -> tuple[str, ...]:
        """The columns that belong to all grasps together."""
        return tuple(name for name in self.columns if name in SET_METRICS)

    def settings(self) -> dict[str, Any]:
        """Every number that the profile depends on, those of its physics included, as JSON
        would give it back."""
        physics = {name: _settings(name) for name in self.physics}
        return dict(_as_json({**asdict(self), "physics": physics}))


PROFILES: Mapping[str, Profile] = MappingProxyType(
    {
        item.name: item
        for item in (
            Profile(
                name="handhold/1",
                about="Every metric; the default.",
                columns=tuple(name for name in METRICS if name != _AVOIDED),
                physics=("obman/1", "six-axis/1"),
            ),
            Profile(
                name="gdexgrasp/1",
                about="The columns of G-DexGrasp's tables, the worst direction beside the mean.",
                columns=(
                    "intersection_volume_cm3",
                    "penetration_depth_cm",
                    *_DISPLACEMENT,
                    "part_accuracy",
                    "t_std_cm",
                    "r_std_degrees",
                    "j_std_degrees",
                ),
                physics=("obman/1",),
            ),
            Profile(
                name="maskdexgrasp/1",
                about="The columns of MaskDexGrasp's tables; it does not say from which side it"
                " measures penetration, so both stand here.",
                columns=(
                    *_SUCCESS,
                    "q1",
                    "penetration_depth_cm",
                    "object_in_hand_depth_cm",
                    "h_mean_nats",
                    "h_std_nats",
                ),
                physics=("six-axis/1",),
            ),
            Profile(
                name="obman/1",
                about="Displacement of the object in a hand that stands still.",
                columns=("penetration_depth_cm", "intersection_volume_cm3", *_DISPLACEMENT),
                physics=("obman/1",),
            ),
            Profile(
                name="six-axis/1",
                about="Whether the hand holds the object against six pulls.",
                columns=(*_SUCCESS, *_HELD, "penetration_depth_cm", "contact_ratio"),
                physics=("six-axis/1",),
            ),
            Profile(
                name="geometry/1",
                about="Every metric that needs no physics.",
                columns=tuple(
                    name
                    for name, metric in METRICS.items()
                    if not metric.protocol and name != _AVOIDED
                ),
            ),
            Profile(
                name="avoid/1",
                about="Whether the hand holds the part asked for and keeps off those to be"
                " avoided.",
                columns=(
                    "contact_ratio",
                    "part_accuracy",
                    "contact_share_on_part",
                    _AVOIDED,
                    "penetration_depth_cm",
                ),
            ),
        )
    }
)


def profile(name: str = "handhold") -> Profile:
    """The profile called `name`, with its version ("gdexgrasp/1") or the latest without.

    The name of a physics protocol gives the profile that holds it and what it must not be
    read without. Raises InputError that lists what there is.
    """
    if name in PROFILES:
        return PROFILES[name]
    versions = [known for known in PROFILES if known.split("/")[0] == name]
    if versions:
        return PROFILES[max(versions, key=lambda known: int(known.split("/")[1]))]
    raise InputError(f"There is no profile '{name}'.", f"Known: {', '.join(PROFILES)}.")


def _as_json(value: Any) -> Any:
    """`value` with lists for tuples."""
    if isinstance(value, Mapping):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    return value


def _settings(name: str) -> dict[str, object]:
    from handhold.physics import protocol

    return protocol(name).settings()
