"""Shapes of ragged tensors that are known when a step runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.ragged_tensors.dynamic_shape import (
    RaggedTensorDynamicShape,
    broadcast_dynamic_shape,
    broadcast_to,
)

of_sizes = RaggedTensorDynamicShape.from_dim_sizes


def _sizes(shape: RaggedTensorDynamicShape) -> list[Any]:
    with tf.Session() as session:
        outer = [session.run(size).tolist() for size in shape.partitioned_dim_sizes]
        return outer + session.run(shape.inner_dim_sizes).tolist()


@pytest.mark.parametrize(
    ("value", "sizes"),
    [
        (b"x", []),
        ([[1, 2, 3], [4, 5, 6]], [2, 3]),
        (tf.ragged.constant_value([[1, 2], [], [3, 4, 5]]), [3, [2, 0, 3]]),
        (tf.ragged.constant_value([[[1, 2], [3]], [[4, 5]]]), [2, [2, 1], [2, 1, 2]]),
        (tf.ragged.constant_value([[[1, 2], [3, 4]], [[5, 6]]], ragged_rank=1), [2, [2, 1], 2]),
    ],
)
def test_a_tensor_has_a_shape(value: Any, sizes: list[Any]) -> None:
    shape = RaggedTensorDynamicShape.from_tensor(value)
    assert _sizes(shape) == sizes
    assert _sizes(of_sizes(sizes)) == sizes
    assert shape.rank == len(sizes)


def test_dimensions_of_one_are_put_before_a_shape() -> None:
    assert _sizes(of_sizes([3]).broadcast_to_rank(3)) == [1, 1, 3]
    deeper = of_sizes([3, [3, 2, 4], 2]).broadcast_to_rank(4)
    assert _sizes(deeper) == [1, 3, [3, 2, 4], 2]
    assert [deeper.is_ragged(axis) for axis in range(4)] == [False, False, True, False]
    with pytest.raises(ValueError, match="Unable to broadcast: rank=1 must be greater"):
        of_sizes([2, 3]).broadcast_to_rank(1)


@pytest.mark.parametrize(
    ("axis", "lengths", "before", "after"),
    [
        (0, 3, [1, 4, 5], [3, 4, 5]),
        (2, 5, [3, [3, 2, 8], 1], [3, [3, 2, 8], 5]),
        (1, [2, 0, 1], [3, 1, 5], [3, [2, 0, 1], 5]),
        (2, [2, 5, 3], [2, [2, 1], 1], [2, [2, 1], [2, 5, 3]]),
        (0, 2, [1, 3, [3, 0, 2]], [2, 3, [3, 0, 2, 3, 0, 2]]),
        (1, 2, [3, 1, [4, 0, 2], 5], [3, 2, [4, 0, 2, 4, 0, 2], 5]),
        (1, [4, 1, 2], [3, 1, [3, 1, 2]], [3, [4, 1, 2], [3, 3, 3, 3, 1, 2, 2]]),
    ],
)
def test_a_dimension_is_stretched(
    axis: int, lengths: Any, before: list[Any], after: list[Any]
) -> None:
    stretched = of_sizes(before).broadcast_dimension(axis, lengths)
    assert _sizes(stretched) == after
    assert _sizes(of_sizes(after).broadcast_dimension(axis, lengths)) == after
    assert _sizes(of_sizes(after).broadcast_dimension(axis, 1)) == after


def test_sizes_that_do_not_fit_fail_when_the_step_runs() -> None:
    shape = of_sizes([3, [1, 2, 3]]).broadcast_dimension(1, [1, 2, 4])
    with pytest.raises(tf.errors.InvalidArgumentError, match="dimension size mismatch"):
        _sizes(shape)


def test_two_shapes_are_broadcast_to_one() -> None:
    x, y = of_sizes([1, 3, [3, 0, 2], 1, 2]), of_sizes([2, 1, 1, [7, 2], 1])
    expected = [2, 3, [3, 0, 2, 3, 0, 2], [7, 7, 7, 7, 7, 2, 2, 2, 2, 2], 2]
    assert _sizes(broadcast_dynamic_shape(x, y)) == expected
    assert _sizes(broadcast_dynamic_shape(y, x)) == expected


@pytest.mark.parametrize(
    ("tensor", "sizes", "rows"),
    [
        ([[10], [20]], [2, [3, 1]], [[10, 10, 10], [20]]),
        (5, [3, [2, 0, 1]], [[5, 5], [], [5]]),
        ([10, 20], [2, [1, 2], 2], [[[10, 20]], [[10, 20], [10, 20]]]),
        (tf.ragged.constant_value([[1, 2]]), [2, [2, 2]], [[1, 2], [1, 2]]),
    ],
)
def test_a_tensor_fills_a_ragged_shape(tensor: Any, sizes: list[Any], rows: list[Any]) -> None:
    with tf.Session() as session:
        assert session.run(broadcast_to(tensor, of_sizes(sizes))).to_list() == rows


def test_what_is_no_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="innermost partitioned dimension must be ragged"):
        RaggedTensorDynamicShape([2], [1])
    with pytest.raises(ValueError, match="must be uniform"):
        RaggedTensorDynamicShape([[2]], [1])
    mixed = [1, tf.constant([1], tf.int32), tf.constant([1], tf.int64)]
    with pytest.raises(ValueError, match="must have matching dtypes"):
        RaggedTensorDynamicShape(mixed, [])
    narrow = tf.RaggedTensor.from_row_splits([1], np.int32([0, 1]))
    with pytest.raises(ValueError, match="have different row_split dtypes"):
        broadcast_to(narrow, of_sizes([1, [1]]))
    with pytest.raises(TypeError, match="must be a RaggedTensorDynamicShape"):
        broadcast_dynamic_shape(of_sizes([1]), [1])
