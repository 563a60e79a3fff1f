"""What `tf.distributions` checks, and statistics that are not defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_BAD: dict[str, tuple[Callable[[Any], Any], str]] = {
    "normal": (lambda x: tf.distributions.Normal(0.0, x, True).mean(), "x > 0"),
    "uniform": (lambda x: tf.distributions.Uniform(0.0, x, True).mean(), "low >= high"),
    "gamma": (lambda x: tf.distributions.Gamma(2.0, x, True).mean(), "x > 0"),
    "laplace": (lambda x: tf.distributions.Laplace(0.0, x, True).mean(), "x > 0"),
    "student": (lambda x: tf.distributions.StudentT(x, 0.0, 1.0, True).mode(), "x > 0"),
    "beta": (lambda x: tf.distributions.Beta(x, 1.0, True).mean(), "must be positive"),
    "dirichlet": (lambda x: tf.distributions.Dirichlet([x, 2.0], True).mean(), "be positive"),
    "tosses": (
        lambda x: tf.distributions.Bernoulli(probs=x, validate_args=True).mean(),
        "x >= 0",
    ),
    "counts": (
        lambda x: tf.distributions.Multinomial(x, [0.0, 1.0], validate_args=True).mean(),
        "non-negative",
    ),
    "gamma_sample": (lambda x: tf.distributions.Gamma(2.0, 1.0, True).log_prob(x), "x > 0"),
    "beta_sample": (lambda x: tf.distributions.Beta(2.0, 1.0, True).log_prob(2 - x), "than `1`"),
    "shares": (
        lambda x: tf.distributions.Dirichlet([1.0, 2.0], True).log_prob([-x, 1.0]),
        "must sum to `1`",
    ),
    "drawn": (
        lambda x: tf.distributions.Multinomial(3.0, [0.0, 1.0], validate_args=True).log_prob(
            [-x, 1.0]
        ),
        "must sum to",
    ),
    "class": (
        lambda x: tf.distributions.Categorical([0.0, 1.0], validate_args=True).log_prob(x),
        "non-negative",
    ),
}


@pytest.mark.parametrize("name", _BAD)
def test_wrong_parameters_and_values_fail_the_step_where_they_are_checked(name: str) -> None:
    make, text = _BAD[name]
    x = tf.placeholder(tf.float32, [])
    made = make(x)
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match=text):
        session.run(made, {x: -1.0})


def test_a_constant_that_is_wrong_is_refused_at_once() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.distributions.Normal([1.0], [-5.0], validate_args=True)
    with pytest.raises(ValueError, match="floating"):
        tf.distributions.Normal(0, 1)


def test_statistics_that_are_not_defined_are_nan_or_fail() -> None:
    d = tf.distributions
    makers: list[tuple[Callable[..., Any], str, Any]] = [
        (lambda **k: d.Gamma([0.5, 3.0], 1.0, **k), "mode", [np.nan, 2]),
        (lambda **k: d.Beta([0.5, 3.0], 3.0, **k), "mode", [np.nan, 0.5]),
        (lambda **k: d.StudentT([0.5, 3.0], 2.0, 1.0, **k), "mean", [np.nan, 2]),
        (lambda **k: d.StudentT([0.5, 1.5, 4.0], 2.0, 1.0, **k), "variance", [np.nan, np.inf, 2]),
        (
            lambda **k: d.Dirichlet([[0.5, 3.0], [2.0, 3.0]], **k),
            "mode",
            [[np.nan] * 2, [1 / 3, 2 / 3]],
        ),
    ]
    with tf.Session() as session:
        for make, name, expected in makers:
            found = session.run(getattr(make(), name)())
            np.testing.assert_allclose(found, expected, rtol=1e-6)
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(getattr(make(allow_nan_stats=False), name)())


def test_logarithms_of_probabilities_are_finite_far_from_the_middle() -> None:
    x = tf.constant([-40.0, 40.0])
    normal, laplace = tf.distributions.Normal(0.0, 1.0), tf.distributions.Laplace(0.0, 0.25)
    made = [each.log_cdf(x) for each in (normal, laplace)]
    made += [each.log_survival_function(-x) for each in (normal, laplace)]
    made.append(tf.distributions.Exponential(2.0).log_survival_function([50.0, 100.0]))
    made.append(normal.quantile(normal.cdf([-1.0, 0.5])))
    with tf.Session() as session:
        *tails, waiting, back = session.run(made)
    for found, first in zip(tails, (-804.6084, -160.69315) * 2, strict=True):
        np.testing.assert_allclose(found, [first, 0], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(waiting, [-100, -200], rtol=1e-5)
    np.testing.assert_allclose(back, [-1, 0.5], rtol=1e-4)


def test_each_member_of_a_batch_draws_as_often_as_it_should() -> None:
    counts = tf.distributions.Multinomial([2.0, 5.0], [[0.0, 0.0], [1.0, 0.0]])
    samples = counts.sample(4, seed=1)
    assert samples.shape.as_list() == [4, 2, 2]
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(samples).sum(-1), [[2, 5]] * 4)


def test_parameters_have_the_shape_that_samples_shall_have() -> None:
    d = tf.distributions
    assert d.Normal.param_static_shapes([2, 3]) == {"loc": [2, 3], "scale": [2, 3]}
    assert list(d.Bernoulli.param_static_shapes(tf.TensorShape([4]))) == ["logits"]
    sizes = tf.placeholder(tf.int32, [2])
    with tf.Session() as session:
        found = session.run(d.Gamma.param_shapes(sizes), {sizes: [5, 6]})
    assert {name: value.tolist() for name, value in found.items()} == {
        "concentration": [5, 6],
        "rate": [5, 6],
    }
    with pytest.raises(ValueError, match="fully"):
        d.Normal.param_static_shapes(sizes)
    with pytest.raises(NotImplementedError):
        d.Categorical.param_shapes([2])


def test_nodes_are_named_as_those_of_tensorflow() -> None:
    normal = tf.distributions.Normal(0.0, [1.0, 2.0])
    assert (normal.loc.name, normal.scale.name) == ("Normal/loc:0", "Normal/scale:0")
    assert normal.sample(3).name == "Normal/sample/Reshape:0"
    assert normal.log_prob(1.0).name == "Normal/log_prob/sub:0"
    classes = tf.distributions.Categorical(logits=[[0.0, 1.0]], name="which")
    assert classes.probs.name == "which/probs:0"
    assert classes.parameters["logits"] == [[0.0, 1.0]]
