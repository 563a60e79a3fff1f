"""Kernels of resource variables: reads are snapshots, updates copy what a reader still holds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.gathering import check_depth, flat_places
from tensormill.kernels.registry import KernelContext, kernel, resource_kernel
from tensormill.kernels.state import GPU_NUMBERS, GPU_TYPES, count_up
from tensormill.kernels.state_scatter import UPDATES, Update, update_rows, update_slices


@resource_kernel("VarHandleOp", "cpu", "gpu")
def find_handle(ctx: KernelContext) -> Any:
    name = ctx.attrs["shared_name"].decode() or ctx.node_name
    return ctx.resources.variable_handle(
        ctx.attrs["container"].decode(), name, ctx.attrs["dtype"], ctx.attrs["shape"]
    )


@kernel("ReadVariableOp", "cpu", "gpu", aliases=True)
def read_variable(resource: Any) -> Any:
    return resource.read()


def assign_variable(resource: Any, value: Any, *, validate_shape: bool) -> None:
    buffer = resource.find_or_create()
    with buffer.lock:
        old = buffer.value
        if validate_shape and old is not None and old.shape != value.shape:
            raise errors.invalid_argument(
                "Trying to assign to variable with tensor with wrong shape. "
                f"Expected {_text(old)} got {_text(value)}"
            )
        del old
        buffer.assign(value)


kernel("AssignVariableOp", "cpu")(assign_variable)
kernel("AssignVariableOp", "gpu", types={"dtype": GPU_TYPES})(assign_variable)


def assign_add_variable(resource: Any, value: torch.Tensor) -> None:
    buffer = resource.initialized()
    with buffer.lock:
        _check_same_shape(buffer.value, value)
        buffer.writable().add_(value)


def assign_sub_variable(resource: Any, value: torch.Tensor) -> None:
    buffer = resource.initialized()
    with buffer.lock:
        _check_same_shape(buffer.value, value)
        buffer.writable().sub_(value)


def _check_same_shape(own: torch.Tensor, value: torch.Tensor) -> None:
    if own.shape != value.shape:
        raise errors.invalid_argument(
            f"Cannot update variable with shape {_text(own)} using a Tensor with shape "
            f"{_text(value)}, shapes must be equal."
        )


def _text(value: Any) -> str:
    return format_dims(tuple(value.shape), "kernel")


for _op_type, _function in (
    ("AssignAddVariableOp", assign_add_variable),
    ("AssignSubVariableOp", assign_sub_variable),
):
    kernel(_op_type, "cpu")(_function)
    kernel(_op_type, "gpu", types={"dtype": GPU_NUMBERS})(_function)


@kernel("VarIsInitializedOp", "cpu", "gpu", host_outputs=["is_initialized"])
def var_is_initialized(resource: Any) -> np.bool_:
    buffer = resource.find()
    return np.bool_(buffer is not None and buffer.is_initialized)


@kernel("DestroyResourceOp", "cpu", "gpu")
def destroy_resource(resource: Any, *, ignore_lookup_error: bool) -> None:
    try:
        resource.destroy()
    except errors.NotFoundError:
        if not ignore_lookup_error:
            raise


@kernel("VariableShape", "cpu", "gpu", host_outputs=["output"])
def variable_shape(input: Any, *, out_type: Any) -> np.ndarray[Any, Any]:
    return np.array(input.initialized().value.shape, out_type.as_numpy_dtype)


@kernel("ResourceCountUpTo", "cpu")
def resource_count_up_to(resource: Any, *, limit: int) -> torch.Tensor:
    return count_up(resource, limit)


@kernel("ResourceGather", "cpu", "gpu")
def resource_gather(resource: Any, indices: torch.Tensor, *, batch_dims: int) -> Any:
    value = resource.initialized().read()
    count = value.shape[batch_dims]
    at = indices.long()
    is_wrong = (at < 0) | (at >= count)
    if bool(is_wrong.any()):
        position = tuple(is_wrong.nonzero()[0].tolist())
        raise errors.invalid_argument(
            f"indices[{','.join(map(str, position))}] = {int(at[position])} is not in [0, {count})"
        )
    if not batch_dims:
        return value[at.numpy() if type(value) is np.ndarray else at]
    leading = [
        torch.arange(size, device=at.device).reshape(
            [-1 if axis == i else 1 for axis in range(at.dim())]
        )
        for i, size in enumerate(value.shape[:batch_dims])
    ]
    places = (*leading, at)
    if type(value) is np.ndarray:
        return value[tuple(place.numpy() for place in places)]
    return value[places]


@kernel("ResourceGatherNd", "cpu", "gpu")
def resource_gather_nd(resource: Any, indices: torch.Tensor) -> Any:
    value = resource.initialized().read()
    depth = check_depth(value, indices)

    def fails(place: list[int], index: list[int]) -> Exception:
        return errors.invalid_argument(
            f"indices[{','.join(map(str, place))}] = [{','.join(map(str, index))}] does not index "
            f"into param shape {_text(value)}"
        )

    sizes = tuple(value.shape)
    places: Any = flat_places(indices, sizes, fails)
    rows = value.reshape(math.prod(sizes[:depth]), *sizes[depth:])
    return rows[places.numpy() if type(value) is np.ndarray else places]


def _make_scatter(
    update: Update, apply: Callable[[Update, Any, torch.Tensor, Any], None]
) -> Callable[..., None]:
    def scatter(resource: Any, indices: torch.Tensor, updates: Any) -> None:
        buffer = resource.initialized()
        with buffer.lock:
            apply(update, buffer.writable(), indices, updates)

    return scatter


for _name, _update in UPDATES.items():
    _gpu_types = GPU_TYPES if _name == "Update" else GPU_NUMBERS
    _rows = _make_scatter(_update, update_rows)
    kernel(f"ResourceScatter{_name}", "cpu")(_rows)
    kernel(f"ResourceScatter{_name}", "gpu", types={"dtype": _gpu_types})(_rows)
    if _name not in ("Mul", "Div"):
        _slices = _make_scatter(_update, update_slices)
        kernel(f"ResourceScatterNd{_name}", "cpu")(_slices)
        kernel(f"ResourceScatterNd{_name}", "gpu", types={"T": _gpu_types})(_slices)
