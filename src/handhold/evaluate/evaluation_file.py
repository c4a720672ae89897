"""Evaluations as files.

UTF-8 JSON, described by ``evaluation.schema.json`` (JSON Schema 2020-12) in this folder. A
metric is ``null`` where it could not be measured, and the row's `reasons` says why. `summary`
is there for other readers: handhold makes it anew from the rows. No number that a judge measures
comes near 1e12, so those beyond it are refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from handhold.datasets.recognition import EVALUATION
from handhold.evaluate.evaluation import (
    Evaluation,
    GraspRow,
    MetricSummary,
    ObjectRecord,
    Skipped,
)
from handhold.evaluate.metrics import METRICS
from handhold.grasps import write_atomically
from handhold.grasps.json_reading import JsonNode, parse_json

FORMAT = EVALUATION
VERSION = 1
MAX_FILE_BYTES = 256 * 1024**2  # ours: some 100,000 grasps
MAX_NUMBER = 1e12  # ours: squares of such numbers can still be added up

_ROW_TEXTS = ("entry", "object", "part", "affordance", "hash")
_KEYS = (
    *("format", "version", "profile", "settings", "seed", "hand", "source", "objects", "notes"),
    *("seconds", "summary", "sets", "set_reasons", "skipped", "rows"),
)


def evaluation_schema() -> dict[str, object]:
    """The JSON Schema (2020-12) of an evaluation file."""
    folder = resources.files("handhold.evaluate")
    schema: dict[str, object] = json.loads(
        folder.joinpath("evaluation.schema.json").read_text("utf-8")
    )
    return schema


def save_evaluation(evaluation: Evaluation, path: str | Path) -> Path:
    """Write an evaluation atomically; raises InputError where the place cannot be written."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "profile": evaluation.profile,
        "settings": evaluation.settings,
        "seed": evaluation.seed,
        "hand": evaluation.hand,
        "source": evaluation.source,
        "objects": [_object_to_json(record) for record in evaluation.objects],
        "notes": list(evaluation.notes),
        "seconds": dict(evaluation.seconds),
        "summary": {name: _summary_to_json(s) for name, s in evaluation.summary.items()},
        "sets": _numbers_to_json(evaluation.sets),
        "set_reasons": dict(evaluation.set_reasons),
        "skipped": [
            {"entry": item.entry, "object": item.object, "reason": item.reason}
            for item in evaluation.skipped
        ],
        "rows": [_row_to_json(row) for row in evaluation.rows],
    }
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    return write_atomically(path, (text + "\n").encode())


def load_evaluation(path: str | Path) -> Evaluation:
    """Read what `save_evaluation` wrote; equal to it, to the bit.

    Raises InputError for a file that is missing, too large, not JSON, of another format or
    version, or not as the schema and the profile's columns say. The order of the keys of an
    object means nothing.
    """
    root = parse_json(Path(path), MAX_FILE_BYTES)
    _require_format(root)
    root.allow_only(*_KEYS)
    columns = _columns(root["settings"]["columns"])
    own = [name for name in columns if not METRICS[name].of_set]
    of_set = [name for name in columns if METRICS[name].of_set]
    sets, set_reasons = _measured(root["sets"], root["set_reasons"], of_set)
    return Evaluation(
        profile=root["profile"].text(),
        settings=root["settings"].mapping(),
        seed=root["seed"].integer(),
        hand=root["hand"].text(),
        source=root["source"].text(),
        objects=tuple(_object_from_json(node, of_set) for node in root["objects"].items()),
        rows=tuple(_row_from_json(node, own) for node in root["rows"].items()),
        sets=sets,
        set_reasons=set_reasons,
        skipped=tuple(
            Skipped(node["entry"].text(), node["object"].text(), node["reason"].text())
            for node in root["skipped"].items()
        ),
        notes=tuple(item.text() for item in root["notes"].items()),
        seconds=_numbers(root["seconds"]),
    )


