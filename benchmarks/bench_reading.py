"""Reading data from the graph: lines of CSV through queues, and record files.

The file of the CSV pipeline is that of the book's chapter made longer: a header and rows of two
floats and a target. Tensormill runs such a pipeline by the block; the cases "step by step" turn
that off, and are the same as the others for TensorFlow.
"""

from __future__ import annotations

import os
import tempfile
import time
from typing import Any

import numpy as np

from benchmarks.case import Case, Sample, expect
from benchmarks.server_process import server, shared_server

ROWS = 100_000
REMOTE_ROWS = 10_000
RECORDS = 10_000
BATCH = 100
CAPACITY = 1000
_SWITCH = "TENSORMILL_RECORD_BLOCKS"


def _csv_file(rows: int) -> str:
    path = os.path.join(tempfile.mkdtemp(), "rows.csv")
    with open(path, "w") as file:
        file.write("x1, x2, target\n")
        file.writelines(f"{i % 97}.5, {i % 89}., {i % 2}\n" for i in range(rows))
    return path


def csv_rows(tf: Any, rows: int, target: str = "") -> Sample:
    path = _csv_file(rows)
    names = tf.FIFOQueue(10, [tf.string], shapes=[()])
    _, line = tf.TextLineReader(skip_header_lines=1).read(names)
    x1, x2, label = tf.decode_csv(line, record_defaults=[[-1.0], [-1.0], [-1]])
    instances = tf.RandomShuffleQueue(CAPACITY, 2, [tf.float32, tf.int32], shapes=[[2], []])
    add = instances.enqueue([tf.stack([x1, x2]), label])
    name = tf.placeholder(tf.string, [])
    add_name = names.enqueue([name])
    taken = instances.dequeue_many(BATCH)
    size = instances.size()
    session = tf.Session(target)
    runner = tf.train.QueueRunner(instances, [add] * 5)
    coord = tf.train.Coordinator()
    session.run(add_name, {name: path})
    runner.create_threads(session, coord=coord, daemon=True, start=True)
    total = session.run(taken)[0]
    expect(total.shape == (BATCH, 2), "rows of two numbers")

    def rows_per_second() -> float:
        start = time.perf_counter()
        session.run(add_name, {name: path})
        for _ in range(rows // BATCH):
            session.run(taken)
        took_s = time.perf_counter() - start
        while session.run(size) < CAPACITY:  # else it is filled while the other side is timed
            pass
        return rows / took_s

    return rows_per_second


def csv_rows_step_by_step(tf: Any) -> Sample:
    os.environ[_SWITCH] = "0"
    try:
        sample = csv_rows(tf, REMOTE_ROWS)
        sample()
        return sample
    finally:
        del os.environ[_SWITCH]


def _example(tf: Any, number: int) -> bytes:
    feature = tf.train.Feature
    floats = tf.train.FloatList(value=np.arange(number, number + 8, dtype=np.float32))
    made = tf.train.Example(
        features=tf.train.Features(
            feature={
                "x": feature(float_list=floats),
                "label": feature(int64_list=tf.train.Int64List(value=[number % 10])),
                "name": feature(bytes_list=tf.train.BytesList(value=[b"row"])),
            }
        )
    )
    return made.SerializeToString()


def _record_file(tf: Any) -> str:
    path = os.path.join(tempfile.mkdtemp(), "rows.tfrecord")
    with tf.python_io.TFRecordWriter(path) as writer:
        for number in range(RECORDS):
            writer.write(_example(tf, number))
    return path


def write_records(tf: Any) -> Sample:
    path = _record_file(tf)
    records = list(tf.python_io.tf_record_iterator(path))
    expect(len(records) == RECORDS, "as many records as were written")

    def records_per_second() -> float:
        start = time.perf_counter()
        with tf.python_io.TFRecordWriter(path + ".again") as writer:
            for record in records:
                writer.write(record)
        return RECORDS / (time.perf_counter() - start)

    return records_per_second


def _features(tf: Any) -> dict[str, Any]:
    return {
        "x": tf.FixedLenFeature([8], tf.float32),
        "label": tf.FixedLenFeature([], tf.int64),
        "name": tf.VarLenFeature(tf.string),
    }


def parse_one_by_one(tf: Any) -> Sample:
    path = _record_file(tf)
    names = tf.train.string_input_producer([path], shuffle=False)
    _, record = tf.TFRecordReader().read(names)
    parsed = tf.parse_single_example(record, _features(tf))
    wanted = [parsed["x"], parsed["label"]]
    session = tf.Session()
    tf.train.start_queue_runners(session, tf.train.Coordinator())
    expect(session.run(wanted)[0].tolist() == list(range(8)), "the first record")
    call = session.make_callable(wanted)

    def records_per_second() -> float:
        start = time.perf_counter()
        for _ in range(2000):
            call()
        return 2000 / (time.perf_counter() - start)

    return records_per_second


def parse_up_to(tf: Any) -> Sample:
    path = _record_file(tf)
    names = tf.train.string_input_producer([path], shuffle=False)
    _, records = tf.TFRecordReader().read_up_to(names, BATCH)
    parsed = tf.parse_example(records, _features(tf))
    wanted = [parsed["x"], parsed["label"]]
    session = tf.Session()
    tf.train.start_queue_runners(session, tf.train.Coordinator())
    expect(session.run(wanted)[0][0].tolist() == list(range(8)), "the first record")
    call = session.make_callable(wanted)

    def records_per_second() -> float:
        start = time.perf_counter()
        for _ in range(100):
            call()
        return 100 * BATCH / (time.perf_counter() - start)

    return records_per_second


def parse_batches(tf: Any) -> Sample:
    records = list(tf.python_io.tf_record_iterator(_record_file(tf)))[:1000]
    texts = tf.placeholder(tf.string, [None])
    parsed = tf.parse_example(texts, _features(tf))
    session = tf.Session()
    call = session.make_callable([parsed["x"], parsed["label"], parsed["name"].values], [texts])
    batch = np.array(records, object)
    expect(call(batch)[1].tolist() == [i % 10 for i in range(1000)], "the labels")

    def examples_per_second() -> float:
        start = time.perf_counter()
        for _ in range(5):
            call(batch)
        return 5000 / (time.perf_counter() - start)

    return examples_per_second


CASES = [
    Case(
        "reading: CSV rows through queues, local",
        "rows/s",
        10,
        lambda tf: csv_rows(tf, ROWS),
        True,
        3,
    ),
    Case(
        "reading: CSV rows through queues, remote",
        "rows/s",
        20,
        lambda tf: csv_rows(tf, REMOTE_ROWS, shared_server(tf).target),
        True,
        3,
    ),
    Case("reading: CSV rows, local, step by step", "rows/s", 1, csv_rows_step_by_step, True, 3),
    Case(
        "reading: CSV rows, remote, step by step",
        "rows/s",
        1,
        lambda tf: csv_rows(tf, REMOTE_ROWS, server(tf, {_SWITCH: "0"}).target),
        True,
        3,
    ),
    Case("reading: records written", "records/s", 1, write_records, True),
    Case("reading: records parsed one a step", "records/s", 10, parse_one_by_one, True),
    Case("reading: records read and parsed 100 a step", "records/s", 1, parse_up_to, True),
    Case("reading: examples parsed 1000 a step", "examples/s", 1, parse_batches, True),
]
