"""`tf.py_func`: what Python functions may return, and when they are called."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf


@pytest.mark.parametrize(
    ("function", "dtype", "error", "message"),
    [
        (lambda: np.array([], [("a", "f4")]), tf.float32, "InternalError", "numpy data type"),
        (lambda: {"a": 1}, tf.int64, "InternalError", "Unsupported object type dict"),
        (lambda: np.array([None], object), tf.string, "InternalError", "Unsupported object type"),
        (lambda: "a", tf.int64, "InvalidArgumentError", "is string, but expects int64"),
        (lambda: 1, tf.float32, "InvalidArgumentError", "is int64, but expects float"),
        (lambda: None, tf.float32, "InvalidArgumentError", "returns 0 values"),
    ],
)
def test_what_a_function_may_not_return(
    function: Callable[[], Any], dtype: tf.DType, error: str, message: str
) -> None:
    with tf.Session() as session, pytest.raises(getattr(tf.errors, error), match=message):
        session.run(tf.py_func(function, [], dtype))


def test_a_function_without_state_and_arguments_is_called_once() -> None:
    numbers = iter(range(3))
    kept = tf.py_func(lambda: np.full(2, next(numbers)), [], tf.int64, stateful=False)
    changed = tf.py_func(lambda: next(numbers), [], tf.int64)
    with tf.Session() as session:
        assert [session.run(kept).tolist() for _ in range(3)] == [[0, 0]] * 3
        assert [session.run(changed) for _ in range(2)] == [1, 2]


def test_a_function_without_results() -> None:
    assert isinstance(tf.py_func(lambda: None, [], []), tf.Operation)
    assert tf.py_func(lambda: None, [], [], stateful=False) == []


def test_functions_go_with_their_graph() -> None:
    from tensormill.python.ops import script_ops

    def make_some() -> None:
        with tf.Graph().as_default():
            x = tf.constant([1.0])
            tf.py_func(lambda value: value + x.shape[0].value, [x], tf.float32)
            tf.py_function(lambda value: value + x.shape[0].value, [x], tf.float32)

    gc.collect()
    before = script_ops._py_funcs.size()
    make_some()
    gc.collect()
    assert script_ops._py_funcs.size() <= before


def test_the_traceback_of_an_error_begins_in_the_function() -> None:
    def fails(x):
        raise KeyError("boom")

    with tf.Session() as session, pytest.raises(tf.errors.UnknownError) as caught:
        session.run(tf.py_func(fails, [1.0], tf.float32))
    head, frame, *_ = caught.value.message.partition("Traceback")[2].splitlines()
    assert head == " (most recent call last):"
    assert frame.endswith("in fails")
