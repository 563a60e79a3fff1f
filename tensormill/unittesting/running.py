"""`tf.test.main`."""

from __future__ import annotations

import sys
import unittest

from tensormill.platform import flags
from tensormill.unittesting.benchmark import run_benchmarks

__all__ = ["main"]

_BENCHMARKS = "--benchmarks="


def main(argv: list[str] | None = None) -> None:
    """Run the tests of the program, or its benchmarks with `--benchmarks=<pattern>`.

    Flags that the program defines are read from the arguments.

    Args:
      argv: the arguments, the name of the program first; those of the process if None.
    """
    arguments = sys.argv if argv is None else argv
    patterns = [word for word in arguments[1:] if word.startswith(_BENCHMARKS)]
    if not patterns:
        unittest.main(argv=_without_flags(arguments))
    for pattern in patterns:
        run_benchmarks(pattern.removeprefix(_BENCHMARKS))


def _without_flags(arguments: list[str]) -> list[str]:
    """Read the flags of the program, and return what is left for `unittest`."""
    # Those with one dash (`-v`) are unittest's own.
    words = [word for word in arguments[1:] if word.startswith("--")]
    unknown = flags.FLAGS([arguments[0], *words], known_only=True)
    return [word for word in arguments if not word.startswith("--") or word in unknown]
