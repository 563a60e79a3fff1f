"""Kernels of tensors as messages, and of compressed strings.

Source: TensorFlow 1.15, core/kernels/serialize_tensor_op.cc, parse_tensor_op.cc and
decode_compressed_op.cc.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import torch
from google.protobuf.message import DecodeError
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from tensormill.graph import errors
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.op_def_text import dtype_text
from tensormill.graph.tensor_codec import array_from_proto, array_to_proto
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory
from tensormill.kernels.torch_dtypes import is_number, to_tensor
from tensormill.kernels.value_types import as_object_array

_WINDOW_BITS = {b"ZLIB": 15, b"GZIP": 31}


@kernel_factory("SerializeTensor", "cpu", host_inputs=("tensor",))
def make_serialize_tensor(ctx: KernelContext) -> Callable[[Any], Any]:
    dtype = ctx.attrs["T"]

    def serialize_tensor(tensor: Any) -> Any:
        return as_object_array([array_to_proto(tensor, dtype).SerializeToString()], ())

    return serialize_tensor


@kernel("ParseTensor", "cpu")
def parse_tensor(serialized: Any, *, out_type: DType) -> Any:
    text = serialized.item()
    try:
        proto = TensorProto.FromString(text)
        found = as_dtype(proto.dtype)
        array = array_from_proto(proto)
    except (DecodeError, ValueError, TypeError) as error:
        raise errors.invalid_argument(
            "Could not parse `serialized` as TensorProto, value: "
            f"'{text[:80].decode(errors='replace')}'"
        ) from error
    if found != out_type:
        raise errors.invalid_argument(
            f"Type mismatch between parsed tensor ({dtype_text(found)}) and dtype "
            f"({dtype_text(out_type)})"
        )
    if not is_number(out_type):
        return array
    made: torch.Tensor = to_tensor(array.copy())
    return made


@kernel("DecodeCompressed", "cpu")
def decode_compressed(value: Any, *, compression_type: bytes) -> Any:
    if compression_type not in (b"", *_WINDOW_BITS):
        raise errors.invalid_argument(
            "Only ZLIB, GZIP or NONE are supported compressions, got "
            f"{compression_type.decode(errors='replace')}"
        )
    if not compression_type:
        return value
    made = []
    for text in value.ravel().tolist():
        try:
            made.append(zlib.decompress(text, _WINDOW_BITS[compression_type]))
        except zlib.error as error:
            reason = str(error).partition("data: ")[2] or str(error)
            raise errors.data_loss(f"inflate() failed with error -3: {reason}") from error
    return as_object_array(made, value.shape)
