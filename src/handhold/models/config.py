"""Sizes of the part-aware CVAE, in one frozen record with three presets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from handhold.errors import InputError


@dataclass(frozen=True)
class SetAbstractionConfig:
    """One level of PointNet++: how many centres, how far and how many neighbours, which MLP.

    radius: of the ball, in units of the cloud's root-mean-square spread about its mean.
    """

    centres: int
    radius: float
    neighbours: int
    widths: tuple[int, ...]


@dataclass(frozen=True)
class CvaeConfig:
    """Sizes of :class:`handhold.models.PartAwareCVAE`.

    GDG prints the four condition codes of 128; every other number here is ours.

    n_points: points of the part cloud. levels: set abstractions, each with fewer centres.
    global_widths: the MLP of the last, whole-cloud abstraction. code: width of each of the four
    condition codes. latent: size of z. hidden: widths of the CVAE's encoder and decoder MLPs.
    n_clusters: length of the cluster one-hot.
    """

    n_points: int
    levels: tuple[SetAbstractionConfig, ...]
    global_widths: tuple[int, ...]
    code: int
    latent: int
    hidden: tuple[int, ...]
    n_clusters: int

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built; ValueError says which."""
        sizes = (self.n_points, *(level.centres for level in self.levels))
        if any(after > before for before, after in zip(sizes, sizes[1:], strict=False)):
            raise ValueError(f"each level needs no more centres than it gets points, got {sizes}")
        if min((*sizes, self.code, self.latent, self.n_clusters, *self.hidden)) < 1:
            raise ValueError(f"all sizes must be at least 1, got {self}")

    @property
    def condition_width(self) -> int:
        """Width of the concatenated condition."""
        return 4 * self.code

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CvaeConfig:
        """The inverse of :meth:`to_dict`; unknown or missing keys raise InputError."""
        try:
            _require_exact_keys(values, cls)
            levels = []
            for level in values["levels"]:
                _require_exact_keys(level, SetAbstractionConfig)
                levels.append(SetAbstractionConfig(**{**level, "widths": tuple(level["widths"])}))
            return cls(
                **{
                    **values,
                    "levels": tuple(levels),
                    "global_widths": tuple(values["global_widths"]),
                    "hidden": tuple(values["hidden"]),
                }
            )
        except (TypeError, ValueError, KeyError) as error:
            raise InputError(
                f"The network's configuration is not readable: {error}.",
                "Train the network again, or use the version of handhold that wrote it.",
            ) from error


_PRESETS = {
    "tiny": CvaeConfig(
        n_points=32,
        levels=(SetAbstractionConfig(8, 0.8, 4, (8, 8)),),
        global_widths=(16,),
        code=8,
        latent=4,
        hidden=(32,),
        n_clusters=1,
    ),
    "small": CvaeConfig(
        n_points=512,
        levels=(
            SetAbstractionConfig(64, 0.4, 16, (32, 64)),
            SetAbstractionConfig(16, 0.8, 16, (64, 128)),
        ),
        global_widths=(128, 256),
        code=128,
        latent=16,
        hidden=(256, 256),
        n_clusters=1,
    ),
    "paper": CvaeConfig(
        n_points=2048,
        levels=(
            SetAbstractionConfig(512, 0.2, 32, (64, 64, 128)),
            SetAbstractionConfig(128, 0.4, 64, (128, 128, 256)),
        ),
        global_widths=(256, 512, 1024),
        code=128,
        latent=64,
        hidden=(1024, 512, 256),
        n_clusters=1,
    ),
}

PRESETS: tuple[str, ...] = tuple(_PRESETS)
"""Names that :func:`cvae_preset` knows: for tests, for two CPU cores, as large as the paper."""


def cvae_preset(name: str, n_clusters: int) -> CvaeConfig:
    """The preset's sizes for a library of ``n_clusters`` clusters; InputError lists the names."""
    if name not in _PRESETS:
        raise InputError(f"There is no preset '{name}'.", f"Use one of: {', '.join(PRESETS)}.")
    return replace(_PRESETS[name], n_clusters=n_clusters)


def _require_exact_keys(values: dict[str, Any], record: type) -> None:
    expected = {field.name for field in fields(record)}
    if set(values) != expected:
        odd = sorted(set(values) ^ expected)
        raise ValueError(f"keys {odd} are unknown or missing in {record.__name__}")
