"""`tensormill check`: list what a program for TensorFlow 1 uses that tensormill lacks."""

import argparse
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensormill.cli.command import Command

_CANNOT_READ = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill check`."""
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="script.py", help="programs, or folders of them"
    )


def run(options: argparse.Namespace) -> int:
    """Print a line for each use of a name that is missing, and a summary.

    Returns:
      0 where nothing is missing, 1 where something is, 2 where a program cannot be read.
    """
    from tensormill.tensorflow_modules import usage

    counts: Counter[str] = Counter()
    files = 0
    status = 0
    for path in _programs(options.paths):
        files += 1
        try:
            with tokenize.open(path) as file:
                found = usage.missing_names(file.read(), str(path))
        except (OSError, SyntaxError, ValueError) as error:
            print(f"{path}: cannot be read: {_one_line(error)}", file=sys.stderr)
            status = _CANNOT_READ
            continue
        for missing in found:
            print(f"{path}:{missing.line}: {missing.name} {_reason(missing)}")
            counts[missing.name] += 1
    if counts:
        uses = sum(counts.values())
        names, times = _count(len(counts), "name is", "names are"), _count(uses, "time", "times")
        print(f"{names} missing, used {times} in {_count(files, 'file', 'files')}")
        return status or 1
    if status == 0:
        print(f"nothing is missing in {_count(files, 'file', 'files')}")
    return status


def _reason(missing: Any) -> str:
    if missing.needs_eager:
        return "needs eager execution: build a graph and run it with a session"
    return "is missing" + ("" if missing.is_known else " (TensorFlow 1.15 does not have it either)")


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _programs(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        yield from sorted(path.rglob("*.py")) if path.is_dir() else [path]


def _one_line(error: Any) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return getattr(error, "strerror", None) or str(error)


COMMAND = Command("check", "list what a program uses that is missing", configure, run)
