"""Tables about data sets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from handhold.datasets.paper_sets import PaperSet
    from handhold.datasets.store import GraspStore


def yield_table(store: GraspStore) -> Table:
    """What became of all seeds, per category: kept, and the most frequent reasons against."""
    rows: Sequence[Mapping[str, Any]] = store.manifest.made.get("yields", ())  # type: ignore[assignment]
    table = Table(box=None, pad_edge=False, title_justify="left")
    for name in ("category", "shapes", "seeds", "passed", "%", "in the set"):
        table.add_column(name, justify="left" if name == "category" else "right")
    table.add_column("why the others were not", overflow="fold")
    kept = Counter(store.table(("category",))["category"].to_pylist())
    shapes = Counter(info.category for info in store.objects.values())
    for category in dict.fromkeys(str(row["category"]) for row in rows):
        mine = [row for row in rows if row["category"] == category]
        rejected: Counter[str] = Counter()
        for row in mine:
            rejected.update(row["rejected"])
        proposed = sum(int(row["proposed"]) for row in mine)
        passed = sum(int(row["kept"]) for row in mine)
        table.add_row(
            category,
            str(shapes[category]),
            str(proposed),
            str(passed),
            f"{100 * passed / max(proposed, 1):.0f}",
            str(kept[category]),
            ", ".join(f"{why} {count}" for why, count in rejected.most_common(5)),
        )
    return table


def count_table(store: GraspStore, column: str) -> Table:
    """How many grasps have each value of a column."""
    table = Table(box=None, pad_edge=False)
    table.add_column(column)
    table.add_column("grasps", justify="right")
    counts = Counter(str(value) or "(none)" for value in store.table((column,))[column].to_pylist())
    for value, count in counts.most_common():
        table.add_row(value, str(count))
    return table


def paper_table(store: GraspStore, sets: Sequence[PaperSet]) -> Table:
    """Counts of the papers' sets beside those of a data set."""
    table = Table(box=None, pad_edge=False)
    table.add_column("set")
    for name in ("grasps", "objects", "categories", "tasks", "texts"):
        table.add_column(name, justify="right")
    table.add_row("yours", *(str(value) for value in own_counts(store)), style="bold")
    for each in sets:
        numbers = (each.grasps, each.objects, each.categories, each.tasks, each.texts)
        table.add_row(each.title, *("" if n is None else f"{n:,}" for n in numbers))
    return table


def own_counts(store: GraspStore) -> tuple[int, int, int, int, int]:
    """Grasps, objects, categories, tasks (as the source names them, else ours), sentences."""
    grasps = store.table(("affordance", "source_affordance", "instructions"))
    tasks = {
        theirs or ours
        for theirs, ours in zip(
            grasps["source_affordance"].to_pylist(), grasps["affordance"].to_pylist(), strict=True
        )
    }
    texts = sum(len(each) for each in grasps["instructions"].to_pylist())
    categories = {info.category for info in store.objects.values()}
    return len(grasps), store.manifest.objects, len(categories), len(tasks - {""}), texts
