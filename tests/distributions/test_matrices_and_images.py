"""Wishart matrices, leant and bounded numbers, and what is learned from normal ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tensormill as tf

contrib = tf.contrib.distributions

_SCALE = np.array([[2.0, 0.5], [0.5, 1.0]])
_VALUE = np.array([[1.5, 0.3], [0.3, 0.7]])


def _run(fetches: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(fetches)


@pytest.mark.parametrize("are_factors", [False, True])
def test_a_wishart_distribution_has_the_density_and_moments_of_scipy(are_factors: bool) -> None:
    value = np.linalg.cholesky(_VALUE) if are_factors else _VALUE
    factor = np.linalg.cholesky(_SCALE)
    expected = stats.wishart(3.5, _SCALE)
    for one in (
        contrib.WishartFull(np.float64(3.5), _SCALE, are_factors, validate_args=True),
        contrib.WishartCholesky(np.float64(3.5), factor, are_factors, validate_args=True),
    ):
        density, mean, mode, entropy, scale = _run(
            [
                one.log_prob(np.stack([value, value])),
                one.mean(),
                one.mode(),
                one.entropy(),
                one.scale(),
            ]
        )
        np.testing.assert_allclose(density, [expected.logpdf(_VALUE)] * 2)
        np.testing.assert_allclose(entropy, expected.entropy())
        shown = factor if are_factors else _SCALE
        np.testing.assert_allclose(scale, shown)
        np.testing.assert_allclose(mean, shown * (np.sqrt(3.5) if are_factors else 3.5))
        np.testing.assert_allclose(mode, shown * (np.sqrt(0.5) if are_factors else 0.5))
        assert one.log_prob(np.stack([value, value])).shape == (2,)
        assert one.event_shape == (2, 2)
    if not are_factors:
        np.testing.assert_allclose(_run(one.variance()), expected.var())


def test_samples_of_a_wishart_distribution_have_its_moments() -> None:
    scales = np.stack([_SCALE, 2.0 * _SCALE])
    one = contrib.WishartFull(np.array([3.0, 4.0]), scales)
    samples, mean, variance, volumes = _run(
        [one.sample(40000, seed=1), one.mean(), one.variance(), one.mean_log_det()]
    )
    assert samples.shape == (40000, 2, 2, 2)
    np.testing.assert_allclose(mean, scales * np.array([3.0, 4.0])[:, None, None])
    np.testing.assert_allclose(samples.mean(0), mean, rtol=0.05)
    np.testing.assert_allclose(samples.var(0), variance, rtol=0.1)
    np.testing.assert_allclose(np.linalg.slogdet(samples)[1].mean(0), volumes, atol=0.05)


def test_a_wishart_distribution_tells_of_too_few_degrees_of_freedom() -> None:
    with pytest.raises(ValueError, match="Degrees of freedom"):
        contrib.WishartFull(np.float64(1.0), _SCALE)
    fed = tf.placeholder(tf.float64, [])
    one = contrib.WishartFull(fed, _SCALE, validate_args=True)
    with tf.Session() as session:
        session.run(one.mean(), {fed: 2.0})
        with pytest.raises(tf.errors.InvalidArgumentError, match="Degrees of freedom"):
            session.run(one.mean(), {fed: 1.0})
    with pytest.raises(ValueError, match="does not make sense"):
        contrib.WishartFull(np.float64(3.0), _SCALE, True).stddev()
    assert np.isnan(_run(contrib.WishartFull(np.float64(2.5), _SCALE).mode())).all()


def test_a_kumaraswamy_distribution_follows_its_formulas() -> None:
    a, b, x = np.array([0.5, 2.0, 3.0]), np.array([1.5, 2.5, 0.5]), np.array([0.2, 0.7, 0.4])
    one = contrib.Kumaraswamy(a, b)
    density, below, mean, variance, mode, samples = _run(
        [
            one.prob(x), one.cdf(x), one.mean(), one.variance(), one.mode(),
            one.sample(40000, seed=2),
        ]
    )  # fmt: skip
    np.testing.assert_allclose(density, a * b * x ** (a - 1) * (1 - x**a) ** (b - 1))
    np.testing.assert_allclose(below, 1 - (1 - x**a) ** b)
    np.testing.assert_allclose(samples.mean(0), mean, atol=0.01)
    np.testing.assert_allclose(samples.var(0), variance, atol=0.005)
    np.testing.assert_allclose(mode, [np.nan, ((2 - 1) / (2 * 2.5 - 1)) ** 0.5, np.nan])
    # Below are 1.15's values, which are not the true ones.
    np.testing.assert_allclose(_run(one.entropy()), [-0.860891, 3.117661, 0.458426], atol=1e-5)


def test_leant_numbers_are_images_of_normal_ones() -> None:
    x = np.array([0.3, -1.5])
    loc, scale, skewness, weight = 0.5, np.array([1.0, 2.0]), 0.3, np.array([0.7, 1.2])
    factor = 2 * scale / np.sinh(np.arcsinh(2.0) * weight)
    y = (x - loc) / factor
    before = np.sinh(np.arcsinh(y) / weight - skewness)
    slope = np.cosh(np.arcsinh(y) / weight - skewness) / (weight * np.sqrt(1 + y**2) * factor)
    expected = stats.norm.pdf(before) * slope
    one = contrib.SinhArcsinh(np.float64(loc), scale, skewness, weight)
    many = contrib.VectorSinhArcsinhDiag(np.array([loc, loc]), scale, None, skewness, weight)
    np.testing.assert_allclose(_run(one.prob(x)), expected)
    np.testing.assert_allclose(_run(many.prob(x)), expected.prod(), rtol=1e-6)
    assert (one.batch_shape, many.batch_shape, many.event_shape) == ((2,), (), (2,))
    plain = contrib.SinhArcsinh(np.float64(0.5), 2.0)
    np.testing.assert_allclose(_run(plain.log_prob(x)), stats.norm(0.5, 2.0).logpdf(x))


_WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "dtype": (
        lambda: contrib.SinhArcsinh(
            0.5, 2.0, distribution=contrib.Normal(np.float64(0), np.float64(1))
        ),
        TypeError,
        "dtype mismatch",
    ),
    "batch": (
        lambda: contrib.SinhArcsinh(0.5, 2.0, distribution=contrib.Normal([0.0, 1.0], 1.0)),
        ValueError,
        "is_scalar_batch=False",
    ),
    "not_reparameterized": (
        lambda: contrib.VectorSinhArcsinhDiag(
            [0.5], [2.0], distribution=contrib.Poisson(1.0), validate_args=True
        ),
        ValueError,
        "should be reparameterized",
    ),
    "not_normal": (
        lambda: contrib.normal_conjugates_known_scale_posterior(
            contrib.Laplace(0.0, 1.0), 1.0, tf.constant(1.0), 2
        ),
        TypeError,
        "type Normal",
    ),
    "sum": (
        lambda: contrib.normal_conjugates_known_scale_predictive(
            contrib.Normal(0.0, 1.0), 1.0, tf.constant(1.0, tf.float64), 2
        ),
        TypeError,
        "does not match prior",
    ),
    "no_steps": (
        lambda: contrib.Autoregressive(_chain, num_steps=0),
        ValueError,
        "at least 1",
    ),
    "no_size": (
        lambda: contrib.Autoregressive(
            lambda: contrib.Independent(contrib.Normal(tf.placeholder(tf.float32, [None]), 1.0), 1)
        ),
        ValueError,
        "fully known",
    ),
    "integers": (lambda: contrib.moving_mean_variance([1, 2], 0.5), TypeError, "float type"),
}


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_arguments_are_told(name: str) -> None:
    call, error, text = _WRONG[name]
    with pytest.raises(error, match=text):
        call()


def test_what_is_known_of_a_mean_grows_with_numbers() -> None:
    prior = contrib.Normal(np.float64(1), np.float64(2))
    scale, total = tf.constant(1.5, tf.float64), tf.constant(10.0, tf.float64)
    after = contrib.normal_conjugates_known_scale_posterior(prior, scale, total, 4)
    following = contrib.normal_conjugates_known_scale_predictive(prior, scale, total, 4)
    mean, deviation, further_mean, further = _run(
        [after.mean(), after.stddev(), following.mean(), following.stddev()]
    )
    variance = 1 / (1 / 4.0 + 4 / 1.5**2)
    assert mean == further_mean == pytest.approx((1.0 / 4.0 + 10.0 / 1.5**2) * variance)
    assert deviation == pytest.approx(np.sqrt(variance))
    assert further == pytest.approx(np.sqrt(variance + 1.5**2))


def _chain(samples: Any = None) -> Any:
    """Return the distribution of three numbers, each around half of that before it."""
    loc: Any = tf.zeros(3)
    if samples is not None:
        nothing = tf.zeros_like(samples[..., :1])
        loc = tf.concat([nothing, 0.5 * samples[..., :-1]], -1)
    return contrib.Independent(contrib.Normal(loc, 1.0), 1)


def test_numbers_that_depend_on_those_before_them() -> None:
    one = contrib.Autoregressive(_chain)
    assert (one.num_steps, one.event_shape, one.batch_shape) == (3, (3,), ())
    x = np.array([0.1, -0.4, 0.3])
    expected = stats.norm.logpdf(x, [0.0, 0.05, -0.2]).sum()
    samples, density, probability = _run([one.sample(20000, seed=3), one.log_prob(x), one.prob(x)])
    assert density == pytest.approx(expected, rel=1e-5)
    assert probability == pytest.approx(np.exp(expected), rel=1e-5)
    covariance = np.cov(samples.T)
    np.testing.assert_allclose(
        covariance, [[1, 0.5, 0.25], [0.5, 1.25, 0.625], [0.25, 0.625, 1.3125]], atol=0.05
    )


def test_images_of_samples_that_need_further_arguments() -> None:
    class Shifted(contrib.ConditionalDistribution):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(
                tf.float32, contrib.FULLY_REPARAMETERIZED, False, True, {}, [], "Shifted"
            )

        def _batch_shape(self) -> Any:
            return tf.TensorShape([])

        def _event_shape(self) -> Any:
            return tf.TensorShape([])

        def _batch_shape_tensor(self) -> Any:
            return tf.constant([], tf.int32)

        def _event_shape_tensor(self) -> Any:
            return tf.constant([], tf.int32)

        def _sample_n(self, n: Any, seed: Any = None, shift: Any = 0.0) -> Any:
            return tf.zeros([n]) + shift

        def _log_prob(self, value: Any, shift: Any = 0.0) -> Any:
            return -tf.abs(value - shift)

    one = Shifted()
    image = contrib.ConditionalTransformedDistribution(one, contrib.bijectors.Exp())
    given = {"shift": 2.0}
    sample, density, seen, seen_density = _run(
        [
            one.sample([2], shift=2.0), one.log_prob(1.5, shift=2.0),
            image.sample([2], distribution_kwargs=given),
            image.log_prob(np.float32(np.exp(1.5)), distribution_kwargs=given),
        ]
    )  # fmt: skip
    np.testing.assert_allclose(sample, [2.0, 2.0])
    np.testing.assert_allclose(density, -0.5)
    np.testing.assert_allclose(seen, np.exp([2.0, 2.0]), rtol=1e-6)
    np.testing.assert_allclose(seen_density, -0.5 - 1.5, rtol=1e-6)


def test_means_and_variances_move_towards_values() -> None:
    mean = tf.get_variable("mean", initializer=[0.5, 1.0])
    variance = tf.get_variable("variance", initializer=[1.5, 2.0])
    moved = contrib.assign_moving_mean_variance(mean, variance, [1.0, 3.0], 0.75)
    logarithm = tf.get_variable("logarithm", initializer=[0.5, 1.0])
    grown = contrib.assign_log_moving_mean_exp(logarithm, [1.0, 2.0], 0.75)
    contrib.moving_mean_variance([1.0, 2.0], 0.75)
    assert {v.op.name for v in tf.global_variables()} >= {
        "moving_mean_variance/moving_mean",
        "moving_mean_variance/moving_variance",
    }
    moved_mean, moved_variance, grown_value = _run([*moved, grown])
    np.testing.assert_allclose(moved_mean, [0.625, 1.5])
    np.testing.assert_allclose(moved_variance, 0.75 * np.array([1.5 + 0.0625, 3.0]))
    expected = np.log(0.75 * np.exp([0.5, 1.0]) + 0.25 * np.exp([1.0, 2.0]))
    np.testing.assert_allclose(grown_value, expected, rtol=1e-6)
    wide = tf.get_variable("wide", initializer=np.zeros(2))
    with pytest.raises(TypeError, match="!="):
        contrib.assign_moving_mean_variance(mean, wide, [1.0, 2.0], 0.5)
