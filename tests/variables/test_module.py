"""`tf.Module`: names, scopes and parts."""

from __future__ import annotations

from typing import Any

import pytest

import tensormill as tf


class LinearPart(tf.Module):
    def __init__(self, name: str | None = None) -> None:
        super().__init__(name)
        with self.name_scope:
            self.weight = tf.Variable(2.0, name="weight")
            self.others = [tf.Variable(1.0, name="other", trainable=False)]

    @tf.Module.with_name_scope
    def __call__(self, x: Any) -> Any:
        return x * self.weight


def test_names_come_from_the_class_and_make_scopes() -> None:
    first, second = LinearPart(), LinearPart()
    assert (first.name, first.name_scope.name) == ("linear_part", "linear_part/")
    assert (second.name, second.name_scope.name) == ("linear_part", "linear_part_1/")
    assert second.weight.name == "linear_part_1/weight:0"
    assert first(tf.constant(1.0)).name == "linear_part/mul:0"
    assert first(tf.constant(1.0)).name == "linear_part/mul_1:0"


def test_variables_and_parts_are_found_in_attributes_and_containers() -> None:
    whole = tf.Module(name="whole")
    part = LinearPart("part")
    whole.parts = {"a": [part], "b": part}
    whole.dense = tf.layers.Dense(2)
    whole.dense(tf.zeros([1, 3]))
    assert whole.submodules == (whole.dense, part)
    assert [v.name for v in whole.variables] == [
        "dense/kernel:0", "dense/bias:0", "part/other:0", "part/weight:0",
    ]  # fmt: skip
    assert [v.name for v in part.trainable_variables] == ["part/weight:0"]


def test_a_name_is_an_identifier() -> None:
    with pytest.raises(ValueError, match="'1 2' is not a valid module name"):
        LinearPart("1 2")
