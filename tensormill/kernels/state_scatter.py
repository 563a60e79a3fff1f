"""Kernels of sparse updates: of ref variables here, of resource variables through `update_rows`.

Both forms of index come down to rows: the variable is seen as [rows, elements of a row], and the
indices as one row number an update.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.gathering import flat_places
from tensormill.kernels.registry import kernel
from tensormill.kernels.state import GPU_NUMBERS, GPU_TYPES, locked

Update = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], Any]
"""Changes `rows` [count, row] in place: (rows, row numbers [n], updates [n, row]).

Row numbers may repeat.
"""


def _add(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    rows.index_add_(0, at, updates)


def _sub(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    rows.index_add_(0, at, -updates)  # torch adds several times faster without a factor


def _reduce(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor, how: str) -> None:
    rows.scatter_reduce_(0, at[:, None].expand(updates.shape), updates, how)


def _mul(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    if rows.is_complex():
        _one_by_one(rows, at, updates, torch.mul)
    else:
        _reduce(rows, at, updates, "prod")


def _div(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    rounding = None if rows.is_floating_point() or rows.is_complex() else "trunc"
    if len(torch.unique(at)) == len(at):
        rows[at] = torch.div(rows[at], updates, rounding_mode=rounding)
    else:
        _one_by_one(
            rows, at, updates, lambda row, update: torch.div(row, update, rounding_mode=rounding)
        )


def _one_by_one(
    rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor, combine: Callable[..., Any]
) -> None:
    for row, update in zip(at.tolist(), updates, strict=True):
        rows[row] = combine(rows[row], update)


def _min(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    _reduce(rows, at, updates, "amin")


def _max(rows: torch.Tensor, at: torch.Tensor, updates: torch.Tensor) -> None:
    _reduce(rows, at, updates, "amax")


def _update(rows: Any, at: Any, updates: Any) -> None:
    if type(rows) is np.ndarray:
        rows[np.asarray(at)] = updates
    else:
        rows.index_copy_(0, at, updates)


UPDATES: dict[str, Update] = {
    "Add": _add,
    "Sub": _sub,
    "Mul": _mul,
    "Div": _div,
    "Min": _min,
    "Max": _max,
    "Update": _update,
}


def update_rows(update: Update, value: Any, indices: torch.Tensor, updates: Any) -> None:
    """Update a variable's value in place by index of its first dimension.

    Args:
      update: one of `UPDATES`.
      value: [n, ...], contiguous.
      indices: any shape.
      updates: indices.shape + value.shape[1:], or a scalar.

    Raises:
      InvalidArgumentError: the shapes do not fit, or an index is out of range.
    """
    row_shape = tuple(value.shape[1:])
    if tuple(updates.shape) != (*indices.shape, *row_shape):
        if len(updates.shape):
            raise errors.invalid_argument(
                "Must have updates.shape = indices.shape + params.shape[1:] or updates.shape = [], "
                f"got updates.shape {_text(updates)}, indices.shape {_text(indices)}, "
                f"params.shape {_text(value)}"
            )
        expand = np.broadcast_to if type(updates) is np.ndarray else torch.broadcast_to
        updates = expand(updates, (*indices.shape, *row_shape))
    at = indices.reshape(-1).long()
    count = value.shape[0]
    low, high = map(int, at.aminmax()) if at.numel() else (0, -1)
    if low < 0 or high >= count:
        wrong = int(((at < 0) | (at >= count)).nonzero()[0])
        position = ",".join(map(str, np.unravel_index(wrong, tuple(indices.shape))))
        raise errors.invalid_argument(
            f"indices[{position}] = {int(at[wrong])} is not in [0, {count})"
        )
    row_size = math.prod(row_shape)
    update(value.reshape(count, row_size), at, updates.reshape(len(at), row_size))


def update_slices(update: Update, value: Any, indices: torch.Tensor, updates: Any) -> None:
    """Update a variable's value in place by vectors of indices.

    Args:
      update: one of `UPDATES`.
      value: any shape, contiguous.
      indices: [..., k], each vector an index into the first k dimensions.
      updates: indices.shape[:-1] + value.shape[k:].

    Raises:
      InvalidArgumentError: the shapes do not fit, or an index is out of range.
    """
    if indices.ndim < 1 or indices.shape[-1] > len(value.shape):
        raise errors.invalid_argument(
            "The innermost dimension of the indices must be at most the rank of the variable, got "
            f"indices.shape {_text(indices)}, params.shape {_text(value)}"
        )
    depth = indices.shape[-1]
    outer, slice_shape = tuple(indices.shape[:-1]), tuple(value.shape[depth:])
    if tuple(updates.shape) != (*outer, *slice_shape):
        raise errors.invalid_argument(
            f"Dimensions [0,{len(outer)}) of indices[shape={_text(indices)}] and dimensions "
            f"[{depth},{len(value.shape)}) of input[shape={_text(value)}] must match "
            f"updates[shape={_text(updates)}]"
        )

    def fails(place: list[int], index: list[int]) -> Exception:
        return errors.invalid_argument(
            f"indices[{','.join(map(str, place or [0]))}] = [{','.join(map(str, index))}] does not "
            f"index into shape {_text(value)}"
        )

    at = flat_places(indices, tuple(value.shape), fails).reshape(-1)
    row_size, rows = math.prod(slice_shape), math.prod(value.shape[:depth])
    update(value.reshape(rows, row_size), at, updates.reshape(len(at), row_size))


def _text(value: Any) -> str:
    return format_dims(tuple(value.shape), "kernel")


def _make_scatter(
    update: Update, apply: Callable[[Update, Any, torch.Tensor, Any], None]
) -> Callable[..., Any]:
    def scatter(ref: Any, indices: torch.Tensor, updates: Any, *, use_locking: bool) -> Any:
        with locked(ref, use_locking):
            apply(update, ref.initialized().value, indices, updates)
        return ref

    return scatter


for _name, _function in UPDATES.items():
    _gpu_types = {"T": GPU_TYPES if _name == "Update" else GPU_NUMBERS}
    _rows = _make_scatter(_function, update_rows)
    kernel(f"Scatter{_name}", "cpu")(_rows)
    kernel(f"Scatter{_name}", "gpu", types=_gpu_types)(_rows)
    if _name not in ("Mul", "Div"):
        _slices = _make_scatter(_function, update_slices)
        kernel(f"ScatterNd{_name}", "cpu")(_slices)
        kernel(f"ScatterNd{_name}", "gpu", types=_gpu_types)(_slices)
