"""A network that says of every point of an object how likely it belongs to a named part.

Ours. Set abstractions as in PointNet++ (Qi et al. 2017) over farthest points, attention among the
coarsest ones, and back to the points; the query (the vector of a name, and an affordance) meets
the points only at the end, so that many names of one object cost little more than one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from handhold.errors import InputError
from handhold.models.neighbours import farthest_point_order

_INTERPOLATED = 3  # coarse points that a finer one is interpolated from, as in PointNet++


@dataclass(frozen=True)
class SegmenterConfig:
    """Sizes of :class:`PartSegmenter`.

    features: per point; the first three are its place. text: length of a name's vector.
    affordances: length of the one-hot. middle, coarse: farthest points of the two levels.
    neighbours: per group. width: of codes at the points, and of their embedding; middle_width,
    coarse_width: at the levels. layers, heads: of attention among the coarse points.
    """

    features: int
    text: int = 384
    affordances: int = 7
    middle: int = 256
    coarse: int = 64
    neighbours: int = 12
    width: int = 128
    middle_width: int = 160
    coarse_width: int = 192
    layers: int = 3
    heads: int = 4

    def __post_init__(self) -> None:
        """Refuse sizes that cannot be built; ValueError says which."""
        values = asdict(self)
        if min(values.values()) < 1 or self.features < 3:
            raise ValueError(f"all sizes must be at least 1, features 3, got {values}")
        if self.coarse > self.middle or self.coarse_width % self.heads:
            raise ValueError(f"coarse > middle, or heads do not divide coarse_width: {values}")

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SegmenterConfig:
        """The inverse of :meth:`to_dict`; InputError for unknown or missing keys, odd values."""
        try:
            expected = {field.name for field in fields(cls)}
            if set(values) != expected:
                raise ValueError(f"keys {sorted(set(values) ^ expected)}")
            return cls(**{name: int(value) for name, value in values.items()})
        except (TypeError, ValueError) as error:
            raise InputError(
                f"The segmenter's configuration is not readable: {error}.",
                "Train the network again, or use the version of handhold that wrote it.",
            ) from error


@dataclass(frozen=True, eq=False)
class Neighbourhoods:
    """Who is near whom, for B clouds of N points, M middle and K coarse ones among them.

    middle (B, M): indices of the points; the first K of these are the coarse ones.
    near_middle (B, M, k): points near each middle one; near_coarse (B, K, k): middle ones near
    each coarse one. to_points, to_middle: the three coarser points (B, N or M, 3) that each is
    interpolated from, and their weights.
    """

    middle: Tensor
    near_middle: Tensor
    near_coarse: Tensor
    to_points: tuple[Tensor, Tensor]
    to_middle: tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class PointCodes:
    """embedding (B, N, W) of the points, whole (B, W) of the object."""

    embedding: Tensor
    whole: Tensor


@torch.no_grad()
def neighbourhoods(places: Tensor, config: SegmenterConfig) -> Neighbourhoods:
    """Groups of B clouds of points (B, N, 3); with few points some are repeated."""
    middle = farthest_point_order(places, config.middle)
    at_middle = gather_rows(places, middle)
    at_coarse = at_middle[:, : config.coarse]
    to_all = _distances(at_middle, places)
    to_middle = _distances(at_coarse, at_middle)
    return Neighbourhoods(
        middle=middle,
        near_middle=_nearest(to_all, config.neighbours),
        near_coarse=_nearest(to_middle, config.neighbours),
        to_points=_interpolation(to_all.transpose(1, 2)),
        to_middle=_interpolation(to_middle.transpose(1, 2)),
    )


class PartSegmenter(nn.Module):
    """Points with features in; logits of (point, query) out. Rows do not depend on batch mates.

    feature_mean, feature_spread (C,): of the training features. threshold: the chance from which
    on a point belongs to what was asked for, where no rivals are known.
    """

    feature_mean: Tensor
    feature_spread: Tensor
    threshold: Tensor

    def __init__(self, config: SegmenterConfig) -> None:
        super().__init__()
        self.config = config
        width, middle, coarse = config.width, config.middle_width, config.coarse_width
        self.register_buffer("feature_mean", torch.zeros(config.features))
        self.register_buffer("feature_spread", torch.ones(config.features))
        self.register_buffer("threshold", torch.tensor(0.5))
        self.points = _mlp(config.features, width, width)
        self.to_middle = _Gathering(width, middle)
        self.to_coarse = _Gathering(middle, coarse)
        self.place = nn.Linear(3, coarse)
        self.summary = nn.Parameter(torch.zeros(coarse))
        self.attention = nn.ModuleList(
            nn.TransformerEncoderLayer(
                coarse, config.heads, 2 * coarse, 0.0, "gelu", batch_first=True, norm_first=True
            )
            for _ in range(config.layers)
        )
        self.back_to_middle = _mlp(coarse + middle, middle, middle)
        self.back_to_points = _mlp(middle + width, width, width)
        self.embed = nn.Linear(width, width)
        self.whole = nn.Linear(coarse, width)
        self.text = nn.Linear(config.text, width)
        self.no_text = nn.Parameter(torch.zeros(width))
        self.affordance = nn.Linear(config.affordances, width)
        self.query = _mlp(width, width, width)
        self.offset = nn.Parameter(torch.tensor(-2.0))

    def forward(
        self, features: Tensor, groups: Neighbourhoods, text: Tensor, affordance: Tensor
    ) -> Tensor:
        """Logits (B, N, Q) of features (B, N, C), names (B, Q, T), affordances (B, Q, A).

        A name of zeros is none, an affordance of zeros likewise.
        """
        return self.logits(self.encode(features, groups), text, affordance)

    def encode(self, features: Tensor, groups: Neighbourhoods) -> PointCodes:
        """Everything that does not depend on the query."""
        places = features[..., :3]
        codes = self.points((features - self.feature_mean) / self.feature_spread)
        at_middle = gather_rows(places, groups.middle)
        middle = self.to_middle(codes, places, groups.near_middle, at_middle, groups.middle)
        at_coarse = at_middle[:, : self.config.coarse]
        own = torch.arange(at_coarse.shape[1], device=places.device).expand(len(places), -1)
        coarse = self.to_coarse(middle, at_middle, groups.near_coarse, at_coarse, own)
        summary = self.summary.expand(len(places), 1, -1)
        tokens = torch.cat([summary, coarse + self.place(at_coarse)], 1)
        for layer in self.attention:
            tokens = layer(tokens)
        whole, coarse = tokens[:, 0], tokens[:, 1:]
        middle = middle + self.back_to_middle(
            torch.cat([_interpolated(coarse, groups.to_middle), middle], -1)
        )
        codes = codes + self.back_to_points(
            torch.cat([_interpolated(middle, groups.to_points), codes], -1)
        )
        return PointCodes(self.embed(codes), self.whole(whole))

    def logits(self, codes: PointCodes, text: Tensor, affordance: Tensor) -> Tensor:
        """Logits (B, N, Q) of codes for names (B, Q, T) and affordances (B, Q, A)."""
        named = text.abs().sum(-1, keepdim=True) > 0
        query = torch.where(named, self.text(text), self.no_text) + self.affordance(affordance)
        query = query + self.query(query)
        keys = codes.embedding + codes.whole[:, None]
        scale = self.config.width**-0.5
        return keys @ query.transpose(1, 2) * scale + self.offset


class _Gathering(nn.Module):
    """Codes of groups, from their members' codes and places (set abstraction)."""

    def __init__(self, in_width: int, width: int) -> None:
        super().__init__()
        self.member = nn.Linear(in_width, width)
        self.offset = nn.Linear(3, width)
        self.inner = nn.Linear(width, width)
        self.own = nn.Linear(in_width, width)
        self.norm = nn.LayerNorm(width)

    def forward(
        self, codes: Tensor, places: Tensor, near: Tensor, centres: Tensor, own: Tensor
    ) -> Tensor:
        """(B, M, width) from codes (B, N, in_width), places (B, N, 3), near (B, M, k)."""
        offsets = gather_rows(places, near) - centres[:, :, None]
        spread = offsets.square().sum(-1, keepdim=True).mean(2, keepdim=True).sqrt() + 1e-3
        rows = gather_rows(self.member(codes), near) + self.offset(offsets / spread)
        pooled = self.inner(nn.functional.gelu(rows)).amax(2)
        return self.norm(pooled + self.own(gather_rows(codes, own)))


