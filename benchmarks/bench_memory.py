"""Peak memory of training: what a process needs beyond the loaded library; also of eager PyTorch.

The rows called "eager PyTorch" measure a hand-written PyTorch step in the column of tensormill.
"""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from benchmarks.bench_training import EAGER, NETWORKS
from benchmarks.case import Case, Sample


def peak_of(library: str, network: str) -> float:
    """Return what a process of its own measures, in MiB."""
    made = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory_process", library, network],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(made.stdout.split()[-1])


def peak(network: str, is_eager: bool) -> Any:
    def prepare(tf: Any) -> Sample:
        library = "tensormill" if tf.__name__ == "tensormill" else "tensorflow"
        if is_eager and library == "tensormill":
            library = "torch"
        return lambda: peak_of(library, network)

    return prepare


CASES = [
    *(Case(f"memory: {name}", "MiB", 1, peak(name, False), rounds=3) for name in NETWORKS),
    *(
        Case(f"memory: eager PyTorch: {name}", "MiB", 1, peak(name, True), rounds=3)
        for name in EAGER
    ),
]
