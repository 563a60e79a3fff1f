"""Tensors as messages, and compressed strings.

Source: TensorFlow 1.15, core/ops/parsing_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

serialize_tensor_op = define(
    "SerializeTensor",
    inputs=("tensor: T",),
    outputs=("serialized: string",),
    attrs=("T: type",),
    differentiable=False,
)
parse_tensor_op = define(
    "ParseTensor",
    inputs=("serialized: string",),
    outputs=("output: out_type",),
    attrs=("out_type: type",),
    differentiable=False,
)
decode_compressed_op = define(
    "DecodeCompressed",
    inputs=("bytes: string",),
    outputs=("output: string",),
    attrs=("compression_type: string = ''",),
    differentiable=False,
)


@serialize_tensor_op.shape
def serialize_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@parse_tensor_op.shape
def parse_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("serialized"), 0)
    return [None]


@decode_compressed_op.shape
def decode_compressed_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("bytes")]


def serialize_tensor(tensor: Any, name: str | None = None) -> Tensor:
    """Return a tensor as a serialized TensorProto: string scalar."""
    made: Tensor = serialize_tensor_op(tensor, name=name)
    return made


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Tensor:
    """Return the tensor of a serialized TensorProto.

    Args:
      serialized: string scalar.
      out_type: the dtype that it has.
      name: of the operation.
    """
    made: Tensor = parse_tensor_op(serialized, out_type=out_type, name=name)
    return made


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Tensor:
    """Return strings decompressed.

    Args:
      bytes: string.
      compression_type: "", "GZIP" or "ZLIB".
      name: of the operation.
    """
    made: Tensor = decode_compressed_op(bytes, compression_type=compression_type, name=name)
    return made