def gather_rows(values: Tensor, index: Tensor) -> Tensor:
    """(B, ..., W) rows of values (B, N, W) at index (B, ...)."""
    batch, count, width = values.shape
    first = torch.arange(batch, device=values.device).view(-1, *[1] * (index.ndim - 1)) * count
    rows = values.reshape(-1, width).index_select(0, (index + first).reshape(-1))
    return rows.reshape(*index.shape, width)


def _mlp(in_width: int, width: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(in_width, width), nn.GELU(), nn.Linear(width, out), nn.LayerNorm(out)
    )


def _distances(first: Tensor, second: Tensor) -> Tensor:
    return torch.cdist(first, second, compute_mode="use_mm_for_euclid_dist")


def _nearest(distances: Tensor, count: int) -> Tensor:
    """Indices (B, M, count) of the smallest; the nearest again where there are too few."""
    most = min(count, distances.shape[-1])
    index = distances.topk(most, dim=-1, largest=False).indices
    return index[..., torch.arange(count, device=index.device) % most]


def _interpolation(distances: Tensor) -> tuple[Tensor, Tensor]:
    found = distances.topk(min(_INTERPOLATED, distances.shape[-1]), dim=-1, largest=False)
    weights = 1 / (found.values + 1e-4)
    return found.indices, weights / weights.sum(-1, keepdim=True)


def _interpolated(codes: Tensor, by: tuple[Tensor, Tensor]) -> Tensor:
    index, weights = by
    return (gather_rows(codes, index) * weights[..., None]).sum(-2)
