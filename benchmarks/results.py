"""What one benchmark case gave, and how it is kept on disk between runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from handhold.evaluate import write_text

RESULT = "result.json"
FORMAT = "handhold-bench-result/1"


@dataclass(frozen=True)
class CaseResult:
    """What one case gave. grasps: metric name -> one number per returned grasp (nan: none).

    understood: affordance and part that the grasps were made for; note: why there is nothing,
    or "" where there is.
    """

    case: str
    mode: str
    source: str
    instruction: str
    affordance: str
    part: str
    understood: tuple[str, str]
    grasps: Mapping[str, Sequence[float]] = field(default_factory=dict)
    seconds: float = float("nan")
    note: str = ""
    crashed: bool = False

    @property
    def n(self) -> int:
        return len(self.grasps.get("from_network", ()))


def write_result(folder: Path, result: CaseResult, settings: Mapping[str, object]) -> None:
    """Keep a result, with the settings it was made with."""
    record = {"format": FORMAT, "settings": dict(settings), "result": asdict(result)}
    write_text(folder / RESULT, json.dumps(record, indent=1))


def read_result(folder: Path, settings: Mapping[str, object]) -> CaseResult | None:
    """The kept result of a case, if it was made with these settings and did not crash."""
    path = folder / RESULT
    if not path.is_file():
        return None
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    same_settings = record.get("settings") == json.loads(json.dumps(dict(settings)))
    if record.get("format") != FORMAT or not same_settings or record["result"]["crashed"]:
        return None
    return CaseResult(**record["result"] | {"understood": tuple(record["result"]["understood"])})
