"""Summaries that a graph writes by itself: `tf.contrib.summary` and `tf.compat.v2.summary`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.summary.default_writer import defaults
from tensormill.summary.summary_iterator import summary_iterator


def events_of(folder: Path) -> list[Any]:
    """Return the events in the files of a folder, apart from those that begin a file."""
    found = [event for path in sorted(folder.iterdir()) for event in summary_iterator(str(path))]
    return [event for event in found if not event.file_version]


def values_of(folder: Path) -> list[tuple[int, str]]:
    """Return step and tag of all values in the files of a folder."""
    return [(event.step, value.tag) for event in events_of(folder) for value in event.summary.value]


def test_summaries_are_written_every_n_global_steps(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    step = tf.train.get_or_create_global_step()
    advance = step.assign_add(1)
    writer = recording.create_file_writer(str(tmp_path), flush_millis=10_000)
    with writer.as_default(), recording.record_summaries_every_n_global_steps(3):
        recording.scalar("loss", tf.cast(step, tf.float32) * 2)
    with tf.Session() as session:
        session.run([tf.global_variables_initializer(), recording.summary_writer_initializer_op()])
        for _ in range(7):
            session.run(recording.all_summary_ops())
            session.run(advance)
        session.run(writer.close())
    found = [(e.step, e.summary.value[0].simple_value) for e in events_of(tmp_path)]
    assert found == [(0, 0.0), (3, 6.0), (6, 12.0)]


def test_initialize_opens_writers_and_writes_the_graph(tmp_path: Path) -> None:
    writer = tf.contrib.summary.create_file_writer(str(tmp_path))
    tf.constant(1.0, name="seen")
    with writer.as_default(), tf.Session() as session:
        tf.summary.initialize(graph=tf.get_default_graph(), session=session)
        session.run(tf.contrib.summary.flush())
    (event,) = events_of(tmp_path)
    graph_def = tf.GraphDef.FromString(event.graph_def)
    assert event.step == 0
    assert "seen" in [node.name for node in graph_def.node]


def test_initialize_needs_a_writer_and_a_session(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"No default tf\.contrib\.summary\.SummaryWriter"):
        tf.summary.initialize()
    with (
        tf.contrib.summary.create_file_writer(str(tmp_path)).as_default(),
        pytest.raises(ValueError, match="session must be passed"),
    ):
        tf.summary.initialize()


def test_nothing_is_written_without_a_writer_or_against_the_will(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    with recording.always_record_summaries():
        assert recording.scalar("a", 1.0).type == "NoOp"
    writer = recording.create_file_writer(str(tmp_path))
    with writer.as_default():
        recording.scalar("unsaid", 1.0, step=1)
        with recording.never_record_summaries():
            recording.scalar("never", 1.0, step=1)
        with recording.always_record_summaries():
            recording.scalar("always", 1.0, step=1)
    assert defaults.writer is None
    types = [op.type for op in tf.get_default_graph().get_operations()]
    assert types.count("WriteScalarSummary") == 1
    with tf.Session() as session:
        session.run(recording.summary_writer_initializer_op())
        session.run(recording.all_summary_ops())
        session.run(writer.flush())
    assert values_of(tmp_path) == [(1, "always")]


def test_writers_of_one_folder_are_one(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    first = recording.create_file_writer(str(tmp_path))
    second = recording.create_file_writer(str(tmp_path))
    with recording.always_record_summaries():
        for number, writer in enumerate((first, second)):
            with writer.as_default():
                recording.scalar(f"s{number}", 1.0, step=number)
    with tf.Session() as session:
        session.run(recording.summary_writer_initializer_op())
        session.run(recording.all_summary_ops())
        session.run(second.close())
    assert len(list(tmp_path.iterdir())) == 1
    assert sorted(values_of(tmp_path)) == [(0, "s0"), (1, "s1")]


def test_a_writer_that_is_not_open_is_not_found(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    writer = recording.create_file_writer(str(tmp_path))
    with tf.Session() as session, pytest.raises(tf.errors.NotFoundError, match="does not exist"):
        session.run(writer.flush())


def test_sounds_images_and_tensors_are_written(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    writer = recording.create_file_writer(str(tmp_path))
    with writer.as_default(), recording.always_record_summaries(), tf.name_scope("outer"):
        recording.image("picture", tf.zeros([1, 2, 3, 3]), max_images=1, step=1)
        recording.audio("sound", tf.zeros([1, 4]), 8000.0, 1, step=1)
        recording.histogram("histogram", [1.0, 2.0], family="many", step=1)
        recording.generic("tensor", tf.constant([1, 2]), step=1)
    with tf.Session() as session:
        session.run(writer.init())
        session.run(recording.all_summary_ops())
        session.run(writer.close())
    assert sorted(tag for _, tag in values_of(tmp_path)) == [
        "many/outer/many/histogram",
        "outer/picture/image",
        "outer/sound/audio",
        "outer/tensor",
    ]


def test_typed_summaries_have_what_tensorboard_reads(tmp_path: Path) -> None:
    second = tf.compat.v2.summary
    writer = second.create_file_writer(str(tmp_path))
    second.experimental.set_step(None)
    with writer.as_default():
        with pytest.raises(ValueError, match="No step set"):
            second.scalar("no step", 1.0)
        written = [
            second.scalar("a b", 2, step=4),
            second.histogram("h", [0.0, 1.0, 1.0, 4.0], step=4, buckets=2),
            second.histogram("one", [3, 3], step=4),
            second.image("i", np.zeros([2, 3, 5, 1], np.float32), step=4),
            second.text("t", ["x", "y"], step=4),
            second.audio("s", tf.zeros([1, 4, 1]), 8000, step=4),
        ]
        with second.record_if(False):
            unwanted = second.scalar("unwanted", 1.0, step=4)
    with tf.Session() as session:
        session.run(writer.init())
        assert session.run([written, unwanted]) == [[True] * len(written), False]
        session.run(writer.close())
    values = {value.tag: value for event in events_of(tmp_path) for value in event.summary.value}
    plugins = {tag: value.metadata.plugin_data.plugin_name for tag, value in values.items()}
    assert plugins == {
        "a b": "scalars", "h": "histograms", "one": "histograms", "i": "images", "t": "text",
        "s": "audio",
    }  # fmt: skip
    tensors = {tag: tf.make_ndarray(value.tensor) for tag, value in values.items()}
    assert tensors["a b"] == np.float32(2)
    assert tensors["h"].tolist() == [[0, 2, 3], [2, 4, 1]]
    assert tensors["one"].tolist() == [[2.5, 3.5, 2]]
    assert tensors["i"][:2].tolist() == [b"5", b"3"]
    assert len(tensors["i"]) == 4
    assert tensors["t"].tolist() == [b"x", b"y"]
    assert tensors["s"].shape == (1, 2)


def test_the_step_of_the_thread_is_used_where_none_is_given(tmp_path: Path) -> None:
    second = tf.compat.v2.summary
    writer = second.create_file_writer(str(tmp_path))
    second.experimental.set_step(11)
    try:
        with writer.as_default():
            written = second.write("x", 1.0)
            raw = second.experimental.write_raw_pb(tf.summary.scalar("y", 2.0))
    finally:
        second.experimental.set_step(None)
    with tf.Session() as session:
        session.run(writer.init())
        session.run([written, raw])
        session.run(writer.close())
    assert sorted(values_of(tmp_path)) == [(11, "x"), (11, "y")]


def test_a_full_queue_and_the_clock_flush_a_writer(tmp_path: Path) -> None:
    recording = tf.contrib.summary
    for name, options in (("queue", {"max_queue": 1}), ("clock", {"flush_millis": -1})):
        folder = tmp_path / name
        writer = recording.create_file_writer(str(folder), **options)
        with writer.as_default(), recording.always_record_summaries():
            write = recording.scalar("a", 1.0, step=1)
        with tf.Session() as session:
            session.run(writer.init())
            session.run(write)
            session.run(write)
            assert len(values_of(folder)) == 2
            session.run(writer.close())
