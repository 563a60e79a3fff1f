"""Dense tensors as sparse ones: `tf.contrib.layers.python.ops.sparse_ops`.

Source: TensorFlow 1.15, contrib/layers/python/ops/sparse_ops.py.
"""

from __future__ import annotations

import numbers
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_scope import OpScope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, not_equal
from tensormill.ops.filling import ones_like, zeros_like
from tensormill.ops.gathering import gather_nd, where
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_max
from tensormill.ops.scan import cumsum
from tensormill.ops.segments import unsorted_segment_max

__all__ = ["dense_to_sparse_tensor", "indicators_to_sparse_ids", "sparse_row_envelope"]


def _left_out(dtype: dtypes.DType, ignore_value: Any) -> Any:
    if ignore_value is None:
        ignore_value = "" if dtype == dtypes.string else dtype.as_numpy_dtype()
    return cast(ignore_value, dtype, name="ignore_value")


def dense_to_sparse_tensor(dense_tensor: Any, ignore_value: Any = None) -> SparseTensor:
    """Return the entries of a dense tensor that differ from a value.

    Args:
      dense_tensor: the tensor.
      ignore_value: the value; by default 0, False or "".
    """
    with name_scope("DenseToSparseTensor"):
        dense = convert_to_tensor(dense_tensor)
        indices = where(not_equal(dense, _left_out(dense.dtype, ignore_value)), name="indices")
        return SparseTensor(
            indices,
            gather_nd(dense, indices, name="values"),
            shape_of(dense, out_type=dtypes.int64, name="dense_shape"),
        )


def indicators_to_sparse_ids(
    indicators: Any, ignore_value: Any = None, dtype: Any = dtypes.int64
) -> SparseTensor:
    """Return, for each row, at which places of the last axis it differs from a value.

    Args:
      indicators: the tensor, with an entry for each class along the last axis.
      ignore_value: the value; by default 0, False or "".
      dtype: an integer dtype of the places.

    Raises:
      ValueError: `dtype` is of no integers.
    """
    if not dtype.is_integer:
        raise ValueError(f"Invalid dtype {dtype} not integer.")
    with OpScope(None, "indicators_to_sparse_ids", [indicators, ignore_value]):
        indicators = convert_to_tensor(indicators, name="indicators")
        is_missing = equal(indicators, _left_out(indicators.dtype, ignore_value), name="missing")
        zeros = zeros_like(indicators, dtype=dtypes.int64, name="zeros")
        ones = ones_like(indicators, dtype=dtypes.int64, name="ones")
        present = where(is_missing, zeros, ones, name="binary_indicators")
        # The how manieth of its row each one is, from 1.
        ranks = where(is_missing, zeros, cumsum(present, axis=-1), "row_index_indicators")
        width = reshape(reduce_max(ranks), shape=(1,), name="result_last_dim")
        found = dense_to_sparse_tensor(ranks, ignore_value=0)
        places = concat(
            (found.indices[:, :-1], reshape(found.values - 1, (-1, 1))), axis=1, name="indices"
        )
        return SparseTensor(
            places,
            cast(found.indices[:, -1], dtype=dtype, name="values"),
            concat((found.dense_shape[0:-1], width), axis=0, name="dense_shape"),
        )


def sparse_row_envelope(
    sparse_input: Any, row_axis: int = 0, col_axis: int = 1, name: str | None = None
) -> Tensor:
    """Return how far each row of a sparse tensor reaches: its last column and 1, or 0.

    Args:
      sparse_input: a sparse tensor of rank 2 or more.
      row_axis: the axis of the rows.
      col_axis: the axis of the columns.
      name: the name of the nodes.

    Raises:
      ValueError: the axes are the same, or no ints.
    """
    if not (isinstance(row_axis, numbers.Integral) and isinstance(col_axis, numbers.Integral)):
        raise ValueError("`row_axis` and `col_axis` must be integers.")
    if row_axis == col_axis:
        raise ValueError("Row and column can not be the same axis.")
    with OpScope(name, "sparse_row_envelope", [sparse_input]):
        indices = sparse_input.indices
        count = cast(sparse_input.dense_shape[row_axis], dtypes.int32)
        reach = unsorted_segment_max(
            indices[:, col_axis] + 1, indices[:, row_axis], count, name=name
        )
        zeros = zeros_like(reach)
        return where(reach > zeros, reach, zeros)
