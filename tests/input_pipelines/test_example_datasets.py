"""Datasets of parsed examples, and Python functions as nodes of pipelines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf


def write_examples(path: Path, count: int) -> str:
    with tf.python_io.TFRecordWriter(str(path)) as writer:
        for i in range(count):
            value = tf.train.FloatList(value=[i, 2 * i])
            label = tf.train.Int64List(value=[i % 3])
            features = {
                "x": tf.train.Feature(float_list=value),
                "y": tf.train.Feature(int64_list=label),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    return str(path)


SPEC = {"x": tf.FixedLenFeature([2], tf.float32), "y": tf.FixedLenFeature([], tf.int64)}


def test_batches_of_features_come_from_files(tmp_path: Path) -> None:
    write_examples(tmp_path / "a.tfrecord", 5)
    dataset = tf.data.experimental.make_batched_features_dataset(
        str(tmp_path / "*.tfrecord"), 2, SPEC, label_key="y", num_epochs=1, shuffle=False
    )
    features, label = dataset.make_one_shot_iterator().get_next()
    found: list[Any] = []
    with tf.Session() as session:
        for _ in range(3):
            found.append(session.run([features["x"], label]))
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(label)
    np.testing.assert_array_equal(np.concatenate([x for x, _ in found])[:, 1], [0, 2, 4, 6, 8])
    np.testing.assert_array_equal(np.concatenate([y for _, y in found]), [0, 1, 2, 0, 1])


def test_no_file_is_an_error_of_the_step(tmp_path: Path) -> None:
    dataset = tf.data.experimental.make_batched_features_dataset(str(tmp_path / "*"), 2, SPEC)
    iterator = dataset.make_initializable_iterator()
    with tf.Session() as session, pytest.raises(tf.errors.InvalidArgumentError, match="No files"):
        session.run(iterator.initializer)


def test_readers_of_graphs_make_no_dataset_of_features(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="must return a `Dataset` object"):
        tf.data.experimental.make_batched_features_dataset(
            str(tmp_path / "*"), 2, SPEC, reader=tf.TFRecordReader
        )


def test_a_variant_stands_for_a_dataset() -> None:
    dataset = tf.data.Dataset.range(3)
    variant = tf.data.experimental.to_variant(dataset)
    structure = tf.data.experimental.get_structure(dataset)
    restored = tf.data.experimental.from_variant(variant, structure)
    with tf.Session() as session:
        assert session.run(restored.reduce(np.int64(0), lambda s, x: s + x)) == 3


def test_a_python_function_asks_its_arguments_for_arrays() -> None:
    y, z = tf.py_function(
        lambda a, b: (a.numpy() * 2, b.numpy().sum()),
        [tf.constant(1.5), tf.constant([1, 2])],
        [tf.float32, tf.int32],
    )
    single = tf.py_function(lambda a: a + 1.0, [tf.constant([1.0])], tf.float32)
    with tf.Session() as session:
        assert session.run([y, z]) == [3.0, 3]
        assert session.run(single).tolist() == [2.0]


@pytest.mark.parametrize("ignores", [False, True])
def test_records_that_cannot_be_read_are_left_out_where_asked(
    ignores: bool, tmp_path: Path
) -> None:
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n1,2\n3,many\n5,6\n")
    dataset = tf.data.experimental.make_csv_dataset(
        str(path), 1, column_defaults=[0, 0], num_epochs=1, shuffle=False, ignore_errors=ignores
    )
    batch = dataset.make_one_shot_iterator().get_next()
    with tf.Session() as session:
        assert session.run(batch) == {"a": [1], "b": [2]}
        if not ignores:
            with pytest.raises(tf.errors.InvalidArgumentError, match="not a valid int32: many"):
                session.run(batch)
            return
        assert session.run(batch) == {"a": [5], "b": [6]}
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(batch)
