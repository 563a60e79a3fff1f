"""Arguments of datasets as tensors.

Source: TensorFlow 1.15, python/data/util/convert.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import int64
from tensormill.graph.shapes import as_shape
from tensormill.graph.tensor import Tensor

__all__ = ["optional_param_to_tensor", "partial_shape_to_tensor"]


def optional_param_to_tensor(
    argument_name: str,
    argument_value: Any,
    argument_default: Any = 0,
    argument_dtype: Any = int64,
) -> Tensor:
    """Return an argument as a tensor.

    Args:
      argument_name: the name of the tensor.
      argument_value: the argument, or None.
      argument_default: what stands for None.
      argument_dtype: the dtype.
    """
    if argument_value is None:
        return constant(argument_default, dtype=argument_dtype, name=argument_name)
    return convert_to_tensor(argument_value, dtype=argument_dtype, name=argument_name)


def partial_shape_to_tensor(shape_like: Any) -> Tensor:
    """Return a shape as an int64 vector, -1 for sizes that are not known.

    Args:
      shape_like: a shape, or a tensor that holds one.

    Raises:
      ValueError: the tensor is no vector.
      TypeError: it is not of int64.
    """
    try:
        sizes = as_shape(shape_like).as_list()
    except (TypeError, ValueError):
        made = convert_to_tensor(shape_like, preferred_dtype=int64)
        wanted = f"The given shape {shape_like} must be a 1-D tensor of tf.int64 values, but the"
        if made.dims is not None and len(made.dims) != 1:
            raise ValueError(f"{wanted} shape was {made.get_shape()}.") from None
        if made.dtype != int64:
            raise TypeError(f"{wanted} element type was {made.dtype.name}.") from None
        return made
    return convert_to_tensor([-1 if size is None else size for size in sizes], dtype=int64)
