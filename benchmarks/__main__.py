"""`python -m benchmarks [NAME …]`.

Run the cases on both sides, alternating, and print a table and JSON lines.
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

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(p.stem for p in Path(__file__).parent.glob("bench_*.py"))


class Side:
    """A process that takes samples with one of the two libraries."""

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


def measure(module: str, case: Any, sides: list[Side], rounds: int | None) -> list[dict[str, Any]]:
    """Return one record a side: median and spread over alternating rounds."""
    samples: dict[str, list[float]] = {side.name: [] for side in sides}
    failures: dict[str, str] = {}
    for _ in range((rounds or case.rounds) + 1):  # the first round warms up
        for side in sides:
            if side.name not in failures:
                answer = side.ask(module=module, case=case.name)
                if "error" in answer:
                    failures[side.name] = answer["error"]
                else:
                    samples[side.name].append(answer["value"])
    for side in sides:
        side.ask(drop=True)
    records = []
    for side in sides:
        record: dict[str, Any] = {"case": case.name, "side": side.name, "unit": case.unit}
        if side.name in failures:
            record["error"] = failures[side.name]
        else:
            taken = samples[side.name][1:]
            record |= {
                "median": statistics.median(taken),
                "lowest": min(taken),
                "highest": max(taken),
                "runs": len(taken),
            }
        records.append(record)
    return records


def row(case: Any, records: list[dict[str, Any]]) -> str:
    """Return one line of the table."""
    ours, theirs = (r.get("median") for r in records)
    if ours is None or theirs is None:
        failed = " and ".join(r["side"] for r in records if "error" in r)
        return f"{case.name:<34} failed on {failed}"
    ratio = ours / theirs if case.higher_is_better else theirs / ours
    mark = "ok" if ratio >= case.wanted else "behind"
    return (
        f"{case.name:<34} {ours:>12,.2f} {theirs:>12,.2f} {case.unit:<9} {ratio:>6.2f} x"
        f"  (wanted {case.wanted:g} x) {mark}"
    )


def main() -> int:
    """Run the benchmarks and print their table; the JSON lines go to the file of `--json`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="cases or modules to run (all)")
    parser.add_argument("--rounds", type=int, help="samples a side (by case)")
    parser.add_argument("--json", type=Path, help="append the records to this file")
    options = parser.parse_args()
    sides = [
        Side("tensormill", Path(sys.executable)),
        Side("tensorflow", ROOT / ".oracle" / "bin" / "python"),
    ]
    print(f"{machine()}; tensormill at {commit()}, TensorFlow {sides[1].version}")
    print(f"{'':<34} {'tensormill':>12} {'TensorFlow':>12}")
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
    for side in sides:
        side.close()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
