"""The entry of the `tensormill` command: parses the command line and runs one subcommand.

Nothing here loads torch: `import tensormill` is lazy, and the modules of the subcommands touch the
public API only when they run. So `tensormill --help` answers at once.
"""

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence

from tensormill.cli import check, devices, draw, finish, launch, run, server, status, version
from tensormill.cli.command import Command

COMMANDS: tuple[Command, ...] = (
    check.COMMAND,
    devices.COMMAND,
    draw.COMMAND,
    finish.COMMAND,
    launch.COMMAND,
    run.COMMAND,
    server.COMMAND,
    status.COMMAND,
    version.COMMAND,
)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with every subcommand of `COMMANDS`."""
    parser = argparse.ArgumentParser(
        prog="tensormill",
        description="The distributed TensorFlow 1.x graph runtime on PyTorch kernels.",
    )
    subparsers = parser.add_subparsers(metavar="command", required=True)
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name, help=command.summary, description=command.summary
        )
        command.configure(subparser)
        subparser.set_defaults(run=command.run, ends_in_order=command.ends_in_order)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Args:
      arguments: the words after `tensormill`; those of this process when None.

    Raises:
      SystemExit: help was asked for (0), or the command line is wrong (2).
    """
    with contextlib.ExitStack() as opened:
        if sys.stdout is None:  # `tensormill … >&-`: there is nobody to print for
            sys.stdout = opened.enter_context(open(os.devnull, "w"))
        return _run(build_parser().parse_args(arguments))


@contextlib.contextmanager
def _ending_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process: libraries that are loaded meanwhile make other errors of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def _run(options: argparse.Namespace) -> int:
    try:
        with contextlib.nullcontext() if options.ends_in_order else _ending_at_once():
            status = options.run(options)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # The reader went away (`tensormill devices | head -1`): nothing is left to flush at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130  # what a shell reports of a command that Ctrl-C ended
