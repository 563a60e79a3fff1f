"""`tf.test.main`."""

from __future__ import annotations

import sys
import unittest

from tensormill.unittesting.benchmark import run_benchmarks

__all__ = ["main"]

_BENCHMARKS = "--benchmarks="


def main(argv: list[str] | None = None) -> None:
    """Run the tests of the program, or its benchmarks with `--benchmarks=<pattern>`.

    Args:
      argv: the arguments, the name of the program first; those of the process if None.
    """
    arguments = sys.argv if argv is None else argv
    patterns = [word for word in arguments[1:] if word.startswith(_BENCHMARKS)]
    if not patterns:
        unittest.main(argv=arguments)
    for pattern in patterns:
        run_benchmarks(pattern.removeprefix(_BENCHMARKS))