def _require_format(root: JsonNode) -> None:
    kind = root["format"].text()
    if kind != FORMAT:
        root.refuse(f"its format is '{kind}', not '{FORMAT}'", "Give what `evaluate` wrote.")
    version = root["version"].integer()
    if version != VERSION:
        root.refuse(
            f"it has version {version} of {FORMAT}; this handhold reads version {VERSION}",
            "Install a newer handhold." if version > VERSION else "Evaluate the grasps again.",
        )


def _row_to_json(row: GraspRow) -> dict[str, object]:
    texts: dict[str, object] = {key: getattr(row, key) for key in _ROW_TEXTS}
    return texts | {"metrics": _numbers_to_json(row.metrics), "reasons": dict(row.reasons)}


def _columns(node: JsonNode) -> list[str]:
    names = [item.choice(tuple(METRICS)) for item in node.items()]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        node.refuse(f"'{twice}' is there twice", "Name every column once.")
    return names


def _row_from_json(node: JsonNode, columns: Sequence[str]) -> GraspRow:
    node.allow_only("metrics", "reasons", *_ROW_TEXTS)
    metrics, reasons = _measured(node["metrics"], node["reasons"], columns)
    return GraspRow(
        **{key: node[key].text() for key in _ROW_TEXTS}, metrics=metrics, reasons=reasons
    )


def _object_to_json(record: ObjectRecord) -> dict[str, object]:
    return {
        "name": record.name,
        "hash": record.hash,
        "file": record.file,
        "notes": list(record.notes),
        "overhang_mm": {name: list(pair) for name, pair in record.overhang_mm.items()},
        "sets": _numbers_to_json(record.sets),
    }


def _measured(
    numbers: JsonNode, texts: JsonNode, columns: Sequence[str]
) -> tuple[dict[str, float], dict[str, str]]:
    """Values of the columns, in their order, and a reason for each that is null."""
    values, reasons = _values(numbers, columns), _texts(texts)
    texts.allow_only(*columns)
    for name, value in values.items():
        if math.isnan(value) != (name in reasons):
            texts.refuse(f"a reason stands for null only; look at {name}")
    return values, {name: reasons[name] for name in columns if name in reasons}


def _values(node: JsonNode, columns: Sequence[str]) -> dict[str, float]:
    found = _numbers(node)
    if set(found) != set(columns):
        node.refuse(
            f"these are not the metrics of the profile (got {', '.join(found) or 'none'})",
            f"Expected: {', '.join(columns) or 'none'}.",
        )
    return {name: found[name] for name in columns}


def _object_from_json(node: JsonNode, columns: Sequence[str]) -> ObjectRecord:
    node.allow_only("name", "hash", "file", "notes", "overhang_mm", "sets")
    overhang = {}
    for name in node["overhang_mm"].mapping():
        largest, mean = node["overhang_mm"][name].items(2)
        overhang[name] = (_limited(largest, largest.number()), _limited(mean, mean.number()))
    return ObjectRecord(
        name=node["name"].text(),
        hash=node["hash"].text(),
        file=node["file"].text(),
        notes=tuple(item.text() for item in node["notes"].items()),
        overhang_mm=overhang,
        sets=_values(node["sets"], columns),
    )


def _summary_to_json(summary: MetricSummary) -> dict[str, Any]:
    return {
        "n": summary.n,
        "mean": _or_null(summary.mean),
        "std": _or_null(summary.std),
        "n_missing": summary.n_missing,
        "reasons": dict(summary.reasons),
    }


def _numbers_to_json(numbers: Mapping[str, float]) -> dict[str, float | None]:
    return {name: _or_null(value) for name, value in numbers.items()}


def _or_null(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _numbers(node: JsonNode) -> dict[str, float]:
    return {name: _limited(node[name], node[name].number_or_nan()) for name in node.mapping()}


def _limited(node: JsonNode, number: float) -> float:
    if abs(number) > MAX_NUMBER:
        node.refuse(
            f"got {number:g}, beyond {MAX_NUMBER:g}", "Evaluate the grasps again, or correct it."
        )
    return number


def _texts(node: JsonNode) -> dict[str, str]:
    return {name: node[name].text() for name in node.mapping()}
