"""Kernels of crosses of sparse features.

Source: TensorFlow 1.15, core/kernels/sparse_cross_op.cc and core/platform/fingerprint.h.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.string_hashes import fingerprint64
from tensormill.kernels.value_types import as_ints, as_object_array

_MASK = 2**64 - 1
_MULTIPLIER = 0xC6A4A7935BD1E995
_LARGEST = 2**63 - 1

Rows = list[list[Any]]


def _mixed(value: int) -> int:
    return value ^ (value >> 47)


def _fingerprints_joined(first: int, second: int) -> int:
    """Return the fingerprint of two fingerprints, all of them 64 bits without sign."""
    made = first ^ _MULTIPLIER
    made ^= _mixed(second * _MULTIPLIER & _MASK) * _MULTIPLIER & _MASK
    made = made * _MULTIPLIER & _MASK
    return _mixed(_mixed(made) * _MULTIPLIER & _MASK)


def _sparse_rows(indices: Any, values: Any, row_count: int) -> Rows:
    rows: Rows = [[] for _ in range(row_count)]
    for row, value in zip(indices[:, 0].tolist(), values.tolist(), strict=True):
        rows[row].append(value)
    return rows


def _row_count(indices: list[Any], values: list[Any], shapes: list[Any], dense: list[Any]) -> int:
    for position, (index, value, shape) in enumerate(zip(indices, values, shapes, strict=True)):
        if index.ndim != 2 or index.shape[1] != 2:
            raise errors.invalid_argument(
                f"Expected D2 of index to be 2 got {index.shape[-1]} at position {position}"
            )
        if value.ndim != 1 or len(value) != len(index):
            raise errors.invalid_argument(
                f"Expected size of values to be {len(index)} got {len(value)} at position "
                f"{position}"
            )
        if len(shape) != 2:
            raise errors.invalid_argument("shape should imply a 2D tensor, but got another rank")
    counts = [int(shape[0]) for shape in shapes] + [len(each) for each in dense]
    for position, count in enumerate(counts):
        if count != counts[0]:
            raise errors.invalid_argument(
                f"Expected batch size {counts[0]} got {count} at position {position}"
            )
    return counts[0] if counts else 0


def _combinations(columns: list[Rows], row_count: int) -> Iterator[list[tuple[Any, ...]]]:
    for row in range(row_count):
        yield list(itertools.product(*(column[row] for column in columns)))


def _as_text(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b"%d" % value


def _as_number(value: Any) -> int:
    return fingerprint64(value) if isinstance(value, bytes) else int(value) & _MASK


@kernel(
    "SparseCross",
    "cpu",
    host_inputs=("indices", "values", "shapes", "dense_inputs"),
    host_outputs=("output_indices", "output_shape"),
)
def sparse_cross(
    indices: list[Any],
    values: list[Any],
    shapes: list[Any],
    dense_inputs: list[Any],
    *,
    hashed_output: bool,
    num_buckets: int,
    hash_key: int,
) -> Any:
    row_count = _row_count(indices, values, [as_ints(shape) for shape in shapes], dense_inputs)
    columns = [_sparse_rows(i, v, row_count) for i, v in zip(indices, values, strict=True)]
    columns += [each.tolist() for each in dense_inputs]
    modulus = num_buckets or _LARGEST
    if hashed_output:
        columns = [[[_as_number(v) for v in row] for row in column] for column in columns]

    def crossed(parts: tuple[Any, ...]) -> Any:
        if not hashed_output:
            return b"_X_".join(_as_text(part) for part in parts)
        made = hash_key & _MASK
        for part in parts:
            made = _fingerprints_joined(made, part)
        return made % modulus

    rows = [[crossed(parts) for parts in row] for row in _combinations(columns, row_count)]
    places = [(row, place) for row, made in enumerate(rows) for place in range(len(made))]
    flat = [value for made in rows for value in made]
    return (
        np.array(places, np.int64).reshape(-1, 2),
        torch.tensor(flat, dtype=torch.int64) if hashed_output else as_object_array(flat),
        np.array([row_count, max(map(len, rows), default=0)], np.int64),
    )
