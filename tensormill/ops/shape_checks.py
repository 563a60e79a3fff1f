"""Tensors with a shape that is checked, when the graph is built or else when it runs.

Source: TensorFlow 1.15, contrib/framework/python/framework/tensor_util.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.assertions import assert_scalar
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, logical_or
from tensormill.ops.conditional import cond
from tensormill.ops.confusion_matrix import remove_squeezable_dimensions as without_squeezable
from tensormill.ops.identities import identity
from tensormill.ops.reduction import reduce_all, reduce_sum
from tensormill.ops.summation import add_n

__all__ = [
    "assert_scalar_int",
    "reduce_sum_n",
    "remove_squeezable_dimensions",
    "with_same_shape",
    "with_shape",
]


def reduce_sum_n(tensors: Any, name: str | None = None) -> Tensor:
    """Return the sum of all elements of several tensors.

    Args:
      tensors: at least one.
      name: the name of the nodes.

    Raises:
      ValueError: there is none.
    """
    if not tensors:
        raise ValueError("No tensors provided.")
    with name_scope(name, "reduce_sum_n", tensors) as scope:
        sums = [reduce_sum(tensor, name=f"{tensor.op.name}/sum") for tensor in tensors]
        return sums[0] if len(sums) == 1 else add_n(sums, name=scope)


def remove_squeezable_dimensions(
    predictions: Any, labels: Any, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return both without a last dimension of 1 that only one of them has, predictions first.

    Args:
      predictions: predictions.
      labels: labels.
      name: the name of the nodes.
    """
    made = without_squeezable(labels, predictions, name=name)
    return made[1], made[0]


def assert_scalar_int(tensor: Any, name: str | None = None) -> Tensor:
    """Return a tensor that is an integer scalar.

    Args:
      tensor: what is checked.
      name: the name of the nodes.

    Raises:
      ValueError: it is not.
    """
    with name_scope(name, "assert_scalar_int", [tensor]) as scope:
        tensor = convert_to_tensor(tensor)
        if not tensor.dtype.base_dtype.is_integer:
            raise ValueError(
                f"Expected integer type for {tensor.name}, received type: {tensor.dtype}."
            )
        checked: Tensor = assert_scalar(tensor, name=scope)
        return checked


def with_same_shape(expected_tensor: Tensor, tensor: Tensor) -> Tensor:
    """Return a tensor that has the shape of another one.

    Args:
      expected_tensor: has the shape.
      tensor: what is checked.

    Raises:
      ValueError: it has another shape.
    """
    with name_scope(f"{tensor.op.name}/", values=[expected_tensor, tensor]):
        dims = expected_tensor.get_shape()
        is_known = dims.is_fully_defined()
        wanted = dims.as_list() if is_known else shape_of(expected_tensor)
        return with_shape(wanted, tensor)


def with_shape(expected_shape: Any, tensor: Tensor) -> Tensor:
    """Return a tensor that has a shape; a vector of one element becomes a scalar if need be.

    Args:
      expected_shape: integers, or an int32 tensor of them.
      tensor: what is checked.

    Raises:
      ValueError: it has another shape, or the shape is none.
    """
    if isinstance(tensor, SparseTensor):
        raise ValueError("SparseTensor not supported.")
    expected = _as_shape(expected_shape, tensor)
    dims, is_dynamic = tensor.get_shape(), isinstance(expected, Tensor)
    if is_dynamic or not dims.is_fully_defined():
        with name_scope(f"{tensor.op.name}/", values=[tensor]):
            if not is_dynamic and len(expected) < 1:
                return reshape(tensor, [])
            with control_dependencies([_assert_shape(expected, tensor)]):
                result = identity(tensor)
            if not is_dynamic:
                result.set_shape(expected)
            return result
    if not dims.is_compatible_with(expected):
        if len(expected) < 1 and dims.is_compatible_with([1]):
            with name_scope(f"{tensor.op.name}/", values=[tensor]):
                return reshape(tensor, [])
        raise ValueError(
            f"Invalid shape for tensor {tensor.name}, expected {expected}, got {dims}."
        )
    return tensor


def _as_shape(expected: Any, tensor: Tensor) -> Any:
    """Return a shape as an int32 array, or the tensor that it is."""
    if isinstance(expected, (list, tuple)):
        given = np.asarray(expected)
        expected = np.int32(given) if given.dtype == np.int64 or not expected else given
    if isinstance(expected, np.ndarray) and expected.ndim > 1:
        raise ValueError(
            f"Invalid rank {expected.ndim} for shape {expected} expected of tensor {tensor.name}."
        )
    kind = expected.dtype.base_dtype if isinstance(expected, Tensor) else expected.dtype
    if kind not in (dtypes.int32, np.int32):
        raise ValueError(
            f"Invalid dtype {expected.dtype} for shape {expected} expected of tensor {tensor.name}."
        )
    return expected


def _assert_shape(expected: Any, actual: Tensor) -> Operation:
    with name_scope("assert_shape", values=[actual]) as scope:
        sizes = shape_of(actual, name="actual")
        is_shape = cond(
            equal(size_of(expected), rank(actual)),
            lambda: reduce_all(logical_or(equal(expected, -1), equal(expected, sizes))),
            lambda: convert_to_tensor(False),
        )
        message = f"Wrong shape for {actual.name} [expected] [actual]."
        return Assert(is_shape, [message, expected, sizes], name=scope)
