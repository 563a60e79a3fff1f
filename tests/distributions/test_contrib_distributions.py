"""`tf.contrib.distributions` against densities written out, sums over samples, and other ways."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

import tensormill as tf

_TRIL = np.float32([[1, 0, 0], [0.5, 2, 0], [0.3, -0.2, 1.5]])
_MEAN = np.float32([1, 2, 3])
_X = np.float32([[0.2, 0.7, 0.4], [1, 2, 3], [-1, 0.5, 2]])


def _run(values: Any) -> Any:
    with tf.Session() as session:
        return session.run(values)


def _normals() -> list[tuple[str, Any, np.ndarray]]:
    d = tf.contrib.distributions
    diag, factor = np.float32([0.5, 1, 2]), np.float32([[0.1], [0.2], [-0.3]])
    low = np.diag(diag) + 2 * factor @ factor.T
    return [
        ("diag", d.MultivariateNormalDiag(_MEAN, diag), np.diag(diag**2)),
        ("identity", d.MultivariateNormalDiag(_MEAN, scale_identity_multiplier=2.0), 4 * np.eye(3)),
        ("loc", d.MultivariateNormalDiag(_MEAN), np.eye(3)),
        ("tril", d.MultivariateNormalTriL(_MEAN, _TRIL), _TRIL @ _TRIL.T),
        (
            "full",
            d.MultivariateNormalFullCovariance(_MEAN, _TRIL @ _TRIL.T),
            _TRIL @ _TRIL.T,
        ),
        (
            "low rank",
            d.MultivariateNormalDiagPlusLowRank(
                _MEAN, diag, scale_perturb_factor=factor, scale_perturb_diag=[2.0]
            ),
            low @ low.T,
        ),
    ]


def test_normal_distributions_of_vectors_have_their_density_and_moments() -> None:
    for name, made, covariance in _normals():
        expected = stats.multivariate_normal(_MEAN, covariance)
        got = _run([made.log_prob(_X), made.prob(_X), made.entropy()])
        wanted = [expected.logpdf(_X), expected.pdf(_X), expected.entropy()]
        for value, right in zip(got, wanted, strict=True):
            np.testing.assert_allclose(value, right, rtol=1e-4, err_msg=name)
        mean, variance, deviation, full = _run(
            [made.mean(), made.variance(), made.stddev(), made.covariance()]
        )
        np.testing.assert_allclose(mean, _MEAN, err_msg=name)
        np.testing.assert_allclose(full, covariance, rtol=1e-5, atol=1e-6, err_msg=name)
        np.testing.assert_allclose(variance, np.diag(covariance), rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(deviation**2, np.diag(covariance), rtol=1e-5, err_msg=name)
        assert made.batch_shape.as_list() == []
        assert made.event_shape.as_list() == [3]


def test_samples_of_a_triangle_have_its_covariance() -> None:
    made = tf.contrib.distributions.MultivariateNormalTriL(_MEAN, _TRIL)
    samples = made.sample([50, 200], seed=3)
    assert samples.shape.as_list() == [50, 200, 3]
    values = _run(samples).reshape(-1, 3)
    np.testing.assert_allclose(values.mean(0), _MEAN, atol=0.2)
    np.testing.assert_allclose(np.cov(values.T), _TRIL @ _TRIL.T, atol=0.4)


def test_gradients_go_through_samples_of_vectors() -> None:
    loc = tf.constant(_MEAN)
    made = tf.contrib.distributions.MultivariateNormalDiag(loc, tf.constant([0.5, 1.0, 2.0]))
    (slope,) = tf.gradients(tf.reduce_sum(made.sample(7)), loc)
    np.testing.assert_allclose(_run(slope), [7, 7, 7])


def test_the_divergence_of_normal_distributions_does_not_depend_on_how_they_are_given() -> None:
    d = tf.contrib.distributions
    a = d.MultivariateNormalDiag(_MEAN, [0.5, 1.0, 2.0])
    b = d.MultivariateNormalDiag([0.0, 1.0, 1.0], [1.0, 2.0, 3.0])
    dense = d.MultivariateNormalTriL([0.0, 1.0, 1.0], np.diag(np.float32([1, 2, 3])))
    first, second, none = _run(
        [d.kl_divergence(a, b), a.kl_divergence(dense), d.kl_divergence(b, dense)]
    )
    np.testing.assert_allclose(first, second, rtol=1e-5)
    np.testing.assert_allclose(none, 0.0, atol=1e-5)
    ratio = np.float32([0.25, 0.25, 4 / 9])
    far = np.float32([1, 0.25, 4 / 9])
    np.testing.assert_allclose(first, 0.5 * np.sum(ratio + far - 1 - np.log(ratio)), rtol=1e-5)


_P = np.float32([0.5, 1.5, 3.0])
_SCALARS = [
    ("Logistic", (_P, 2.0), stats.logistic(_P, 2.0)),
    ("Cauchy", (_P, 2.0), stats.cauchy(_P, 2.0)),
    ("HalfNormal", (_P,), stats.halfnorm(scale=_P)),
    ("InverseGamma", (_P + 2, 2.0), stats.invgamma(_P + 2, scale=2.0)),
    ("Chi2", (_P + 1,), stats.chi2(_P + 1)),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), _SCALARS, ids=[s[0] for s in _SCALARS])
def test_distributions_of_numbers_are_those_of_scipy(
    name: str, arguments: Any, expected: Any
) -> None:
    made = getattr(tf.contrib.distributions, name)(*arguments)
    x = np.float32([0.2, 0.7, 4.0])
    got = _run([made.log_prob(x), made.cdf(x), made.survival_function(x), made.entropy()])
    wanted = [expected.logpdf(x), expected.cdf(x), expected.sf(x), expected.entropy()]
    for value, right in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, right, rtol=2e-4, atol=1e-5)
    mean, variance = _run([made.mean(), made.variance()])
    np.testing.assert_allclose(mean, np.float64(expected.mean()), rtol=1e-4)
    np.testing.assert_allclose(variance, np.float64(expected.var()), rtol=1e-4)


_SHARES = np.float32([0.2, 0.5, 0.9])
_COUNTS = [
    ("Poisson", {"rate": _P}, stats.poisson(_P)),
    ("Binomial", {"total_count": 5.0, "probs": _SHARES}, stats.binom(5, _SHARES)),
    ("Geometric", {"probs": _SHARES}, stats.geom(_SHARES, loc=-1)),
    ("NegativeBinomial", {"total_count": 4.0, "probs": _SHARES}, stats.nbinom(4, 1 - _SHARES)),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), _COUNTS, ids=[s[0] for s in _COUNTS])
def test_distributions_of_counts_are_those_of_scipy(
    name: str, arguments: Any, expected: Any
) -> None:
    made = getattr(tf.contrib.distributions, name)(**arguments)
    x = np.float32([0, 2, 5])
    got = _run([made.log_prob(x), made.cdf(x), made.mean(), made.variance()])
    wanted = [expected.logpmf(x), expected.cdf(x), expected.mean(), expected.var()]
    for value, right in zip(got, wanted, strict=True):
        np.testing.assert_allclose(value, right, rtol=2e-4, atol=1e-5)
    if name != "Binomial":
        tf.set_random_seed(1)
        drawn = _run(made.sample(4000, seed=2))
        np.testing.assert_allclose(drawn.mean(0), expected.mean(), rtol=0.15)
        np.testing.assert_array_equal(drawn, np.floor(drawn))


def test_mixtures_are_weighted_sums() -> None:
    d = tf.contrib.distributions
    shares, x = np.float32([0.3, 0.7]), np.float32([0.2, 0.7, 2.5])
    mixed = d.Mixture(d.Categorical(probs=shares), [d.Normal(0.0, 1.0), d.Normal(2.0, 0.5)])
    same = d.MixtureSameFamily(d.Categorical(probs=shares), d.Normal([0.0, 2.0], [1.0, 0.5]))
    density = 0.3 * stats.norm.pdf(x) + 0.7 * stats.norm(2, 0.5).pdf(x)
    below = 0.3 * stats.norm.cdf(x) + 0.7 * stats.norm(2, 0.5).cdf(x)
    variance = 0.3 * 1 + 0.7 * 0.25 + 0.3 * 1.4**2 + 0.7 * 0.6**2
    for made in (mixed, same):
        got = _run([made.prob(x), made.cdf(x), made.mean(), made.stddev()])
        for value, right in zip(got, [density, below, 1.4, variance**0.5], strict=True):
            np.testing.assert_allclose(value, right, rtol=1e-4)
        tf.set_random_seed(1)
        np.testing.assert_allclose(_run(made.sample(4000, seed=5)).mean(), 1.4, atol=0.15)


def test_relaxed_classes_are_shares_that_sharpen() -> None:
    d = tf.contrib.distributions
    logits = np.float32([[2.0, 0.0, -1.0], [0.0, 0.0, 3.0]])
    tf.set_random_seed(1)
    blurred, sharp, yes = _run(
        [
            d.RelaxedOneHotCategorical(5.0, logits).sample(50, seed=1),
            d.RelaxedOneHotCategorical(0.01, logits).sample(50, seed=1),
            d.RelaxedBernoulli(0.01, probs=[0.0001, 0.9999]).sample(50, seed=1),
        ]
    )
    for values in (blurred, sharp):
        assert values.shape == (50, 2, 3)
        np.testing.assert_allclose(values.sum(-1), 1.0, rtol=1e-4)
    assert sharp.max(-1).mean() > 0.95 > 0.7 > blurred.max(-1).mean()
    assert yes[:, 0].mean() < 0.1
    assert yes[:, 1].mean() > 0.9


def test_one_hot_classes_have_the_probabilities_of_classes() -> None:
    d = tf.contrib.distributions
    probs = np.float32([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])
    made = d.OneHotCategorical(probs=probs)
    tf.set_random_seed(1)
    prob, mode, entropy, drawn = _run(
        [made.prob([[0, 1, 0], [0, 0, 1]]), made.mode(), made.entropy(), made.sample(300, seed=4)]
    )
    np.testing.assert_allclose(prob, [0.3, 0.8], rtol=1e-5)
    np.testing.assert_array_equal(mode, [[0, 0, 1], [0, 0, 1]])
    np.testing.assert_allclose(entropy, -(probs * np.log(probs)).sum(-1), rtol=1e-5)
    np.testing.assert_array_equal(drawn.sum(-1), np.ones((300, 2)))
    np.testing.assert_allclose(drawn.mean(0), probs, atol=0.12)


def test_quantized_numbers_gather_what_is_cut_off() -> None:
    d = tf.contrib.distributions
    made = d.QuantizedDistribution(d.Normal(1.0, 2.0), low=0.0, high=3.0)
    numbers = np.float32([0, 1, 2, 3])
    prob, log_prob = _run([made.prob(numbers), made.log_prob(numbers)])
    below = stats.norm(1, 2).cdf([0, 1, 2])
    np.testing.assert_allclose(prob, np.diff([0, *below, 1]), rtol=1e-4)
    np.testing.assert_allclose(np.exp(log_prob), prob, rtol=1e-4)
    tf.set_random_seed(1)
    assert set(_run(made.sample(200, seed=1))) == {0.0, 1.0, 2.0, 3.0}


def test_independent_numbers_and_values_that_are_sure() -> None:
    d = tf.contrib.distributions
    base = d.Normal([[-1.0, 1.0], [0.0, 3.0]], 2.0)
    made = d.Independent(base)
    one, summed, kl = _run(
        [
            made.log_prob([0.1, 0.2]),
            tf.reduce_sum(base.log_prob([0.1, 0.2]), -1),
            d.kl_divergence(made, made),
        ]
    )
    np.testing.assert_allclose(one, summed, rtol=1e-5)
    np.testing.assert_allclose(kl, [0, 0], atol=1e-6)
    assert (made.batch_shape.as_list(), made.event_shape.as_list()) == ([2], [2])
    sure = d.Deterministic([1.0, 2.0], atol=0.1)
    vector = d.VectorDeterministic([1.0, 2.0])
    values = _run([sure.prob([1.05, 2.2]), sure.sample(3), vector.prob([1.0, 2.0])])
    np.testing.assert_array_equal(values[0], [1, 0])
    np.testing.assert_array_equal(values[1], [[1, 2]] * 3)
    assert values[2] == 1


@pytest.mark.parametrize("rounding", ["lower", "higher", "nearest"])
def test_percentiles_are_those_of_numpy(rounding: str) -> None:
    x = np.random.RandomState(0).rand(4, 5, 6).astype(np.float32)
    percentile = tf.contrib.distributions.percentile
    for axes in (None, 0, [0, 2]):
        wanted = np.percentile(
            x, 33.0, axis=tuple(axes) if isinstance(axes, list) else axes, method=rounding
        )
        made = percentile(x, 33.0, axis=axes, interpolation=rounding)
        np.testing.assert_array_equal(_run(made), wanted)
    assert percentile(x, 50.0, axis=[1], keep_dims=True).shape.as_list() == [4, 1, 6]


def test_wrong_arguments_are_refused_when_the_graph_is_built() -> None:
    d = tf.contrib.distributions
    two = d.Categorical(probs=[0.3, 0.7])
    for make, error, text in (
        (lambda: d.MultivariateNormalDiag(), ValueError, "Cannot infer `event_shape`"),
        (lambda: d.MultivariateNormalTriL(), ValueError, "one or both of `loc`, `scale_tril`"),
        (lambda: d.MultivariateNormalDiag([1.0, 2.0], [1.0] * 3), ValueError, "broadcast up to"),
        (lambda: d.Poisson(), ValueError, "exactly one of `rate` and `log_rate`"),
        (lambda: d.Poisson([1]), TypeError, "not a float-type"),
        (lambda: d.Mixture(two, []), ValueError, "non-empty"),
        (lambda: d.Mixture(two, [d.Normal(0.0, 1.0)]), ValueError, "2 vs. 1"),
        (lambda: d.MixtureSameFamily(two, d.Normal([0.0] * 3, 1.0)), ValueError, "does not equal"),
        (lambda: d.Independent(d.Normal(0.0, 1.0), 1), ValueError, "cannot exceed"),
        (lambda: d.percentile([1.0], 1.0, axis=7), ValueError, "not in the interval"),
        (lambda: d.kl_divergence(two, d.Poisson(1.0)), NotImplementedError, "No KL"),
    ):
        with pytest.raises(error, match=text):
            make()
