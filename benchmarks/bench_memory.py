"""Memory: the peak that training a network adds to a process, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bench_training import NETWORKS
from benchmarks.case import Case, Sample

ROOT = Path(__file__).resolve().parent.parent


def peak_of(network: str) -> Callable[[Any], Sample]:
    def prepare(tf: Any) -> Sample:
        library = "tensorflow" if "tensorflow" in tf.__name__ else "tensormill"
        python = ROOT / ".oracle/bin/python" if library == "tensorflow" else Path(sys.executable)

        def peak_mib() -> float:
            done = subprocess.run(
                [python, "-m", "benchmarks.memory_process", library, network],
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                check=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
            return float(done.stdout)

        return peak_mib

    return prepare


CASES = [
    Case(f"peak memory, {network}", "MiB", 1, peak_of(network), rounds=2) for network in NETWORKS
]
