"""Functions of the normal and of the Laplace distribution."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributions import arrangements, parameters, special_math
from tensormill.python.ops.distributions import special_math as named
from tensormill.python.ops.distributions import util


def value_of(tensor: Any) -> Any:
    with tf.Session() as session:
        return session.run(tensor)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_probabilities_of_the_normal_distribution(dtype: type) -> None:
    x = np.linspace(-6, 6, 25).astype(dtype)
    expected = [0.5 * math.erfc(-float(item) / math.sqrt(2)) for item in x]
    np.testing.assert_allclose(value_of(special_math.ndtr(x)), expected, rtol=2e-5)
    np.testing.assert_allclose(value_of(special_math.log_ndtr(x)), np.log(expected), 2e-5, 1e-7)
    p = np.array([1e-4, 0.3, 0.5, 0.9]).astype(dtype)
    quantiles = [NormalDist().inv_cdf(float(item)) for item in p]
    np.testing.assert_allclose(value_of(special_math.ndtri(p)), quantiles, rtol=1e-4, atol=1e-6)


def test_logarithms_far_below_zero_are_finite_with_their_gradients() -> None:
    x = tf.constant([-100.0, -30.0, -3.0, 3.0, 20.0], tf.float64)
    made = special_math.log_ndtr(x, series_order=10)
    values, gradients = value_of([made, tf.gradients(made, x)[0]])
    np.testing.assert_allclose(values[:2], [-5005.5242086942, -454.3212439563], rtol=1e-9)
    assert np.isfinite(gradients).all()
    assert gradients[0] == pytest.approx(100.01, rel=1e-4)
    laplace = special_math.log_cdf_laplace(np.array([-1000.0, -1.0, 1.0]))
    expected = [-1000 - math.log(2), -1 - math.log(2), math.log1p(-0.5 * math.exp(-1))]
    np.testing.assert_allclose(value_of(laplace), expected)


def test_only_floats_have_probabilities() -> None:
    for function in (special_math.ndtr, special_math.ndtri, special_math.erfinv):
        with pytest.raises(TypeError, match="is not handled"):
            function(tf.constant([1]))
    with pytest.raises(TypeError, match="is not supported"):
        special_math.log_ndtr(tf.constant([1.0], tf.float16))
    for order, error in ((1.5, TypeError), (-1, ValueError), (31, ValueError)):
        with pytest.raises(error, match="series_order must be"):
            special_math.log_ndtr(1.0, series_order=order)


def test_they_are_found_where_tensorflow_has_them() -> None:
    assert named.ndtri is special_math.ndtri
    assert util.fill_triangular is arrangements.fill_triangular
    assert util.get_logits_and_probs is parameters.get_logits_and_probs
