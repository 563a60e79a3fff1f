"""Tensors that stay in the session between steps: keep, use and delete them by handle."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.device_names import canonical
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import placeholder

get_session_handle_op = define(
    "GetSessionHandle",
    inputs=("value: T",),
    outputs=("handle: string",),
    attrs=("T: type",),
    stateful=True,
    differentiable=False,
)
get_session_handle_v2_op = define(
    "GetSessionHandleV2",
    inputs=("value: T",),
    outputs=("handle: resource",),
    attrs=("T: type",),
    stateful=True,
    differentiable=False,
)
get_session_tensor_op = define(
    "GetSessionTensor",
    inputs=("handle: string",),
    outputs=("value: dtype",),
    attrs=("dtype: type",),
    stateful=True,
    differentiable=False,
)
delete_session_tensor_op = define(
    "DeleteSessionTensor", inputs=("handle: string",), stateful=True, differentiable=False
)


@get_session_handle_op.shape
@get_session_handle_v2_op.shape
def get_session_handle_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]


@get_session_tensor_op.shape
def get_session_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("handle"), 0)
    return [None]


@delete_session_tensor_op.shape
def delete_session_tensor_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("handle"), 0)
    return []


def get_session_handle(data: Tensor, name: str | None = None) -> Tensor:
    """Keep the value of a tensor in the session.

    Args:
      data: the tensor.
      name: the name of the node.

    Returns:
      A tensor; running it gives a `TensorHandle`, which can be fed for a placeholder or passed to
      `get_session_tensor`.

    Raises:
      TypeError: `data` is no tensor.
    """
    if not isinstance(data, Tensor):
        raise TypeError("`data` must be of type Tensor.")
    with data.graph.colocate_with(data.op):
        made: Tensor = get_session_handle_op(data, name=name)
    return made


def get_session_tensor(handle: Any, dtype: Any, name: str | None = None) -> tuple[Tensor, Tensor]:
    """Use a tensor that the session keeps.

    Args:
      handle: the text of a handle; it says on which device the tensor is.
      dtype: the dtype of the kept tensor.
      name: the name of the node.

    Returns:
      A placeholder for the text of a handle, and the tensor that it names.
    """
    with get_default_graph().device(_device_of(handle)):
        holder = placeholder(dtypes.string)
        tensor: Tensor = get_session_tensor_op(holder, dtype=as_dtype(dtype), name=name)
    return holder, tensor


def delete_session_tensor(handle: Any, name: str | None = None) -> tuple[Tensor, Operation]:
    """Delete a tensor that the session keeps.

    Args:
      handle: the text of a handle; it says on which device the tensor is.
      name: the name of the node.

    Returns:
      A placeholder for the text of a handle, and the operation that deletes what it names.
    """
    with get_default_graph().device(_device_of(handle)):
        holder = placeholder(dtypes.string)
        deleter: Operation = delete_session_tensor_op(holder, name=name)
    return holder, deleter


def _device_of(handle: Any) -> str:
    text = handle.decode() if isinstance(handle, bytes) else str(handle)
    return canonical(text.split(";")[-1])
