"""The gradients of convolutions.

A convolution has two ops beside it, for its gradients with respect to images and to filters. All
three are linear in what they multiply, so each is differentiated by the other two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import shape_n

__all__ = ["register_convolution_gradients", "shapes_one_by_one"]


def shapes_one_by_one(tensors: Sequence[Tensor]) -> list[Tensor]:
    """Return the shapes of tensors, by a node for each."""
    return [shape_of(tensor) for tensor in tensors]


def register_convolution_gradients(
    convolve: OpBuilder,
    backprop_input: OpBuilder,
    backprop_filter: OpBuilder,
    attr_names: Sequence[str],
    shapes_of: Callable[[Sequence[Tensor]], list[Tensor]] = shape_n,
) -> None:
    """Register the gradients of a convolution and of the two ops that its own gradient uses.

    Args:
      convolve: of images and filters.
      backprop_input: of the sizes of the images, the filters and the gradient of the result.
      backprop_filter: of the images, the sizes of the filters and the gradient of the result.
      attr_names: the attributes that all three have.
      shapes_of: makes the nodes for the shapes of images and filters.
    """

    def attrs_of(op: Operation) -> dict[str, Any]:
        return {name: op.attrs[name] for name in attr_names}

    @convolve.gradient
    def convolution_grad(op: Operation, grad: Tensor) -> list[Tensor]:
        attrs = attrs_of(op)
        image, filters = op.inputs
        image_shape, filter_shape = shapes_of([image, filters])
        return [
            backprop_input(image_shape, filters, grad, **attrs),
            backprop_filter(image, filter_shape, grad, **attrs),
        ]

    @backprop_input.gradient
    def backprop_input_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
        attrs = attrs_of(op)
        _, filters, backprop = op.inputs
        return [
            None,
            backprop_filter(grad, shape_of(filters), backprop, **attrs),
            convolve(grad, filters, **attrs),
        ]

    @backprop_filter.gradient
    def backprop_filter_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
        attrs = attrs_of(op)
        image, _, backprop = op.inputs
        return [
            backprop_input(shape_of(image), grad, backprop, **attrs),
            None,
            convolve(image, grad, **attrs),
        ]
