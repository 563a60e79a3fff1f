"""Reductions, concatenations and broadcasts over the devices of a step.

Source: TensorFlow 1.15, core/ops/collective_ops.cc, python/ops/collective_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph.device_names import canonical
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, TensorShape
from tensormill.graph.tensor import Tensor

__all__ = ["all_gather", "all_reduce", "broadcast_recv", "broadcast_send"]

_GROUP = ("group_size: int", "group_key: int", "instance_key: int")
_HINTS = ("communication_hint: string = 'auto'", "timeout_seconds: float = 0.0")
_SHAPE = "shape: shape"
_SENT = "T: {bool, float32, float16, float64, int32, int64}"

collective_reduce_op = define(
    "CollectiveReduce",
    inputs=("input: T",),
    outputs=("data: T",),
    attrs=(
        "T: {bfloat16, float32, float16, float64, int32, int64}",
        *_GROUP,
        "merge_op: {'Min', 'Max', 'Mul', 'Add'}",
        "final_op: {'Id', 'Div'}",
        "subdiv_offsets: list(int)",
        "wait_for: list(int) = []",
        *_HINTS,
    ),
    stateful=True,
    differentiable=False,
)
collective_gather_op = define(
    "CollectiveGather",
    inputs=("input: T",),
    outputs=("data: T",),
    attrs=("T: {float32, float16, float64, int32, int64}", *_GROUP, _SHAPE, *_HINTS),
    stateful=True,
    differentiable=False,
)
collective_bcast_send_op = define(
    "CollectiveBcastSend",
    inputs=("input: T",),
    outputs=("data: T",),
    attrs=(_SENT, *_GROUP, _SHAPE, *_HINTS),
    stateful=True,
    differentiable=False,
)
collective_bcast_recv_op = define(
    "CollectiveBcastRecv",
    outputs=("data: T",),
    attrs=(_SENT, *_GROUP, _SHAPE, *_HINTS),
    stateful=True,
    differentiable=False,
)


@collective_reduce_op.shape
def reduce_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("input")]


@collective_gather_op.shape
def gather_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape("input")
    if dims == ():
        raise ValueError("CollectiveGather does not support scalar inputs")
    if dims is None:
        return [None]
    first = None if dims[0] is None else dims[0] * ctx.attrs["group_size"]
    return [(first, *dims[1:])]


@collective_bcast_send_op.shape
@collective_bcast_recv_op.shape
def broadcast_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.attrs["shape"]]


def _check(name: str, group_size: int, tensor: Tensor | None) -> None:
    if tensor is not None and not canonical(tensor.device):
        raise ValueError("Device assignment required for collective ops")
    if group_size <= 1:
        raise ValueError(f"Parameter group_size to {name} must be at least 2.")


def all_reduce(
    t: Tensor,
    group_size: int,
    group_key: int,
    instance_key: int,
    merge_op: str,
    final_op: str,
    subdiv_offsets: Sequence[int] = (0,),
    communication_hint: str = "auto",
) -> Tensor:
    """Return a tensor reduced over the devices of a group, on each of them.

    Args:
      t: what this device gives.
      group_size: how many devices there are.
      group_key: names the group.
      instance_key: names the reduction; the group has one of each key in a step.
      merge_op: "Add", "Mul", "Min" or "Max".
      final_op: "Id", or "Div" for the result divided by the number of devices.
      subdiv_offsets: kept in the node.
      communication_hint: kept in the node.

    Raises:
      ValueError: `t` has no device, or the group is too small.
    """
    _check("all_reduce", group_size, t)
    made: Tensor = collective_reduce_op(
        t,
        group_size=group_size,
        group_key=group_key,
        instance_key=instance_key,
        merge_op=merge_op,
        final_op=final_op,
        subdiv_offsets=list(subdiv_offsets),
        communication_hint=communication_hint,
    )
    return made


def all_gather(
    t: Tensor,
    group_size: int,
    group_key: int,
    instance_key: int,
    communication_hint: str = "auto",
) -> Tensor:
    """Return the tensors of the devices of a group, joined along the first axis; see `all_reduce`.

    They stand in the order of the names of the devices.
    """
    _check("all_gather", group_size, t)
    made: Tensor = collective_gather_op(
        t,
        shape=[0],
        group_size=group_size,
        group_key=group_key,
        instance_key=instance_key,
        communication_hint=communication_hint,
    )
    return made


def broadcast_send(
    t: Tensor,
    shape: Any,
    dtype: Any,
    group_size: int,
    group_key: int,
    instance_key: int,
    communication_hint: str = "auto",
) -> Tensor:
    """Give a tensor to the other devices of a group, and return it; see `all_reduce`.

    Args:
      t: what the others get.
      shape: its shape.
      dtype: its dtype.
      group_size: how many devices there are, this one counted.
      group_key: names the group.
      instance_key: names the broadcast.
      communication_hint: kept in the node.

    Raises:
      ValueError: shape or dtype are others, `t` has no device, or the group is too small.
    """
    _check("broadcast_send", group_size, t)
    if t.shape != TensorShape(shape):
        raise ValueError("Shape of broadcast_send tensor not equal to delcared shape")
    if t.dtype != dtype:
        raise ValueError("Type of broadcast_send tensor not equal to declared type")
    made: Tensor = collective_bcast_send_op(
        t,
        shape=shape,
        group_size=group_size,
        group_key=group_key,
        instance_key=instance_key,
        communication_hint=communication_hint,
    )
    return made


def broadcast_recv(
    shape: Any,
    dtype: Any,
    group_size: int,
    group_key: int,
    instance_key: int,
    communication_hint: str = "auto",
) -> Tensor:
    """Return the tensor that a device of the group gives; see `broadcast_send`."""
    _check("broadcast_recv", group_size, None)
    made: Tensor = collective_bcast_recv_op(
        shape=shape,
        T=dtype,
        group_size=group_size,
        group_key=group_key,
        instance_key=instance_key,
        communication_hint=communication_hint,
    )
    return made
