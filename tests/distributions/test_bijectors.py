"""Bijectors: they can be inverted, and stretch volumes as their derivatives say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill as tf

_X = np.float32([[0.2, 0.7, 0.4], [0.1, 0.5, 0.9]])
_TRIL = np.float32([[1, 0, 0], [0.5, 2, 0], [0.3, -0.2, 1.5]])


def _run(values: Any) -> Any:
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(values)


def _network(values: Any, *_: Any) -> tuple[Any, Any]:
    """Return shifts and factors that depend on the entries before each."""
    weights = np.triu(np.full((3, 3), 0.3, np.float32), 1)
    return tf.matmul(values, weights), tf.matmul(values, -weights)


def _coupling(kept: Any, count: int) -> tuple[Any, Any]:
    """Return shifts and factors of the entries that do not stay."""
    return kept * np.ones(count, np.float32), kept * np.full(count, 0.5, np.float32)


_MAPS: dict[str, tuple[Callable[[Any], Any], np.ndarray, int]] = {
    "identity": (lambda b: b.Identity(), _X, 1),
    "exp": (lambda b: b.Exp(), _X, 1),
    "sigmoid": (lambda b: b.Sigmoid(), _X, 1),
    "softplus": (lambda b: b.Softplus(), _X, 1),
    "soft hinge": (lambda b: b.Softplus(hinge_softness=2.0), _X, 1),
    "softsign": (lambda b: b.Softsign(), _X, 1),
    "square": (lambda b: b.Square(), _X, 1),
    "affine scalar": (lambda b: b.AffineScalar(1.0, 2.0), _X, 1),
    "power": (lambda b: b.PowerTransform(0.5), _X, 1),
    "gumbel": (lambda b: b.Gumbel(0.1, 2.0), _X, 1),
    "weibull": (lambda b: b.Weibull(2.0, 1.5), _X, 1),
    "kumaraswamy": (lambda b: b.Kumaraswamy(2.0, 3.0), _X, 1),
    "sinh arcsinh": (lambda b: b.SinhArcsinh(0.1, 1.5), _X, 1),
    "affine number": (lambda b: b.Affine([1.0, 2.0, 3.0], 2.0), _X, 1),
    "affine triangle": (lambda b: b.Affine([1.0, 2.0, 3.0], 1.0, scale_tril=_TRIL), _X, 1),
    "affine update": (
        lambda b: b.Affine(scale_diag=[1.0, 2.0, 3.0], scale_perturb_factor=[[0.1], [0.2], [0.3]]),
        _X,
        1,
    ),
    "chain": (lambda b: b.Chain([b.Exp(), b.Affine(scale_tril=_TRIL)]), _X, 1),
    "inverted": (lambda b: b.Invert(b.Exp()), _X, 1),
    "permuted": (lambda b: b.Permute([2, 0, 1]), _X, 1),
    "inline": (
        lambda b: b.Inline(
            tf.exp, tf.log, inverse_log_det_jacobian_fn=lambda y: -tf.log(y),
            forward_min_event_ndims=0,
        ),
        _X,
        1,
    ),
    "autoregressive": (lambda b: b.MaskedAutoregressiveFlow(_network), _X, 1),
    "unrolled": (lambda b: b.MaskedAutoregressiveFlow(_network, unroll_loop=True), _X, 1),
    "real nvp": (
        lambda b: b.RealNVP(1, _coupling),
        _X,
        1,
    ),
    "ordered": (lambda b: b.Ordered(), np.sort(_X), 1),
}  # fmt: skip


@pytest.mark.parametrize("name", _MAPS)
def test_a_bijector_is_inverted_and_stretches_as_its_derivative_says(name: str) -> None:
    make, x, ndims = _MAPS[name]
    bijector = make(tf.contrib.distributions.bijectors)
    given = tf.constant(x)
    y = bijector.forward(given)
    assert y.shape.as_list() == list(x.shape)
    # Other tensors, so that nothing of what is known of `y` is taken.
    back = bijector.inverse(tf.identity(y))
    forth = bijector.forward_log_det_jacobian(tf.identity(given), event_ndims=ndims)
    inverse = bijector.inverse_log_det_jacobian(tf.identity(y), event_ndims=ndims)
    jacobian = tf.stack([tf.gradients(y[:, i], given)[0] for i in range(3)], 1)
    values = _run([back, forth + tf.zeros([2]), inverse + tf.zeros([2]), jacobian])
    np.testing.assert_allclose(values[0], x, rtol=1e-4, atol=1e-5)
    _, expected = np.linalg.slogdet(values[3].astype(np.float64))
    np.testing.assert_allclose(values[1], expected, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values[2], -expected, rtol=1e-3, atol=1e-4)


def test_what_was_mapped_is_not_inverted_again() -> None:
    bijector = tf.contrib.distributions.bijectors.Exp()
    x = tf.constant(_X)
    y = bijector.forward(x)
    assert bijector.inverse(y) is x
    assert bijector.forward(x) is y


def test_magnitudes_have_two_inverses() -> None:
    d = tf.contrib.distributions
    bijector = d.bijectors.AbsoluteValue()
    below, above = _run(bijector.inverse(tf.constant([0.5, 2.0])))
    np.testing.assert_array_equal(below, [-0.5, -2])
    np.testing.assert_array_equal(above, [0.5, 2])
    folded = d.TransformedDistribution(d.Normal(0.3, 1.0), bijector)
    normal = d.Normal(0.3, 1.0)
    x = tf.constant([0.5, 2.0])
    prob, log_prob, expected = _run(
        [folded.prob(x), folded.log_prob(x), normal.prob(x) + normal.prob(-x)]
    )
    np.testing.assert_allclose(prob, expected, rtol=1e-5)
    np.testing.assert_allclose(np.exp(log_prob), expected, rtol=1e-5)
    with pytest.raises(NotImplementedError, match="non-injective"):
        bijector.forward_log_det_jacobian(x, event_ndims=0)


def test_vectors_become_triangles_and_simplices() -> None:
    b = tf.contrib.distributions.bijectors
    numbers = tf.constant(np.float32([1, 2, 3, 4, 5, 6]))
    triangle = b.FillTriangular()
    scale = b.ScaleTriL(diag_bijector=b.Exp(), diag_shift=None)
    centered = b.SoftmaxCentered()
    made = [
        triangle.forward(numbers),
        triangle.inverse(tf.identity(triangle.forward(numbers))),
        tf.linalg.diag_part(scale.forward(numbers)),
        centered.forward(tf.constant([0.2, 0.7])),
        centered.inverse(tf.constant([0.2, 0.3, 0.5])),
        b.CholeskyOuterProduct().forward(tf.constant(_TRIL)),
        b.MatrixInverseTriL().forward(tf.constant(_TRIL)),
        b.Reshape([2, 3], [6]).forward(tf.stack([numbers, numbers])),
    ]
    values = _run(made)
    np.testing.assert_array_equal(values[0], [[4, 0, 0], [6, 5, 0], [3, 2, 1]])
    np.testing.assert_array_equal(values[1], [1, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(values[2], np.exp([4, 5, 1]), rtol=1e-5)
    shares = np.exp([0.2, 0.7, 0])
    np.testing.assert_allclose(values[3], shares / shares.sum(), rtol=1e-5)
    np.testing.assert_allclose(values[4], np.log([0.4, 0.6]), rtol=1e-5)
    np.testing.assert_allclose(values[5], _TRIL @ _TRIL.T, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(values[6], np.linalg.inv(_TRIL), rtol=1e-5, atol=1e-6)
    assert values[7].shape == (2, 2, 3)
    assert triangle.forward_event_shape([6]).as_list() == [3, 3]
    assert centered.inverse_event_shape([3]).as_list() == [2]


def test_the_default_networks_of_flows_make_variables_once() -> None:
    b = tf.contrib.distributions.bijectors
    x = tf.constant(_X)
    flow = b.MaskedAutoregressiveFlow(b.masked_autoregressive_default_template([6, 6]))
    y = flow.forward(x)
    same = tf.identity(y)
    back = flow.inverse(same)
    stretch = flow.inverse_log_det_jacobian(same, event_ndims=1)
    names = [v.op.name.split("/", 1)[1] for v in tf.trainable_variables()]
    assert names == [
        "dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias",
        "dense_2/kernel", "dense_2/bias",
    ]  # fmt: skip
    jacobian = tf.stack([tf.gradients(back[:, i], same)[0] for i in range(3)], 1)
    values = _run([back, stretch, jacobian])
    np.testing.assert_allclose(values[0], _X, rtol=1e-3, atol=1e-4)
    # What an entry becomes does not depend on those behind it.
    np.testing.assert_allclose(np.triu(values[2], 1), np.zeros((2, 3, 3)), atol=1e-6)
    _, expected = np.linalg.slogdet(values[2].astype(np.float64))
    np.testing.assert_allclose(values[1], expected, rtol=1e-3, atol=1e-4)


def test_the_inverse_of_batch_normalization_normalizes() -> None:
    bijector = tf.contrib.distributions.bijectors.BatchNormalization()
    y = tf.constant(np.random.RandomState(0).rand(50, 3).astype(np.float32) * 5)
    normal = bijector.inverse(y)
    stretch = bijector.inverse_log_det_jacobian(tf.identity(y), event_ndims=1)
    values, volume, given = _run([normal, stretch, y])
    np.testing.assert_allclose(values.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(values.std(0), 1, atol=1e-2)
    np.testing.assert_allclose(volume, -0.5 * np.log(given.var(0) + 1e-3).sum(), rtol=1e-3)


def test_numbers_drawn_left_of_a_batch_become_events() -> None:
    d = tf.contrib.distributions
    made = d.TransformedDistribution(
        d.Normal(0.0, [1.0, 2.0]), d.bijectors.Affine([1.0, 2.0, 3.0], 2.0), event_shape=[3]
    )
    assert (made.batch_shape.as_list(), made.event_shape.as_list()) == ([2], [3])
    assert made.sample([4, 5]).shape.as_list() == [4, 5, 2, 3]
    expected = [
        d.MultivariateNormalDiag([1.0, 2.0, 3.0], scale_identity_multiplier=scale).log_prob(_X[0])
        for scale in (2.0, 4.0)
    ]
    got, wanted = _run([made.log_prob(np.stack([_X[0], _X[0]])), expected])
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_wrong_arguments_are_refused() -> None:
    b = tf.contrib.distributions.bijectors
    for make, error, text in (
        (lambda: b.Permute([0, 0, 1]), ValueError, "exactly one of each"),
        (lambda: b.Permute([0.5]), TypeError, "`int`-like"),
        (lambda: b.PowerTransform(-1.0), ValueError, "non-negative"),
        (lambda: b.Chain([b.AbsoluteValue()]), NotImplementedError, "non-injective"),
        (lambda: b.Ordered().forward_log_det_jacobian(_X, 0), ValueError, "must be larger than"),
        (lambda: b.Affine(scale_perturb_diag=[1.0]), ValueError, "scale_perturb_factor"),
        (lambda: b.RealNVP(0, _network), ValueError, "positive integer"),
    ):
        with pytest.raises(error, match=text):
            make()
