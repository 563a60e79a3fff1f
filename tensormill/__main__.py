"""Run the command line: `python -m tensormill` is `tensormill`."""

import sys

from tensormill.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
