"""The checks of bijectors pass for sound ones, and fail for others."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributions import bijectors
from tensormill.unittesting import bijector_checks


class WrongJacobian(bijectors.Exp):
    """The exponential, with the Jacobian of another function."""

    def _forward_log_det_jacobian(self, x):
        return 2.0 * x


class Folded(bijectors.Bijector):
    """A square, of which the sign is lost."""

    def __init__(self):
        super().__init__(forward_min_event_ndims=0, validate_args=False, name="folded")

    def _forward(self, x):
        return tf.square(x)

    def _inverse(self, y):
        return tf.sqrt(y)

    def _inverse_log_det_jacobian(self, y):
        return -tf.log(2.0 * tf.sqrt(y))


@pytest.mark.parametrize("bijector", [bijectors.Exp, bijectors.Softplus, bijectors.Sigmoid])
def test_sound_bijectors_are_congruent(bijector) -> None:
    with tf.Session():
        bijector_checks.assert_scalar_congruency(bijector(), -2.0, 2.0, rtol=0.05)


def test_a_decreasing_bijector_is_congruent() -> None:
    with tf.Session():
        down = bijectors.AffineScalar(scale=-2.0)
        bijector_checks.assert_scalar_congruency(down, 0.0, 1.0)


def test_a_bijector_that_folds_is_refused() -> None:
    with tf.Session(), pytest.raises(AssertionError):
        bijector_checks.assert_scalar_congruency(Folded(), -1.0, 2.0)


def test_values_and_jacobians_are_compared() -> None:
    x = np.float32([-1.0, 0.5, 2.0])
    with tf.Session() as session:
        bijector_checks.assert_bijective_and_finite(
            bijectors.Exp(), x, np.exp(x), event_ndims=0, rtol=1e-4
        )
        with pytest.raises(AssertionError, match="Jacobian"):
            bijector_checks.assert_bijective_and_finite(
                WrongJacobian(), x, np.exp(x), event_ndims=0, rtol=1e-4, sess=session
            )


def test_infinity_is_found() -> None:
    x = np.float32([0.0, 1000.0])
    with tf.Session(), pytest.raises(AssertionError, match="not all finite"):
        bijector_checks.assert_bijective_and_finite(
            bijectors.Exp(), x, np.float32([1.0, 2.0]), event_ndims=0
        )
