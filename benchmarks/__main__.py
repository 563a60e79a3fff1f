"""`python -m benchmarks [NAME …]`.

Run the cases on all their sides, alternating, and print a table and JSON lines.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.case import Case

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = {"tensormill": "tensormill", "tensorflow": "TensorFlow", "pytorch": "PyTorch"}
MODULES = sorted(p.stem for p in Path(__file__).parent.glob("bench_*.py"))


class Side:
    """A process that takes samples with one of the libraries."""

    def __init__(self, name: str, python: Path) -> None:
        self.name = name
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [str(python), "-m", "benchmarks.side", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self.version = self._read()["ready"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the {self.name} process ended")
        return json.loads(line)

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def commit() -> str:
    """Return the commit that is measured."""
    shown = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return shown.stdout.strip()


def machine() -> str:
    """Return the processor and the number of cores."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return f"{model}, {os.cpu_count()} cores"


class Sides:
    """The processes of all sides; each is started when a case first needs it."""

    def __init__(self) -> None:
        self._started: dict[str, Side] = {}

    def __getitem__(self, name: str) -> Side:
        if name not in self._started:
            oracle = ROOT / ".oracle" / "bin" / "python"
            python = oracle if name == "tensorflow" else Path(sys.executable)
            self._started[name] = Side(name, python)
        return self._started[name]

    def close(self) -> None:
        for side in self._started.values():
            side.close()


def measure(module: str, case: Case, sides: Sides, rounds: int | None) -> list[dict[str, Any]]:
    """Return one record a side: median and spread over alternating rounds."""
    samples: dict[str, list[float]] = {name: [] for name in case.sides}
    failures: dict[str, str] = {}
    for _ in range((rounds or case.rounds) + 1):  # the first round warms up
        for name in case.sides:
            if name not in failures:
                answer = sides[name].ask(module=module, case=case.name)
                if "error" in answer:
                    failures[name] = answer["error"]
                else:
                    samples[name].append(answer["value"])
    records = []
    for name in case.sides:
        sides[name].ask(drop=True)
        record: dict[str, Any] = {"case": case.name, "side": name, "unit": case.unit}
        if name in failures:
            record["error"] = failures[name]
        else:
            taken = samples[name][1:]
            record |= {
                "median": statistics.median(taken),
                "lowest": min(taken),
                "highest": max(taken),
                "runs": len(taken),
            }
        records.append(record)
    return records


def head() -> str:
    """Return the names of the columns."""
    return f"{'':<34} " + " ".join(f"{title:>12}" for title in COLUMNS.values())


def row(case: Case, records: list[dict[str, Any]]) -> str:
    """Return one line of the table, with the ratio to the best of the rivals."""
    medians: dict[str, float] = {r["side"]: r["median"] for r in records if "median" in r}
    failed = [record["side"] for record in records if "error" in record]
    if failed:
        return f"{case.name:<34} failed on {' and '.join(failed)}"
    best = max if case.higher_is_better else min
    rival = best(case.rivals, key=lambda side: medians[side])
    ours, theirs = medians["tensormill"], medians[rival]
    ratio = ours / theirs if case.higher_is_better else theirs / ours
    cells = [f"{medians[s]:>12,.2f}" if s in medians else f"{'':>12}" for s in COLUMNS]
    against = f" of {COLUMNS[rival]}" if len(case.rivals) > 1 else ""
    mark = "ok" if ratio >= case.wanted else "behind"
    return (
        f"{case.name:<34} {' '.join(cells)} {case.unit:<9} {ratio:>6.2f} x{against}"
        f"  (wanted {case.wanted:g} x) {mark}"
    )


def main() -> int:
    """Run the benchmarks and print their table; the JSON lines go to the file of `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases or modules to run (all)")
    parser.add_argument("--rounds", type=int, help="samples a side (by case)")
    parser.add_argument("--json", type=Path, help="append the records to this file")
    options = parser.parse_args()
    sides = Sides()
    print(f"{machine()}; tensormill at {commit()}, TensorFlow {sides['tensorflow'].version}")
    print(head())
    failed = False
    for module in MODULES:
        for case in importlib.import_module(f"benchmarks.{module}").CASES:
            if options.names and not {case.name, module, module[6:]} & set(options.names):
                continue
            records = measure(module, case, sides, options.rounds)
            print(row(case, records), flush=True)
            for record in records:
                record |= {"machine": machine(), "commit": commit()}
                if "error" in record:
                    failed = True
                    print(record["error"], file=sys.stderr)
                if options.json:
                    with options.json.open("a") as out:
                        print(json.dumps(record), file=out)
    sides.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
