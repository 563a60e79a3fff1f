"""Samples of `tf.distributions` have the moments of their distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf

_MAKERS = {
    "Normal": lambda d: d.Normal([1.0, 2.0], 0.5),
    "Uniform": lambda d: d.Uniform(1.0, [2.0, 4.0]),
    "Gamma": lambda d: d.Gamma([2.0, 3.0], 2.0),
    "Exponential": lambda d: d.Exponential([2.0, 3.0]),
    "Laplace": lambda d: d.Laplace([2.0, 3.0], 0.5),
    "Beta": lambda d: d.Beta([2.0, 3.0], 2.0),
    "StudentT": lambda d: d.StudentT(9.0, [1.0, 2.0], 0.5),
    "Bernoulli": lambda d: d.Bernoulli(probs=[0.2, 0.7]),
    "Multinomial": lambda d: d.Multinomial(3.0, probs=[[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]),
    "Dirichlet": lambda d: d.Dirichlet([[2.0, 3.0, 4.0], [1.0, 1.0, 2.0]]),
    "DirichletMultinomial": lambda d: d.DirichletMultinomial(3.0, [[2.0, 3.0, 4.0]]),
}


@pytest.mark.parametrize("name", _MAKERS)
def test_samples_have_the_moments_of_their_distribution(name: str) -> None:
    distribution: Any = _MAKERS[name](tf.distributions)
    samples = distribution.sample([40, 100], seed=3)
    with tf.Session() as session:
        made, mean, deviation = session.run([samples, distribution.mean(), distribution.stddev()])
    assert made.shape == (40, 100, *np.shape(mean))
    assert samples.shape.as_list() == list(made.shape)
    flat = made.reshape(4000, *np.shape(mean))
    np.testing.assert_allclose(flat.mean(0), mean, atol=5 * np.max(deviation) / np.sqrt(4000))
    np.testing.assert_allclose(flat.std(0), deviation, rtol=0.12)


def test_classes_come_as_often_as_they_should() -> None:
    distribution = tf.distributions.Categorical(probs=[[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]])
    samples = distribution.sample(4000, seed=1)
    with tf.Session() as session:
        made = session.run(samples)
    assert made.shape == (4000, 2)
    shares = np.array([[np.mean(made[:, row] == k) for k in range(3)] for row in range(2)])
    np.testing.assert_allclose(shares, [[0.2, 0.3, 0.5], [0.6, 0.3, 0.1]], atol=0.04)


def test_gradients_go_through_samples_where_they_can() -> None:
    d = tf.distributions
    loc = tf.constant([1.0, 2.0])
    normal = d.Normal(loc, 1.0)
    assert normal.reparameterization_type == d.FULLY_REPARAMETERIZED
    (slope,) = tf.gradients(normal.sample(seed=1), loc)
    with tf.Session() as session:
        np.testing.assert_array_equal(session.run(slope), [1, 1])
    logits = tf.constant([1.0])
    assert tf.gradients(d.Bernoulli(logits).sample(), logits) == [None]


def test_wrong_arguments_and_unknown_pairs_are_refused() -> None:
    d = tf.distributions
    with pytest.raises(ValueError, match="Must pass probs or logits, but not both"):
        d.Bernoulli()
    with pytest.raises(NotImplementedError, match="No KL"):
        d.kl_divergence(d.Normal(0.0, 1.0), d.Uniform())
    with pytest.raises(ValueError, match="has already been registered"):
        d.RegisterKL(d.Normal, d.Normal)(lambda a, b, name=None: None)
    assert d.Normal(0.0, 1.0).copy(scale=3.0).parameters["scale"] == 3.0
