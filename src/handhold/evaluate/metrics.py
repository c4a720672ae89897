"""Every metric by name: how it is called in tables, its unit, and which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SHRUNK = "_shrunk"
NOT_APPLICABLE = "not applicable: "  # begins the reason of a value that nobody expected


@dataclass(frozen=True)
class Metric:
    """One column.

    name: as in files, with the unit at its end; title, unit: as in tables. better: "lower",
    "higher", or "" where neither is. share: a number from 0 to 1 that tables print in per
    cent. of_set: of all grasps together. protocol: the physics that measures it, or "".
    """

    name: str
    title: str
    unit: str
    better: str
    share: bool = False
    of_set: bool = False
    protocol: str = ""

    @property
    def heading(self) -> str:
        """Title and unit of a table's column."""
        unit = "%" if self.share else self.unit
        return f"{self.title} ({unit})" if unit else self.title

    @property
    def factor(self) -> float:
        """What a value is multiplied by for a table."""
        return 100.0 if self.share else 1.0


def _with_shrunk(metric: Metric) -> tuple[Metric, Metric]:
    """The metric as it is, and with the hand's hulls shrunk."""
    return metric, Metric(
        metric.name + SHRUNK,
        metric.title + ", shrunk",
        metric.unit,
        metric.better,
        metric.share,
        metric.of_set,
        metric.protocol,
    )


_ALL = (
    Metric("penetration_depth_cm", "Penetration depth", "cm", "lower"),
    Metric("object_in_hand_depth_cm", "Object in hand", "cm", "lower"),
    Metric("intersection_volume_cm3", "Intersection volume", "cm3", "lower"),
    Metric("exact_intersection_volume_cm3", "Exact intersection", "cm3", "lower"),
    Metric("contact_ratio", "Contact", "", "higher", share=True),
    Metric("part_accuracy", "Part accuracy", "", "higher", share=True),
    Metric("contact_share_on_part", "Contact on part", "", "higher", share=True),
    Metric("contact_share_on_avoided", "Contact on avoided parts", "", "lower", share=True),
    Metric("disjointness_cm", "Disjointness", "cm", "lower"),
    Metric("q1", "Q1", "", "higher"),
    Metric("skeleton_piercing_mm", "Skeleton piercing", "mm", "lower"),
    Metric("self_penetration_mm", "Self-penetration", "mm", "lower"),
    *_with_shrunk(
        Metric("displacement_mean_cm", "Displacement, mean", "cm", "lower", protocol="obman")
    ),
    *_with_shrunk(
        Metric("displacement_worst_cm", "Displacement, worst", "cm", "lower", protocol="obman")
    ),
    *_with_shrunk(Metric("success", "Success", "", "higher", share=True, protocol="six-axis")),
    *_with_shrunk(
        Metric("held_share", "Pulls held", "", "higher", share=True, protocol="six-axis")
    ),
    Metric("t_std_cm", "T_std", "cm", "higher", of_set=True),
    Metric("r_std_degrees", "R_std", "degrees", "higher", of_set=True),
    Metric("j_std_degrees", "J_std", "degrees", "higher", of_set=True),
    Metric("h_mean_nats", "H_mean", "nats", "higher", of_set=True),
    Metric("h_std_nats", "H_std", "nats", "", of_set=True),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})
GRASP_METRICS: tuple[str, ...] = tuple(m.name for m in _ALL if not m.of_set)
SET_METRICS: tuple[str, ...] = tuple(m.name for m in _ALL if m.of_set)
DEPTH = "penetration_depth_cm"


def with_depth(columns: tuple[str, ...]) -> tuple[str, ...]:
    """`columns`, and the penetration depth before any displacement that would stand without it.

    A hand that reaches deep into the object holds it still, so one means nothing without the
    other.
    """
    first = next((i for i, name in enumerate(columns) if name.startswith("displacement")), None)
    if first is None or DEPTH in columns:
        return columns
    return (*columns[:first], DEPTH, *columns[first:])
