"""Kernels of ref variables: the buffer of a variable, and updates of it.

An update takes the buffer's lock where `use_locking` asks for it, and races like TensorFlow's
where not.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import Dims, format_dims, is_fully_defined
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory, resource_kernel
from tensormill.kernels.torch_dtypes import torch_dtype

# The dtypes of which a GPU holds ref variables; int32 is not among them.
GPU_TYPES = (
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "int64",
    "bool",
    "complex64",
    "complex128",
)
GPU_NUMBERS = tuple(name for name in GPU_TYPES if name != "bool")
CPU_NUMBERS = ("int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64")
_UNLOCKED: AbstractContextManager[Any] = nullcontext()


def locked(buffer: Any, use_locking: bool) -> AbstractContextManager[Any]:
    """Return what an update of a buffer runs in."""
    return buffer.lock if use_locking else _UNLOCKED


def find_variable(ctx: KernelContext) -> Any:
    name = ctx.attrs["shared_name"].decode() or ctx.node_name
    return ctx.resources.variable(
        ctx.attrs["container"].decode(), name, ctx.attrs["dtype"], ctx.attrs["shape"]
    )


for _op_type in ("VariableV2", "Variable"):
    resource_kernel(_op_type, "cpu")(find_variable)
    resource_kernel(_op_type, "gpu", types={"dtype": GPU_TYPES})(find_variable)


def make_temporary_variable(ctx: KernelContext) -> Any:
    """Return what makes a buffer that lives for a step, or until it is destroyed by name."""
    key = "temporary variable " + (ctx.attrs["var_name"].decode() or ctx.node_name)
    store, dtype, dims, device = (
        ctx.resources,
        ctx.attrs["dtype"],
        ctx.attrs["shape"],
        ctx.torch_device,
    )

    def temporary_variable(*, step: Any) -> Any:
        buffer = store.new_buffer(key, dtype, dims)
        buffer.value = torch.zeros(dims, dtype=torch_dtype(dtype), device=device)
        if step.resources.setdefault(key, buffer) is not buffer:
            raise errors.already_exists(f"{key} exists already in this step")
        return buffer

    return temporary_variable


def make_destroy_temporary_variable(ctx: KernelContext) -> Any:
    """Return what ends a temporary variable and takes its value out."""
    key = "temporary variable " + ctx.attrs["var_name"].decode()

    def destroy_temporary_variable(ref: Any, *, step: Any) -> Any:
        if step.resources.pop(key, None) is None:
            raise errors.not_found(f"{key} does not exist in this step")
        return ref.read()

    return destroy_temporary_variable


for _device, _types in (("cpu", GPU_TYPES + CPU_NUMBERS), ("gpu", GPU_TYPES)):
    kernel_factory("TemporaryVariable", _device, types={"dtype": _types})(make_temporary_variable)
    kernel_factory("DestroyTemporaryVariable", _device, types={"T": _types})(
        make_destroy_temporary_variable
    )


@kernel("IsVariableInitialized", "cpu", "gpu", host_outputs=["is_initialized"])
def is_variable_initialized(ref: Any) -> np.bool_:
    return np.bool_(ref.is_initialized)


def check_assignable(dims: Dims, value: Any) -> None:
    """Raise InvalidArgumentError unless a value has the shape of the variable."""
    shape = tuple(value.shape)
    if shape != dims:
        raise errors.invalid_argument(
            "Assign requires shapes of both tensors to match. "
            f"lhs shape= {format_dims(dims, 'kernel')} rhs shape= {format_dims(shape, 'kernel')}"
        )


def assign(ref: Any, value: Any, *, validate_shape: bool, use_locking: bool) -> Any:
    with locked(ref, use_locking):
        if validate_shape:
            if ref.value is not None:
                if ref.value.shape != value.shape:
                    check_assignable(tuple(ref.value.shape), value)
            elif is_fully_defined(ref.dims):
                check_assignable(ref.dims, value)
        ref.assign(value)
    return ref


def assign_add(ref: Any, value: torch.Tensor, *, use_locking: bool) -> Any:
    with locked(ref, use_locking):
        own = ref.initialized().value
        if own.shape != value.shape:
            raise _different_size()
        own.add_(value)
    return ref


def assign_sub(ref: Any, value: torch.Tensor, *, use_locking: bool) -> Any:
    with locked(ref, use_locking):
        own = ref.initialized().value
        if own.shape != value.shape:
            raise _different_size()
        own.sub_(value)
    return ref


def _different_size() -> errors.InvalidArgumentError:
    return errors.invalid_argument("Parameters and update must be the same size")


kernel("Assign", "cpu")(assign)
kernel("Assign", "gpu", types={"T": GPU_TYPES})(assign)
for _op_type, _function in (("AssignAdd", assign_add), ("AssignSub", assign_sub)):
    kernel(_op_type, "cpu")(_function)
    kernel(_op_type, "gpu", types={"T": GPU_NUMBERS})(_function)


def count_up(var: Any, limit: int) -> torch.Tensor:
    """Return the value of a scalar variable and raise it by one.

    Raises:
      OutOfRangeError: the value is `limit` already.
    """
    with var.initialized().lock:
        buffer = var.initialized()
        before: torch.Tensor = buffer.value.clone()
        if before >= limit:
            raise errors.out_of_range(f"Reached limit of {limit}")
        buffer.writable().add_(1)
    return before


@kernel("CountUpTo", "cpu")
def count_up_to(ref: Any, *, limit: int) -> torch.Tensor:
    return count_up(ref, limit)
