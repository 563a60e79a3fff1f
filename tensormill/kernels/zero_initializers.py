"""Kernels that fill variables with zeros.

Source: TensorFlow 1.15, contrib/framework/kernels/zero_initializer_op.cc.
"""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.graph.shapes import is_fully_defined
from tensormill.kernels.registry import KernelContext, kernel_factory
from tensormill.kernels.state import GPU_NUMBERS
from tensormill.kernels.torch_dtypes import torch_dtype


@kernel_factory("ZeroInitializer", "cpu", aliases=True)
@kernel_factory("ZeroInitializer", "gpu", types={"T": GPU_NUMBERS}, aliases=True)
def make_zero_initializer(ctx: KernelContext) -> Any:
    dtype, device = torch_dtype(ctx.attrs["T"]), ctx.torch_device

    def zero_initializer(ref: Any) -> Any:
        with ref.lock:
            if ref.is_initialized:
                raise errors.invalid_argument("input is already initialized")
            if not is_fully_defined(ref.dims):
                raise errors.invalid_argument("the shape of the variable is not known")
            ref.assign(torch.zeros(ref.dims, dtype=dtype, device=device))
        return ref

    return zero_initializer


@kernel_factory("ZeroVarInitializer", "cpu", "gpu", aliases=True)
def make_zero_var_initializer(ctx: KernelContext) -> Any:
    dtype, dims, device = torch_dtype(ctx.attrs["dtype"]), ctx.attrs["shape"], ctx.torch_device

    def zero_var_initializer(var: Any) -> Any:
        buffer = var.find_or_create()
        with buffer.lock:
            if not buffer.is_initialized:
                buffer.assign(torch.zeros(dims, dtype=dtype, device=device))
        return var

    return zero_var_initializer
