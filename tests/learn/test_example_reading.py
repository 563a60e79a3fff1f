"""`tf.contrib.learn`: batches of Examples read from files by queue runners."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill as tf

learn = tf.contrib.learn
FEATURES = {"x": tf.FixedLenFeature([], tf.int64), "words": tf.VarLenFeature(tf.string)}


def example(number: int) -> bytes:
    words = [b"w"] * (number % 3)
    feature = {
        "x": tf.train.Feature(int64_list=tf.train.Int64List(value=[number])),
        "words": tf.train.Feature(bytes_list=tf.train.BytesList(value=words)),
    }
    made = tf.train.Example(features=tf.train.Features(feature=feature))
    return bytes(made.SerializeToString())


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    for part in range(2):
        with tf.python_io.TFRecordWriter(str(tmp_path / f"{part}.tfrecord")) as writer:
            for number in range(part * 5, part * 5 + 5):
                writer.write(example(number))
    return str(tmp_path / "*.tfrecord")


@contextlib.contextmanager
def running() -> Iterator[Any]:
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        coordinator = tf.train.Coordinator()
        threads = tf.train.start_queue_runners(session, coordinator)
        yield session
        coordinator.request_stop()
        coordinator.join(threads)


def until_the_end(session: Any, tensors: Any) -> list[Any]:
    found = []
    while True:
        try:
            found.append(session.run(tensors))
        except tf.errors.OutOfRangeError:
            return found


@pytest.mark.parametrize("at_once", [1, 4])
def test_examples_come_in_order_with_their_keys(pattern: str, at_once: int) -> None:
    keys, records = learn.read_keyed_batch_examples(
        pattern, 4, tf.TFRecordReader, False, num_epochs=1, read_batch_size=at_once
    )
    assert records.op.name.startswith("read_batch_examples")
    with running() as session:
        batches = until_the_end(session, [keys, records])
    assert [len(names) for names, _ in batches] == [4, 4, 2]
    assert all(b"tfrecord:" in name for names, _ in batches for name in names)
    assert np.concatenate([got for _, got in batches]).tolist() == [example(n) for n in range(10)]


def test_examples_in_random_order_are_all_there(pattern: str) -> None:
    records = learn.read_batch_examples(
        [pattern], 3, tf.TFRecordReader, num_epochs=2, queue_capacity=20, num_threads=2, seed=1
    )
    with running() as session:
        got = np.concatenate(until_the_end(session, records))
    assert sorted(got) == sorted([example(n) for n in range(10)] * 2)


def test_what_is_parsed_before_it_is_batched_comes_as_a_dict(pattern: str) -> None:
    def parse(record: Any) -> dict[str, Any]:
        return {"x": tf.parse_single_example(record, {"x": FEATURES["x"]})["x"]}

    keys, parsed = learn.read_keyed_batch_examples(
        pattern, 5, tf.TFRecordReader, False, num_epochs=1, parse_fn=parse
    )
    assert list(parsed) == ["x"]
    with running() as session:
        names, numbers = session.run([keys, parsed["x"]])
    assert (len(names), numbers.tolist()) == (5, [0, 1, 2, 3, 4])


def test_features_come_parsed_out_of_a_queue(pattern: str) -> None:
    features = learn.read_batch_record_features(
        pattern, 4, FEATURES, randomize_input=False, num_epochs=1
    )
    assert features["x"].shape.as_list() == [None]
    with running() as session:
        batches = until_the_end(session, features)
    numbers = np.concatenate([batch["x"] for batch in batches])
    assert sorted(numbers) == list(range(10))
    for batch in batches:
        rows = batch["words"].indices[:, 0]
        counts = np.bincount(rows, minlength=len(batch["x"]))
        assert (counts == batch["x"] % 3).all()


def test_features_without_keys_go_through_a_queue() -> None:
    keys, made = learn.queue_parsed_features({"a": tf.constant([1.0])}, num_enqueue_threads=1)
    assert keys is None
    with running() as session:
        assert session.run(made["a"]).tolist() == [1.0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"file_pattern": []}, "No files given to dequeue_examples"),
        ({"file_pattern": "no/such/file"}, "No files match no/such/file"),
        ({"queue_capacity": 0}, "Invalid queue_capacity 0"),
        ({"batch_size": 0}, "Invalid batch_size 0, with queue_capacity 10000"),
        ({"batch_size": 20, "queue_capacity": 20}, "Invalid batch_size 20"),
        ({"read_batch_size": 0}, "Invalid read_batch_size 0"),
        ({"num_threads": 0}, "Invalid num_threads 0"),
        ({"num_epochs": 0}, "Invalid num_epochs 0"),
    ],
)
def test_impossible_sizes_and_missing_files_are_refused(pattern, arguments, message) -> None:
    given = {"file_pattern": pattern, "batch_size": 2, "reader": tf.TFRecordReader, **arguments}
    with pytest.raises(ValueError, match=message):
        learn.read_batch_examples(**given)
