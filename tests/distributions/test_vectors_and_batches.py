"""Affine images of independent numbers, batches in other shapes, seeds and auto-correlation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

import tensormill as tf

contrib = tf.contrib.distributions


def _run(fetches: Any) -> Any:
    with tf.Session() as session:
        return session.run(fetches)


@pytest.mark.parametrize(
    ("kind", "number"),
    [("VectorExponentialDiag", stats.expon), ("VectorLaplaceDiag", stats.laplace)],
)
def test_vectors_of_independent_numbers_have_their_moments(kind: str, number: Any) -> None:
    loc, widths = np.array([0.5, 2.0]), np.array([1.0, -0.5])
    one = getattr(contrib, kind)(loc, widths)
    x = np.array([0.9, 1.3])
    density, mean, variance, deviation, covariance, mode, samples = _run(
        [
            one.log_prob(x), one.mean(), one.variance(), one.stddev(), one.covariance(),
            one.mode(), one.sample(20000, seed=1),
        ]
    )  # fmt: skip
    expected = number.logpdf((x - loc) / widths) - np.log(np.abs(widths))
    np.testing.assert_allclose(density, expected.sum())
    np.testing.assert_allclose(mean, loc + widths * number.mean())
    np.testing.assert_allclose(variance, widths**2 * number.var())
    np.testing.assert_allclose(deviation, np.abs(widths) * number.std())
    np.testing.assert_allclose(covariance, np.diag(widths**2) * number.var())
    np.testing.assert_allclose(mode, loc)
    np.testing.assert_allclose(samples.mean(0), mean, atol=0.05)
    np.testing.assert_allclose(samples.var(0), variance, rtol=0.1)
    assert (one.batch_shape, one.event_shape) == ((), (2,))
    without = getattr(contrib, kind)(scale_diag=widths)
    np.testing.assert_allclose(_run([without.mean(), without.mode()]), [mean - loc, [0.0, 0.0]])


@pytest.mark.parametrize("is_known", [True, False])
def test_a_batch_in_another_shape_is_the_same_batch(is_known: bool) -> None:
    batch = contrib.Dirichlet(np.arange(1.0, 19.0).reshape(6, 3))
    sizes = [2, 3] if is_known else tf.placeholder_with_default([2, -1], [2])
    one = contrib.BatchReshape(batch, sizes, validate_args=True)
    assert one.batch_shape.as_list() == ([2, 3] if is_known else [None, None])
    assert one.event_shape == (3,)
    value = np.full([4, 2, 3, 3], 1 / 3)
    pairs = [
        (one.mean(), batch.mean(), [2, 3, 3]),
        (one.variance(), batch.variance(), [2, 3, 3]),
        (one.covariance(), batch.covariance(), [2, 3, 3, 3]),
        (one.entropy(), batch.entropy(), [2, 3]),
        (one.log_prob(value), batch.log_prob(value.reshape(4, 6, 3)), [4, 2, 3]),
        (one.sample(5, seed=7), batch.sample(5, seed=7), [5, 2, 3, 3]),
        (one.batch_shape_tensor(), tf.constant([2, 3]), [2]),
    ]
    for made, expected, shape in pairs:
        ours, theirs = _run([made, expected])
        np.testing.assert_allclose(ours, theirs.reshape(shape))


def _normals() -> Any:
    return contrib.Normal(np.arange(6.0), np.float64(1.0))


_WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "size": (lambda: contrib.BatchReshape(_normals(), [4, 2]), ValueError, "must match"),
    "matrix": (lambda: contrib.BatchReshape(_normals(), [[6]]), ValueError, "must be a vector"),
    "nothing": (
        lambda: contrib.BatchReshape(contrib.Poisson(tf.placeholder(tf.float64, [None])), [0]),
        ValueError,
        ">=-1",
    ),
    "too_few": (
        lambda: contrib.BatchReshape(_normals(), [2, 3]).log_prob(np.zeros(3)),
        NotImplementedError,
        "at least 2, saw 1",
    ),
    "other_shape": (
        lambda: contrib.BatchReshape(_normals(), [2, 3]).log_prob(np.zeros([3, 2])),
        NotImplementedError,
        "unexpected batch and event shape",
    ),
    "integers": (lambda: contrib.auto_correlation([1, 2, 3]), TypeError, "float or complex"),
}


@pytest.mark.parametrize("name", _WRONG)
def test_wrong_arguments_are_told(name: str) -> None:
    call, error, text = _WRONG[name]
    with pytest.raises(error, match=text):
        call()


def test_a_batch_in_a_shape_that_is_fed_checks_it_in_the_step() -> None:
    sizes = tf.placeholder(tf.int32, [2])
    value = tf.placeholder(tf.float64, None)
    one = contrib.BatchReshape(_normals(), sizes, validate_args=True)
    mean, density = one.mean(), one.log_prob(value)
    with tf.Session() as session:
        np.testing.assert_allclose(
            session.run(mean, {sizes: [3, -1]}), np.arange(6.0).reshape(3, 2)
        )
        for wrong, text in (([2, 2], "sizes do not match"), ([-1, -1], "At most one|do not match")):
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(mean, {sizes: wrong})
        with pytest.raises(tf.errors.InvalidArgumentError, match="unexpected batch"):
            session.run(density, {sizes: [3, 2], value: np.zeros([2, 3])})
        with pytest.raises(tf.errors.InvalidArgumentError, match="too few"):
            session.run(density, {sizes: [3, 2], value: np.zeros(2)})


def test_a_stream_of_seeds_has_the_seeds_of_tensorflow() -> None:
    stream = contrib.SeedStream(3, "salt")
    first, second = stream(), stream()
    # SHA-512 of "(3, 1, 'salt')" and "(3, 2, 'salt')".
    assert (first % 10**12, second % 10**12) == (593758413599, 751547147953)
    assert contrib.SeedStream(stream, "other").original_seed == 3
    assert contrib.SeedStream(3, "other")() != first
    assert contrib.SeedStream(None, "salt")() is None
    assert stream.salt == "salt"
    drawn = [tf.random_normal([3], seed=first), tf.random_normal([3], seed=second)]
    assert not np.allclose(*_run(drawn))


@pytest.mark.parametrize("kind", ["real", "complex", "unknown_shape"])
def test_auto_correlation_is_the_mean_of_products(kind: str) -> None:
    x: Any = np.sin(np.arange(24.0) ** 1.3).reshape(2, 3, 4)
    if kind == "complex":
        x = x * (1 + 0.5j) ** np.arange(4)
    given = tf.placeholder_with_default(x, None) if kind == "unknown_shape" else x
    centred = np.moveaxis(x, 1, -1) - x.mean(1)[..., None]
    expected = np.stack(
        [
            (centred[..., lag:] * centred[..., : 3 - lag].conj()).mean(-1)
            for lag in range(3)
        ],
        -1,
    )  # fmt: skip
    plain = contrib.auto_correlation(given, axis=1, normalize=False, max_lags=9)
    np.testing.assert_allclose(_run(plain), np.moveaxis(expected, -1, 1), atol=1e-12)
    shares = contrib.auto_correlation(given, axis=1, max_lags=1)
    expected = (expected / expected[..., :1])[..., :2]
    np.testing.assert_allclose(_run(shares), np.moveaxis(expected, -1, 1), atol=1e-12)
    if kind != "unknown_shape":
        assert (plain.shape, shares.shape) == ((2, 3, 4), (2, 2, 4))
    uncentred = _run(contrib.auto_correlation(given, max_lags=0, center=False, normalize=False))
    np.testing.assert_allclose(uncentred[..., 0], (abs(x) ** 2).mean(-1))
