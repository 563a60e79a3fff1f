"""Models that are made already, and layers of random features."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.keras.layers import kernelized

keras = tf.keras


def test_a_linear_model_adds_what_it_makes_of_each_input():
    model = keras.experimental.LinearModel(kernel_initializer="ones", bias_initializer="ones")
    model.compile("sgd", "mse")
    x = [np.float32([[1, 2]]), np.float32([[3]])]
    assert model.predict(x).tolist() == [[7]]
    before = model.evaluate(x, np.zeros((1, 1)), verbose=0)
    model.fit(x, np.zeros((1, 1)), epochs=3, verbose=0)
    assert model.evaluate(x, np.zeros((1, 1)), verbose=0) < before
    again = keras.experimental.LinearModel.from_config(model.get_config())
    assert again.kernel_initializer.get_config() == model.kernel_initializer.get_config()
    with pytest.raises(ValueError, match="Expected 2 inputs, but got 1 inputs"):
        model.call(tf.zeros([1, 2]))


def test_each_half_of_a_wide_and_deep_model_may_have_its_optimizer():
    linear = keras.experimental.LinearModel(kernel_initializer="zeros")
    deep = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
    model = keras.experimental.WideDeepModel(linear, deep)
    model.compile([keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1)], "mse")
    x, y = np.ones((4, 2), np.float32), np.ones((4, 1), np.float32)
    model.fit([x, x], y, verbose=0)
    assert all(not weight.any() for weight in linear.get_weights())
    assert all(weight.all() for weight in deep.get_weights())
    plain = keras.Sequential([keras.layers.Dense(1, input_shape=(2,))])
    plain.compile(["sgd", "sgd"], "mse")
    with pytest.raises(ValueError, match="should be a single optimizer"):
        plain.fit(x, y, verbose=0)


def test_random_features_come_near_a_kernel():
    np.random.seed(3)
    x = np.float32([[0.5, -0.2, 0.1], [0.1, 0.3, -0.4]])
    for kind, expected in (
        ("gaussian", np.exp(-np.sum((x[0] - x[1]) ** 2) / 8)),
        ("laplacian", np.exp(-np.sum(np.abs(x[0] - x[1])) / 2)),
    ):
        layer = kernelized.RandomFourierFeatures(20000, kernel_initializer=kind, scale=2.0)
        one, other = keras.backend.eval(layer(tf.constant(x)))
        assert abs(2 / 20000 * float(one @ other) - expected) < 0.05
        assert layer.compute_output_shape((None, 3)).as_list() == [None, 20000]
    with pytest.raises(ValueError, match="Unsupported kernel type: 'other'"):
        kernelized.RandomFourierFeatures(2, kernel_initializer="other")
    with pytest.raises(ValueError, match="`scale` should be a positive float"):
        kernelized.RandomFourierFeatures(2, scale=0.0)
    with pytest.raises(ValueError, match="rank of the input tensor should be 2"):
        kernelized.RandomFourierFeatures(2)(tf.zeros([2, 2, 2]))
