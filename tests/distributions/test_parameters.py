"""What distributions are made of: checks of parameters, triangles, weighted sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.distributions import arrangements, parameters


def value_of(tensor: Any, feed: dict[Any, Any] | None = None) -> Any:
    with tf.Session() as session:
        return session.run(tensor, feed)


def refuses(tensor: Any, text: str, feed: dict[Any, Any]) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        value_of(tensor, feed)


def test_logits_and_probabilities_follow_from_each_other() -> None:
    probs = np.array([0.2, 0.5, 0.9], np.float32)
    logits, same = value_of(parameters.get_logits_and_probs(probs=probs, validate_args=True))
    np.testing.assert_allclose(logits, np.log(probs / (1 - probs)), rtol=1e-5)
    np.testing.assert_array_equal(same, probs)
    _, back = value_of(parameters.get_logits_and_probs(logits=logits))
    np.testing.assert_allclose(back, probs, rtol=1e-5)
    classes = np.array([[0.3, 0.7]], np.float32)
    made = parameters.get_logits_and_probs(probs=classes, multidimensional=True, validate_args=True)
    np.testing.assert_allclose(value_of(made[0]), np.log(classes), rtol=1e-5)
    for given in ({}, {"probs": probs, "logits": logits}):
        with pytest.raises(ValueError, match="Must pass probs or logits, but not both"):
            parameters.get_logits_and_probs(**given)
    with pytest.raises(TypeError, match="floating"):
        parameters.get_logits_and_probs(probs=[1, 0])


def test_probabilities_are_checked_in_the_step() -> None:
    fed = tf.placeholder(tf.float32)
    _, one = parameters.get_logits_and_probs(probs=fed, validate_args=True)
    refuses(one, "greater than 1", {fed: [0.5, 2.0]})
    refuses(one, "x >= 0", {fed: [0.5, -1.0]})
    _, many = parameters.get_logits_and_probs(probs=fed, multidimensional=True, validate_args=True)
    refuses(many, "does not sum to 1", {fed: [0.5, 0.7]})


def test_classes_are_at_least_two_and_can_be_counted() -> None:
    check = parameters.embed_check_categorical_event_shape
    for size, text in ((1, "at least 2 events"), (2**11 + 1, "exceeds `dtype` precision")):
        with pytest.raises(ValueError, match=text):
            check(tf.ones([size], tf.float16))
        fed = tf.placeholder(tf.float16)
        refuses(check(fed), text, {fed: np.ones([size])})
    with pytest.raises(ValueError, match="at least 1 dimension"):
        check(1.0)
    with pytest.raises(TypeError, match="unrecognized dtype"):
        check(tf.constant([1, 2]))


def test_numbers_must_not_change_when_they_are_cast() -> None:
    check = parameters.embed_check_integer_casting_closed
    halves, wide = tf.placeholder(tf.float16), tf.placeholder(tf.int32)
    refuses(check(halves, tf.int16), "must be non-negative", {halves: [1, -1]})
    refuses(check(halves, tf.int16), "must be int16-equivalent", {halves: [1, 1.5]})
    refuses(check(wide, tf.int16), "cannot exceed 32767", {wide: [1, 2**15]})
    refuses(check(wide, tf.uint16, assert_nonnegative=False), "smaller than 0", {wide: [1, -1]})
    assert value_of(check(wide, tf.int16), {wide: [7]}).tolist() == [7]
    with pytest.raises(TypeError, match="must be integer-type"):
        check(halves, tf.float32)


def test_whole_numbers_and_symmetric_matrices() -> None:
    fed = tf.placeholder(tf.float32)
    refuses(parameters.assert_integer_form(fed), "non-integer components", {fed: [1.5]})
    refuses(parameters.embed_check_nonnegative_integer_form(fed), "fractional", {fed: [1.0, 0.5]})
    assert parameters.assert_integer_form(tf.constant(1)).type == "NoOp"
    refuses(parameters.assert_symmetric(fed), "x == y", {fed: [[1.0, 2.0], [0.0, 1.0]]})


def test_values_that_are_known() -> None:
    assert parameters.maybe_get_static_value(2, np.float64) == 2.0
    assert parameters.maybe_get_static_value(tf.constant(3)) == 3
    assert parameters.maybe_get_static_value(tf.placeholder(tf.int32)) is None
    assert parameters.gen_new_seed(None, "salt") is None
    assert parameters.gen_new_seed(1, "salt") == parameters.gen_new_seed(1, "salt")
    assert parameters.gen_new_seed(1, "salt") != parameters.gen_new_seed(1, "pepper")
    choose = value_of(parameters.log_combinations(5.0, [2.0, 3.0]))
    assert choose == pytest.approx(np.log(10), rel=1e-5)

    def function(a: int, b: int = 2, **others: int) -> dict[str, Any]:
        return parameters.parent_frame_arguments()

    assert function(1, c=3) == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("is_static", [True, False])
@pytest.mark.parametrize("upper", [True, False])
def test_triangles_are_filled_and_emptied(upper: bool, is_static: bool) -> None:
    numbers = np.arange(1.0, 13).reshape(2, 6)
    given = tf.constant(numbers) if is_static else tf.placeholder_with_default(numbers, None)
    made = arrangements.fill_triangular(given, upper=upper)
    expected = [[1, 2, 3], [0, 5, 6], [0, 0, 4]] if upper else [[4, 0, 0], [6, 5, 0], [3, 2, 1]]
    assert value_of(made)[0].tolist() == expected
    assert value_of(arrangements.fill_triangular_inverse(made, upper)).tolist() == numbers.tolist()
    if is_static:
        assert made.shape.as_list() == [2, 3, 3]
        with pytest.raises(ValueError, match="does not correspond to a triangular matrix"):
            arrangements.fill_triangular([1.0, 2.0])


@pytest.mark.parametrize("shift", [-4, -1, 0, 1, 2, 3])
def test_dimensions_are_rotated(shift: int) -> None:
    x = np.zeros([2, 3, 4, 5])
    expected = np.transpose(x, np.roll(np.arange(4), shift)).shape
    assert arrangements.rotate_transpose(x, shift).shape.as_list() == list(expected)
    fed = tf.placeholder(tf.float64)
    made = arrangements.rotate_transpose(fed, tf.placeholder_with_default(shift, []))
    assert value_of(made, {fed: x}).shape == expected


def test_one_of_two_vectors() -> None:
    condition = tf.placeholder(tf.bool, [])
    made = arrangements.pick_vector(condition, tf.range(3), tf.range(3, 7))
    assert value_of(made, {condition: True}).tolist() == [0, 1, 2]
    assert value_of(made, {condition: False}).tolist() == [3, 4, 5, 6]
    assert arrangements.pick_vector(True, "yes", "no") == "yes"
    with pytest.raises(TypeError, match="which is not"):
        arrangements.pick_vector(1, [1], [2])


def test_weighted_sums_of_exponentials() -> None:
    x, w = np.array([[100.0, 101.0], [-1.0, 2.0]]), np.array([[1.0, -2.0], [0.5, 3.0]])
    made, signs = value_of(arrangements.reduce_weighted_logsumexp(x, w, axis=1, return_sign=True))
    sums = np.sum(w * np.exp(x), 1)
    np.testing.assert_allclose(made, np.log(np.abs(sums)))
    assert signs.tolist() == [-1.0, 1.0]
    plain = value_of(arrangements.reduce_weighted_logsumexp(x, axis=1))
    np.testing.assert_allclose(plain, np.log(np.sum(np.exp(x), 1)))


def test_the_inverse_of_softplus_is_exact_at_both_ends() -> None:
    x = np.array([1e-20, 1e-3, 1.0, 30.0, 1e5])
    made = value_of(tf.nn.softplus(arrangements.softplus_inverse(x)))
    np.testing.assert_allclose(made, x, rtol=1e-9)


def test_diagonals_and_padding() -> None:
    made = value_of(arrangements.tridiag([1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0]))
    assert made.tolist() == [[3, 6, 0], [1, 4, 7], [0, 2, 5]]
    with pytest.raises(ValueError, match="at least one"):
        arrangements.tridiag()
    matrix = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    doubled = arrangements.matrix_diag_transform(matrix, lambda diagonal: 2 * diagonal)
    assert value_of(doubled).tolist() == [[2, 2], [3, 8]]
    padded = arrangements.pad(matrix, axis=-1, front=True, back=True, value=9, count=2)
    assert padded.shape.as_list() == [2, 6]
    assert value_of(padded)[0].tolist() == [9, 9, 1, 2, 9, 9]
    with pytest.raises(ValueError, match="At least one of"):
        arrangements.pad([1], axis=0)


def test_shapes_are_known_where_they_can_be() -> None:
    unknown = tf.placeholder(tf.int32)
    together = arrangements.prefer_static_broadcast_shape
    assert together(tf.TensorShape([2, 1]), [3]).as_list() == [2, 3]
    assert value_of(together([2, 1], unknown), {unknown: [3]}).tolist() == [2, 3]
    with pytest.raises(ValueError, match="partially defined"):
        together(tf.TensorShape([None]), unknown)
    assert arrangements.prefer_static_rank(tf.ones([2, 3])) == 2
    assert arrangements.prefer_static_shape(tf.ones([2, 3])).tolist() == [2, 3]
    assert arrangements.dimension_size(tf.ones([2, 3]), -1) == 3
    fed = tf.placeholder(tf.float32)
    same = arrangements.same_dynamic_shape(fed, tf.ones([2]))
    assert value_of(same, {fed: [1, 2]})
    assert not value_of(same, {fed: [[1, 2]]})
