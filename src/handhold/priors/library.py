"""The prior library: clusters of grasps, one file, and retrieval from it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from handhold.contact import Primitive, Prior
from handhold.errors import InputError
from handhold.grasps import AFFORDANCES
from handhold.priors.cluster import cluster_records, features, part_vectors
from handhold.priors.descriptor import PartDescriptor
from handhold.priors.records import GraspRecords

FORMAT = "handhold-prior-library"
VERSION = "1"
LARGEST_FILE = 64 << 20
SAME_SIZE = 1.3
SMALLEST_SPREAD = 0.15
"""Least spread of a descriptor's entry, in logarithms, that distances are measured by (ours)."""
NEAREST = 3
"""Clusters that share the seeds of a query (ours)."""


@dataclass(frozen=True, eq=False)
class PriorLibrary:
    """Priors of every affordance for one hand, in a fixed order: the network's one-hot follows it.

    Attributes:
        hand: name of the hand.
        priors: all clusters.
        source: what the library was made from.
        categories: of the objects that its grasps are of; () unknown.
    """

    hand: str
    priors: tuple[Prior, ...]
    source: str
    categories: tuple[str, ...] = ()

    @classmethod
    def build(
        cls,
        records: GraspRecords,
        hand: str,
        source: str,
        *,
        templates: Sequence[Prior] = (),
        categories: Sequence[str] = (),
        seed: int = 0,
    ) -> PriorLibrary:
        """Cluster grasps and sum each cluster up as a prior.

        Args:
            templates: priors that fill in sizes which no cluster of their affordance has: those
                whose section radius is more than `SAME_SIZE` times smaller or larger than all.
            categories: of the objects.
        """
        labels = cluster_records(records, seed=seed)
        priors = []
        for affordance in AFFORDANCES:
            of_it = records.affordance == affordance
            for label in np.unique(labels[of_it]):
                rows = np.flatnonzero(of_it & (labels == label))
                name = f"{affordance}/{int(label):02d}"
                priors.append(_summarise(name, records.select(rows)))
        missing = [t for t in templates if not any(_same_size(t, p) for p in priors)]
        return cls(hand, (*priors, *missing), source, tuple(categories))

    def of(self, affordance: str) -> tuple[Prior, ...]:
        """The clusters of one affordance. Raises InputError where there are none."""
        found = tuple(p for p in self.priors if p.affordance == affordance)
        if not found:
            known = sorted({p.affordance for p in self.priors})
            raise InputError(
                f"The prior library has no '{affordance}'.", f"It has: {', '.join(known)}."
            )
        return found

    def learned(self, prior: Prior) -> Prior | None:
        """The prior itself, or for a template that fills in a size the nearest cluster of grasps
        of its affordance: what a network has seen. None where there is none."""
        if prior.members > 1:
            return prior
        seen = [p for p in self.of(prior.affordance) if p.members > 1]
        return _nearest(seen, _descriptor(prior), 1)[0] if seen else None

    def index(self, cluster: str) -> int:
        """Position of a cluster in the library."""
        return [p.cluster for p in self.priors].index(cluster)

    def retrieve(
        self, affordance: str, part: PartDescriptor, count: int = NEAREST
    ) -> tuple[Prior, ...]:
        """The clusters of an affordance whose parts are most like this one, nearest first.

        A query has no Theta, and GDG does not say how it picks a cluster: ours is by the part
        descriptor (box and section radius), each entry over its spread in the affordance.
        """
        return _nearest(self.of(affordance), part, count)

    def save(self, path: Path) -> None:
        """Write the library to one safetensors file."""
        stacked = {
            "joints": torch.stack([p.joints for p in self.priors]),
            "contact_mean": torch.stack([p.contact_mean for p in self.priors]).half(),
            "contact_std": torch.stack([p.contact_std for p in self.priors]).half(),
            "part_mean": torch.stack([p.part_mean for p in self.priors]).half(),
            "axis": torch.stack([p.primitive.axis for p in self.priors]),
            "centre": torch.stack([p.primitive.centre for p in self.priors]),
        }
        table = [
            {
                "cluster": p.cluster,
                "affordance": p.affordance,
                "kind": p.primitive.kind,
                "radius": p.primitive.radius,
                "part_size": list(p.part_size),
                "section_radius": p.section_radius,
                "members": p.members,
            }
            for p in self.priors
        ]
        metadata = {
            "format": FORMAT,
            "version": VERSION,
            "hand": self.hand,
            "source": self.source,
            "categories": json.dumps(list(self.categories)),
            "clusters": json.dumps(table),
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(path.name + ".tmp")
        contiguous = {name: value.contiguous() for name, value in stacked.items()}
        save_file(contiguous, str(temporary), metadata=metadata)
        os.replace(temporary, path)


def _nearest(priors: Sequence[Prior], part: PartDescriptor, count: int) -> tuple[Prior, ...]:
    table = np.array([_descriptor(p).vector() for p in priors])
    scale = np.maximum(table.std(axis=0), SMALLEST_SPREAD)
    distance = np.linalg.norm((table - part.vector()) / scale, axis=1)
    return tuple(priors[i] for i in np.argsort(distance, kind="stable")[:count])


def _same_size(template: Prior, prior: Prior) -> bool:
    ratio = max(template.section_radius, 1e-3) / max(prior.section_radius, 1e-3)
    round_thing = template.primitive.kind in ("cylinder", "cap")
    alike = not round_thing or 1 / SAME_SIZE < ratio < SAME_SIZE
    return template.affordance == prior.affordance and alike


def _descriptor(prior: Prior) -> PartDescriptor:
    return PartDescriptor(prior.part_size, prior.section_radius)


def _summarise(name: str, members: GraspRecords) -> Prior:
    """Theta-hat is the member nearest to the mean; C is mean and deviation over the members."""
    values = features(members)
    chosen = int(np.linalg.norm(values - values.mean(0), axis=1).argmin())
    size = np.exp(part_vectors(members).mean(0))
    as_float = lambda a: torch.as_tensor(a, dtype=torch.float32)  # noqa: E731
    return Prior(
        cluster=name,
        affordance=str(members.affordance[0]),
        joints=as_float(members.joints[chosen]),
        contact_mean=as_float(members.contact.mean(0)),
        contact_std=as_float(members.contact.std(0)),
        part_mean=as_float(members.part_contact.mean(0)),
        primitive=Primitive(
            str(members.kind[chosen]),
            as_float(members.axis[chosen]),
            as_float(members.centre[chosen]),
            float(members.radius[chosen]),
        ),
        part_size=(float(size[0]), float(size[1]), float(size[2])),
        section_radius=float(size[3]),
        members=len(members),
    )


def shipped_library_path(hand: str = "human") -> Path:
    """Where the library that comes with handhold lies."""
    return Path(str(resources.files("handhold.priors") / "data" / f"{hand}.safetensors"))


def load_library(hand: str = "human") -> PriorLibrary:
    """The library that comes with handhold for that hand."""
    return read_library(shipped_library_path(hand))


def read_library(path: Path) -> PriorLibrary:
    """Read a library file. Raises InputError for anything else."""
    if not path.is_file():
        raise InputError(f"There is no prior library at {path}.", "Run 'handhold library build'.")
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path} is larger than {LARGEST_FILE >> 20} MB.", "Is it a library?")
    try:
        with safe_open(str(path), framework="pt") as file:
            meta = file.metadata() or {}
            data = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except Exception as error:
        raise InputError(f"{path} is not a prior library: {error}.", "Build it again.") from error
    if (meta.get("format"), meta.get("version")) != (FORMAT, VERSION):
        got = f"{meta.get('format')} {meta.get('version')}"
        raise InputError(
            f"{path} is '{got}', not '{FORMAT} {VERSION}'.", "Run 'handhold library build' again."
        )
    try:
        return PriorLibrary(
            meta["hand"],
            _unpack(data, json.loads(meta["clusters"])),
            meta["source"],
            tuple(str(name) for name in json.loads(meta.get("categories", "[]"))),
        )
    except (KeyError, IndexError, ValueError) as error:
        raise InputError(f"{path} is incomplete: {error!r}.", "Build it again.") from error


def _unpack(data: dict[str, torch.Tensor], table: Sequence[dict[str, Any]]) -> tuple[Prior, ...]:
    priors = []
    for row, entry in enumerate(table):
        longest, middle, shortest = entry["part_size"]
        priors.append(
            Prior(
                cluster=entry["cluster"],
                affordance=entry["affordance"],
                joints=data["joints"][row],
                contact_mean=data["contact_mean"][row],
                contact_std=data["contact_std"][row],
                part_mean=data["part_mean"][row],
                primitive=Primitive(
                    entry["kind"], data["axis"][row], data["centre"][row], entry["radius"]
                ),
                part_size=(longest, middle, shortest),
                section_radius=entry["section_radius"],
                members=entry["members"],
            )
        )
    return tuple(priors)
