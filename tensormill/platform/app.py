"""`tf.app.run`: parses the flags of the command line and calls the program's main function."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NoReturn

from tensormill.platform import flags

__all__ = ["flags", "run"]


def run(main: Callable[[list[str]], Any] | None = None, argv: list[str] | None = None) -> NoReturn:
    """Parse the flags, call `main` with the rest of the command line, and exit with its result.

    Args:
      main: the function; by default `main` of the program's own module.
      argv: the command line, by default that of the process.
    """
    words = sys.argv if argv is None else argv
    if any(word in ("--help", "-help", "-h", "--helpfull") for word in words[1:]):
        sys.stdout.write(f"{words[0]}\n\nflags:\n{flags.FLAGS.get_help()}\n")
        sys.exit(1)
    try:
        rest = flags.FLAGS(words, known_only=True)
    except flags.Error as error:
        sys.stderr.write(f"FATAL Flags parsing error: {error}\nPass --help to see help on flags.\n")
        sys.exit(1)
    if main is None:
        main = sys.modules["__main__"].main
    sys.exit(main(rest))
