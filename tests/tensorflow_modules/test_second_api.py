"""`tf.compat.v2` has TensorFlow 2's names and signatures, over the graph."""

import pytest

import tensormill as tf
from tensormill.python.util import tf_inspect
from tensormill.tensorflow_modules.second_names import OTHERS, TOP_NAMES

# What tensormill has in no other place either.
LACKING = {
    "OptionalSpec", "TensorArraySpec",
    "debugging.assert_all_finite", "experimental", "lite",
    "load_library", "load_op_library", "nn.RNNCellDeviceWrapper", "nn.RNNCellDropoutWrapper",
    "nn.RNNCellResidualWrapper", "saved_model.load", "tpu",
}  # fmt: skip


def value_at(path: str) -> object:
    value: object = tf.compat.v2
    for part in path.split("."):
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("path", sorted({*TOP_NAMES, *OTHERS} - LACKING))
def test_each_name_is_there(path: str) -> None:
    assert value_at(path) is not None or path == "newaxis"


@pytest.mark.parametrize("path", sorted(LACKING))
def test_what_is_said_to_be_lacking_is(path: str) -> None:
    with pytest.raises(AttributeError):
        value_at(path)


def test_namespaces_can_be_imported() -> None:
    from tensormill.compat.v2 import nn
    from tensormill.compat.v2.math import argmax

    assert nn.relu is tf.nn.relu
    assert argmax is tf.compat.v2.argmax


def test_names_of_tensorflow_1_alone_are_missing() -> None:
    assert not hasattr(tf.compat.v2, "placeholder")
    assert "placeholder" not in dir(tf.compat.v2)
    assert "argmax" in dir(tf.compat.v2)


@pytest.mark.parametrize(
    ("path", "args", "defaults"),
    [
        ("reduce_sum", "input_tensor axis keepdims name", (None, False, None)),
        ("zeros_like", "input dtype name", (None, None)),
        ("shape", "input out_type name", (tf.int32, None)),
        ("cond", "pred true_fn false_fn name", (None, None, None)),
        ("nn.dropout", "x rate noise_shape seed name", (None, None, None, None)),
        ("argmax", "input axis output_type name", (None, tf.int64, None)),
    ],
)
def test_signatures_are_those_of_tensorflow_2(
    path: str, args: str, defaults: tuple[object, ...]
) -> None:
    spec = tf_inspect.getfullargspec(value_at(path))
    assert spec.args == args.split()
    assert spec.defaults == defaults


def test_functions_of_tensorflow_2_compute() -> None:
    v2 = tf.compat.v2
    x = tf.constant([[1.0, 2.0], [4.0, 3.0]])
    total = v2.while_loop(lambda i, s: i < 3, lambda i, s: (i + 1, s + 2), [0, 1])
    with tf.Session() as session:
        assert session.run(v2.argmax(x, 1)).tolist() == [1, 0]
        assert session.run(v2.reduce_sum(x, 1, True)).tolist() == [[3.0], [7.0]]
        assert session.run(v2.cond(tf.constant(True), lambda: 1, lambda: 2)) == 1
        assert session.run(list(total)) == [3, 7]


def test_an_initializer_of_tensorflow_2_makes_a_value_of_a_shape() -> None:
    with tf.Session() as session:
        assert session.run(tf.compat.v2.ones_initializer()([2])).tolist() == [1.0, 1.0]
