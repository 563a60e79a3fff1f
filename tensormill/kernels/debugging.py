"""Kernels of what a debugger puts beside tensors: they write what they see into files.

A file holds one Event; its name says the node, the output, the op and the time in microseconds.

Source: TensorFlow 1.15, core/kernels/debug_ops.h, core/debug/debug_io_utils.cc.
"""

from __future__ import annotations

import itertools
import json
import os
import time
from typing import Any

import numpy as np
import torch
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor_codec import array_to_proto, shape_to_proto
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]

_FILE = "file://"
_numbers = itertools.count()


@kernel("Copy", "cpu", "gpu")
@kernel("CopyHost", "cpu")
def copy(input: Any) -> Any:
    return input.clone() if isinstance(input, torch.Tensor) else input.copy()


@kernel("DebugGradientIdentity", "cpu", "gpu", aliases=True)
@kernel("DebugGradientRefIdentity", "cpu", "gpu", aliases=True)
def same(input: Any) -> Any:
    return input


@kernel_factory("DebugIdentity", "cpu", "gpu", host_inputs=("input",), host_outputs=("output",))
def make_debug_identity(ctx: KernelContext) -> Any:
    publish = _Publisher(ctx, "DebugIdentity", ctx.attrs["T"])

    def debug_identity(value: Array) -> Array:
        publish(value)
        return value

    return debug_identity


@kernel_factory("DebugNanCount", "cpu", "gpu", host_inputs=("input",), host_outputs=("output",))
def make_debug_nan_count(ctx: KernelContext) -> Any:
    publish = _Publisher(ctx, "DebugNanCount", dtypes.int64)

    def debug_nan_count(value: Array) -> Array:
        count = np.array([np.isnan(value).sum() if _is_float(value) else 0], np.int64)
        publish(count)
        return count

    return debug_nan_count


@kernel_factory(
    "DebugNumericSummary", "cpu", "gpu", host_inputs=("input",), host_outputs=("output",)
)
def make_debug_numeric_summary(ctx: KernelContext) -> Any:
    publish = _Publisher(ctx, "DebugNumericSummary", dtypes.float64)
    dtype: DType = ctx.attrs["T"]
    bounds = (ctx.attrs["lower_bound"], ctx.attrs["upper_bound"])
    is_muted = ctx.attrs["mute_if_healthy"]

    def debug_numeric_summary(value: Array) -> Array:
        summary = numeric_summary(value, dtype, *bounds)
        is_healthy = not (summary[2] or summary[3] or summary[7])
        if not (is_muted and is_healthy):
            publish(summary)
        return summary

    return debug_numeric_summary


def _is_float(value: Array) -> bool:
    return value.dtype.kind == "f" or value.dtype.name == "bfloat16"


def numeric_summary(value: Array, dtype: DType, lower: float, upper: float) -> Array:
    """Return what there is to say of the numbers in an array: float64 [14 + rank].

    In this order: whether it is initialized; how many elements, NaNs, elements up to `lower` or
    -inf, negative ones, zeros, positive ones, elements from `upper` or inf on; minimum, maximum,
    mean and variance of the finite ones; dtype, rank and sizes.
    """
    numbers = value.astype(np.float64) if value.dtype.kind not in "OSUc" else np.zeros(0)
    is_low = np.isneginf(numbers) | (numbers <= lower) & np.isfinite(numbers)
    is_high = np.isposinf(numbers) | (numbers >= upper) & np.isfinite(numbers)
    inner = numbers[~(is_low | is_high | np.isnan(numbers))]
    finite = numbers[np.isfinite(numbers)]
    nothing = (np.inf, -np.inf, np.nan, np.nan)
    statistics = (
        (finite.min(), finite.max(), finite.mean(), finite.var()) if finite.size else nothing
    )
    return np.array(
        [
            1,
            value.size,
            np.isnan(numbers).sum(),
            is_low.sum(),
            (inner < 0).sum(),
            (inner == 0).sum(),
            (inner > 0).sum(),
            is_high.sum(),
            *statistics,
            dtype.as_datatype_enum,
            value.ndim,
            *value.shape,
        ],
        np.float64,
    )


class _Publisher:
    """Writes what one watch sees into the folders of its URLs."""

    def __init__(self, ctx: KernelContext, op_type: str, dtype: DType) -> None:
        self._op_type = op_type
        self._dtype = dtype
        self._device = _text(ctx.attrs["device_name"])
        name, _, slot = _text(ctx.attrs["tensor_name"]).partition(":")
        self._node, self._slot = name, int(slot or 0)
        self._folders = [_folder(_text(url)) for url in ctx.attrs["debug_urls"]]

    def __call__(self, value: Array) -> None:
        if not self._folders:
            return
        micros = time.time_ns() // 1000
        event = Event(wall_time=micros)
        key = f"{self._node}:{self._slot}:{self._op_type}"
        entry = event.summary.value.add(node_name=key, tag=key)
        entry.metadata.plugin_data.plugin_name = "debugger"
        content = {"device": self._device, "outputSlot": self._slot}
        entry.metadata.plugin_data.content = json.dumps(content).encode()
        entry.tensor.CopyFrom(_tensor_message(np.asarray(value), self._dtype))
        data = event.SerializeToString()
        for folder in self._folders:
            self._write(folder, micros, data)

    def _write(self, folder: str, micros: int, data: bytes) -> None:
        path = os.path.join(
            folder,
            device_folder(self._device),
            f"{self._node}_{self._slot}_{self._op_type}_{micros}",
        )
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(_free_path(path), "xb") as file:
            file.write(data)


def _tensor_message(value: Array, dtype: DType) -> Any:
    """Return the message of a value; numbers stand in its `tensor_content`, even one alone.

    TensorFlow's debugger takes a message without content for an uninitialized tensor.
    """
    if value.dtype == object:
        return array_to_proto(value, dtype)
    return TensorProto(
        dtype=dtype.base_dtype.as_datatype_enum,
        tensor_shape=shape_to_proto(value.shape),
        tensor_content=value.tobytes(),
    )


def _free_path(path: str) -> str:
    """Return a path where nothing is yet, with a number at its end where something is."""
    return path if not os.path.exists(path) else f"{path}-{next(_numbers)}"


def device_folder(device: str) -> str:
    """Return the name of the folder for what is seen on a device."""
    return "_tfdbg_device_" + ",".join(part.replace(":", "_") for part in device.split("/"))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _folder(url: str) -> str:
    """Return the folder that a URL names.

    Raises:
      UnimplementedError: it names something else, such as a debugger to call.
    """
    if not url.startswith(_FILE):
        raise errors.UnimplementedError(
            None,
            None,
            f"Values of watched tensors are written into files only: a debug URL begins with "
            f"{_FILE}, and {url!r} does not",
        )
    return url.removeprefix(_FILE)
