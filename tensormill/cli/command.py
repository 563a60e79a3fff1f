"""What a subcommand is, so that `main` can list them all in one table."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


def add_program(parser: argparse.ArgumentParser, before: str = "") -> None:
    """Add the arguments that name a program: a script, or a module after `-m`.

    Args:
      parser: the parser of the subcommand.
      before: for the help, what follows the arguments of the program.
    """
    parser.add_argument(
        "-m",
        dest="module",
        metavar="module",
        nargs=argparse.REMAINDER,
        help="run a module instead of a file, with the arguments that follow it",
    )
    parser.add_argument(
        "words",
        metavar="script.py [args]",
        nargs=argparse.REMAINDER,
        help=f"the program, and what it finds in sys.argv[1:]{before}",
    )


@dataclass(frozen=True)
class Command:
    """One subcommand of `tensormill`.

    Attributes:
      name: the word on the command line.
      summary: one line, shown by `tensormill --help`.
      configure: adds the arguments to the parser of the subcommand. Must not load torch.
      run: does the work and returns the exit status. May use everything.
      ends_in_order: `run` has something to do when it is interrupted; the others end at once.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    ends_in_order: bool = False
