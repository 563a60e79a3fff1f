"""Plans in which several instructions became one give what the instructions give one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tests.runtime.plans import instructions_of


def op_types(session: tf.Session, fetches: list[Any], feeds: list[tf.Tensor]) -> list[str]:
    made = instructions_of(session, fetches, feeds)
    return [i.node.op_type for i in made if not i.is_conversion]


def convolution(x: tf.Tensor, padding: str, data_format: str = "NHWC") -> list[tf.Tensor]:
    random = np.random.RandomState(1)
    filters = tf.constant(random.randn(3, 3, 4, 8).astype(np.float32))
    bias = tf.constant(random.randn(8).astype(np.float32))
    convolved = tf.nn.conv2d(x, filters, [1, 1, 1, 1], padding, data_format=data_format)
    shifted = tf.nn.bias_add(convolved, bias, data_format)
    return [convolved, shifted, tf.nn.relu(shifted)]


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("batch", [0, 1, 40])
def test_a_convolution_adds_its_bias_and_cuts_off_what_is_negative(
    padding: str, batch: int
) -> None:
    x = tf.placeholder(tf.float32, [None, 12, 12, 4])
    steps = convolution(x, padding)
    image = np.random.RandomState(batch).randn(batch, 12, 12, 4).astype(np.float32)
    with tf.Session() as session:
        assert op_types(session, [steps[2]], [x]) == ["Conv2D"]
        assert op_types(session, [steps[1]], [x]) == ["Conv2D"]
        assert op_types(session, steps, [x]) == ["Conv2D", "BiasAdd", "Relu"]
        one_by_one = session.run(steps, {x: image})
        for fetch, wanted in zip(steps, one_by_one, strict=True):
            for _ in range(3):  # walked, measured, compiled
                np.testing.assert_allclose(session.run(fetch, {x: image}), wanted, 1e-4, 1e-5)


def test_a_bias_may_be_one_number_for_all_channels() -> None:
    x = tf.placeholder(tf.float32, [None, 12, 12, 4])
    filters = tf.constant(np.random.RandomState(1).randn(3, 3, 4, 8).astype(np.float32))
    convolved = tf.nn.conv2d(x, filters, [1, 1, 1, 1], "SAME")
    result = tf.nn.relu(tf.nn.bias_add(convolved, tf.constant(0.25, shape=[8])))
    image = np.random.RandomState(0).randn(40, 12, 12, 4).astype(np.float32)
    with tf.Session() as session:
        assert op_types(session, [result], [x]) == ["Conv2D"]
        wanted = np.maximum(session.run(convolved, {x: image}) + 0.25, 0)
        for _ in range(3):
            np.testing.assert_allclose(session.run(result, {x: image}), wanted, 1e-4, 1e-5)


def test_channels_may_come_first() -> None:
    x = tf.placeholder(tf.float32, [None, 4, 12, 12])
    steps = convolution(x, "SAME", "NCHW")
    image = np.random.RandomState(0).randn(40, 4, 12, 12).astype(np.float32)
    with tf.Session() as session:
        one_by_one = session.run(steps, {x: image})
        found = session.run(steps[2], {x: image})
        np.testing.assert_allclose(found, one_by_one[2], 1e-4, 1e-5)


def test_an_error_names_the_convolution() -> None:
    x = tf.placeholder(tf.float32)
    _, _, result = convolution(x, "SAME")
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.InvalidArgumentError, match="input depth") as raised,
    ):
        session.run(result, {x: np.zeros([1, 5, 5, 3], np.float32)})
    assert raised.value.op.type == "Conv2D"


def test_filters_that_change_in_between_count_as_they_were() -> None:
    x = tf.ones([1, 4, 4, 1])
    filters = tf.Variable(tf.ones([1, 1, 1, 2]))
    bias = tf.Variable([0.5, -2.0])
    convolved = tf.nn.conv2d(x, filters, [1, 1, 1, 1], "SAME")
    with tf.control_dependencies([convolved]):
        changed = tf.assign(filters, tf.zeros([1, 1, 1, 2]))
    with tf.control_dependencies([changed]):
        read_later = bias.read_value()
    result = tf.nn.relu(tf.nn.bias_add(convolved, read_later))
    with tf.Session() as session:
        for _ in range(3):
            session.run(tf.global_variables_initializer())
            np.testing.assert_array_equal(session.run(result)[0, 0, 0], [1.5, 0.0])


@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("values", ["numbers", "ties", "nan"])
def test_the_gradient_goes_through_the_pooling_first(window: int, values: str) -> None:
    random = np.random.RandomState(window)
    image = random.randn(2, 9, 9, 3).astype(np.float32)
    if values == "ties":
        image = np.round(image)
    elif values == "nan":
        image[0, 3:5, 3:5] = np.nan
    x = tf.placeholder(tf.float32, [None, 9, 9, 3])
    active = tf.nn.relu(x)
    pooled = tf.nn.max_pool(active, [1, window, window, 1], [1, 2, 2, 1], "SAME")
    grad = tf.placeholder(tf.float32, [None, 5, 5, 3])
    of_active, of_x = tf.gradients(pooled, [active, x], grad)
    feed = {x: image, grad: random.randn(2, 5, 5, 3).astype(np.float32)}
    with tf.Session() as session:
        assert op_types(session, [of_x], [x, grad])[-2:] == ["ReluGrad", "MaxPoolGrad"]
        assert op_types(session, [of_active, of_x], [x, grad])[-2:] == ["MaxPoolGrad", "ReluGrad"]
        _, wanted = session.run([of_active, of_x], feed)
        for _ in range(3):
            np.testing.assert_allclose(session.run(of_x, feed), wanted, 1e-6)


@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("has_relu", [False, True])
def test_the_gradient_of_a_bias_is_summed_up_before_the_pooling(
    window: int, padding: str, has_relu: bool
) -> None:
    image = np.random.RandomState(4).randint(-2, 3, [3, 9, 9, 5]).astype(np.float64)
    bias = tf.Variable(np.arange(5.0) - 2)
    shifted = tf.nn.bias_add(tf.constant(image) * 1.0, bias)
    before = tf.nn.relu(shifted) if has_relu else shifted
    pooled = tf.nn.max_pool(before, [1, window, window, 1], [1, 2, 2, 1], padding)
    weights = np.random.RandomState(5).randn(*pooled.shape.as_list())
    of_bias, of_image = tf.gradients(pooled * weights, [bias, shifted])
    with tf.Session() as session:
        session.run(bias.initializer)
        made = instructions_of(session, [of_bias, of_image])
        sums = [i for i in made if i.node.op_type == "BiasAddGrad"]
        pools = [i for i in made if i.node.op_type == "MaxPoolGrad"]
        assert len(sums) == len(pools) == 1
        assert pools[0].outputs[0] not in sums[0].arguments
        for _ in range(3):  # walked, measured, compiled
            found, whole = session.run([of_bias, of_image])
            np.testing.assert_allclose(found, whole.sum((0, 1, 2)), 1e-12)
            assert np.abs(found).max() > 0.1


def test_a_pooling_of_channels_keeps_the_gradient_of_a_bias_behind_it() -> None:
    image = np.random.RandomState(6).randn(2, 3, 3, 4).astype(np.float32)
    bias = tf.Variable(np.zeros(4, np.float32))
    shifted = tf.nn.bias_add(tf.constant(image), bias)
    pooled = tf.nn.max_pool(shifted, [1, 1, 1, 2], [1, 1, 1, 2], "VALID")
    of_bias, of_image = tf.gradients(pooled, [bias, shifted])
    with tf.Session() as session:
        session.run(bias.initializer)
        for _ in range(3):
            found, whole = session.run([of_bias, of_image])
            np.testing.assert_allclose(found, whole.sum((0, 1, 2)))
