"""What a task of a launched job runs: `tensormill`, in a process that ends with its launcher."""

import os
import sys

from tensormill.cli.main import main
from tensormill.launching import lifeline


def run_task() -> int:
    """Run the command line of `tensormill`, tied to the launcher."""
    value = os.environ.pop(lifeline.VARIABLE, None)
    if value is not None:
        lifeline.hold_on_to(value)
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run_task())
