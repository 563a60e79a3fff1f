"""Loops whose plans add in place and transpose once give what they gave before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import tensormill.api as tf
from tensormill.kernels import row_sums
from tensormill.runtime.plan.instructions import LoopInstruction
from tests.runtime.plans import instructions_of

ROWS, INNER, COLUMNS = 3, 4, 5


def loop_kernels(session: tf.Session, fetches: list[Any], feeds: list[tf.Tensor]) -> list[str]:
    """Return the names of the kernels in the bodies of the loops of a step."""
    made = instructions_of(session, fetches, feeds)
    loops = [instruction for instruction in made if isinstance(instruction, LoopInstruction)]
    return [
        getattr(i.function, "__name__", "") for loop in loops for i in loop.body if not i.expression
    ]


@pytest.mark.parametrize("transpose_a", [False, True])
@pytest.mark.parametrize("transpose_b", [False, True])
def test_products_add_up_in_place(transpose_a: bool, transpose_b: bool) -> None:
    random = np.random.RandomState(0)
    a = random.randn(*[ROWS, INNER][:: -1 if transpose_a else 1])
    b = random.randn(*[INNER, COLUMNS][:: -1 if transpose_b else 1])
    start = random.randn(ROWS, COLUMNS)
    count = tf.placeholder(tf.int32, [])
    first = tf.constant(start)
    fixed = tf.Variable(b)

    def body(number: tf.Tensor, total: tf.Tensor) -> list[tf.Tensor]:
        factor = tf.cast(number + 1, tf.float64) * a
        product = tf.matmul(factor, fixed, transpose_a=transpose_a, transpose_b=transpose_b)
        return [number + 1, total + product]

    _, total = tf.while_loop(lambda number, _: number < count, body, [0, first])
    product = (a.T if transpose_a else a) @ (b.T if transpose_b else b)
    with tf.Session() as session:
        session.run(fixed.initializer)
        wanted = "gather_rows" if transpose_a else "mat_mul_added"
        assert wanted in loop_kernels(session, [total], [count])
        for number in (3, 3, 3, 0, 3):  # walked, measured, compiled
            found, kept = session.run([total, first], {count: number})
            wanted = start + product * sum(range(1, number + 1))
            np.testing.assert_allclose(found, wanted)
            np.testing.assert_array_equal(kept, start)


def test_a_sum_that_the_body_reads_otherwise_too_keeps_its_old_value() -> None:
    first = tf.constant([1.0, 2.0])

    def body(number: tf.Tensor, total: tf.Tensor, seen: tf.Tensor) -> list[tf.Tensor]:
        return [number + 1, total + tf.constant([1.0, 1.0]), seen * total]

    results = tf.while_loop(lambda number, *_: number < 3, body, [0, first, tf.ones([2])])[1:]
    with tf.Session() as session:
        assert "_add_to" not in loop_kernels(session, results, [])
        for _ in range(4):
            total, seen = session.run(results)
            np.testing.assert_array_equal(total, [4.0, 5.0])
            np.testing.assert_array_equal(seen, [1 * 2 * 3.0, 2 * 3 * 4.0])


def test_a_sum_of_a_fed_value_leaves_the_feed_alone() -> None:
    x = tf.placeholder(tf.float32, [2])
    _, total = tf.while_loop(
        lambda number, _: number < 4, lambda number, t: [number + 1, t + 0.5 * tf.ones([2])], [0, x]
    )
    given = np.array([1.0, 2.0], np.float32)
    with tf.Session() as session:
        assert "_add_to" in loop_kernels(session, [total], [x])
        for _ in range(4):
            np.testing.assert_array_equal(session.run(total, {x: given}), [3.0, 4.0])
            np.testing.assert_array_equal(given, [1.0, 2.0])


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("most_bytes", [1, 500, 1 << 20])
def test_gradients_of_a_recurrent_loop_are_those_of_the_unrolled_one(
    most_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_sums, "_MOST_BYTES", most_bytes)
    random = np.random.RandomState(1)
    inputs = random.randn(6, ROWS, INNER)
    weights = tf.Variable(random.randn(2 * INNER, INNER) * 0.5)
    bias = tf.Variable(random.randn(INNER))

    def cell(x: tf.Tensor, state: tf.Tensor) -> tf.Tensor:
        return tf.tanh(tf.matmul(tf.concat([x, state], 1), weights) + bias)

    rows = tf.TensorArray(tf.float64, 6).unstack(inputs)
    start = tf.zeros([ROWS, INNER], tf.float64)
    _, looped = tf.while_loop(
        lambda t, _: t < 6, lambda t, state: [t + 1, cell(rows.read(t), state)], [0, start]
    )
    unrolled = start
    for step in range(6):
        unrolled = cell(tf.constant(inputs[step]), unrolled)
    of_loop = tf.gradients(tf.square(looped), [weights, bias])
    of_unrolled = tf.gradients(tf.square(unrolled), [weights, bias])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        kernels = loop_kernels(session, of_loop, [])
        assert {"mat_mul_with_row", "gather_rows"} <= set(kernels)
        assert "column_sums_added" not in kernels
        for _ in range(4):
            for found, wanted in zip(*session.run([of_loop, of_unrolled]), strict=True):
                np.testing.assert_allclose(found, wanted, 1e-9)


@pytest.mark.parametrize("transpose_b", [False, True])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_only_the_part_of_a_product_that_is_read_is_computed(part: int, transpose_b: bool) -> None:
    random = np.random.RandomState(2)
    widths = [2, ROWS, 1]
    matrix = random.randn(widths[part], sum(widths))
    start = random.randn(ROWS, widths[part])
    given = matrix.T if transpose_b else matrix

    fixed = tf.Variable(given)

    def body(number: tf.Tensor, state: tf.Tensor) -> list[tf.Tensor]:
        product = tf.matmul(state, fixed, transpose_b=transpose_b)
        return [number + 1, tf.split(product, widths, axis=1)[part]]

    _, last = tf.while_loop(lambda number, _: number < 3, body, [0, tf.constant(start)])
    first = sum(widths[:part])
    columns = matrix[:, first : first + widths[part]]
    with tf.Session() as session:
        session.run(fixed.initializer)
        for _ in range(4):  # walked, measured, compiled
            np.testing.assert_allclose(session.run(last), start @ columns @ columns @ columns)
        assert not any("lambda" in name for name in loop_kernels(session, [last], []))
        session.run(fixed.assign(2 * given))
        np.testing.assert_allclose(session.run(last), 8 * (start @ columns @ columns @ columns))


def test_a_product_is_whole_where_several_of_its_parts_are_read() -> None:
    matrix = np.random.RandomState(3).randn(ROWS, 2 * ROWS)
    start = np.eye(ROWS)

    def body(number: tf.Tensor, state: tf.Tensor) -> list[tf.Tensor]:
        left, right = tf.split(tf.matmul(state, matrix), 2, axis=1)
        return [number + 1, left - right]

    _, last = tf.while_loop(lambda number, _: number < 2, body, [0, tf.constant(start)])
    once = matrix[:, :ROWS] - matrix[:, ROWS:]
    with tf.Session() as session:
        for _ in range(4):
            np.testing.assert_allclose(session.run(last), once @ once)


def test_a_loop_without_iterations_leaves_its_late_sums_as_they_began() -> None:
    count = tf.placeholder(tf.int32, [])
    weights = tf.Variable(np.ones([INNER, INNER]))
    start = tf.constant(np.ones([ROWS, INNER]))
    _, last = tf.while_loop(
        lambda number, _: number < count,
        lambda number, state: [number + 1, tf.matmul(state, weights)],
        [0, start],
    )
    (gradient,) = tf.gradients(last, [weights])
    with tf.Session() as session:
        session.run(weights.initializer)
        assert "gather_rows" in loop_kernels(session, [gradient], [count])
        for number, wanted in ((1, ROWS), (0, 0), (0, 0), (2, 2 * ROWS * INNER), (0, 0)):
            found = session.run(gradient, {count: number})
            np.testing.assert_array_equal(found, np.full([INNER, INNER], wanted))


def test_products_are_added_at_once_where_the_loop_writes_variables() -> None:
    factor = tf.Variable(np.ones([ROWS, INNER]), use_resource=False)
    ones = np.ones([ROWS, COLUMNS])

    def body(number: tf.Tensor, total: tf.Tensor) -> list[tf.Tensor]:
        with tf.control_dependencies([factor.assign_add(np.ones([ROWS, INNER]))]):
            product = tf.matmul(factor._ref(), ones, transpose_a=True)
        return [number + 1, total + product]

    _, total = tf.while_loop(
        lambda number, _: number < 3, body, [0, tf.zeros([INNER, COLUMNS], tf.float64)]
    )
    with tf.Session() as session:
        assert "gather_rows" not in loop_kernels(session, [total], [])
        for _ in range(4):
            session.run(factor.initializer)
            found = session.run(total)
            np.testing.assert_array_equal(found, np.full([INNER, COLUMNS], ROWS * (2 + 3 + 4.0)))


def test_late_sums_refuse_matrices_of_different_lengths() -> None:
    sums = row_sums.RowSums(torch.zeros(INNER, COLUMNS))
    sums.gather(torch.ones(ROWS, INNER), torch.ones(ROWS, COLUMNS))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Matrix size-incompatible"):
        sums.gather(torch.ones(ROWS, INNER), torch.ones(ROWS + 1, COLUMNS))
    assert row_sums.sum_rows(sums).unique().tolist() == [ROWS]


def loop_of(session: tf.Session, fetch: tf.Tensor, count: tf.Tensor) -> LoopInstruction:
    """Return the one loop of a step."""
    made = instructions_of(session, [fetch], [count])
    (loop,) = (instruction for instruction in made if isinstance(instruction, LoopInstruction))
    return loop


@pytest.mark.parametrize("takes_branch", [False, True])
def test_values_of_an_iteration_are_dropped_where_nothing_needs_them(takes_branch: bool) -> None:
    count = tf.placeholder(tf.int32, [])
    start = np.arange(6.0).reshape(2, 3)

    def body(number: tf.Tensor, x: tf.Tensor, kept: tf.Tensor) -> list[tf.Tensor]:
        grown = tf.matmul(x, tf.eye(3, dtype=tf.float64)) + 1.0
        halves = tf.split(tf.sin(grown), 3, axis=1)
        if takes_branch:
            halves[0] = tf.cond(number > 1, lambda: halves[0] + halves[1], lambda: halves[2])
        return [number + 1, tf.concat(halves[::-1], 1), kept]

    results = tf.while_loop(lambda number, *_: number < count, body, [0, start, start])
    with tf.Session() as session:
        loop = loop_of(session, results[1], count)
        made = {slot for instruction in loop.body for slot in instruction.outputs}
        dropped = {slot for instruction in loop.body for slot in instruction.drops}
        assert made - set(loop.updates) <= dropped
        assert dropped.isdisjoint(loop.updates)
        found = [session.run(results, {count: 5}) for _ in range(4)]
        wanted = start
        for number in range(5):
            parts = list(np.split(np.sin(wanted + 1), 3, axis=1))
            if takes_branch:
                parts[0] = parts[0] + parts[1] if number > 1 else parts[2]
            wanted = np.concatenate(parts[::-1], 1)
        for last, x, kept in found:
            assert last == 5
            np.testing.assert_allclose(x, wanted)
            np.testing.assert_array_equal(kept, start)
