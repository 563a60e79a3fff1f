"""Plans that write over what nobody needs any more, and that do work once for two ops."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.graph.op_table import OP_DEFS
from tensormill.kernels.overwriting import OVERWRITING
from tests.runtime.plans import instructions_of

ROWS, COLUMNS = 200, 100


@pytest.fixture
def images() -> np.ndarray:
    return np.random.RandomState(0).rand(ROWS, COLUMNS).astype(np.float32) + 0.5


def kernels(session: tf.Session, fetch: Any, feeds: list[tf.Tensor]) -> Counter[str]:
    """Return how often each kernel function stands in the program of a step."""
    made = instructions_of(session, [fetch], feeds)
    functions = [getattr(i.function, "func", i.function) for i in made]
    return Counter(getattr(function, "__name__", "") for function in functions)


def test_a_chain_writes_over_its_own_values_and_not_over_the_feed(images: np.ndarray) -> None:
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    y = tf.exp(-tf.sqrt(x))
    with tf.Session() as session:
        assert kernels(session, y, [x])["exp_"] == 1
        given = images.copy()
        for _ in range(4):  # walked, measured, compiled
            np.testing.assert_allclose(session.run(y, {x: given}), np.exp(-np.sqrt(images)), 1e-5)
            np.testing.assert_array_equal(given, images)


def test_what_is_read_twice_or_fetched_stays(images: np.ndarray) -> None:
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    root = tf.sqrt(x)
    total = tf.exp(root) + root
    with tf.Session() as session:
        for _ in range(4):
            values = session.run([root, total, tf.negative(total)], {x: images})
            roots = np.sqrt(images)
            np.testing.assert_allclose(values[0], roots, 1e-6)
            np.testing.assert_allclose(values[1], np.exp(roots) + roots, 1e-5)
            np.testing.assert_allclose(values[2], -values[1])


def test_a_variable_is_not_written_over(images: np.ndarray) -> None:
    for use_resource in (False, True):
        variable = tf.Variable(images, use_resource=use_resource)
        result = tf.square(variable + 0.0)
        with tf.Session() as session:
            session.run(variable.initializer)
            for _ in range(4):
                np.testing.assert_allclose(session.run(result), images**2, 1e-6)
            np.testing.assert_array_equal(session.run(variable), images)


def test_what_a_loop_reads_from_outside_stays(images: np.ndarray) -> None:
    x = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    outside = tf.sqrt(x)
    _, total = tf.while_loop(
        lambda i, _: i < 3,
        lambda i, t: (i + 1, t + tf.exp(outside * 1.0)),
        [tf.constant(0), tf.zeros([ROWS, COLUMNS])],
    )
    with tf.Session() as session:
        for _ in range(4):
            wanted = 3 * np.exp(np.sqrt(images))
            np.testing.assert_allclose(session.run(total, {x: images}), wanted, 1e-5)


def test_shapes_that_only_the_step_knows_may_broadcast(images: np.ndarray) -> None:
    x = tf.placeholder(tf.float32, [None, COLUMNS])
    y = tf.placeholder(tf.float32, [None, COLUMNS])
    total = tf.sqrt(x) + tf.sqrt(y)
    with tf.Session() as session:
        for first, second in [(images, images[:1]), (images[:1], images), (images, images)] * 2:
            values = session.run(total, {x: first, y: second})
            np.testing.assert_allclose(values, np.sqrt(first) + np.sqrt(second), 1e-5)


@pytest.mark.parametrize("op_type", sorted(OVERWRITING))
def test_each_overwriting_kernel_computes_what_the_usual_one_does(
    op_type: str, images: np.ndarray
) -> None:
    count = 1 if op_type in UNARY else 2
    feeds = [tf.placeholder(tf.float32, [ROWS, COLUMNS]) for _ in range(count)]
    if op_type == "BiasAdd":
        feeds[1] = tf.placeholder(tf.float32, [COLUMNS])
    given = [images, images[::-1] * 0.5][:count]
    if op_type == "BiasAdd":
        given[1] = images[0]
    make = getattr(tf.raw_ops, op_type)
    names = [argument.name for argument in OP_DEFS[op_type].inputs]
    for position, _ in OVERWRITING[op_type]:
        # `x * 1` with a fed 1 makes memory that dies at the op.
        one = tf.placeholder(tf.float32, [ROWS, COLUMNS])
        inputs = list(feeds)
        inputs[position] = feeds[position] * one
        fed = dict(zip(feeds, given, strict=True)) | {one: np.ones((ROWS, COLUMNS), np.float32)}
        overwritten = make(**dict(zip(names, inputs, strict=True)))
        usual = make(**dict(zip(names, feeds, strict=True)))
        with tf.Session() as session:
            for _ in range(4):
                value = session.run(overwritten, fed)
                np.testing.assert_array_equal(value, session.run(usual, fed))


UNARY = frozenset("Abs Exp Log Neg Relu Rsqrt Sigmoid Sqrt Square Tanh".split())


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
def test_pooling_tells_its_gradient_where_the_values_come_from(padding: str) -> None:
    image = np.random.RandomState(0).randint(0, 9, [2, 7, 7, 3]).astype(np.float32)
    x = tf.placeholder(tf.float32, [None, 7, 7, 3])
    pooled = tf.nn.max_pool(x, [1, 3, 3, 1], [1, 2, 2, 1], padding)
    (together,) = tf.gradients(tf.square(pooled), x)
    alone = tf.raw_ops.MaxPoolGrad(
        orig_input=x, orig_output=tf.identity(pooled) + 0, grad=2 * pooled,
        ksize=[1, 3, 3, 1], strides=[1, 2, 2, 1], padding=padding,
    )  # fmt: skip
    with tf.Session() as session:
        assert kernels(session, together, [x])["_max_pool_grad_by_places"] == 1
        assert kernels(session, alone, [x])["_max_pool_grad_by_places"] == 0
        for _ in range(4):
            values = session.run([together, alone], {x: image})
            np.testing.assert_array_equal(*values)
