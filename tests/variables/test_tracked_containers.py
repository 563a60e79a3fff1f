"""Lists and mappings that checkpoints by object look at, resources, and what is not tracked."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

import tensormill as tf
from tensormill.python.training.tracking import base, data_structures, graph_view, tracking, util
from tensormill.variables.tracked_containers import List, Mapping


def test_a_list_tells_the_weights_of_what_is_in_it() -> None:
    dense, variable = tf.layers.Dense(1), tf.Variable(1.0, use_resource=True)
    inner = List()
    outer = List([inner, variable])
    inner.append(dense)
    dense(tf.ones([2, 3]))
    assert outer.layers == [dense]
    assert outer.trainable_weights == [*dense.trainable_weights, variable]
    assert outer.non_trainable_variables == outer.losses == outer.updates == []
    outer.trainable = False
    assert outer.trainable_variables == []
    assert outer.variables == [*dense.trainable_weights, variable]


def test_a_list_only_grows() -> None:
    a, b = tf.Variable(1.0), tf.Variable(2.0, trainable=False)
    made = List([a])
    made += [b]
    made.extend([a])
    assert (list(made), len(made), made[1:]) == ([a, b, a], 3, [b, a])
    assert list(made.copy()) == list(copy.copy(made)) == list(made)
    others = [b]
    assert list(made + others) == [a, b, a, b]
    assert list(others + made) == [b, a, b, a]
    assert list(2 * List([a])) == [a, a]
    made = List([b])
    made *= 2
    assert made.non_trainable_weights == [b, b]
    with pytest.raises(ValueError, match="List only supports append"):
        made *= 0
    with pytest.raises(ValueError, match="Only trackable objects"):
        made.append(3)
    assert made != List(made)
    assert not hasattr(made, "pop")


def test_a_mapping_only_grows_and_has_names() -> None:
    variable = tf.Variable(1.0)
    made = Mapping(a=[variable])
    made.update(b={"c": variable})
    assert isinstance(made["a"], List)
    assert isinstance(made["b"], Mapping)
    assert (list(made), len(made), made.variables) == (["a", "b"], 2, [variable, variable])
    for key, error in (("a", ValueError), (1, TypeError)):
        with pytest.raises(error):
            made[key] = List()  # type: ignore[index]
    assert dict(copy.copy(made)) == dict(made)


def test_containers_are_saved_and_restored(tmp_path: Path) -> None:
    variable = tf.Variable(3.0, use_resource=True)
    checkpoint = tf.train.Checkpoint(items=Mapping(inner=List([variable])))
    with tf.Session() as session:
        session.run(variable.initializer)
        path = checkpoint.save(str(tmp_path / "model"), session)
        session.run(variable.assign(4.0))
        checkpoint.restore(path).assert_consumed().run_restore_ops(session)
        assert session.run(variable) == 3.0
    names = {a.checkpoint_key for node in util.object_metadata(path).nodes for a in node.attributes}
    assert "items/inner/0/.ATTRIBUTES/VARIABLE_VALUE" in names


def test_objects_tell_what_they_depend_on() -> None:
    root, leaf, other = (tracking.AutoTrackable() for _ in range(3))
    root.leaf = leaf
    with pytest.raises(ValueError, match="already declared"):
        root._track_trackable(other, name="leaf")
    assert root._checkpoint_dependencies[0].ref is leaf
    root._track_trackable(other, name="leaf", overwrite=True)
    assert root._lookup_dependency("leaf") is leaf
    root.leaf = other
    assert root._checkpoint_dependencies == [("leaf", other)]
    del root.leaf
    assert root._checkpoint_dependencies == []


def test_some_attributes_are_left_out() -> None:
    class Holder(tracking.AutoTrackable):  # type: ignore[misc, name-defined]
        @base.no_automatic_dependency_tracking
        def take(self, value: Any) -> None:
            self.taken = value

    holder, value = Holder(), tracking.AutoTrackable()
    holder.plain = data_structures.NoDependency(value)
    holder.take(value)
    assert holder.plain is holder.taken is value
    assert holder._checkpoint_dependencies == []
    holder.plain = value
    assert holder._checkpoint_dependencies == [("plain", value)]


def test_variables_are_added_under_their_names() -> None:
    holder = tracking.AutoTrackable()
    constant = util.add_variable(holder, "constant", initializer=2.0)
    zeros = util.add_variable(holder, "zeros", [2], tf.float64, tf.zeros_initializer)
    for options, message in (
        ({"name": "constant"}, "'constant' already declared"),
        ({"name": "new", "shape": [], "initializer": 1.0}, "do not specify shape"),
    ):
        with pytest.raises(ValueError, match=message):
            util.add_variable(holder, **options)
    with tf.Session() as session:
        session.run(util.gather_initializers(holder))
        assert session.run(constant) == 2.0
        assert session.run(zeros).tolist() == [0.0, 0.0]
    assert util.list_objects(holder) == [holder, constant, zeros]
    named, message, feeds = graph_view.ObjectGraphView(holder).serialize_object_graph()
    assert [each.full_name for each in named] == ["constant", "zeros"]
    assert (len(message.nodes), feeds) == (3, {})


def test_objects_that_cannot_be_saved_say_so(tmp_path: Path) -> None:
    class Unsaveable(tracking.NotTrackable, tracking.AutoTrackable):  # type: ignore[misc, name-defined]
        pass

    with tf.Session() as session, pytest.raises(NotImplementedError, match="object-based saving"):
        tf.train.Checkpoint(x=Unsaveable()).save(str(tmp_path / "model"), session)
    with tf.Session() as session:
        variable = tf.Variable(1.0)
        session.run(variable.initializer)
        path = tf.train.Saver([variable]).save(session, str(tmp_path / "by_name"))
    with pytest.raises(ValueError, match="does not appear to be object-based"):
        util.object_metadata(path)


class _Made(tracking.TrackableResource):  # type: ignore[misc, name-defined]
    count = 0

    def _create_resource(self) -> Any:
        type(self).count += 1
        return "handle"

    @property
    @tracking.cached_per_instance
    def squared(self) -> int:
        type(self).count += 100
        return 4


def test_resources_are_made_once_and_noted_by_trackers() -> None:
    outer, inner = tracking.ResourceTracker(), tracking.ResourceTracker()
    _Made.count = 0
    with tracking.resource_tracker_scope(outer):
        first = _Made()
        with tracking.resource_tracker_scope(inner):
            second = _Made()
    _Made()
    assert (outer.resources, inner.resources) == ([first, second], [second])
    assert first.resource_handle == first.resource_handle == "handle"
    assert first.squared == first.squared == 4
    assert _Made.count == 101
    asset = tracking.TrackableAsset("file.txt")
    with tf.Session() as session:
        assert session.run(asset.asset_path) == b"file.txt"
