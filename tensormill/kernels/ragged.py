"""Kernels below ragged tensors.

Source: TensorFlow 1.15, core/kernels/ragged_range_op.cc, ragged_gather_op.cc,
ragged_tensor_to_sparse_kernel.cc, ragged_tensor_to_variant_op.cc, ragged_tensor_from_variant_op.cc.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import to_tensor

Array = np.ndarray[Any, Any]

_MISFIT = "Final value of ragged splits must match the length the corresponding ragged values."


@dataclass(frozen=True, slots=True, eq=False)
class EncodedRagged:
    """A ragged tensor in a variant.

    Attributes:
      splits: of its ragged dimensions.
      values: the innermost values.
    """

    splits: tuple[Array, ...]
    values: Any

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of a scalar, which every variant has."""
        return ()


@kernel(
    "RaggedRange",
    "cpu",
    host_inputs=("starts", "limits", "deltas"),
    host_outputs=("rt_nested_splits", "rt_dense_values"),
)
def ragged_range(starts: Any, limits: Any, deltas: Any, *, Tsplits: DType) -> tuple[Array, Array]:
    given = {"starts": starts, "limits": limits, "deltas": deltas}
    arrays = {name: np.asarray(value) for name, value in given.items()}
    for name, array in arrays.items():
        if array.ndim > 1:
            raise errors.invalid_argument(f"{name} must be a scalar or vector")
    sizes = {array.size for array in arrays.values() if array.ndim}
    if len(sizes) > 1:
        raise errors.invalid_argument("starts, limits, and deltas must have the same shape")
    low, high, step = np.broadcast_arrays(*(np.atleast_1d(array) for array in arrays.values()))
    if (step == 0).any():
        raise errors.invalid_argument("Requires delta != 0")
    if low.dtype.kind in "iu":
        counts = np.maximum(-((low - high) // step), 0)
    else:
        wide = np.ceil(np.abs((high.astype(np.float64) - low) / step))
        counts = np.where((step > 0) == (high > low), wide, 0).astype(np.int64)
    counts = np.where(((step > 0) & (low >= high)) | ((step < 0) & (low <= high)), 0, counts)
    edges = np.concatenate([[0], np.cumsum(counts)])
    if edges[-1] > np.iinfo(Tsplits.as_numpy_dtype).max:
        raise errors.invalid_argument("Requires ((limit - start) / delta) <= the splits' dtype")
    rows = np.repeat(np.arange(len(counts)), counts)
    offsets = np.arange(edges[-1]) - edges[rows]
    values = low[rows] + (offsets.astype(low.dtype) * step[rows]).astype(low.dtype)
    return edges.astype(Tsplits.as_numpy_dtype), values.astype(low.dtype)


def _check_splits(nested: list[Array], count: int) -> None:
    for place, splits in enumerate(nested):
        if not splits.size:
            raise errors.invalid_argument("Splits may not be empty.")
        limit = nested[place + 1].size - 1 if place + 1 < len(nested) else count
        if splits[0] != 0:
            raise errors.invalid_argument("Ragged splits must start from 0.")
        if (np.diff(splits) < 0).any():
            raise errors.invalid_argument("Ragged splits should be non decreasing")
        if splits[-1] > limit:
            raise errors.invalid_argument("Ragged splits must not point past values")


@kernel(
    "RaggedGather",
    "cpu",
    host_inputs=("params_nested_splits", "indices"),
    host_outputs=("output_nested_splits",),
)
def ragged_gather(
    params_nested_splits: list[Array],
    params_dense_values: Any,
    indices: Any,
    *,
    OUTPUT_RAGGED_RANK: int,
) -> Any:
    indices = np.asarray(indices)
    nested = [np.asarray(splits) for splits in params_nested_splits]
    _check_splits(nested, params_dense_values.shape[0])
    rows = nested[0].size - 1
    flat = indices.ravel()
    bad = np.flatnonzero((flat < 0) | (flat >= rows))
    if bad.size:
        place = "".join(f"[{i}]" for i in np.unravel_index(bad[0], indices.shape))
        raise errors.invalid_argument(f"indices{place} = {flat[bad[0]]} is not in [0, {rows})")
    made = []
    # The dimensions of the indices but the last become uniform rows of rows.
    for axis in range(indices.ndim - 1):
        count, size = int(np.prod(indices.shape[: axis + 1])), indices.shape[axis + 1]
        made.append((np.arange(count + 1) * size).astype(nested[0].dtype))
    chosen: Any = flat
    for splits in nested:
        low, high = splits[chosen], splits[chosen + 1]
        lengths = high - low
        made.append(np.concatenate([[0], np.cumsum(lengths)]).astype(splits.dtype))
        parents = np.repeat(np.arange(len(lengths)), lengths)
        edges = made[-1]
        chosen = low[parents] + np.arange(edges[-1]) - edges[parents]
    if isinstance(params_dense_values, torch.Tensor):
        picked = torch.from_numpy(np.ascontiguousarray(chosen, np.int64))
        values: Any = params_dense_values.index_select(0, picked.to(params_dense_values.device))
    else:
        values = params_dense_values[chosen]
    return (*made[:OUTPUT_RAGGED_RANK], values)


@kernel(
    "RaggedTensorToSparse",
    "cpu",
    host_inputs=("rt_nested_splits",),
    host_outputs=("sparse_dense_shape",),
)
def ragged_tensor_to_sparse(
    rt_nested_splits: list[Array], rt_dense_values: Any
) -> tuple[Any, Any, Array]:
    nested = [np.asarray(splits) for splits in rt_nested_splits]
    for splits in nested:
        if not splits.size:
            raise errors.invalid_argument("ragged splits may not be empty.")
        if splits[0] != 0:
            raise errors.invalid_argument("First value of ragged splits must be 0.")
        if (np.diff(splits) < 0).any():
            raise errors.invalid_argument("Ragged splits should be non decreasing")
    for splits, below in pairwise(nested):
        if splits[-1] != below.size - 1:
            raise errors.invalid_argument(_MISFIT)
    values_shape = tuple(rt_dense_values.shape)
    if nested[-1][-1] != values_shape[0]:
        raise errors.invalid_argument(_MISFIT)
    columns: list[Array] = [np.arange(nested[0].size - 1)]
    for splits in nested:
        lengths = np.diff(splits)
        parents = np.repeat(np.arange(len(lengths)), lengths)
        columns = [column[parents] for column in columns]
        columns.append(np.arange(splits[-1]) - splits[parents])
    inner_count = int(np.prod(values_shape[1:]))
    columns = [np.repeat(column, inner_count) for column in columns]
    inner: Any = (
        np.unravel_index(np.arange(inner_count), values_shape[1:]) if values_shape[1:] else ()
    )
    columns += [np.tile(axis, values_shape[0]) for axis in inner]
    indices = np.stack(columns, -1).astype(np.int64)
    widest = [int(np.diff(splits).max(initial=0)) for splits in nested]
    dense = np.array([nested[0].size - 1, *widest, *values_shape[1:]], np.int64)
    return to_tensor(indices), rt_dense_values.reshape(-1), dense


@kernel("RaggedTensorToVariant", "cpu", host_inputs=("rt_nested_splits",))
def ragged_tensor_to_variant(
    rt_nested_splits: list[Array], rt_dense_values: Any, *, batched_input: bool
) -> Any:
    nested = [np.asarray(splits) for splits in rt_nested_splits]
    if not batched_input:
        return EncodedRagged(tuple(nested), rt_dense_values)
    if not nested:
        made = np.empty(rt_dense_values.shape[0], object)
        for place in range(len(made)):
            made[place] = EncodedRagged((), rt_dense_values[place])
        return made
    edges = nested[0].tolist()
    made = np.empty(len(edges) - 1, object)
    for place in range(len(made)):
        low, high = edges[place], edges[place + 1]
        parts = []
        for splits in nested[1:]:
            piece = splits[low : high + 1]
            parts.append(piece - piece[:1])
            low, high = int(piece[0]), int(piece[-1])
        made[place] = EncodedRagged(tuple(parts), rt_dense_values[low:high])
    return made


def _joined_values(values: list[Any]) -> Any:
    if isinstance(values[0], torch.Tensor):
        return torch.cat(values)
    return np.concatenate(values)


@kernel("RaggedTensorFromVariant", "cpu", host_outputs=("output_nested_splits",))
def ragged_tensor_from_variant(
    encoded_ragged: Any,
    *,
    input_ragged_rank: int,
    output_ragged_rank: int,
    Tvalues: DType,
    Tsplits: DType,
) -> Any:
    kind = Tsplits.as_numpy_dtype
    if isinstance(encoded_ragged, EncodedRagged):
        encoded_ragged = np.array(encoded_ragged, object)
    rank = encoded_ragged.ndim
    inner = output_ragged_rank - rank if input_ragged_rank < 0 else input_ragged_rank
    if inner < 0 or inner + rank != output_ragged_rank:
        raise errors.invalid_argument(
            "output_ragged_rank must be equal to input_ragged_rank + encoded_ragged.dims(); "
            f"output_ragged_rank: {output_ragged_rank}, input_ragged_rank: {inner}, "
            f"encoded_ragged.dims(): {rank}."
        )
    parts = list(encoded_ragged.ravel())
    for part in parts:
        if not isinstance(part, EncodedRagged) or len(part.splits) != inner:
            raise errors.invalid_argument(
                "Encoded input RaggedTensorVariant has ragged_rank="
                f"{len(part.splits) if isinstance(part, EncodedRagged) else None}.  "
                f"Expected ragged_rank={inner}."
            )
    if rank == 0:
        (only,) = parts
        return (*[splits.astype(kind) for splits in only.splits], only.values)
    made = []
    for axis in range(rank - 1):
        count, size = int(np.prod(encoded_ragged.shape[: axis + 1])), encoded_ragged.shape[axis + 1]
        made.append((np.arange(count + 1) * size).astype(kind))
    if not parts:
        empty = [np.zeros(1, kind)] * (output_ragged_rank - len(made))
        return (*made, *empty, to_tensor(np.zeros(0, Tvalues.as_numpy_dtype)))
    rows = [p.splits[0].size - 1 if inner else p.values.shape[0] for p in parts]
    made.append(np.concatenate([[0], np.cumsum(rows)]).astype(kind))
    for level in range(inner):
        offset, pieces = 0, [np.zeros(1, kind)]
        for part in parts:
            splits = part.splits[level]
            pieces.append(splits[1:].astype(kind) + kind(offset))
            offset += int(splits[-1])
        made.append(np.concatenate(pieces))
    return (*made, _joined_values([part.values for part in parts]))
