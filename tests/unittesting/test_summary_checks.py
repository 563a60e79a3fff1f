"""`tf.contrib.testing` and `tf.contrib.deprecated`: old summaries, and checks of summaries."""

from __future__ import annotations

import unittest
from pathlib import Path

import pytest

import tensormill as tf

testing, deprecated = tf.contrib.testing, tf.contrib.deprecated


def test_old_summaries_have_their_own_tags_and_can_be_checked(tmp_path: Path) -> None:
    deprecated.scalar_summary(["a", "b"], [1.0, 2.5])
    deprecated.histogram_summary("spread", [1.0, 2.0])
    deprecated.image_summary("image", tf.zeros([2, 3, 3, 1]), max_images=1)
    deprecated.audio_summary("sound", tf.zeros([1, 8]), 8000.0, max_outputs=1)
    merged = deprecated.merge_all_summaries()
    with tf.Session() as session, tf.summary.FileWriter(str(tmp_path)) as writer:
        text = session.run(merged)
        writer.add_summary(text, 3)
        writer.add_summary(tf.Summary(value=[tf.Summary.Value(tag="a", simple_value=9)]), 4)
    tags = ["a", "b", "spread", "image/image", "sound/audio"]
    summary = testing.to_summary_proto(text)
    testing.assert_summary(tags, {"a": 1.0, "b": 2.501}, summary)
    with pytest.raises(ValueError, match="Expected tags"):
        testing.assert_summary(["a"], {}, summary)
    with pytest.raises(AssertionError, match="b"):
        testing.assert_summary(tags, {"b": 2.0}, summary)
    events = testing.latest_summaries(str(tmp_path))
    assert [event.step for event in events] == [3, 4]
    assert testing.simple_values_from_events(events, ["a", "b"]) == {"a": 9.0, "b": 2.5}
    with pytest.raises(ValueError, match="Summary for spread is not a simple_value"):
        testing.simple_values_from_events(events, ["spread"])


def test_no_file_has_no_events(tmp_path: Path) -> None:
    assert testing.latest_event_file(str(tmp_path)) is None
    assert testing.latest_summaries(str(tmp_path)) == []


def test_a_fake_writer_keeps_what_it_is_given() -> None:
    real = tf.summary.FileWriterCache.get
    case = unittest.TestCase()
    testing.FakeSummaryWriter.install()
    try:
        with pytest.raises(ValueError, match="already installed"):
            testing.FakeSummaryWriter.install()
        writer = real("/nowhere/to/be/found")
        assert isinstance(writer, testing.FakeSummaryWriter)
        value = tf.Summary.Value(tag="loss", simple_value=2)
        rate = tf.Summary.Value(tag="global_step/sec", simple_value=5)
        writer.add_summary(tf.Summary(value=[value, rate]).SerializeToString(), 1)
        writer.add_graph(tf.get_default_graph())
        writer.assert_summaries(
            case,
            expected_logdir="/nowhere/to/be/found",
            expected_summaries={1: {"loss": 2.0}},
            expected_added_graphs=[tf.get_default_graph()],
        )
        with pytest.raises(AssertionError):
            writer.assert_summaries(case, expected_summaries={1: {"loss": 3.0}})
    finally:
        tf.summary.FileWriterCache.clear()
        testing.FakeSummaryWriter.uninstall()
    with pytest.raises(ValueError, match="not installed"):
        testing.FakeSummaryWriter.uninstall()
