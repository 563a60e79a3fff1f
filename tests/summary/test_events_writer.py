"""The writer of events that loggers of training programs open by hand."""

from pathlib import Path

import tensormill as tf
from tensormill.core.util import event_pb2
from tensormill.python import pywrap_tensorflow


def test_events_are_read_back_after_the_version_of_the_file(tmp_path: Path) -> None:
    writer = pywrap_tensorflow.EventsWriter(tf.compat.as_bytes(str(tmp_path / "events")))
    summary = tf.Summary(value=[tf.Summary.Value(tag="reward", simple_value=2.5)])
    writer.WriteEvent(event_pb2.Event(wall_time=1.0, step=3, summary=summary))
    assert writer.Flush()
    first, second = tf.train.summary_iterator(writer.FileName())
    assert first.file_version == "brain.Event:2"
    assert (second.step, second.summary.value[0].simple_value) == (3, 2.5)
    assert [path.name for path in tmp_path.iterdir()] == [Path(writer.FileName()).name]
    assert writer.Close()


def test_nothing_is_written_before_the_first_event(tmp_path: Path) -> None:
    writer = pywrap_tensorflow.EventsWriter(str(tmp_path / "events"))
    assert writer.Flush()
    assert writer.Close()
    assert list(tmp_path.iterdir()) == []
