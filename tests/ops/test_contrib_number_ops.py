"""Ops of `tf.contrib` over numbers and variables that TensorFlow 2 has not, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.api import errors

_RANDOM = np.random.RandomState(0)
_DATA = _RANDOM.randint(1, 9, (6, 4))


def _run(values: Any) -> Any:
    with tf.Session() as session:
        return session.run(values)


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min"])
def test_slices_of_an_axis_are_reduced(name: str, axis: int, dtype: type) -> None:
    bounds = [[0, 2], [1, 9], [3, 4]]
    data = _DATA.astype(dtype)
    op = getattr(tf.contrib.reduce_slice_ops, f"reduce_slice_{name}")
    made = op(data, bounds, axis)
    rows = np.moveaxis(data, axis, 0)
    wanted = np.stack([getattr(np, name)(rows[start:end], 0) for start, end in bounds], axis)
    np.testing.assert_array_equal(_run(made), wanted)
    assert made.dtype.as_numpy_dtype == dtype


def test_a_vector_of_bounds_stands_for_what_lies_between() -> None:
    made = tf.contrib.reduce_slice_ops.reduce_slice_sum(_DATA, [0, 2, 2, 5], 0)
    assert made.shape.as_list() == [3, 4]
    wanted = [_DATA[:2].sum(0), np.zeros(4), _DATA[2:5].sum(0)]
    np.testing.assert_array_equal(_run(made), wanted)


def test_an_empty_slice_gives_what_a_reduction_begins_with() -> None:
    ops = tf.contrib.reduce_slice_ops
    data = _DATA.astype(np.int32)
    made = _run([op(data, [[3, 3]], 0) for op in (ops.reduce_slice_prod, ops.reduce_slice_max)])
    np.testing.assert_array_equal(made[0], np.ones((1, 4)))
    np.testing.assert_array_equal(made[1], np.full((1, 4), np.iinfo(np.int32).min))


@pytest.mark.parametrize(("left", "right"), [(False, False), (True, False), (False, True)])
def test_some_entries_of_a_product_are_computed(left: bool, right: bool) -> None:
    a, b = (_RANDOM.rand(*shape).astype(np.float32) for shape in ((3, 4), (4, 5)))
    places = np.array([[0, 0], [2, 4], [1, 3], [2, 4]])
    made = tf.raw_ops.MaskedMatmul(
        a=a.T if left else a,
        b=b.T if right else b,
        mask_indices=places,
        transpose_a=left,
        transpose_b=right,
    )
    np.testing.assert_allclose(_run(made), (a @ b)[tuple(places.T)], rtol=1e-5)


def test_entries_outside_of_a_product_are_refused() -> None:
    made = tf.raw_ops.MaskedMatmul(
        a=np.zeros((3, 4), np.float32),
        b=np.zeros((4, 5), np.float32),
        mask_indices=[[0, 5]],
        transpose_a=False,
        transpose_b=False,
    )
    with pytest.raises(errors.InvalidArgumentError, match="column index 5"):
        _run(made)


def _wals(indices: Any, is_transpose: bool, **weights: Any) -> Any:
    given = {name: weights.get(name, np.zeros(0, np.float32)) for name in
             ("factor_weights", "input_weights", "entry_weights")}  # fmt: skip
    return tf.raw_ops.WALSComputePartialLhsAndRhs(
        factors=_FACTORS,
        unobserved_weights=np.float32(0.1),
        input_indices=np.asarray(indices, np.int64),
        input_values=_VALUES,
        input_block_size=2,
        input_is_transpose=is_transpose,
        **given,
    )


_FACTORS = _RANDOM.rand(3, 2).astype(np.float32)
_VALUES = np.array([1.0, 2.0, 3.0], np.float32)
_ENTRIES = np.array([[0, 1], [1, 2], [0, 0]])


@pytest.mark.parametrize("is_transpose", [False, True])
@pytest.mark.parametrize("by_entry", [False, True])
def test_sides_of_the_least_squares_problem_of_each_row(is_transpose: bool, by_entry: bool) -> None:
    rows, columns = np.array([0.5, 2.0], np.float32), np.array([1.0, 3.0, 4.0], np.float32)
    each = rows[_ENTRIES[:, 0]] * columns[_ENTRIES[:, 1]]
    weights = {"entry_weights": each} if by_entry else {
        "input_weights": rows, "factor_weights": columns}  # fmt: skip
    indices = _ENTRIES[:, ::-1] if is_transpose else _ENTRIES
    left, right = _run(_wals(indices, is_transpose, **weights))
    wanted_left, wanted_right = np.zeros((2, 2, 2)), np.zeros((2, 2))
    for (row, column), weight, value in zip(_ENTRIES, each, _VALUES, strict=True):
        factor = _FACTORS[column]
        wanted_left[row] += weight * np.outer(factor, factor)
        wanted_right[row] += (weight + 0.1) * value * factor
    np.testing.assert_allclose(left, wanted_left, rtol=1e-5)
    np.testing.assert_allclose(right, wanted_right, rtol=1e-5)


def test_weights_of_observed_entries_are_given_in_one_way() -> None:
    with pytest.raises(errors.InvalidArgumentError, match="but not both"):
        _run(_wals(_ENTRIES, False, input_weights=np.ones(2, np.float32)))


def test_the_memory_of_a_cpu_is_not_counted() -> None:
    stats = tf.contrib.memory_stats
    with tf.device("/cpu:0"):
        made = [stats.BytesInUse(), stats.MaxBytesInUse(), stats.BytesLimit()]
    assert {(tensor.dtype, tensor.shape.ndims) for tensor in made} == {(tf.int64, 0)}
    assert _run(made) == [0, 0, 0]


@pytest.mark.parametrize("use_resource", [False, True])
def test_a_variable_is_filled_with_zeros_where_it_stands(use_resource: bool) -> None:
    variable = tf.get_variable(
        "v", [2, 3], tf.float32, tf.ones_initializer(), use_resource=use_resource
    )
    filled = tf.contrib.framework.zero_initializer(variable)
    with tf.Session() as session:
        session.run(filled.op)
        np.testing.assert_array_equal(session.run(variable), np.zeros((2, 3)))


def test_a_variable_that_has_a_value_is_not_filled_again() -> None:
    variable = tf.get_variable("v", [2], use_resource=False)
    filled = tf.contrib.framework.zero_initializer(variable)
    with tf.Session() as session:
        session.run(variable.initializer)
        with pytest.raises(errors.InvalidArgumentError, match="already initialized"):
            session.run(filled.op)
