"""Variables that begin with values of a checkpoint, and looking into checkpoints."""

import numpy as np
import pytest

import tensormill as tf


@pytest.fixture
def checkpoint(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", initializer=np.float32([1, 2]))
        with tf.variable_scope("old"):
            tf.get_variable("w", initializer=np.arange(6, dtype=np.float32).reshape(3, 2))
            tf.get_variable("b", initializer=np.int64(7))
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(tmp_path / "model"), global_step=1)
    return str(tmp_path)


def initialized(variables):
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(variables)


def test_a_checkpoint_is_listed_and_read(checkpoint):
    assert tf.train.list_variables(checkpoint) == [("a", [2]), ("old/b", []), ("old/w", [3, 2])]
    assert tf.train.load_variable(checkpoint, "a:0").tolist() == [1, 2]
    assert tf.train.load_checkpoint(checkpoint).has_tensor("old/b")
    with pytest.raises(tf.errors.NotFoundError, match="Key nope not found"):
        tf.train.load_variable(checkpoint, "nope")


def test_an_empty_folder_has_none(tmp_path):
    with pytest.raises(ValueError, match="Couldn't find 'checkpoint' file"):
        tf.train.list_variables(tmp_path)


@pytest.mark.parametrize("resource", [False, True])
def test_variables_begin_with_values_of_a_checkpoint(checkpoint, resource):
    with tf.variable_scope("new", use_resource=resource):
        w = tf.get_variable("w", [3, 2])
        b = tf.get_variable("b", [], tf.int64)
    a = tf.get_variable("mine", [2], use_resource=resource)
    tf.train.init_from_checkpoint(checkpoint, {"old/": "new/", "a": a})
    values = initialized([a, w, b])
    assert [np.asarray(value).tolist() for value in values] == [[1, 2], [[0, 1], [2, 3], [4, 5]], 7]


def test_a_variable_may_be_named(checkpoint):
    w = tf.get_variable("other", [3, 2])
    tf.train.init_from_checkpoint(checkpoint, {"old/w": "other"})
    assert initialized(w).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_the_root_maps_to_the_root(checkpoint):
    a = tf.get_variable("a", [2])
    tf.train.init_from_checkpoint(checkpoint, {"/": "/"})
    assert initialized(a).tolist() == [1, 2]


@pytest.mark.parametrize("resource", [False, True])
def test_slices_take_their_part(checkpoint, resource):
    with tf.variable_scope("new", use_resource=resource):
        w = tf.get_variable("w", [3, 2], partitioner=tf.fixed_size_partitioner(2))
    tf.train.init_from_checkpoint(checkpoint, {"old/w": list(w)})
    assert initialized(tf.convert_to_tensor(w)).tolist() == [[0, 1], [2, 3], [4, 5]]


def test_what_does_not_fit_is_refused(checkpoint):
    with tf.variable_scope("new"):
        w = tf.get_variable("w", [2, 2])
        tf.get_variable("none", [2])
    with pytest.raises(ValueError, match="doesn't match with shape of tensor old/w"):
        tf.train.init_from_checkpoint(checkpoint, {"old/w": w})
    with pytest.raises(ValueError, match="Tensor nope is not found"):
        tf.train.init_from_checkpoint(checkpoint, {"nope": w})
    with pytest.raises(ValueError, match="should map to scope only"):
        tf.train.init_from_checkpoint(checkpoint, {"old": "new/"})
    with pytest.raises(ValueError, match="Tensor old/none"):
        tf.train.init_from_checkpoint(checkpoint, {"old/": "new/"})


def test_checkpoints_are_yielded_as_they_appear(tmp_path):
    v = tf.Variable(1.0, name="v")
    saver = tf.train.Saver()
    with tf.Session() as session:
        session.run(v.initializer)
        saver.save(session, str(tmp_path / "m"), global_step=1)
        seen = []
        for path in tf.train.checkpoints_iterator(str(tmp_path), timeout=0):
            seen.append(path[-3:])
            if len(seen) < 3:
                saver.save(session, str(tmp_path / "m"), global_step=len(seen) + 1)
    assert seen == ["m-1", "m-2", "m-3"]
    asked = []
    iterator = tf.train.checkpoints_iterator(
        str(tmp_path / "none"), timeout=0, timeout_fn=lambda: asked.append(1) or True
    )
    assert list(iterator) == []
    assert asked == [1]


def test_values_are_assigned_in_a_session(checkpoint):
    path = tf.train.latest_checkpoint(checkpoint)
    a = tf.get_variable("a", [2])
    missing = tf.get_variable("missing", [2])
    assign, feeds = tf.contrib.framework.assign_from_checkpoint(path, [a])
    with tf.Session() as session:
        session.run(assign, feeds)
        assert session.run(a).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"missing variable \[missing\]"):
        tf.contrib.framework.assign_from_checkpoint(path, [missing])
    restore = tf.contrib.framework.assign_from_checkpoint_fn(
        path, [a, missing], ignore_missing_vars=True
    )
    with tf.Session() as session:
        restore(session)
        assert session.run(a).tolist() == [1, 2]
    assert (
        tf.contrib.framework.assign_from_checkpoint_fn(path, [missing], ignore_missing_vars=True)
        is None
    )
