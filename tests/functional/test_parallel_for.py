"""Functions of each number below a limit, and Jacobians that are made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.functional.parallel_for import batch_jacobian, for_loop, jacobian, pfor


def _run(fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


def test_a_function_of_rows_is_stacked() -> None:
    rows = tf.constant(np.arange(6, dtype=np.float32).reshape(3, 2))
    products = tf.vectorized_map(lambda row: tf.tensordot(row, row, 0), rows)
    assert products.shape.as_list() == [3, 2, 2]
    sums = tf.vectorized_map(lambda pair: {"sum": pair[0] + pair[1]}, (rows, 2 * rows))
    found, added = _run([products, sums])
    expected = np.einsum("bi,bj->bij", *[np.arange(6.0).reshape(3, 2)] * 2)
    assert np.array_equal(found, expected)
    assert np.array_equal(added["sum"], 3 * np.arange(6.0).reshape(3, 2))


@pytest.mark.parametrize("parallel_iterations", [None, 2])
def test_both_loops_give_the_same(parallel_iterations: int | None) -> None:
    table = tf.constant(np.arange(12, dtype=np.float32).reshape(4, 3))

    def loop_fn(i: Any) -> Any:
        row = tf.gather(table, i)
        return row * tf.cast(i, tf.float32), (tf.reduce_sum(row), None)

    first = pfor(loop_fn, 4, parallel_iterations=parallel_iterations)
    second = for_loop(loop_fn, (tf.float32, (tf.float32, tf.float32)), 4, parallel_iterations)
    assert first[1][1] is None
    assert second[1][1] is None
    a, b, c, d = _run([first[0], second[0], first[1][0], second[1][0]])
    assert np.array_equal(a, b)
    assert np.array_equal(c, d)


def test_operations_of_all_iterations_run() -> None:
    total = tf.Variable(0, use_resource=True)
    done = pfor(lambda i: total.assign_add(i, read_value=False), 5)
    assert isinstance(done, tf.Operation)
    with tf.Session() as session:
        session.run(total.initializer)
        session.run(done)
        assert session.run(total) == 10


def test_no_iterations_give_no_rows() -> None:
    rows = tf.placeholder_with_default(np.zeros((0, 3), np.float32), [None, 3])
    assert _run(tf.vectorized_map(lambda row: row + 1.0, rows)).shape == (0, 3)


def test_what_cannot_be_stacked_is_refused() -> None:
    with pytest.raises(ValueError, match="Use for_loop instead"):
        pfor(lambda i: i, 3, parallel_iterations=1)
    with pytest.raises(ValueError, match="must be None or a positive integer"):
        pfor(lambda i: i, 3, parallel_iterations=0)
    with pytest.raises(ValueError, match="does not match the number of actual outputs"):
        for_loop(lambda i: (i, i), tf.int32, 3)
    with pytest.raises(TypeError, match="no sparse tensors"):
        pfor(lambda i: tf.SparseTensor([[0]], [1], [1]), 3)


@pytest.mark.parametrize("use_pfor", [True, False])
def test_jacobians_have_an_element_for_each_pair(use_pfor: bool) -> None:
    x = tf.constant([1.0, 2.0, 3.0])
    weights = tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    y = tf.tensordot(x, weights, 1) ** 2
    of_x, of_weights, of_other = jacobian(y, [x, weights, tf.constant(1.0)], use_pfor=use_pfor)
    assert of_other is None
    assert of_weights.shape.as_list() == [2, 3, 2]
    found, deep = _run([of_x, of_weights])
    values = np.array([1.0, 2.0, 3.0])
    matrix = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    outer = 2 * values @ matrix
    assert np.allclose(found, outer[:, np.newaxis] * matrix.T)
    assert np.allclose(deep, np.einsum("k,kj,i->kij", outer, np.eye(2), values))


@pytest.mark.parametrize("use_pfor", [True, False])
def test_jacobians_of_batches_go_row_by_row(use_pfor: bool) -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    found = _run(batch_jacobian(x * x, x, use_pfor=use_pfor))
    assert np.allclose(found, [[[2, 0], [0, 4]], [[6, 0], [0, 8]]])
    with pytest.raises(ValueError, match="Need first dimension of output shape"):
        batch_jacobian(x, tf.zeros([3, 2]))
    assert batch_jacobian(x * x, tf.zeros([2, 2]), use_pfor=use_pfor) is None


def test_tapes_give_jacobians() -> None:
    x = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    before = x * 3.0
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = x**3 + before
    whole, rows = tape.jacobian(y, x), tape.batch_jacobian(y, x)
    nothing = tape.batch_jacobian(y, tf.zeros([2, 5]))
    a, b, zeros = _run([whole, rows, nothing])
    expected = np.zeros((2, 2, 2, 2))
    for i in range(2):
        for j in range(2):
            expected[i, j, i, j] = 3 * [[1, 2], [3, 4]][i][j] ** 2
    # What was made before the block is a constant for the tape.
    assert np.allclose(a, expected)
    assert np.allclose(b, np.einsum("bibj->bij", expected))
    assert np.array_equal(zeros, np.zeros((2, 2, 5)))
    with tf.GradientTape() as once:
        once.watch(x)
        y = x * 2.0
    once.jacobian(y, x)
    with pytest.raises(RuntimeError, match="once on non-persistent tapes"):
        once.gradient(y, x)
