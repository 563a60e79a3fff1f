"""TensorArrays: the ops that write and read them; `tensor_array_class` has the class for users."""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, is_fully_defined
from tensormill.graph.tensor import Tensor

_HANDLE_DIMS = (2,)

tensor_array_v3 = define(
    "TensorArrayV3",
    inputs=("size: int32",),
    outputs=("handle: resource", "flow: float32"),
    attrs=(
        "dtype: type",
        "element_shape: shape = {unknown_rank: true}",
        "dynamic_size: bool = false",
        "clear_after_read: bool = true",
        "identical_element_shapes: bool = false",
        "tensor_array_name: string = ''",
    ),
    stateful=True,
    differentiable=False,
)
tensor_array_grad_v3 = define(
    "TensorArrayGradV3",
    inputs=("handle: resource", "flow_in: float32"),
    outputs=("grad_handle: resource", "flow_out: float32"),
    attrs=("source: string",),
    stateful=True,
    differentiable=False,
)
tensor_array_grad_with_shape = define(
    "TensorArrayGradWithShape",
    inputs=("handle: resource", "flow_in: float32", "shape_to_prepend: int32"),
    outputs=("grad_handle: resource", "flow_out: float32"),
    attrs=("source: string",),
    stateful=True,
    differentiable=False,
)
tensor_array_write_v3 = define(
    "TensorArrayWriteV3",
    inputs=("handle: resource", "index: int32", "value: T", "flow_in: float32"),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
    stateful=True,
)
tensor_array_read_v3 = define(
    "TensorArrayReadV3",
    inputs=("handle: resource", "index: int32", "flow_in: float32"),
    outputs=("value: dtype",),
    attrs=("dtype: type",),
    stateful=True,
)
tensor_array_gather_v3 = define(
    "TensorArrayGatherV3",
    inputs=("handle: resource", "indices: int32", "flow_in: float32"),
    outputs=("value: dtype",),
    attrs=("dtype: type", "element_shape: shape = {unknown_rank: true}"),
    stateful=True,
)
tensor_array_scatter_v3 = define(
    "TensorArrayScatterV3",
    inputs=("handle: resource", "indices: int32", "value: T", "flow_in: float32"),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
    stateful=True,
)
tensor_array_concat_v3 = define(
    "TensorArrayConcatV3",
    inputs=("handle: resource", "flow_in: float32"),
    outputs=("value: dtype", "lengths: int64"),
    attrs=("dtype: type", "element_shape_except0: shape = {unknown_rank: true}"),
    stateful=True,
)
tensor_array_split_v3 = define(
    "TensorArraySplitV3",
    inputs=("handle: resource", "value: T", "lengths: int64", "flow_in: float32"),
    outputs=("flow_out: float32",),
    attrs=("T: type",),
    stateful=True,
)
tensor_array_size_v3 = define(
    "TensorArraySizeV3",
    inputs=("handle: resource", "flow_in: float32"),
    outputs=("size: int32",),
    stateful=True,
    differentiable=False,
)
tensor_array_close_v3 = define(
    "TensorArrayCloseV3", inputs=("handle: resource",), stateful=True, differentiable=False
)


def _check_rank(dims: Dims, rank: int) -> None:
    if dims is not None and len(dims) != rank:
        raise ValueError(f"Shape must be rank {rank} but is rank {len(dims)}")


def _check_handle(ctx: ShapeContext) -> None:
    dims = ctx.shape("handle")
    _check_rank(dims, 1)
    if dims is not None and dims[0] not in (None, 2):
        raise ValueError(f"Dimension must be 2 but is {dims[0]}")


@tensor_array_v3.shape
def tensor_array_shape(ctx: ShapeContext) -> list[Dims]:
    _check_rank(ctx.shape("size"), 0)
    return [_HANDLE_DIMS, ()]


@tensor_array_grad_v3.shape
@tensor_array_grad_with_shape.shape
def gradient_array_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    _check_rank(ctx.shape("flow_in"), 0)
    return [_HANDLE_DIMS, ()]


@tensor_array_write_v3.shape
def write_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    _check_rank(ctx.shape("index"), 0)
    _check_rank(ctx.shape("flow_in"), 0)
    return [()]


@tensor_array_read_v3.shape
def read_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    _check_rank(ctx.shape("index"), 0)
    _check_rank(ctx.shape("flow_in"), 0)
    return [None]


@tensor_array_gather_v3.shape
def gather_shape(ctx: ShapeContext) -> list[Dims]:
    indices = ctx.shape("indices")
    _check_rank(indices, 1)
    _check_handle(ctx)
    _check_rank(ctx.shape("flow_in"), 0)
    array = _array_of(ctx.op.input_tensors[0])
    element: Dims = ctx.attrs["element_shape"]
    if array is not None:
        of_array: Dims = array.attrs["element_shape"]
        if is_fully_defined(of_array) or array.attrs["identical_element_shapes"]:
            element = of_array  # what the handle says counts, also where it says nothing
    count = None if indices is None else indices[0]
    return [None if element is None else (count, *element)]


def _array_of(handle: Tensor) -> Operation | None:
    """Return the operation that made an array, where a handle leads straight to it."""
    op = handle.op
    while op.type in ("Enter", "Switch", "Identity"):
        op = op.input_tensors[0].op
    return op if op.type == "TensorArrayV3" else None


@tensor_array_scatter_v3.shape
def scatter_shape(ctx: ShapeContext) -> list[Dims]:
    indices, value = ctx.shape("indices"), ctx.shape("value")
    _check_rank(indices, 1)
    _check_handle(ctx)
    _check_rank(ctx.shape("flow_in"), 0)
    if value is not None and not value:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    if indices is not None and value is not None:
        count, rows = indices[0], value[0]
        if count is not None and rows is not None and count != rows:
            raise ValueError(f"Dimensions must be equal, but are {rows} and {count}")
    return [()]


@tensor_array_concat_v3.shape
def concat_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    _check_rank(ctx.shape("flow_in"), 0)
    return [None, (None,)]


@tensor_array_split_v3.shape
def split_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    _check_rank(ctx.shape("lengths"), 1)
    _check_rank(ctx.shape("flow_in"), 0)
    return [()]


@tensor_array_size_v3.shape
def size_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return [()]


@tensor_array_close_v3.shape
def close_shape(ctx: ShapeContext) -> list[Dims]:
    _check_handle(ctx)
    return []
