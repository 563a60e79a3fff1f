"""`RecordInput`: records of files in a drawn order, again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tensormill as tf
from tensormill.io.record_input import RecordInput

NAMES = [b"a0", b"a1", b"a2", b"b0", b"b1", b"b2"]


@pytest.fixture
def pattern(tmp_path: Path) -> str:
    for letter in "ab":
        with tf.io.TFRecordWriter(str(tmp_path / letter)) as writer:
            for index in range(3):
                writer.write(f"{letter}{index}".encode())
    return str(tmp_path / "*")


def drawn(pattern: str, steps: int, **options: Any) -> list[bytes]:
    with tf.Graph().as_default():
        records = RecordInput(pattern, **options).get_yield_op()
        with tf.Session() as session:
            return [record for _ in range(steps) for record in session.run(records)]


def test_a_seed_repeats_its_order_and_another_one_has_its_own(pattern: str) -> None:
    orders = [drawn(pattern, 10, batch_size=6, buffer_size=6, seed=seed) for seed in (5, 5, 6)]
    assert orders[0] == orders[1]
    assert orders[0] != orders[2]
    assert orders[0][:6] != NAMES


def test_steps_of_one_session_go_through_the_same_rounds(pattern: str) -> None:
    records = RecordInput(pattern, batch_size=3, buffer_size=9).get_yield_op()
    copied = tf.identity(records)
    with tf.Session() as session, tf.Session() as other:
        first = [*session.run(records), *session.run(copied)]
        assert sorted(first) == NAMES
        assert len(set(other.run(records))) == 3


def test_batches_are_lists_of_scalars_in_turn(pattern: str) -> None:
    batches = RecordInput(pattern, batch_size=2, batches=3, name="input").get_yield_op()
    assert [[part.name for part in batch] for batch in batches] == [
        ["input_1/Reshape:0", "input_1/Reshape_3:0"],
        ["input_1/Reshape_1:0", "input_1/Reshape_4:0"],
        ["input_1/Reshape_2:0", "input_1/Reshape_5:0"],
    ]
    with tf.Session() as session:
        assert sorted(record for batch in session.run(batches) for record in batch) == NAMES


@pytest.mark.parametrize("compression", ["GZIP", tf.io.TFRecordCompressionType.GZIP])
def test_compressed_files_are_read(tmp_path: Path, compression: Any) -> None:
    path = str(tmp_path / "z")
    with tf.io.TFRecordWriter(path, tf.io.TFRecordOptions("GZIP")) as writer:
        writer.write(b"one")
    assert drawn(path, 2, compression_type=compression) == [b"one", b"one"]


def test_an_unknown_compression_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="ZIP"):
        RecordInput(pattern, compression_type="ZIP").get_yield_op()


def test_files_that_come_after_a_failure_are_read(tmp_path: Path) -> None:
    records = RecordInput(str(tmp_path / "*")).get_yield_op()
    with tf.Session() as session:
        with pytest.raises(tf.errors.NotFoundError, match="Found no files"):
            session.run(records)
        (tmp_path / "empty").touch()
        with pytest.raises(tf.errors.NotFoundError, match="Found no records"):
            session.run(records)
        with tf.io.TFRecordWriter(str(tmp_path / "one")) as writer:
            writer.write(b"x")
        assert session.run(records).tolist() == [b"x"]
