"""What retrieval knows of a contact part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PartDescriptor:
    """Size of a contact part, metres.

    Attributes:
        size: sorted sides of the oriented box, longest first (GDG eq. 2).
        section_radius: local cross-section radius, the median over slabs along the part (ours:
            the box of a C-shaped handle includes its hole, and says nothing of its thickness).
    """

    size: tuple[float, float, float]
    section_radius: float

    def vector(self) -> NDArray[np.float64]:
        """(4,) logarithms: what matters between handles of 6 and 12 mm is the ratio (ours)."""
        values = np.array([*self.size, self.section_radius])
        return np.log(np.maximum(values, 1e-3))
