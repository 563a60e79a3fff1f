"""Shapes of states and outputs: a batch size before the sizes that a cell declares.

Source: TensorFlow 1.15, python/ops/rnn_cell_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.shapes import Dims, as_dims, concatenate_dims, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import expand_dims
from tensormill.ops.filling import zeros
from tensormill.ops.joining import concat

__all__ = ["joined_dims", "joined_shape", "set_joined_shape", "zero_states"]


def joined_shape(prefix: Any, suffix: Any) -> Tensor:
    """Return the shape of `prefix` before `suffix` as a tensor.

    Args:
      prefix: a size, sizes, or a tensor of them.
      suffix: likewise.

    Raises:
      ValueError: a tensor has more than one axis, or sizes are not known.
    """
    first, second = _shape_tensor(prefix, "prefix"), _shape_tensor(suffix, "suffix")
    if first is None or second is None:
        raise ValueError(f"Provided a prefix or suffix of None: {prefix} and {suffix}")
    return concat((first, second), 0)


def _shape_tensor(value: Any, role: str) -> Tensor | None:
    if isinstance(value, Tensor):
        if value.dims == ():
            return expand_dims(value, 0)
        if value.dims is None or len(value.dims) != 1:
            raise ValueError(
                f"{role} tensor must be either a scalar or vector, but saw tensor: {value}"
            )
        return value
    dims = _as_sizes(value)
    if dims is None or not is_fully_defined(dims):
        return None
    return constant(list(dims), dtype=dtypes.int32)


def _as_sizes(value: Any) -> Dims:
    return (value,) if isinstance(value, int) else as_dims(value)


def joined_dims(prefix: Any, suffix: Any) -> Dims:
    """Return the static shape of `prefix` before `suffix`."""
    return concatenate_dims(_known_sizes(prefix), _known_sizes(suffix))


def _known_sizes(value: Any) -> Dims:
    if not isinstance(value, Tensor):
        return _as_sizes(value)
    known = constant_value(value)
    if known is None:
        return (None,) if value.dims == () else None
    return tuple(int(size) for size in known.reshape(-1))


def set_joined_shape(tensor: Tensor, prefix: Any, suffix: Any) -> None:
    """Let the static shape of a tensor be that of `prefix` before `suffix`.

    TensorFlow makes the sizes tensors here too, though nothing reads them. The names of later nodes
    depend on that.
    """
    _shape_tensor(prefix, "prefix")
    _shape_tensor(suffix, "suffix")
    tensor.set_shape(joined_dims(prefix, suffix))


def zero_states(state_size: Any, batch_size: Any, dtype: Any) -> Any:
    """Return zeros [batch, *size] for every size in a structure."""

    def zeros_of(size: Any) -> Tensor:
        made = zeros(joined_shape(batch_size, size), dtype=dtype)
        set_joined_shape(made, batch_size, size)
        return made

    return nest.map_structure(zeros_of, state_size)
