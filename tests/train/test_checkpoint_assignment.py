"""Variables set from a checkpoint by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensormill as tf


def _checkpoint(folder: Path) -> str:
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("a", initializer=tf.constant([1.0, 2.0]))
        tf.get_variable("b", initializer=tf.constant(3.0))
        session.run(tf.global_variables_initializer())
        return tf.train.Saver().save(session, str(folder / "model"))


def test_variables_take_the_values_of_a_checkpoint(tmp_path: Path) -> None:
    framework = tf.contrib.framework
    path = _checkpoint(tmp_path)
    a = tf.get_variable("x/a", [2])
    c = tf.get_variable("c", [2], initializer=tf.zeros_initializer())
    assign, feeds = framework.assign_from_checkpoint(path, {"a": a})
    restore = framework.assign_from_checkpoint_fn(path, {"a": a, "c": c}, ignore_missing_vars=True)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(assign, feeds)
        np.testing.assert_array_equal(session.run(a), [1, 2])
        session.run(a.initializer)
        restore(session)
        np.testing.assert_array_equal(session.run([a, c]), [[1, 2], [0, 0]])


def test_missing_variables_and_other_shapes_are_refused(tmp_path: Path) -> None:
    framework = tf.contrib.framework
    path = _checkpoint(tmp_path)
    with pytest.raises(ValueError, match=r"Checkpoint is missing variable \[c\]"):
        framework.assign_from_checkpoint(path, [tf.get_variable("c", [2])])
    with pytest.raises(ValueError, match="Total size of new array must be unchanged"):
        framework.assign_from_checkpoint(path, {"a": tf.get_variable("d", [3])})
    assert framework.assign_from_checkpoint_fn(path, {"q": 1}, ignore_missing_vars=True) is None
    with pytest.raises(ValueError, match="var_list cannot be empty"):
        framework.assign_from_checkpoint_fn(path, [])
