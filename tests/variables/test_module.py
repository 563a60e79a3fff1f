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


def test_leaves_come_with_every_path_that_leads_to_them() -> None:
    class Pair(tf.Module):
        _TF_MODULE_IGNORED_PROPERTIES = tf.Module._TF_MODULE_IGNORED_PROPERTIES | {"secret"}

    part, whole = LinearPart("part"), Pair()
    whole.b, whole.a, whole.secret = [part], part, tf.constant(1)
    paths = [path for path, _ in whole._flatten(predicate=is_module, with_path=True)]
    assert paths == [("a",), ("b", 0)]
    assert list(whole._flatten(predicate=is_module)) == [part]
    found = dict(whole._flatten(predicate=tf.is_tensor, with_path=True))
    assert not any("secret" in path for path in found)
    assert ("b", 0, "others", 0) in dict(whole._flatten(with_path=True))


def test_attributes_are_visited_in_the_order_of_a_key() -> None:
    module = tf.Module()
    module.late, module.early = tf.constant(1), tf.constant(2)
    order = module._flatten(
        recursive=False,
        predicate=tf.is_tensor,
        attribute_traversal_key=["late", "early", "_name", "_scope_name"].index,
    )
    assert list(order) == [module.late, module.early]


def is_module(leaf: object) -> bool:
    return isinstance(leaf, tf.Module)


def test_objects_say_what_a_checkpoint_finds_in_them() -> None:
    from tensormill.python.training.tracking import base, tracking

    first = base.Trackable()
    weight = tf.Variable(1.0)
    assert first._track_trackable(weight, "w") is weight
    with pytest.raises(ValueError, match="already declared as a dependency"):
        first._track_trackable(tf.Variable(2.0), "w")
    with pytest.raises(TypeError, match="not a Trackable"):
        first._track_trackable(3, "three")
    second = tracking.AutoTrackable()
    second.first, second.number = first, 7
    assert second._checkpoint_dependencies == [("first", first)]
    assert isinstance(LinearPart("other"), tracking.AutoTrackable)
