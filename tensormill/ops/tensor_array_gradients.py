"""Gradients of TensorArrays: what was read is written to an array of gradients, and vice versa.

The flow carries no value. Its "gradient" is the flow of the array of gradients, which orders the
reads after the writes.

Source: TensorFlow 1.15, python/ops/tensor_array_grad.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops import tensor_array
from tensormill.ops.basics import identity_op
from tensormill.ops.tensor_array_class import TensorArray

__all__: list[str] = []


def _source_of(tensor: Tensor) -> str:
    """Return the name of the call of `tf.gradients` in which a gradient was made.

    Raises:
      ValueError: its name does not begin with "gradients".
    """
    parts = tensor.name.split("/")
    starts = [number for number, part in enumerate(parts) if part.startswith("gradients")]
    if not starts:
        raise ValueError(
            "Expected op/tensor name to start with gradients (excluding scope), got: "
            f"{tensor.name}. This means that a tf.gradients op with this op in its dependency path "
            "has a custom name that does not start with 'gradients'. Please make sure all calls to "
            "tf.gradients that have non-empty `name` arguments use names that start with "
            "'gradients'."
        )
    return "/".join(parts[: starts[-1] + 1])


def _gradient_array(op: Operation, dtype: Any, flow: Tensor, source: str) -> TensorArray:
    forward = TensorArray(
        dtype, handle=op.input_tensors[0], flow=flow, colocate_with_first_write_call=False
    )
    return forward.grad(source, flow=flow)


def _array_after_write(op: Operation, flow: Tensor) -> tuple[TensorArray, Tensor]:
    """Return the array of gradients of what `op` wrote, and the flow that waits for the write."""
    source = _source_of(flow)
    flow_out = identity_op(op.outputs[0], name="flow_out")
    with control_dependencies([flow_out]):
        flow = identity_op(flow, name="write_barrier")
    return _gradient_array(op, op.attrs["T"], flow, source), flow


@tensor_array.tensor_array_read_v3.gradient
def read_grad(op: Operation, grad: Tensor) -> list[Any]:
    """Write the gradient to the array of gradients."""
    _, index, flow = op.input_tensors
    array = _gradient_array(op, op.attrs["dtype"], flow, _source_of(grad))
    return [None, None, array.write(index, grad).flow]


@tensor_array.tensor_array_write_v3.gradient
def write_grad(op: Operation, flow: Tensor) -> list[Any]:
    """Read the gradient from the array of gradients."""
    array, flow = _array_after_write(op, flow)
    return [None, None, array.read(op.input_tensors[1]), flow]


@tensor_array.tensor_array_gather_v3.gradient
def gather_grad(op: Operation, grad: Tensor) -> list[Any]:
    """Write the rows of the gradient to the array of gradients."""
    _, indices, flow = op.input_tensors
    array = _gradient_array(op, op.attrs["dtype"], flow, _source_of(grad))
    return [None, None, array.scatter(indices, grad).flow]


@tensor_array.tensor_array_scatter_v3.gradient
def scatter_grad(op: Operation, flow: Tensor) -> list[Any]:
    """Gather the rows of the gradient from the array of gradients."""
    array, flow = _array_after_write(op, flow)
    return [None, None, array.gather(op.input_tensors[1]), flow]


@tensor_array.tensor_array_concat_v3.gradient
def concat_grad(op: Operation, grad: Tensor, _: Any) -> list[Any]:
    """Write the pieces of the gradient to the array of gradients."""
    flow = op.input_tensors[1]
    array = _gradient_array(op, op.attrs["dtype"], flow, _source_of(grad))
    return [None, array.split(grad, lengths=op.outputs[1]).flow]


@tensor_array.tensor_array_split_v3.gradient
def split_grad(op: Operation, flow: Tensor) -> list[Any]:
    """Join the pieces of the gradient in the array of gradients."""
    array, flow = _array_after_write(op, flow)
    return [None, array.concat(), None, flow]
