"""Steps of several threads that compute as one batch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

_LONG_MICROS = 60_000_000


def run_together(calls: list[Callable[[], Any]]) -> list[Any]:
    """Return what calls on threads of their own gave, or the errors that they raised."""
    results: list[Any] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            results[place] = calls[place]()
        except tf.errors.OpError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_steps_share_one_call_and_get_their_rows() -> None:
    @tf.nondifferentiable_batch_function(1, 3, _LONG_MICROS)
    def layer(values: Any) -> Any:
        return values * 2.0, tf.fill([tf.shape(values)[0]], tf.shape(values)[0])

    given = tf.placeholder(tf.float32, [None])
    doubled, rows = layer(given)
    with tf.Session() as session:
        results = run_together(
            [
                lambda: session.run([doubled, rows], {given: [1.0, 2.0]}),
                lambda: session.run([doubled, rows], {given: [5.0]}),
            ]
        )
    assert results[0][0].tolist() == [2.0, 4.0]
    assert results[1][0].tolist() == [10.0]
    assert [result[1].tolist() for result in results] == [[3, 3], [3]]


def test_a_batch_that_is_not_full_is_computed_after_its_time() -> None:
    @tf.nondifferentiable_batch_function(1, 100, 1000)
    def layer(values: Any) -> Any:
        return values + 1.0

    with tf.Session() as session:
        assert session.run(layer(tf.constant([1.0, 2.0])))[0].tolist() == [2.0, 3.0]


def test_an_error_reaches_every_step_of_a_batch() -> None:
    @tf.nondifferentiable_batch_function(1, 2, _LONG_MICROS)
    def layer(values: Any) -> Any:
        return tf.debugging.check_numerics(values, "wrong")

    given = tf.placeholder(tf.float32, [None])
    made = layer(given)
    with tf.Session() as session:
        results = run_together(
            [
                lambda: session.run(made, {given: [1.0]}),
                lambda: session.run(made, {given: [float("nan")]}),
            ]
        )
    assert [type(result) for result in results] == [tf.errors.InvalidArgumentError] * 2


def test_gradients_go_back_to_the_step_they_belong_to() -> None:
    weights = tf.Variable([[1.0], [10.0]])
    given = tf.placeholder(tf.float32, [None, 2])

    @tf.contrib.batching.batch_function_v1(1, 3, _LONG_MICROS)
    def layer(values: Any) -> Any:
        return tf.matmul(values, weights) ** 2

    made = layer(given)
    (gradient,) = tf.gradients(made, given)
    inputs = [np.float32([[1, 0]]), np.float32([[0, 1], [2, 1]])]
    with tf.Session() as session:
        session.run(weights.initializer)
        results = run_together(
            [lambda value=value: session.run([made, gradient], {given: value}) for value in inputs]
        )
    for value, (output, slope) in zip(inputs, results, strict=True):
        product = value @ [[1.0], [10.0]]
        np.testing.assert_allclose(output, product**2)
        np.testing.assert_allclose(slope, 2 * product * [[1.0, 10.0]])


def test_closing_the_session_ends_who_waits_for_a_batch() -> None:
    @tf.nondifferentiable_batch_function(1, 100, _LONG_MICROS)
    def layer(values: Any) -> Any:
        return values

    begun = threading.Event()

    def begin() -> np.ndarray:
        begun.set()
        return np.zeros(1, np.float32)

    made = layer(tf.numpy_function(begin, [], tf.float32)[tf.newaxis])
    session = tf.Session()
    results: list[Any] = []

    def run() -> None:
        try:
            session.run(made)
        except tf.errors.OpError as error:
            results.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    assert begun.wait(60)
    session.close()
    thread.join()
    assert results == [tf.errors.CancelledError]


def test_arguments_must_be_tensors() -> None:
    @tf.nondifferentiable_batch_function(1, 2, 1000)
    def layer(values: Any) -> Any:
        return values

    with pytest.raises(ValueError, match="supposed to be Tensors"):
        layer([1.0])
