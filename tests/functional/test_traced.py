"""Python functions whose side effects happen when their results are computed."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.functional.traced import traced


def test_results_wait_for_the_effects() -> None:
    variable = tf.get_variable("v", initializer=1.0, use_resource=True)

    @traced
    def grow(by):
        variable.assign_add(by)
        variable.assign(variable.read_value() * 10.0)
        return variable.read_value()

    result = grow(2.0)
    with tf.Session() as session:
        session.run(variable.initializer)
        assert session.run(result) == 30.0
        assert session.run(variable) == 30.0


def test_a_function_without_results_is_an_operation() -> None:
    variable = tf.Variable([1.0], use_resource=False)

    @traced(input_signature=None)
    def grow(value):
        variable.assign_add(value)

    done = grow(np.float32([4.0]))
    assert isinstance(done, tf.Operation)
    with tf.Session() as session:
        session.run(variable.initializer)
        session.run(done)
        assert session.run(variable).tolist() == [5.0]


def test_structures_come_back_and_gradients_go_through() -> None:
    class Model:
        @traced
        def call(self, x):
            return {"square": x * x, "slices": tf.IndexedSlices(x, tf.constant([0])), "none": None}

    x = tf.constant([3.0])
    result = Model().call(x)
    (gradient,) = tf.gradients(result["square"], x)
    assert result["none"] is None
    with tf.Session() as session:
        assert session.run(gradient).tolist() == [6.0]
        assert session.run(result["slices"]).values.tolist() == [3.0]


def test_effects_without_a_state_happen_in_the_order_of_the_program() -> None:
    seen: list[int] = []

    def note(number):
        seen.append(int(number))
        return number

    @traced
    def tell():
        for number in range(3):
            tf.py_func(note, [number], tf.int32)
        return tf.constant(7)

    with tf.Session() as session:
        assert session.run(tell()) == 7
    assert seen == [0, 1, 2]


def test_within_only_the_signature_is_known_of_the_arguments() -> None:
    seen = []

    @traced(input_signature=[tf.TensorSpec(None, tf.float32), tf.TensorSpec([None], tf.int32)])
    def scale(x, by=(2,)):
        seen.append((x.shape.ndims, by.shape.as_list()))
        return x * tf.cast(by, tf.float32)

    x = tf.constant([1.0, 3.0])
    scaled = scale(x)
    (gradient,) = tf.gradients(scaled, x)
    with tf.Session() as session:
        assert session.run(scaled).tolist() == [2.0, 6.0]
        assert session.run(gradient).tolist() == [2.0, 2.0]
        assert session.run(scale(5.0, by=[1, 2])).tolist() == [5.0, 10.0]
    assert seen == [(None, [None])] * 2


def test_arguments_that_the_signature_does_not_describe() -> None:
    @traced(input_signature=[[tf.TensorSpec([None]), tf.TensorSpec([])]])
    def added(pair, name="of no signature"):
        return pair[0] + pair[1]

    with tf.Session() as session:
        assert session.run(added([[1.0], 2.0])).tolist() == [3.0]
    with pytest.raises(TypeError, match="only pass arguments covered by it"):
        added([[1.0], 2.0], name="other")
    for wrong in ([1.0, 2.0], [[1.0]], [[1.0], tf.constant(2)], 3.0):
        with pytest.raises(ValueError, match="incompatible with input_signature"):
            added(wrong)
