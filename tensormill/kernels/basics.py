"""Kernels of constants, placeholders, identities and nodes without outputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import NUMBERS, to_tensor, torch_dtype


@kernel("Const", "cpu")
def const(*, value: Any, dtype: DType) -> Any:
    return to_tensor(value.array) if dtype in NUMBERS else value.array


kernel("Const", "gpu", types={"dtype": NUMBERS})(const)


@kernel_factory("Placeholder", "cpu", "gpu")
@kernel_factory("PlaceholderV2", "cpu", "gpu")
def make_placeholder(ctx: KernelContext) -> Any:
    dtype, dims = dtype_text(ctx.attrs["dtype"]), ctx.attrs["shape"]
    shape = "" if dims is None else f" and shape {format_dims(dims, 'kernel')}"
    message = (
        f"You must feed a value for placeholder tensor '{ctx.node_name}' with dtype {dtype}{shape}"
    )

    def placeholder() -> Any:
        raise errors.invalid_argument(message)

    return placeholder


@kernel("FakeParam", "cpu", "gpu")
def fake_param(*, dtype: DType, shape: Dims) -> Any:
    """Return a value that stands where a branch has none, and that nothing reads."""
    sizes = [] if shape is None or None in shape else [size or 0 for size in shape]
    if dtype in NUMBERS:
        return torch.zeros(sizes, dtype=torch_dtype(dtype))
    return np.full(sizes, b"", object)


@kernel_factory("ImmutableConst", "cpu")
def make_immutable_const(ctx: KernelContext) -> Any:
    path, dims = ctx.attrs["memory_region_name"].decode(), ctx.attrs["shape"]
    numpy_type = np.dtype(ctx.attrs["dtype"].as_numpy_dtype)

    def immutable_const() -> Any:
        with tensorflow_errors(path), open(path, "rb") as file:
            content = file.read()
        if len(content) < numpy_type.itemsize * math.prod(dims):
            raise errors.invalid_argument(f"The file {path} is too short for the shape {dims}")
        return to_tensor(np.frombuffer(content, numpy_type, math.prod(dims)).reshape(dims).copy())

    return immutable_const


@kernel("Identity", "cpu", "gpu", aliases=True)
def identity(value: Any) -> Any:
    return value


@kernel("NoOp", "cpu", "gpu")
def no_op() -> None:
    return None
