"""What a subcommand is, so that `main` can list them all in one table."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """One subcommand of `tensormill`.

    Attributes:
      name: the word on the command line.
      summary: one line, shown by `tensormill --help`.
      configure: adds the arguments to the parser of the subcommand. Must not load torch.
      run: does the work and returns the exit status. May use everything.
    """

    name: str
    summary: str
    configure: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
