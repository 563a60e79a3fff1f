"""Side effects of tensors that a graph has already."""

import pytest

import tensormill as tf
from tensormill.tensorflow_modules.subscriptions import subscribe


def _noting(seen: list[float]):
    def note(value):
        seen.append(float(value))
        return value

    return lambda tensor: tf.py_func(note, [tensor], [tensor.dtype])


def test_what_uses_a_tensor_waits_for_its_side_effects() -> None:
    total = tf.constant(1.0) + tf.constant(2.0)
    with tf.control_dependencies([total]):
        after = tf.constant(42)
    used = -total
    seen: list[float] = []
    replaced = subscribe(total, _noting(seen))
    assert used.op.inputs[0] is replaced
    assert after.op.control_inputs == [replaced.op]
    with tf.Session() as session:
        assert session.run(used) == -3.0
        assert seen == [3.0]
        assert session.run(after) == 42
        assert seen == [3.0, 3.0]


def test_more_side_effects_join_those_that_there_are() -> None:
    x = tf.constant(5.0)
    used = tf.square(x)
    first: list[float] = []
    second: list[float] = []
    replaced = subscribe(x, _noting(first))
    assert subscribe(x, _noting(second)) is replaced
    assert subscribe({"a": [replaced]}, lambda tensor: tf.no_op()) == {"a": [replaced]}
    with tf.Session() as session:
        assert session.run(used) == 25.0
    assert (first, second) == ([5.0], [5.0])


def test_only_tensors_can_be_subscribed_to() -> None:
    with pytest.raises(TypeError, match="has invalid type"):
        subscribe("x:0", lambda tensor: [])
