"""Busy processes on one machine: steps a second of a small network, one alone and four together.

With torch's own settings the threads of a process spin while they wait, and processes that share
cores slow each other down many times over. `python -m benchmarks.bench_busy_processes` shows plain
torch beside both libraries.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

from benchmarks.case import Case, Sample, expect
from benchmarks.side import side_of

ROOT = Path(__file__).resolve().parent.parent
PROCESSES = 4
SECONDS = 1.0


class BusyProcesses:
    """Processes that run steps of the network when asked to; they end with this object."""

    def __init__(self, library: str, count: int) -> None:
        python = ROOT / ".oracle/bin/python" if library == "tensorflow" else Path(sys.executable)
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._processes = [
            subprocess.Popen(
                [python, "-m", "benchmarks.busy_process", library],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd=ROOT,
                env=environment,
            )
            for _ in range(count)
        ]
        self.close = weakref.finalize(self, _end, self._processes)
        for process in self._processes:
            assert process.stdout is not None
            expect(process.stdout.readline().strip() == "ready", f"{library}: the network's output")

    def steps_per_second(self) -> float:
        """Return the steps a second of all processes together."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{SECONDS}\n")
            process.stdin.flush()
        return sum(int(p.stdout.readline()) for p in self._processes if p.stdout) / SECONDS


def _end(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait()
        process.stdout.close()


def together(tf: Any) -> Sample:
    return BusyProcesses(side_of(tf), PROCESSES).steps_per_second


CASES = [
    Case(
        f"{PROCESSES} busy processes, small network",
        "steps/s",
        1,
        together,
        higher_is_better=True,
        rounds=3,
    )
]


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bench_busy_processes", description=__doc__
    )
    parser.add_argument("libraries", nargs="*", default=["torch", "tensormill", "tensorflow"])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{'steps/s of a small network':<28} {'alone':>10} {f'{PROCESSES} together':>12}")
    for library in options.libraries:
        medians = []
        for count in (1, PROCESSES):
            processes = BusyProcesses(library, count)
            samples = [processes.steps_per_second() for _ in range(options.rounds)]
            processes.close()
            medians.append(statistics.median(samples))
        print(f"{library:<28} {medians[0]:>10,.0f} {medians[1]:>12,.0f}", flush=True)
        print(
            json.dumps(
                {
                    "case": "busy processes",
                    "library": library,
                    "alone": medians[0],
                    "together": medians[1],
                }
            )
        )


if __name__ == "__main__":
    main()
