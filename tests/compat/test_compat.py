"""`tf.compat`, `tf.raw_ops`, and the names of the public API."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import tensormill as tf
from tensormill.namespaces.tensorflow_names import missing_name_message


def test_compat_v1_is_the_same_namespace() -> None:
    assert importlib.import_module("tensormill.compat.v1") is tf
    assert tf.compat.v1 is tf
    assert tf.compat.v1.compat.v1.constant is tf.constant


def test_strings_of_either_kind() -> None:
    assert tf.compat.as_bytes("é") == "é".encode()
    assert tf.compat.as_bytes(b"x") == b"x"
    assert tf.compat.as_str(b"x") == tf.compat.as_text("x") == "x"
    assert tf.compat.as_str_any(3) == "3"
    assert tf.compat.as_str_any(b"x") == "x"
    assert tf.compat.path_to_str(Path("/a/b")) == "/a/b"
    assert tf.compat.path_to_bytes(Path("/a")) == b"/a"
    for function in (tf.compat.as_bytes, tf.compat.as_str):
        with pytest.raises(TypeError, match=r"^Expected binary or unicode string, got 3$"):
            function(3)


def test_raw_ops_take_keywords_only() -> None:
    x = tf.constant([3.0, 1.0], name="x")
    assert tf.raw_ops.Identity(input=x, name="y").name == "y:0"
    with pytest.raises(
        TypeError, match=r"^Identity only takes keyword args \(possible keys: \['input', 'name'\]\)"
    ):
        tf.raw_ops.Identity(x)
    with pytest.raises(AttributeError, match="has no op type 'Nope'"):
        _ = tf.raw_ops.Nope
    assert "Identity" in dir(tf.raw_ops)
    assert tf.raw_ops.Identity.__name__ == "Identity"
    assert tf.raw_ops.NoOp(name="n").type == "NoOp"


def test_raw_ops_with_several_outputs_name_them() -> None:
    result = tf.raw_ops.Unique(x=tf.constant([3.0, 1.0, 3.0]))
    assert result._fields == ("y", "idx")
    assert result.idx is result[1]


def test_a_missing_name_of_tensorflow_is_told_from_a_mistake() -> None:
    with pytest.raises(AttributeError, match=r"^module 'tensormill' has no attribute 'no_such'$"):
        _ = tf.no_such
    assert "TensorFlow 1.15 has tf.zeta, but tensormill lacks it" in missing_name_message("zeta")
    assert missing_name_message("no_such") == "module 'tensormill' has no attribute 'no_such'"


def test_programs_may_ask_for_the_behaviour_of_version_1() -> None:
    tf.disable_v2_behavior()
    tf.disable_eager_execution()
    assert tf.executing_eagerly() is False
