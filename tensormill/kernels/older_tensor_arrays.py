"""Kernels of older ops of TensorArrays: those of the ops that took their place."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims, format_dims
from tensormill.kernels import tensor_array
from tensormill.kernels.registry import KernelContext, alias_kernels, kernel, kernel_factory
from tensormill.kernels.tensor_array import TensorArray, array_maker

for _name in ("Write", "Read", "Gather", "Scatter", "Concat", "Split", "Size", "Close"):
    alias_kernels(f"TensorArray{_name}", f"TensorArray{_name}V3")
    alias_kernels(f"TensorArray{_name}V2", f"TensorArray{_name}V3")


class ReferredArray(TensorArray):
    """An array whose handle is a reference; who reads the reference gets the array itself."""

    __slots__ = ()

    def read(self, number: int | None = None) -> Any:
        """Return an element, or the array."""
        return self if number is None else super().read(number)


@kernel_factory("TensorArray", "cpu", "gpu", host_inputs=["size"])
def make_referred_array(ctx: KernelContext) -> Any:
    return array_maker(ctx, ReferredArray)


@kernel_factory("TensorArrayV2", "cpu", "gpu", host_inputs=["size"])
def make_tensor_array(ctx: KernelContext) -> Any:
    return array_maker(ctx, TensorArray)


@kernel("TensorArrayGrad", "cpu", "gpu", host_inputs=["flow_in"])
@kernel("TensorArrayGradV2", "cpu", "gpu", host_inputs=["flow_in"])
def gradient_array(handle: TensorArray, flow_in: Any, *, source: bytes) -> TensorArray:
    return handle.gradient(source, ())


@kernel("TensorArrayPack", "cpu", "gpu", host_inputs=["flow_in"])
def pack(handle: TensorArray, flow_in: Any, *, dtype: DType, element_shape: Dims) -> Any:
    numbers = np.arange(len(handle.values))
    return tensor_array.gather(handle, numbers, flow_in, dtype=dtype, element_shape=element_shape)


@kernel("TensorArrayUnpack", "cpu", "gpu", host_inputs=["flow_in"], host_outputs=["flow_out"])
def unpack(handle: TensorArray, value: Any, flow_in: Any, *, T: DType) -> Any:
    if not len(value.shape):
        raise errors.invalid_argument(
            "Input value for unpack must be at least a vector but received shape: "
            f"{format_dims((), 'kernel')}"
        )
    if len(value) != len(handle.values) and not handle.is_dynamic:
        raise errors.invalid_argument(
            f"TensorArray's size is not equal to the size of value ({len(handle.values)} vs. "
            f"{len(value)}), and the TensorArray is not marked as dynamically resizeable"
        )
    return tensor_array.scatter(handle, np.arange(len(value)), value, flow_in, T=T)
