"""Pipelines of tf.data: arrays and record files into batches, and batches into a network."""

from __future__ import annotations

import tempfile
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect, seconds_per_call

ROWS, COLUMNS, BATCH = 60_000, 784, 128
RECORDS = 20_000


def _iterate(tf: Any, dataset: Any) -> tuple[Any, Any]:
    iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
    session = tf.Session()
    session.run(iterator.initializer)
    return session, iterator.get_next()


def one_element(tf: Any) -> Sample:
    session, element = _iterate(tf, tf.data.Dataset.range(5).repeat())
    call = session.make_callable(element)
    expect([int(call()) for _ in range(6)] == [0, 1, 2, 3, 4, 0], "the numbers in order")
    return lambda: 1e6 * seconds_per_call(call, 2000)


def mapped_elements(tf: Any) -> Sample:
    dataset = tf.data.Dataset.range(1 << 40).map(lambda x: tf.cast(x * 2, tf.float32) + 0.5)
    session, batch = _iterate(tf, dataset.batch(64))
    call = session.make_callable(tf.reduce_sum(batch))
    expect(abs(call() - (63 * 64 + 32)) < 1.0, "the sum of the first batch")
    return lambda: 64 / seconds_per_call(call, 100)


def _digits() -> tuple[Any, Any]:
    random = np.random.RandomState(0)
    images = random.rand(ROWS, COLUMNS).astype(np.float32)
    return images, random.randint(10, size=ROWS).astype(np.int64)


def _shuffled_batches(tf: Any) -> Any:
    images = tf.placeholder(tf.float32, [ROWS, COLUMNS])
    labels = tf.placeholder(tf.int64, [ROWS])
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    dataset = dataset.shuffle(ROWS, seed=1).repeat().batch(BATCH).prefetch(2)
    iterator = tf.compat.v1.data.make_initializable_iterator(dataset)
    session = tf.Session()
    fed = dict(zip((images, labels), _digits(), strict=True))
    session.run(iterator.initializer, fed)
    return session, iterator.get_next()


def shuffled_batches(tf: Any) -> Sample:
    session, (images, labels) = _shuffled_batches(tf)
    call = session.make_callable([tf.reduce_mean(images), tf.reduce_mean(labels)])
    means = [call() for _ in range(50)]
    expect(abs(np.mean([m[0] for m in means]) - 0.5) < 0.01, "the mean of the images")
    return lambda: 1 / seconds_per_call(call, 100)


def network_on_batches(tf: Any) -> Sample:
    session, (images, labels) = _shuffled_batches(tf)
    random = np.random.RandomState(1)
    shapes = ((COLUMNS, 128), (128, 10))
    weights = [
        tf.Variable((random.randn(*shape) * 0.05).astype(np.float32), use_resource=True)
        for shape in shapes
    ]
    logits = tf.matmul(tf.nn.relu(tf.matmul(images, weights[0])), weights[1])
    loss = tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
    )
    train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    session.run(tf.global_variables_initializer())
    call = session.make_callable([loss, train])
    losses = [call()[0] for _ in range(100)]
    expect(1.5 < np.mean(losses[-20:]) < 3.5, "the loss of random labels")
    return lambda: 1 / seconds_per_call(call, 100)


def _record_file(tf: Any) -> str:
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "records.tfrecord")
    row = np.arange(32, dtype=np.float32)
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(RECORDS):
            writer.write((row + number).tobytes())
    weakref.finalize(tf.get_default_graph(), folder.cleanup)
    return path


def records_to_batches(tf: Any) -> Sample:
    dataset = tf.data.TFRecordDataset(_record_file(tf)).repeat()
    dataset = dataset.map(lambda record: tf.decode_raw(record, tf.float32)).batch(BATCH)
    session, batch = _iterate(tf, dataset)
    call = session.make_callable(tf.reduce_sum(batch[:, 0]))
    expect(call() == sum(range(BATCH)), "the first numbers of the records")
    return lambda: BATCH / seconds_per_call(call, 50)


def examples_to_batches(tf: Any) -> Sample:
    folder = tempfile.TemporaryDirectory()
    path = str(Path(folder.name) / "examples.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(2000):
            row = tf.train.FloatList(value=[number + i for i in range(16)])
            label = tf.train.Int64List(value=[number])
            features = {
                "row": tf.train.Feature(float_list=row),
                "label": tf.train.Feature(int64_list=label),
            }
            example = tf.train.Example(features=tf.train.Features(feature=features))
            writer.write(example.SerializeToString())
    weakref.finalize(tf.get_default_graph(), folder.cleanup)
    spec = {
        "row": tf.FixedLenFeature([16], tf.float32),
        "label": tf.FixedLenFeature([], tf.int64),
    }

    def parse(record: Any) -> Any:
        parsed = tf.parse_single_example(record, spec)
        return parsed["row"], parsed["label"]

    dataset = tf.data.TFRecordDataset(path).repeat().map(parse).batch(BATCH)
    session, (rows, labels) = _iterate(tf, dataset)
    call = session.make_callable([tf.reduce_sum(rows[:, 0]), tf.reduce_sum(labels)])
    expect([float(v) for v in call()] == [sum(range(BATCH))] * 2, "the numbers of the examples")
    return lambda: BATCH / seconds_per_call(call, 50)


def first_epoch(tf: Any) -> Sample:
    def sample() -> float:
        dataset = tf.data.Dataset.range(2000).map(lambda x: x + 1).batch(100)
        started = time.perf_counter()
        session, batch = _iterate(tf, dataset)
        total = 0
        try:
            while True:
                total += int(session.run(batch).sum())
        except tf.errors.OutOfRangeError:
            pass
        expect(total == 2001 * 1000, "the sum of the numbers")
        return 1e3 * (time.perf_counter() - started)

    return sample


CASES = [
    Case("tf.data: the next of five numbers", "us", 1, one_element),
    Case("tf.data: numbers mapped, batches of 64", "elements/s", 1, mapped_elements, True),
    Case("tf.data: shuffled batches of 128 x 784", "batches/s", 1, shuffled_batches, True),
    Case("tf.data: shuffled batches into a network", "steps/s", 1, network_on_batches, True),
    Case("tf.data: TFRecords decoded into batches", "records/s", 1, records_to_batches, True),
    Case("tf.data: examples parsed into batches", "records/s", 1, examples_to_batches, True),
    Case("tf.data: build and run 20 batches", "ms", 1, first_epoch),
]
