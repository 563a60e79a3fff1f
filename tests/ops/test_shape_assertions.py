"""`tf.debugging.assert_shapes`, and what slices and sparse values say of themselves."""

from __future__ import annotations

import re

import numpy as np
import pytest

import tensormill as tf


def test_sizes_of_one_name_must_agree_when_the_graph_is_built() -> None:
    x, y = tf.ones([2, 3]), tf.ones([3, 4])
    assert tf.debugging.assert_shapes([(x, ("n", "q")), (y, ("q", 4))]).type == "NoOp"
    wrong = re.escape(
        "hear.  Specified by tensor ones:0 dimension 0.  Tensor ones_1:0 dimension 0 must have "
        "size 2.  Received size 3, shape (3, 4)"
    )
    with pytest.raises(ValueError, match=wrong):
        tf.debugging.assert_shapes([(x, ("n", "q")), (y, ("n", "."))], message="hear")
    with pytest.raises(ValueError, match=r"Specified explicitly.*must have size 5"):
        tf.debugging.assert_shapes({x: (None, 5)})
    with pytest.raises(ValueError, match="must have rank 3"):
        tf.debugging.assert_shapes([(x, "abc")])
    with pytest.raises(ValueError, match="only allowed as the first entry"):
        tf.debugging.assert_shapes([(x, ("n", "*"))])
    with pytest.raises(ValueError, match="must be an iterable"):
        tf.debugging.assert_shapes([(x, 2)])


def test_outer_dimensions_and_scalars_fit_as_they_may() -> None:
    x = tf.ones([5, 2, 3])
    tf.debugging.assert_shapes([(x, (..., 2, 3)), (x, ("*", "d")), (tf.constant(1.0), ())])
    with pytest.raises(ValueError, match="dimension -1 must have size 2"):
        tf.debugging.assert_shapes([(x, (..., 2))])


def test_sizes_that_are_not_known_are_compared_in_the_step() -> None:
    x, y = tf.placeholder(tf.float32, [None, 2]), tf.placeholder(tf.float32)
    with tf.control_dependencies([tf.debugging.assert_shapes([(x, ("n", 2)), (y, ("n",))])]):
        passed = tf.identity(x)
    with tf.Session() as session:
        value = np.ones([3, 2], np.float32)
        np.testing.assert_array_equal(session.run(passed, {x: value, y: [1, 2, 3]}), value)
        with pytest.raises(tf.errors.InvalidArgumentError, match="Specified by tensor"):
            session.run(passed, {x: value, y: [1, 2]})
        with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
            session.run(passed, {x: value, y: [[1, 2, 3]]})


def test_only_slices_of_variables_can_be_assigned_to() -> None:
    with pytest.raises(ValueError, match="Sliced assignment is only supported for variables"):
        tf.constant([1, 2, 3])[:2].assign([4, 5])
    reference = tf.Variable([1, 2], use_resource=False)
    with pytest.raises(TypeError, match="int8 that does not match type int32"):
        reference[:].assign(tf.constant([3, 4], tf.int8))
    with pytest.raises(ValueError, match="requested dtype int32"):
        tf.Variable([1, 2], use_resource=True)[:].assign(tf.constant([3, 4], tf.int8))


def test_a_sparse_value_has_the_shape_that_it_says() -> None:
    value = tf.SparseTensorValue(((0, 1), (1, 0)), (42, 24), (2, 3))
    with tf.Session() as session:
        shape, size, rank = session.run([tf.shape(value), tf.size(value), tf.rank(value)])
    assert (shape.tolist(), size, rank) == ([2, 3], 6, 2)


@pytest.mark.usefixtures("no_gpu")
def test_a_resource_is_no_constant() -> None:
    variable = tf.Variable(1.0, use_resource=True)
    with tf.Session() as session:
        session.run(variable.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="cannot be a resource variable"):
            session.run(tf.guarantee_const(variable.handle))


def test_numbers_are_not_cast_to_strings() -> None:
    with (
        tf.Session() as session,
        pytest.raises(tf.errors.UnimplementedError, match="Cast int64 to string is not supported"),
    ):
        session.run(tf.cast(np.arange(3), tf.string))


def test_a_list_of_a_given_dtype_that_is_no_rectangle_is_refused_in_the_words_of_numpy() -> None:
    with pytest.raises(ValueError, match="setting an array element with a sequence"):
        tf.constant([[1, 2], [3]], dtype=tf.int32)
    with pytest.raises(ValueError, match="must be a dense tensor"):
        tf.constant([[1, 2], [3]])
