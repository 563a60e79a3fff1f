"""Modules within `tf.contrib`, by their whole path."""

from __future__ import annotations

import importlib

import pytest

import tensormill as tf


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("contrib.tensorboard.plugins.projector", "ProjectorConfig"),
        ("contrib.tensorboard.plugins.projector", "visualize_embeddings"),
        ("contrib.slim", "fully_connected"),
        ("contrib.rnn.python.ops.core_rnn_cell", "GRUCell"),
        ("contrib.crf.python.ops.crf", "crf_log_norm"),
        ("contrib.data.python.ops.batching", "assert_element_shape"),
        ("contrib.data.python.ops.readers", "CsvDataset"),
        ("contrib.data.python.ops.scan_ops", "scan"),
        ("contrib.distributions.python.ops.bijectors.exp", "Exp"),
        ("contrib.image.python.ops.dense_image_warp", "dense_image_warp"),
        ("contrib.tpu.python.tpu.tpu_function", "get_tpu_context"),
    ],
)
def test_a_name_is_found_by_its_path(path: str, name: str) -> None:
    assert callable(getattr(importlib.import_module(f"tensormill.{path}"), name))


def test_the_linear_map_of_cells_is_found_under_its_old_names() -> None:
    cells = importlib.import_module("tensormill.contrib.rnn.python.ops.core_rnn_cell")
    x, y = tf.ones([2, 3]), tf.ones([2, 4])
    with tf.variable_scope("a", initializer=tf.ones_initializer()):
        once = cells._linear([x, y], 5, True)
    with tf.variable_scope("b", initializer=tf.ones_initializer()):
        linear = cells._Linear([x, y], 5, False)
        twice = linear([linear([x, y])[:, :3], y])
    assert [v.op.name for v in tf.trainable_variables()] == ["a/kernel", "a/bias", "b/kernel"]
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        assert session.run([once, twice])[0].tolist() == [[7.0] * 5] * 2
        assert session.run(twice).tolist() == [[25.0] * 5] * 2
