"""What geometry alone does not show: do all fingers touch, and do the contacts balance?

    python benchmarks/contact_quality.py out/ablation

Reads the grasps.json files that benchmarks/real.py left and prints, per ablation, the mean over
all returned grasps of two energies: the imbalance of the contacts (L_fc, 0 balanced, 1 all from
one side) and the mean gap (mm) between the part and each hand part that the prior says touches.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from handhold.evaluate import to_markdown
from handhold.grasps import load_grasps

HAND_PARTS_AT_MOST = 6


def row(folder: Path) -> dict[str, object]:
    """Means over every grasp below a folder of results."""
    batches = [load_grasps(file) for file in sorted(folder.glob("given/*/grasps.json"))]
    imbalance = np.concatenate([batch.energies["fc"] for batch in batches])
    gap = np.concatenate([batch.energies["finger"] for batch in batches])
    return {
        "ablation": folder.name,
        "cases": len(batches),
        "grasps": len(gap),
        "imbalance": float(imbalance.mean()),
        "finger gap mm": float(1000 * gap.mean() / HAND_PARTS_AT_MOST),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the --out of benchmarks/real.py")
    folders = sorted(path for path in parser.parse_args().out.iterdir() if path.is_dir())
    print(to_markdown([row(folder) for folder in folders if (folder / "given").is_dir()]))


if __name__ == "__main__":
    main()
