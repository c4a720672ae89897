"""Which object points are near the hand, and to which vertex."""

from __future__ import annotations

from handhold.contact.penetration import KEPT, SEARCHED
from handhold.refine.compiled.machine import inner
from handhold.refine.compiled.posing import normals
from handhold.refine.compiled.records import Array, FieldArrays, HandArrays, Workspace


@inner
def correspond(hand: HandArrays, field: FieldArrays, work: Workspace) -> int:
    """Fill normals and pairs of `work` for its skin; how many pairs there are.

    As `find_correspondence`: the nearest vertex of each object point within 3 cm, at most 512.
    """
    normals(hand, work)
    columns, squares, low, high = work.columns, work.squares, work.low, work.high
    for i in range(3):
        low[i] = high[i] = work.skin[0, i]
        for v in range(len(work.skin)):
            columns[i, v] = work.skin[v, i]
            low[i], high[i] = min(low[i], columns[i, v]), max(high[i], columns[i, v])
        low[i], high[i] = low[i] - SEARCHED, high[i] + SEARCHED
    found = 0
    for m in range(len(field.points)):
        point = field.points[m]
        if not (
            low[0] < point[0] < high[0] and low[1] < point[1] < high[1]
            and low[2] < point[2] < high[2]
        ):  # fmt: skip
            continue
        square = _nearest_square(columns, point)
        if square < SEARCHED**2:
            work.pair_point[found], squares[found] = m, square
            found += 1
    if found > KEPT:
        limit = _limit(squares, found)
        kept = 0
        for pair in range(found):
            if squares[pair] <= limit and kept < KEPT:
                work.pair_point[kept] = work.pair_point[pair]
                kept += 1
        found = kept
    for pair in range(found):
        work.pair_vertex[pair] = _nearest(columns, field.points[work.pair_point[pair]])
    return found


@inner
def _limit(squares: Array, count: int) -> float:
    """The value that the `KEPT` smallest do not exceed, by bisection."""
    low, high = 0.0, SEARCHED**2
    for _ in range(50):
        middle = 0.5 * (low + high)
        below = 0
        for i in range(count):
            below += squares[i] <= middle
        low, high = (low, middle) if below >= KEPT else (middle, high)
    return high


@inner
def _nearest_square(columns: Array, point: Array) -> float:
    best = columns[0, 0] * 0 + 1e9
    for v in range(columns.shape[1]):
        x, y, z = columns[0, v] - point[0], columns[1, v] - point[1], columns[2, v] - point[2]
        best = min(best, x * x + y * y + z * z)
    return best


@inner
def _nearest(columns: Array, point: Array) -> int:
    best, which = 1e9, 0
    for v in range(columns.shape[1]):
        x, y, z = columns[0, v] - point[0], columns[1, v] - point[1], columns[2, v] - point[2]
        square = x * x + y * y + z * z
        if square < best:
            best, which = square, v
    return which
