"""Peak memory of training: what a process needs beyond the loaded library.

That of a step in eager PyTorch is shown beside the others.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from benchmarks.case import Case, Sample
from benchmarks.networks import NETWORKS
from benchmarks.side import side_of


def peak_of(side: str, network: str) -> float:
    """Return what a process of its own measures, in MiB."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory_process", side, network],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(made.stdout.split()[-1])


def peak(network: str) -> Any:
    def prepare(library: Any) -> Sample:
        side = side_of(library)
        return lambda: peak_of(side, network)

    return prepare


CASES = [
    Case(f"memory: {name}", "MiB", 1, peak(name), shown=("pytorch",), rounds=3) for name in NETWORKS
]
