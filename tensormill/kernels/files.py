"""Kernels of whole files.

Source: TensorFlow 1.15, core/kernels/whole_file_read_ops.cc and matching_files_op.cc.
"""

from __future__ import annotations

import glob
import os
from typing import Any

from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array


def _scalar(value: Any, what: str) -> bytes:
    if value.ndim:
        raise errors.invalid_argument(
            f"{what} tensor must be scalar, but had shape: {list(value.shape)}"
        )
    found: bytes = value.item()
    return found


def _path(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


@kernel("ReadFile", "cpu")
def read_file(filename: Any) -> Any:
    path = _path(_scalar(filename, "Input filename"))
    with tensorflow_errors(path), open(path, "rb") as file:
        return as_object_array([file.read()], ())


@kernel("WriteFile", "cpu")
def write_file(filename: Any, contents: Any) -> None:
    path = _path(_scalar(filename, "Input filename"))
    data = _scalar(contents, "Contents")
    with tensorflow_errors(path):
        _make_folder_of(path)
        with open(path, "wb") as file:
            file.write(data)


def _make_folder_of(path: str) -> None:
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    except FileExistsError:
        raise errors.failed_precondition(f"{path}; Not a directory") from None


@kernel("MatchingFiles", "cpu")
def matching_files(pattern: Any) -> Any:
    if pattern.ndim > 1:
        raise errors.invalid_argument(
            f"Input patterns tensor must be scalar or vector, but had shape: {list(pattern.shape)}"
        )
    found: list[bytes] = []
    for text in pattern.ravel().tolist():
        found += glob.glob(text, include_hidden=True)
    return as_object_array(sorted(found))
