"""Older ops of TensorArrays, whose handles are strings, or references to strings.

TensorFlow refuses them in new graphs, and imports them in old ones.

Source: TensorFlow 1.15, core/ops/data_flow_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.ops import tensor_array, tensor_array_gradients

tensor_array_op = define(
    "TensorArray",
    inputs=("size: int32",),
    outputs=("handle: Ref(string)",),
    attrs=(
        "dtype: type",
        "dynamic_size: bool = false",
        "clear_after_read: bool = true",
        "tensor_array_name: string = ''",
        "element_shape: shape = {unknown_rank: true}",
    ),
    stateful=True,
    differentiable=False,
)
tensor_array_close_op = define(
    "TensorArrayClose",
    inputs=("handle: Ref(string)",),
    differentiable=False,
)
tensor_array_close_v2_op = define(
    "TensorArrayCloseV2",
    inputs=("handle: string",),
    differentiable=False,
)
tensor_array_concat_op = define(
    "TensorArrayConcat",
    inputs=(
        "handle: Ref(string)",
        "flow_in: float32",
    ),
    outputs=(
        "value: dtype",
        "lengths: int64",
    ),
    attrs=(
        "dtype: type",
        "element_shape_except0: shape = {unknown_rank: true}",
    ),
)
tensor_array_concat_v2_op = define(
    "TensorArrayConcatV2",
    inputs=(
        "handle: string",
        "flow_in: float32",
    ),
    outputs=(
        "value: dtype",
        "lengths: int64",
    ),
    attrs=(
        "dtype: type",
        "element_shape_except0: shape = {unknown_rank: true}",
    ),
)
tensor_array_gather_op = define(
    "TensorArrayGather",
    inputs=(
        "handle: Ref(string)",
        "indices: int32",
        "flow_in: float32",
    ),
    outputs=("value: dtype",),
    attrs=(
        "dtype: type",
        "element_shape: shape = {unknown_rank: true}",
    ),
)
tensor_array_gather_v2_op = define(
    "TensorArrayGatherV2",
    inputs=(
        "handle: string",
        "indices: int32",
        "flow_in: float32",
    ),
    outputs=("value: dtype",),
    attrs=(
        "dtype: type",
        "element_shape: shape = {unknown_rank: true}",
    ),
)
tensor_array_grad_op = define(
    "TensorArrayGrad",
    inputs=(
        "handle: string",
        "flow_in: float32",
    ),
    outputs=("grad_handle: Ref(string)",),
    attrs=("source: string",),
    stateful=True,
    differentiable=False,
)
tensor_array_grad_v2_op = define(
    "TensorArrayGradV2",
    inputs=(
        "handle: string",
        "flow_in: float32",
    ),
    outputs=("grad_handle: string",),
    attrs=("source: string",),
    stateful=True,
    differentiable=False,
)
tensor_array_pack_op = define(
    "TensorArrayPack",
    inputs=(
        "handle: Ref(string)",
        "flow_in: float32",
    ),
    outputs=("value: dtype",),
    attrs=(
        "dtype: type",
        "element_shape: shape = {unknown_rank: true}",
    ),
    differentiable=False,
)
tensor_array_read_op = define(
    "TensorArrayRead",
    inputs=(
        "handle: Ref(string)",
        "index: int32",
        "flow_in: float32",
    ),
    outputs=("value: dtype",),
    attrs=("dtype: type",),
)
tensor_array_read_v2_op = define(
    "TensorArrayReadV2",
    inputs=(
        "handle: string",
        "index: int32",
        "flow_in: float32",
    ),
    outputs=("value: dtype",),
    attrs=("dtype: type",),
)
tensor_array_scatter_op = define(
    "TensorArrayScatter",
    inputs=(
        "handle: Ref(string)",
        "indices: int32",
        "value: T",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)
tensor_array_scatter_v2_op = define(
    "TensorArrayScatterV2",
    inputs=(
        "handle: string",
        "indices: int32",
        "value: T",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)
tensor_array_size_op = define(
    "TensorArraySize",
    inputs=(
        "handle: Ref(string)",
        "flow_in: float32",
    ),
    outputs=("size: int32",),
    differentiable=False,
)
tensor_array_size_v2_op = define(
    "TensorArraySizeV2",
    inputs=(
        "handle: string",
        "flow_in: float32",
    ),
    outputs=("size: int32",),
    differentiable=False,
)
tensor_array_split_op = define(
    "TensorArraySplit",
    inputs=(
        "handle: Ref(string)",
        "value: T",
        "lengths: int64",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)
tensor_array_split_v2_op = define(
    "TensorArraySplitV2",
    inputs=(
        "handle: string",
        "value: T",
        "lengths: int64",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)
tensor_array_unpack_op = define(
    "TensorArrayUnpack",
    inputs=(
        "handle: Ref(string)",
        "value: T",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
    differentiable=False,
)
tensor_array_v2_op = define(
    "TensorArrayV2",
    inputs=("size: int32",),
    outputs=("handle: string",),
    attrs=(
        "dtype: type",
        "element_shape: shape = {unknown_rank: true}",
        "dynamic_size: bool = false",
        "clear_after_read: bool = true",
        "tensor_array_name: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
tensor_array_write_op = define(
    "TensorArrayWrite",
    inputs=(
        "handle: Ref(string)",
        "index: int32",
        "value: T",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)
tensor_array_write_v2_op = define(
    "TensorArrayWriteV2",
    inputs=(
        "handle: string",
        "index: int32",
        "value: T",
        "flow_in: float32",
    ),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
)


@tensor_array_op.shape
@tensor_array_close_op.shape
@tensor_array_concat_op.shape
@tensor_array_gather_op.shape
@tensor_array_grad_op.shape
@tensor_array_pack_op.shape
@tensor_array_read_op.shape
@tensor_array_scatter_op.shape
@tensor_array_size_op.shape
@tensor_array_split_op.shape
@tensor_array_unpack_op.shape
@tensor_array_write_op.shape
def unknown_shape(ctx: ShapeContext) -> list[Dims]:
    return [None] * len(ctx.op.outputs)


@tensor_array_v2_op.shape
@tensor_array_grad_v2_op.shape
def handle_shape(ctx: ShapeContext) -> list[Dims]:
    return [(2,)]


for _op, _shape in (
    (tensor_array_close_v2_op, tensor_array.close_shape),
    (tensor_array_concat_v2_op, tensor_array.concat_shape),
    (tensor_array_gather_v2_op, tensor_array.gather_shape),
    (tensor_array_read_v2_op, tensor_array.read_shape),
    (tensor_array_scatter_v2_op, tensor_array.scatter_shape),
    (tensor_array_size_v2_op, tensor_array.size_shape),
    (tensor_array_split_v2_op, tensor_array.split_shape),
    (tensor_array_write_v2_op, tensor_array.write_shape),
):
    _op.shape(_shape)
for _op, _gradient in (
    (tensor_array_read_op, tensor_array_gradients.read_grad),
    (tensor_array_read_v2_op, tensor_array_gradients.read_grad),
    (tensor_array_write_op, tensor_array_gradients.write_grad),
    (tensor_array_write_v2_op, tensor_array_gradients.write_grad),
    (tensor_array_gather_op, tensor_array_gradients.gather_grad),
    (tensor_array_gather_v2_op, tensor_array_gradients.gather_grad),
    (tensor_array_scatter_op, tensor_array_gradients.scatter_grad),
    (tensor_array_scatter_v2_op, tensor_array_gradients.scatter_grad),
    (tensor_array_concat_op, tensor_array_gradients.concat_grad),
    (tensor_array_concat_v2_op, tensor_array_gradients.concat_grad),
    (tensor_array_split_op, tensor_array_gradients.split_grad),
    (tensor_array_split_v2_op, tensor_array_gradients.split_grad),
):
    _op.gradient(_gradient)
