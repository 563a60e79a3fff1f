"""`tf.python_io` against files that real TensorFlow writes and reads."""

import os
from pathlib import Path

import numpy as np
import pytest

import tensormill as tf

RECORDS = [b"", b"hello", bytes(range(256)) * 40, b"x" * 70_000]
KINDS = ["", "GZIP", "ZLIB"]


@pytest.mark.parametrize("kind", KINDS)
def test_records_are_read_back(tmp_path, kind):
    path = str(tmp_path / "r")
    options = tf.python_io.TFRecordOptions(kind)
    with tf.python_io.TFRecordWriter(path, options) as writer:
        for record in RECORDS:
            writer.write(record)
    assert list(tf.python_io.tf_record_iterator(path, options)) == RECORDS


def test_options_take_each_way_to_name_a_compression():
    options = tf.python_io.TFRecordOptions
    kind = tf.python_io.TFRecordCompressionType
    for given in ("GZIP", kind.GZIP, options("GZIP"), options(kind.GZIP)):
        assert options.get_compression_type_string(given) == "GZIP"
    for given in (None, "", kind.NONE, options()):
        assert options.get_compression_type_string(given) == ""
    with pytest.raises(ValueError, match='Not a valid compression_type: "X"'):
        options("X")


def test_a_closed_writer_refuses_records(tmp_path):
    writer = tf.python_io.TFRecordWriter(tmp_path / "r")
    writer.close()
    writer.close()
    with pytest.raises(tf.errors.FailedPreconditionError, match="Writer is closed"):
        writer.write(b"x")


def test_files_that_are_not_there_are_named():
    with pytest.raises(tf.errors.NotFoundError, match="/nonexistent/x; No such file or directory"):
        tf.python_io.tf_record_iterator("/nonexistent/x")
    with pytest.raises(tf.errors.NotFoundError, match="/nonexistent/x; No such file or directory"):
        tf.python_io.TFRecordWriter("/nonexistent/x")


def test_damage_is_a_data_loss_after_the_good_records(tmp_path):
    path = tmp_path / "r"
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"good")
        writer.write(b"bad")
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    records = tf.python_io.tf_record_iterator(path)
    assert next(records) == b"good"
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 32"):
        next(records)


def test_an_iterator_that_is_dropped_closes_its_file(tmp_path):
    path = tmp_path / "r"
    with tf.python_io.TFRecordWriter(path) as writer:
        writer.write(b"one")
    kept = tf.python_io.tf_record_iterator(path)
    assert next(kept) == b"one"
    assert times_open(path) == 1
    next(tf.python_io.tf_record_iterator(path))
    assert times_open(path) == 1
    del kept
    assert times_open(path) == 0


def times_open(path):
    """Return how many descriptors this process has for a file."""
    return sum(os.path.realpath(link) == str(path) for link in Path("/proc/self/fd").iterdir())


@pytest.mark.oracle
@pytest.mark.parametrize("kind", KINDS)
def test_tensorflow_reads_what_we_write_and_the_reverse(oracle, tmp_path, kind):
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    with tf.python_io.TFRecordWriter(ours, kind) as writer:
        for record in RECORDS:
            writer.write(record)
    found = oracle.run(
        """
        with tf.python_io.TFRecordWriter(theirs, kind) as writer:
            for record in records:
                writer.write(record)
        result = list(tf.python_io.tf_record_iterator(ours, tf.python_io.TFRecordOptions(kind)))
        """,
        ours=ours,
        theirs=theirs,
        kind=kind,
        records=RECORDS,
    )
    assert found == RECORDS
    assert list(tf.python_io.tf_record_iterator(theirs, kind)) == RECORDS


READ_DAMAGED = """
def outcome(path, kind):
    found = []
    try:
        for record in tf.python_io.tf_record_iterator(path, tf.python_io.TFRecordOptions(kind)):
            found.append(record)
    except tf.errors.OpError as error:
        return [len(found), type(error).__name__, error.message]
    return [len(found), "", ""]
result = [outcome(path, kind) for path in paths]
"""


@pytest.mark.oracle
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_end_as_in_tensorflow(oracle, tmp_path, kind):
    path = tmp_path / "whole"
    with tf.python_io.TFRecordWriter(path, kind) as writer:
        for record in (b"hello", b"abc" * 50, b"end"):
            writer.write(record)
    data = path.read_bytes()
    paths = []
    for size in range(len(data)):
        paths.append(str(tmp_path / f"cut{size}"))
        (tmp_path / f"cut{size}").write_bytes(data[:size])
        changed = bytearray(data)
        changed[size] ^= 4
        paths.append(str(tmp_path / f"bad{size}"))
        (tmp_path / f"bad{size}").write_bytes(changed)
    expected = oracle.run(READ_DAMAGED, paths=paths, kind=kind)
    scope = {"tf": tf, "paths": paths, "kind": kind}
    exec(READ_DAMAGED, scope)
    different = [
        (p, ours, theirs)
        for p, ours, theirs in zip(paths, scope["result"], expected, strict=True)
        if ours != theirs
    ]
    assert not different


def test_examples_are_the_messages_of_tensorflow():
    example = tf.train.Example(
        features=tf.train.Features(
            feature={
                "a": tf.train.Feature(int64_list=tf.train.Int64List(value=[1, -1])),
                "b": tf.train.Feature(bytes_list=tf.train.BytesList(value=[b"x"])),
                "c": tf.train.Feature(float_list=tf.train.FloatList(value=np.float32([0.5, 2]))),
            }
        )
    )
    again = tf.train.Example.FromString(example.SerializeToString())
    assert again == example
    assert example.features.feature["a"].WhichOneof("kind") == "int64_list"


@pytest.mark.oracle
def test_tensorflow_understands_examples(oracle):
    example = tf.train.SequenceExample()
    example.context.feature["n"].int64_list.value.extend([3, -4])
    step = example.feature_lists.feature_list["x"].feature.add()
    step.float_list.value.extend([1.5, 2.5])
    theirs = oracle.run(
        """
        message = tf.train.SequenceExample.FromString(data)
        result = [str(message), message.SerializeToString()]
        """,
        data=example.SerializeToString(),
    )
    assert theirs[0] == str(example)
    assert tf.train.SequenceExample.FromString(theirs[1]) == example
