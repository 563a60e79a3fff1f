"""A disk that is full: the error says so, and names the file."""

import os

import pytest

import tensormill as tf

FULL = "/dev/full"
pytestmark = pytest.mark.skipif(not os.path.exists(FULL), reason="no file that is always full")


def test_a_record_file():
    with (
        pytest.raises(tf.errors.ResourceExhaustedError, match=FULL),
        tf.python_io.TFRecordWriter(FULL) as writer,
    ):
        writer.write(b"x" * 2_000_000)


def test_a_file_that_an_operation_writes():
    with tf.Session() as session, pytest.raises(tf.errors.ResourceExhaustedError, match=FULL):
        session.run(tf.write_file(FULL, "x" * 1000))


def test_a_file_of_gfile():
    with (
        pytest.raises(tf.errors.ResourceExhaustedError, match=FULL),
        tf.gfile.GFile(FULL, "w") as f,
    ):
        f.write("x" * 1000)
