"""`tensormill version`: print the versions that matter in a bug report."""

import argparse
import importlib.metadata
import platform

from tensormill.cli.command import Command

_DISTRIBUTIONS = ("tensormill", "torch", "numpy", "protobuf", "grpcio", "tensorboard")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add no arguments: `tensormill version` has none."""


def run(options: argparse.Namespace) -> int:
    """Print one line a package, read from the installed metadata without importing any."""
    for name in _DISTRIBUTIONS:
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            version = "not installed"
        print(f"{name:12} {version}")
    print(f"{'python':12} {platform.python_version()}")
    return 0


COMMAND = Command(
    "version", "print the versions of tensormill and what it stands on", configure, run
)
