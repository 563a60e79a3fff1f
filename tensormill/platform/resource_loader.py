"""`tf.resource_loader`: files beside the program's modules.

Source: TensorFlow 1.15, python/platform/resource_loader.py.
"""

from __future__ import annotations

import os
import sys

__all__ = [
    "get_data_files_path",
    "get_path_to_datafile",
    "get_root_dir_with_all_resources",
    "load_resource",
    "readahead_file_path",
]


def load_resource(path: str) -> bytes:
    """Return what a file holds, named from the folder above this package."""
    package = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    with open(os.path.join(package, path), "rb") as file:
        return file.read()


def get_data_files_path() -> str:
    """Return the folder of the file that calls."""
    return os.path.dirname(os.path.abspath(sys._getframe(1).f_code.co_filename))


def get_root_dir_with_all_resources() -> str:
    """Return the folder of the file that calls."""
    return os.path.dirname(os.path.abspath(sys._getframe(1).f_code.co_filename))


def get_path_to_datafile(path: str) -> str:
    """Return the path of a file beside the one that calls."""
    return os.path.join(os.path.dirname(os.path.abspath(sys._getframe(1).f_code.co_filename)), path)


def readahead_file_path(path: str, readahead: str | None = None) -> str:
    """Return the path as it is."""
    return path
