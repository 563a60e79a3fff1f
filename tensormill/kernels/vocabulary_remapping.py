"""Kernels that bring rows and columns of matrices into the order of another vocabulary.

Source: TensorFlow 1.15, core/kernels: generate_vocab_remapping_op.cc, load_and_remap_matrix_op.cc.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch

from tensormill.graph import dtypes, errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.checkpoint_files import open_checkpoint
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_host

_MISSING = -1


def _words(path: str, size: int) -> list[bytes]:
    """Return the first lines of a file, or all where the size is negative."""
    with tensorflow_errors(path), open(path, "rb") as file:
        lines = file.read().split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    if size > len(lines):
        raise errors.invalid_argument(
            f"Invalid vocab_size in {path}: expected {size} but got {len(lines)}"
        )
    return lines if size < 0 else lines[:size]


@kernel("GenerateVocabRemapping", "cpu")
def generate_vocab_remapping(
    new_vocab_file: Any,
    old_vocab_file: Any,
    *,
    new_vocab_offset: int,
    num_new_vocab: int,
    old_vocab_size: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    old: dict[bytes, int] = {}
    for number, word in enumerate(_words(_path(old_vocab_file), old_vocab_size)):
        if old.setdefault(word, number) != number:
            raise errors.failed_precondition(
                "HashTable has different value for same key. Key "
                f"{word.decode(errors='replace')} has {old[word]} and trying to add value {number}"
            )
    end = new_vocab_offset + num_new_vocab
    new = _words(_path(new_vocab_file), end)[new_vocab_offset:]
    found = torch.tensor([old.get(word, _MISSING) for word in new], dtype=torch.int64)
    return found, (found != _MISSING).sum().to(torch.int32)


def _path(value: Any) -> str:
    return os.fsdecode(value.item())


@kernel("LoadAndRemapMatrix", "cpu")
def load_and_remap_matrix(
    ckpt_path: Any,
    old_tensor_name: Any,
    row_remapping: torch.Tensor,
    col_remapping: torch.Tensor,
    initializing_values: torch.Tensor,
    *,
    num_rows: int,
    num_cols: int,
) -> torch.Tensor:
    rows, columns = row_remapping.numpy(), col_remapping.numpy()
    _check_count("row", rows, num_rows)
    if columns.size:
        _check_count("col", columns, num_cols)
    stored = _stored(_path(ckpt_path), old_tensor_name.item().decode())
    if not columns.size:
        if stored.shape[1] != num_cols:
            raise errors.invalid_argument(
                f"Column remapping is not specified, but the number of columns is {num_cols} and "
                f"the tensor has {stored.shape[1]} columns"
            )
        columns = np.arange(num_cols)
    for axis, name, remapping in ((0, "row", rows), (1, "col", columns)):
        _check_ids(name, remapping, stored.shape[axis])
    is_known = (rows != _MISSING)[:, None] & (columns != _MISSING)
    made = np.empty((num_rows, num_cols), np.float32)
    missing = int((~is_known).sum())
    if initializing_values.numel() != missing:
        raise errors.invalid_argument(
            f"Number of missing values is {missing}, but the number of initializing_values is "
            f"{initializing_values.numel()}"
        )
    made[~is_known] = initializing_values.reshape(-1).numpy()
    at_row, at_column = np.nonzero(is_known)
    made[at_row, at_column] = stored[rows[at_row], columns[at_column]]
    return torch.from_numpy(made)


def _check_count(name: str, remapping: Any, count: int) -> None:
    if len(remapping) != count:
        raise errors.invalid_argument(
            f"Size of {name}_remapping is {len(remapping)} instead of being equal to "
            f"num_{name}s={count}"
        )


def _check_ids(name: str, remapping: Any, size: int) -> None:
    used = remapping[remapping != _MISSING]
    if used.size and (used.max() >= size or used.min() < 0):
        raise errors.internal(
            f"{name}_remapping names {used.max()}, which is not within the {size} of the tensor"
        )
    if len(np.unique(used)) < len(used):
        raise errors.unimplemented(f"An old ID is mapped to several new ones by {name}_remapping")


def _stored(prefix: str, name: str) -> Any:
    """Return a matrix of a checkpoint."""
    with open_checkpoint(prefix) as checkpoint:
        found = checkpoint.find(name)
        if found is None:
            raise checkpoint.missing(name)
        dtype, dims = found
        if len(dims) != 2:
            raise errors.invalid_argument(
                f"Tensor {name} has shape {format_dims(dims, 'kernel')} of rank {len(dims)} "
                "instead of rank 2"
            )
        if dtype != dtypes.float32:
            raise errors.invalid_argument(checkpoint.wrong_dtype(name, dtypes.float32, dtype))
        return to_host(checkpoint.read(name))
