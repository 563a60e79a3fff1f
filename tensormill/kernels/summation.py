"""Kernels of the sum of several tensors."""

from __future__ import annotations

import operator
from functools import reduce
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, host_kernel, kernel_factory
from tensormill.kernels.tensor_list_value import add_lists, as_list


def make_add_n(ctx: KernelContext) -> object:
    name, op_type = ctx.node_name, ctx.op_type

    def add_n(inputs: list[torch.Tensor]) -> torch.Tensor:
        first = inputs[0]
        for position, tensor in enumerate(inputs):
            if tensor.shape != first.shape:
                shapes = [format_dims(tuple(t.shape), "kernel") for t in (first, tensor)]
                raise errors.invalid_argument(
                    f"Inputs to operation {name} of type {op_type} must have the same size and "
                    f"shape.  Input 0: {shapes[0]} != input {position}: {shapes[1]}"
                )
        if len(inputs) == 1:
            return first
        total = torch.add(first, inputs[1])
        for tensor in inputs[2:]:
            total.add_(tensor)
        return total

    if ctx.attrs["T"].name == "variant":
        return add_variants
    dims = ctx.input_dims[0]
    if len(ctx.input_dims) == 2 and dims is not None and None not in dims:
        return add_two if ctx.input_dims[1] == dims else add_n
    return add_n


def add_two(inputs: list[torch.Tensor]) -> torch.Tensor:
    """Add two tensors that are known to have the same shape."""
    return torch.add(*inputs)


def add_variants(inputs: list[Any]) -> Any:
    """Add lists of tensors, element by element."""
    return reduce(add_lists, map(as_list, inputs))


def _add_scalars(*inputs: Any) -> Any:
    return reduce(operator.add, inputs)


host_kernel("AddN", _add_scalars, ("float32", "float64", "int32", "int64"))
kernel_factory("AddN", "cpu", aliases=True)(make_add_n)
_ON_GPU = "float16 bfloat16 float32 float64 complex64 complex128 int32 int64 variant".split()
kernel_factory("AddN", "gpu", types={"T": _ON_GPU}, aliases=True)(make_add_n)
kernel_factory("AccumulateNV2", "cpu", "gpu", aliases=True)(make_add_n)
