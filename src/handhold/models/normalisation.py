"""Mean and spread of the network's metric inputs and outputs."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

from torch import Tensor

from handhold.errors import InputError

_SMALLEST_SPREAD = 1e-3


@dataclass(frozen=True)
class Affine:
    """Per-channel ``(value - mean) / spread``, and back."""

    mean: tuple[float, ...]
    spread: tuple[float, ...]

    @classmethod
    def of(cls, values: Tensor) -> Affine:
        """Mean and standard deviation of values (N, C); spreads below 1 mm are raised to it."""
        rows = values.double()
        spread = rows.std(0, correction=0).clamp(min=_SMALLEST_SPREAD)
        return cls(tuple(rows.mean(0).tolist()), tuple(spread.tolist()))

    def normalise(self, values: Tensor) -> Tensor:
        """Values (..., C) in metres to about unit spread."""
        return (values - values.new_tensor(self.mean)) / values.new_tensor(self.spread)

    def restore(self, values: Tensor) -> Tensor:
        """The inverse of :meth:`normalise`."""
        return values * values.new_tensor(self.spread) + values.new_tensor(self.mean)


@dataclass(frozen=True)
class Normalisation:
    """Of translation T, rest centroid V and size S (3 channels each), and cloud scale (1); metres.

    Measured on the training set and saved with the weights.
    """

    translation: Affine
    rest: Affine
    size: Affine
    scale: Affine

    @classmethod
    def identity(cls) -> Normalisation:
        """Leaves every value as it is."""
        three = Affine((0.0,) * 3, (1.0,) * 3)
        return cls(three, three, three, Affine((0.0,), (1.0,)))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Normalisation:
        """The inverse of :meth:`to_dict`; InputError when it is not one."""
        widths = {"translation": 3, "rest": 3, "size": 3, "scale": 1}
        assert set(widths) == {field.name for field in fields(cls)}
        try:
            if set(values) != set(widths):
                raise ValueError(f"keys {sorted(values)}")
            return cls(**{name: _affine(values[name], widths[name]) for name in widths})
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"The network's normalisation is not readable: {error}.",
                "Train the network again, or use the version of handhold that wrote it.",
            ) from error


def _affine(values: dict[str, Any], width: int) -> Affine:
    mean = tuple(float(v) for v in values["mean"])
    spread = tuple(float(v) for v in values["spread"])
    if len(mean) != width or len(spread) != width:
        raise ValueError(f"expected {width} channels, got {len(mean)} and {len(spread)}")
    if not all(map(math.isfinite, mean + spread)) or min(spread) <= 0:
        raise ValueError("means must be finite and spreads positive")
    return Affine(mean, spread)
