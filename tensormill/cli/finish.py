"""`tensormill finish`: end the job of a cluster."""

import argparse
import sys

import tensormill
from tensormill.cli.command import Command
from tensormill.graph.errors import OpError


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tensormill finish`."""
    parser.add_argument("target", help="a server of the cluster: grpc://host:port")


def run(options: argparse.Namespace) -> int:
    """Tell all tasks; the exit status is 1 where one could not be told."""
    try:
        untold = tensormill.finish(options.target)
    except OpError as error:
        print(error, file=sys.stderr)
        return 1
    return 1 if untold else 0


COMMAND = Command(
    "finish", "end the job: join() returns on every task of a cluster", configure, run
)
