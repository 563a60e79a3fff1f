"""`tf.test.compute_gradient`: symbolic and numeric derivatives beside each other."""

import numpy as np
import pytest

import tensormill.api as tf


@pytest.fixture(autouse=True)
def session():
    with tf.Session() as session:
        yield session


def test_derivative_of_a_product_is_the_matrix():
    x = tf.constant([[1.0, 2.0]], tf.float64)
    y = tf.matmul(x, np.float64([[1, 2, 3], [4, 5, 6]]))
    symbolic, numeric = tf.test.compute_gradient(x, [1, 2], y, [1, 3])
    np.testing.assert_allclose(symbolic, [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_allclose(numeric, symbolic, rtol=1e-6)


def test_error_of_a_right_gradient_is_small_and_of_a_wrong_one_large():
    x = tf.constant(np.linspace(-1, 1, 6).reshape(2, 3))
    assert tf.test.compute_gradient_error(x, [2, 3], tf.tanh(x), [2, 3]) < 1e-6
    wrong = tf.tanh(x) + tf.stop_gradient(x)
    assert tf.test.compute_gradient_error(x, [2, 3], wrong, [2, 3]) == pytest.approx(1, rel=1e-6)


def test_several_sources_give_a_pair_each():
    x, y = tf.constant([2.0, 3.0]), tf.constant([5.0])
    pairs = tf.test.compute_gradient(
        [x, y], [[2], [1]], x * y, [2], x_init_value=[np.float32([2, 3]), np.float32([5])]
    )
    np.testing.assert_allclose(pairs[0][0], [[5, 0], [0, 5]])
    np.testing.assert_allclose(pairs[1][0], [[2, 3]])
    np.testing.assert_allclose(pairs[1][1], [[2, 3]], rtol=1e-3)


def test_a_complex_number_counts_as_two_real_ones():
    x = tf.constant([1 + 2j], tf.complex128)
    symbolic, numeric = tf.test.compute_gradient(x, [1], tf.conj(x), [1])
    np.testing.assert_allclose(symbolic, [[1, 0], [0, -1]])
    np.testing.assert_allclose(numeric, symbolic, rtol=1e-6)


def test_slices_are_scattered():
    table = tf.constant(np.arange(6.0).reshape(3, 2))
    rows = tf.gather(table, [2, 2])
    assert tf.test.compute_gradient_error(table, [3, 2], rows, [2, 2]) < 1e-6


def test_an_empty_output_has_no_error():
    x = tf.constant([1.0, 2.0])
    assert tf.test.compute_gradient_error(x, [2], x[:0], [0]) == 0.0


def test_feeds_and_initial_targets_are_used():
    variable = tf.Variable(3.0)
    factor = tf.placeholder(tf.float32, [])
    x = tf.constant([1.0])
    symbolic, _ = tf.test.compute_gradient(
        x, [1], x * factor * variable, [1],
        init_targets=variable.initializer, extra_feed_dict={factor: 2.0},
    )  # fmt: skip
    assert symbolic.tolist() == [[6.0]]


def test_integers_and_wrong_points_are_refused():
    x = tf.constant([1.0])
    with pytest.raises(ValueError, match="x_init_value has shape"):
        tf.test.compute_gradient(x, [1], x * 2, [1], x_init_value=np.float32([1, 2]))
    number = tf.constant([1])
    with pytest.raises(TypeError, match="Cannot compute gradient for x of type int32"):
        tf.test.compute_gradient(number, [1], tf.cast(number, tf.float32), [1])


def test_the_gradient_of_a_function_for_each_of_its_arguments():
    from tensormill.python.ops import gradient_checker_v2

    symbolic, numeric = gradient_checker_v2.compute_gradient(
        lambda x, y: x * x * y, [np.float64([1, 2]), np.float64([3, 4])]
    )
    np.testing.assert_allclose(symbolic[0], [[6, 0], [0, 16]])
    np.testing.assert_allclose(symbolic[1], [[1, 0], [0, 4]])
    assert gradient_checker_v2.max_error(symbolic, numeric) < 1e-6
    wrong = gradient_checker_v2.compute_gradient(
        lambda x: x + tf.stop_gradient(x), [tf.constant([1.0])]
    )
    assert gradient_checker_v2.max_error(*wrong) == pytest.approx(1, rel=1e-2)
    with pytest.raises(ValueError, match="must be a list"):
        gradient_checker_v2.compute_gradient(tf.square, 1.0)
    with pytest.raises(TypeError, match="Cannot compute gradient for x of type int32"):
        gradient_checker_v2.compute_gradient(lambda x: tf.cast(x, tf.float32), [1])
