"""Directories of tests."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache

__all__ = ["get_temp_dir", "make_temp_dir", "test_src_dir_path"]


def get_temp_dir() -> str:
    """Return a directory for the tests of this process, which is removed when it ends.

    It is made again where a module of tests has removed it.
    """
    directory = _name_temp_dir()
    os.makedirs(directory, exist_ok=True)
    return directory


@cache
def _name_temp_dir() -> str:
    directory = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


def make_temp_dir() -> str:
    """Return a new directory within `get_temp_dir()`."""
    return tempfile.mkdtemp(dir=get_temp_dir())


def test_src_dir_path(relative_path: str) -> str:
    """Return the path of a file that lies beside the program that runs.

    Args:
      relative_path: relative to the directory of the program.
    """
    directory = os.path.dirname(os.path.abspath(sys.argv[0]))
    return os.path.join(os.environ.get("TEST_SRCDIR", directory), relative_path)


# The name begins with what test runners look for.
test_src_dir_path.__test__ = False  # type: ignore[attr-defined]
