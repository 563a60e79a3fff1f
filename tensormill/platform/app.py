"""`tf.app.run`: parses the flags of the command line and calls the program's main function.

Source: TensorFlow 1.15, python/platform/app.py.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from absl import app as absl_app

from tensormill.platform import flags

__all__ = ["flags", "run"]


def _parse_known_flags(argv: list[str] | None) -> list[str]:
    rest: list[str] = flags.FLAGS(sys.argv if argv is None else argv, known_only=True)
    return rest


def run(main: Callable[[list[str]], Any] | None = None, argv: list[str] | None = None) -> NoReturn:
    """Parse the flags, call `main` with the rest of the command line, and exit with its result.

    Flags that are not defined are left to `main`.

    Args:
      main: the function; by default `main` of the program's own module.
      argv: the command line, by default that of the process.
    """
    absl_app.run(
        main=sys.modules["__main__"].main if main is None else main,
        argv=argv,
        flags_parser=_parse_known_flags,
    )
    raise AssertionError("absl.app.run ends the process")
