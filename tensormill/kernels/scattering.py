"""Kernels of updates by index: copies of tensors with slices replaced, added, compared."""

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
from tensormill.kernels.unsigned_types import SIGNED_OF
from tensormill.kernels.value_types import NUMBER_TYPES, STRING_TYPES, as_ints

Update = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], object]


def _check(indices: Any, updates: Any, whole: tuple[int, ...]) -> int:
    """Hold indices and updates against the shape that they update; return the depth."""
    if indices.ndim < 1 or len(whole) < 1:
        raise errors.invalid_argument(
            f"Output must be at least 1-D, got shape: {format_dims(whole, 'kernel')}"
        )
    depth = int(indices.shape[-1])
    wanted = (*indices.shape[:-1], *whole[depth:])
    if depth > len(whole) or tuple(updates.shape) != wanted:
        raise errors.invalid_argument(
            "Must have updates.shape = indices.shape[:batch_dim] + buffer_shape[num_index_dims:], "
            f"got updates.shape: {format_dims(tuple(updates.shape), 'kernel')}, indices.shape: "
            f"{format_dims(tuple(indices.shape), 'kernel')}, buffer_shape: "
            f"{format_dims(whole, 'kernel')}, num_index_dims: {depth}, and batch_dim: "
            f"{indices.ndim - 1}"
        )
    return depth


def _check_scatter_nd(indices: Any, updates: Any, shape: Any) -> list[int]:
    """Complain in the words of ScatterNd, which differ from those of the other ops.

    Returns the sizes of what is made.
    """
    if shape.ndim != 1:
        raise errors.invalid_argument("Shape must be a vector")
    sizes = as_ints(shape)
    if min(sizes, default=0) < 0:
        raise errors.invalid_argument(f"Dimension {min(sizes)} must be >= 0")
    _check_not_empty(indices, updates, len(sizes))
    if indices.ndim < 1:
        return sizes
    outer, depth = indices.ndim - 1, int(indices.shape[-1])
    texts = [format_dims(tuple(value.shape), "kernel") for value in (indices, updates)]
    if updates.shape[:outer] != indices.shape[:outer]:
        raise errors.invalid_argument(
            f"Dimensions [0,{outer}) of indices[shape={texts[0]}] must match dimensions "
            f"[0,{outer}) of updates[shape={texts[1]}]"
        )
    if list(updates.shape[outer:]) != sizes[depth:]:
        raise errors.invalid_argument(
            f"Dimensions [{depth},{len(sizes)}) of input[shape="
            f"{format_dims(tuple(sizes), 'kernel')}] must match dimensions "
            f"[{outer},{updates.ndim}) of updates[shape={texts[1]}]"
        )
    return sizes


def _places(indices: torch.Tensor, whole: tuple[int, ...]) -> torch.Tensor:
    def fails(place: list[int], index: list[int]) -> Exception:
        at = f"[{','.join(map(str, place))}]" if place else ""
        return errors.invalid_argument(
            f"indices{at} = [{', '.join(map(str, index))}] does not index into shape "
            f"{format_dims(whole, 'kernel')}"
        )

    return flat_places(indices, whole, fails).reshape(-1)


def _check_not_empty(indices: Any, updates: Any, count: int) -> None:
    """Refuse indices or updates without elements, or a target without, but not all together."""
    is_empty = [0 in value.shape for value in (indices, updates)]
    if not all(is_empty) and (any(is_empty) or not count):
        raise errors.invalid_argument("Indices and updates specified for empty output shape")


def _update(
    target: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor, update: Update
) -> torch.Tensor:
    """Update `target`, which is contiguous and nobody else's, in place."""
    whole = tuple(target.shape)
    depth = _check(indices, updates, whole)
    inner = math.prod(whole[depth:])
    places = _places(indices, whole)
    rows = target.view(math.prod(whole[:depth]), inner)
    update(rows, places, updates.reshape(places.numel(), inner))
    return target


def _add(rows: torch.Tensor, places: torch.Tensor, updates: torch.Tensor) -> None:
    if rows.dtype is torch.bool:
        rows[places[updates[:, 0]]] = True
        return
    rows.index_add_(0, places, updates)


def _subtract(rows: torch.Tensor, places: torch.Tensor, updates: torch.Tensor) -> None:
    rows.index_add_(0, places, updates, alpha=-1)


def _replace(rows: Any, places: Any, updates: Any) -> None:
    rows[places] = updates


def _reduce(how: str, weakest: float) -> Update:
    """Return what reduces rows with updates; NaNs among these count as the weakest number."""

    def reduce(rows: torch.Tensor, places: torch.Tensor, updates: torch.Tensor) -> None:
        if updates.is_floating_point():
            updates = updates.masked_fill(updates.isnan(), weakest)
        rows.scatter_reduce_(0, places.unsqueeze(1).expand_as(updates), updates, how)

    return reduce


def _signed(value: torch.Tensor) -> torch.Tensor:
    """Return a view with a dtype that torch can update by index; sums wrap alike."""
    same_width = SIGNED_OF.get(value.dtype)
    return value if same_width is None else value.view(same_width)


@kernel("ScatterNd", "cpu", "gpu", types={"T": NUMBER_TYPES}, host_inputs=("shape",))
def scatter_nd(indices: torch.Tensor, updates: torch.Tensor, shape: Any) -> torch.Tensor:
    sizes = _check_scatter_nd(indices, updates, shape)
    target = updates.new_zeros(sizes)
    _update(_signed(target), indices, _signed(updates), _add)
    return target


@kernel("ScatterNd", "cpu", types={"T": STRING_TYPES}, host_inputs=("shape",))
def scatter_nd_strings(indices: torch.Tensor, updates: Any, shape: Any) -> Any:
    sizes = _check_scatter_nd(indices, updates, shape)
    target = np.full(sizes, b"", dtype=object)
    return _update_strings(target, indices, updates, np.add.at)


def _update_strings(target: Any, indices: torch.Tensor, updates: Any, update: Any) -> Any:
    whole = target.shape
    depth = _check(indices, updates, whole)
    inner = math.prod(whole[depth:])
    places = _places(indices, whole).numpy()
    rows = target.reshape(math.prod(whole[:depth]), inner)
    update(rows, places, updates.reshape(places.size, inner))
    return target


def _register(op_type: str, update: Update) -> None:
    def tensor_scatter(
        tensor: torch.Tensor, indices: torch.Tensor, updates: torch.Tensor
    ) -> torch.Tensor:
        _check_not_empty(indices, updates, tensor.numel())
        target = tensor.clone(memory_format=torch.contiguous_format)
        _update(_signed(target), indices, _signed(updates), update)
        return target

    tensor_scatter.__name__ = op_type
    kernel(op_type, "cpu", "gpu", types={"T": NUMBER_TYPES})(tensor_scatter)


_register("TensorScatterUpdate", _replace)
_register("TensorScatterAdd", _add)
_register("TensorScatterSub", _subtract)
_register("ScatterNdNonAliasingAdd", _add)
_register("TensorScatterMin", _reduce("amin", math.inf))
_register("TensorScatterMax", _reduce("amax", -math.inf))


@kernel("TensorScatterUpdate", "cpu", types={"T": STRING_TYPES})
def tensor_scatter_update_strings(tensor: Any, indices: torch.Tensor, updates: Any) -> Any:
    return _update_strings(tensor.copy(), indices, updates, _replace)
