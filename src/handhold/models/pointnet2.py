"""PointNet++ with single-scale grouping: a cloud with features in, one code out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from handhold.models.config import SetAbstractionConfig


class SharedMlp(nn.Sequential):
    """The same small MLP on every row: linear and ReLU, once per width.

    Without the batch normalisation of the original (ours): it costs more than the rest on a CPU,
    and a condition's code must not depend on its neighbours in the batch.
    """

    def __init__(self, in_features: int, widths: Sequence[int]) -> None:
        layers: list[nn.Module] = []
        for width in widths:
            layers += [nn.Linear(in_features, width), nn.ReLU(inplace=True)]
            in_features = width
        super().__init__(*layers)


class SetAbstraction(nn.Module):
    """Local codes round the first points of a cloud. PointNet++ (Qi et al. 2017), section 3.2.

    Every group's members are described by their offset from the centre and their features, go
    through a shared MLP, and are pooled by the maximum.
    """

    def __init__(self, in_features: int, config: SetAbstractionConfig) -> None:
        super().__init__()
        self.centres = config.centres
        self.mlp = SharedMlp(3 + in_features, config.widths)

    def forward(self, points: Tensor, features: Tensor, groups: Tensor) -> tuple[Tensor, Tensor]:
        """Centres (B, M, 3) and their codes (B, M, W).

        points (B, N, 3) in farthest point order, features (B, N, C), groups (B, M, k) indices.
        """
        centres = points[:, : self.centres]
        offsets = _gather(points, groups) - centres[:, :, None]
        rows = torch.cat((offsets, _gather(features, groups)), -1)
        return centres, self.mlp(rows).max(2).values


class PointNet2(nn.Module):
    """Set abstractions, then one over all that is left, then a linear layer to ``out``."""

    def __init__(
        self,
        in_features: int,
        levels: Sequence[SetAbstractionConfig],
        global_widths: Sequence[int],
        out: int,
    ) -> None:
        super().__init__()
        abstractions = []
        for level in levels:
            abstractions.append(SetAbstraction(in_features, level))
            in_features = level.widths[-1]
        self.levels = nn.ModuleList(abstractions)
        self.last = SharedMlp(3 + in_features, global_widths)
        self.head = nn.Linear(global_widths[-1], out)

    def forward(self, points: Tensor, features: Tensor, groups: Sequence[Tensor]) -> Tensor:
        """Codes (B, out) of points (B, N, 3) with features (B, N, C); groups as by group_levels."""
        for level, group in zip(self.levels, groups, strict=True):
            points, features = level(points, features, group)
        pooled = self.last(torch.cat((points, features), -1)).max(1).values
        code: Tensor = self.head(pooled)
        return code


def _gather(values: Tensor, groups: Tensor) -> Tensor:
    batch, n, width = values.shape
    first = torch.arange(batch, device=values.device)[:, None, None] * n
    rows = values.reshape(-1, width).index_select(0, (groups + first).reshape(-1))
    return rows.reshape(*groups.shape, width)
