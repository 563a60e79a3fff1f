"""Static shapes: what a shape function sees of a node, and how its answer or complaint is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.shapes import Dims, with_rank

if TYPE_CHECKING:
    from tensormill.graph.operation import Operation

__all__ = ["ShapeContext", "infer_shapes"]


class ShapeContext:
    """What a shape function sees: the shapes, constant values and attributes of a node's inputs.

    A shape function returns one `Dims` an output tensor and raises ValueError where the inputs do
    not fit.

    Attributes:
      op: the node.
      attrs: its attributes.
    """

    __slots__ = ("attrs", "op")

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.attrs = op.attrs

    def shape(self, key: int | str) -> Dims:
        """Return the static shape of an input, by position or argument name."""
        tensor = self.op.input_tensors[key] if type(key) is int else self.op.input_argument(key)  # type: ignore[arg-type]
        return tensor.dims

    def shapes(self, name: str | None = None) -> list[Dims]:
        """Return the static shapes of the tensors of a list argument, or of all inputs."""
        tensors = self.op.input_tensors if name is None else self.op.input_argument(name)
        return [tensor.dims for tensor in tensors]

    def value(self, key: int | str) -> np.ndarray[Any, Any] | None:
        """Return the value of an input where it is known while the graph is built, else None."""
        tensor = self.op.input_tensors[key] if type(key) is int else self.op.input_argument(key)  # type: ignore[arg-type]
        return constant_value(tensor)

    def size(self, key: int | str) -> int | None:
        """Return the size of a dimension that a scalar input says, where its value is known.

        Raises:
          ValueError: it is no scalar, or negative.
        """
        value = self.value(key)
        if value is None:
            return None
        if value.ndim:
            raise ValueError(f"Input must be scalar but has rank {value.ndim}")
        if value < 0:
            at = key
            if isinstance(key, str):
                at = [arg.name for arg in self.op.op_schema.inputs].index(key)
            raise ValueError(
                f"Dimension size, given by scalar input {at}, must be non-negative but is "
                f"{int(value)}"
            )
        return int(value)

    def value_as_shape(self, key: int | str) -> Dims:
        """Return the shape that an input's value says, as far as it is known (-1 is unknown).

        Raises:
          ValueError: it is no vector, or says sizes that there are not.
        """
        tensor = self.op.input_tensors[key] if type(key) is int else self.op.input_argument(key)  # type: ignore[arg-type]
        with_rank(tensor.dims, 1)
        made = constant_value_as_shape(tensor)
        if made is not None and None in made:
            sizes = constant_value(tensor)
            if sizes is not None and (sizes < -1).any():
                wrong = int(sizes[sizes < -1][0])
                raise ValueError(f"Invalid value in tensor used for shape: {wrong}")
        return made

    def dtype(self, key: int | str) -> Any:
        """Return the dtype of an input."""
        tensor = self.op.input_tensors[key] if type(key) is int else self.op.input_argument(key)  # type: ignore[arg-type]
        return tensor.dtype


def infer_shapes(op: Operation) -> None:
    """Set the static shapes of a node's outputs from the shape function of its op type.

    Raises:
      ValueError: the inputs do not fit; the message names the node and the shapes.
    """
    try:
        dims = op.op_schema.shape_function(ShapeContext(op))  # type: ignore[misc]
    except ValueError as error:
        raise ValueError(_describe(op, str(error))) from None
    outputs = op.outputs
    if len(outputs) == 1:
        outputs[0].dims = dims[0]
    else:
        for tensor, item in zip(outputs, dims, strict=True):
            tensor.dims = item


def _describe(op: Operation, message: str) -> str:
    shapes = ", ".join(
        "<unknown>"
        if t.dims is None
        else "[" + ",".join("?" if d is None else str(d) for d in t.dims) + "]"
        for t in op.input_tensors
    )
    message = message.rstrip(".")
    return f"{message} for '{op.name}' (op: '{op.type}') with input shapes: {shapes}."
