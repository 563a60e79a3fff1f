"""Kernels of constants, placeholders, identities and nodes without outputs."""

from __future__ import annotations

from typing import Any

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.shapes import format_dims
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import NUMBERS, to_tensor


@kernel("Const", "cpu")
def const(*, value: Any, dtype: DType) -> Any:
    return to_tensor(value.array) if dtype in NUMBERS else value.array


kernel("Const", "gpu", types={"dtype": NUMBERS})(const)


@kernel_factory("Placeholder", "cpu", "gpu")
def make_placeholder(ctx: KernelContext) -> Any:
    dtype, dims = dtype_text(ctx.attrs["dtype"]), ctx.attrs["shape"]
    shape = "" if dims is None else f" and shape {format_dims(dims, 'kernel')}"
    message = (
        f"You must feed a value for placeholder tensor '{ctx.node_name}' with dtype {dtype}{shape}"
    )

    def placeholder() -> Any:
        raise errors.invalid_argument(message)

    return placeholder


@kernel("Identity", "cpu", "gpu", aliases=True)
def identity(value: Any) -> Any:
    return value


@kernel("NoOp", "cpu", "gpu")
def no_op() -> None:
    return None
