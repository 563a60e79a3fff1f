"""`tf.summary.FileWriter`: what stands in the files, when, and how writers end."""

import os

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import tensormill as tf


def events(folder):
    """Return the events of each file of a folder, the oldest file first."""
    return [
        list(tf.train.summary_iterator(os.path.join(folder, name)))
        for name in sorted(os.listdir(folder))
    ]


def summary(tag="t", value=1.0, **metadata):
    described = tf.SummaryMetadata(**metadata) if metadata else None
    return tf.Summary(value=[tf.Summary.Value(tag=tag, simple_value=value, metadata=described)])


def test_the_first_event_of_a_file_says_its_version(tmp_path):
    with tf.summary.FileWriter(tmp_path / "logs") as writer:
        assert os.listdir(tmp_path / "logs") == []
        writer.add_summary(summary(), 3)
        ((first, second),) = events(tmp_path / "logs")
        assert first.file_version == "brain.Event:2"
        assert (second.step, second.summary) == (3, summary())
        assert first.wall_time <= second.wall_time
    assert os.listdir(tmp_path / "logs")[0].startswith("events.out.tfevents.")


def test_what_was_written_is_there_after_a_flush(tmp_path):
    with tf.summary.FileWriter(tmp_path, filename_suffix=".s") as writer:
        (name,) = os.listdir(tmp_path)
        assert name.endswith(".s")
        for step in range(3):
            writer.add_summary(summary().SerializeToString(), step)
        writer.flush()
        assert [event.step for event in events(tmp_path)[0]] == [0, 0, 1, 2]


def test_what_describes_a_tag_is_written_once(tmp_path):
    with tf.summary.FileWriter(tmp_path) as writer:
        for _ in range(2):
            writer.add_summary(summary(display_name="x"))
    first, second = (event.summary.value[0] for event in events(tmp_path)[0][1:])
    assert first.metadata.display_name == "x"
    assert not second.HasField("metadata")


def test_graphs_logs_and_metadata_are_events(tmp_path):
    tf.constant(1.0, name="c")
    graph = tf.get_default_graph()
    with tf.summary.FileWriter(tmp_path, graph) as writer:
        writer.add_session_log(tf.SessionLog(status=tf.SessionLog.START), 5)
        writer.add_run_metadata(tf.RunMetadata(), "step 5", 5)
        with pytest.raises(ValueError, match="tag was already used"):
            writer.add_run_metadata(tf.RunMetadata(), "step 5", 6)
        writer.add_event(tf.Event(wall_time=1.5, step=9))
        with pytest.raises(TypeError, match="must be an instance of `Graph`"):
            writer.add_graph(3)
        with pytest.raises(ValueError, match="only graph, or graph_def"):
            writer.add_graph(graph, graph_def=graph.as_graph_def())
        with pytest.raises(TypeError, match="must be type MetaGraphDef"):
            writer.add_meta_graph(3)
    (found,) = events(tmp_path)
    assert [event.WhichOneof("what") for event in found] == [
        "file_version", "graph_def", "meta_graph_def", "session_log", "tagged_run_metadata", None,
    ]  # fmt: skip
    assert tf.GraphDef.FromString(found[1].graph_def).node[0].name == "c"
    assert found[-1].wall_time == 1.5


def test_a_closed_writer_warns_and_may_be_reopened(tmp_path):
    writer = tf.summary.FileWriter(tmp_path)
    writer.add_summary(summary(), 1)
    writer.close()
    with pytest.warns(UserWarning, match="Attempting to use a closed FileWriter"):
        writer.add_summary(summary(), 2)
    writer.reopen()
    writer.add_summary(summary(), 3)
    writer.close()
    # A file of its own, even within the second of the first one.
    assert [[event.step for event in found] for found in events(tmp_path)] == [[0, 1], [0, 3]]


def test_two_writers_do_not_overwrite_each_other(tmp_path):
    for step in (1, 2):
        with tf.summary.FileWriter(tmp_path) as writer:
            writer.add_summary(summary(), step)
    assert sorted(event.step for found in events(tmp_path) for event in found) == [0, 0, 1, 2]


def test_writers_of_a_session_share_a_file(tmp_path):
    tf.constant(0)
    with tf.Session() as session:
        for step in (1, 2):
            tf.summary.FileWriter(tmp_path, session=session).add_summary(summary(), step)
        tf.summary.FileWriter(tmp_path, session=session).close()
    assert [[event.step for event in found] for found in events(tmp_path)] == [[0, 1, 2]]


def test_the_cache_has_one_writer_a_folder(tmp_path):
    cache = tf.summary.FileWriterCache
    cache.clear()
    writer = cache.get(str(tmp_path / "a"))
    assert cache.get(str(tmp_path / "a")) is writer
    assert cache.get(str(tmp_path / "b")) is not writer
    cache.clear()
    assert events(tmp_path / "a")[0][1].WhichOneof("what") == "graph_def"


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(tf.errors.NotFoundError, match="nope; No such file"):
        list(tf.train.summary_iterator(tmp_path / "nope"))
    (tmp_path / "bad").write_bytes(b"no records" * 5)
    with pytest.raises(tf.errors.DataLossError, match="corrupted record at 0"):
        list(tf.train.summary_iterator(tmp_path / "bad"))


def test_tensorboard_reads_what_is_written(tmp_path):
    x = tf.placeholder(tf.float32, [None])
    tf.summary.scalar("average", tf.reduce_mean(x))
    tf.summary.histogram("values", x)
    tf.summary.image("picture", tf.reshape(x, [1, 2, 2, 1]))
    tf.summary.audio("sound", tf.reshape(x, [1, 4]), 8000)
    tf.summary.text("note", tf.constant("hello"))
    merged = tf.summary.merge_all()
    with tf.Session() as session, tf.summary.FileWriter(tmp_path, session.graph) as writer:
        for step in range(3):
            writer.add_summary(session.run(merged, {x: np.arange(4) * 0.1 * step}), step)
    board = EventAccumulator(str(tmp_path)).Reload()
    assert [(s.step, round(s.value, 3)) for s in board.Scalars("average")] == [
        (0, 0.0), (1, 0.15), (2, 0.3),
    ]  # fmt: skip
    assert board.Histograms("values")[0].histogram_value.num == 4
    assert board.Images("picture/image/0")[1].width == 2
    assert board.Audio("sound/audio/0")[1].sample_rate == 8000
    assert board.Tensors("note")[0].tensor_proto.string_val[0] == b"hello"
    assert len(board.Graph().node) == len(tf.get_default_graph().get_operations())


def test_names_of_summaries_are_tags():
    tf.summary.scalar("a b/c!", 1.0)
    with tf.name_scope("outer"):
        tf.summary.scalar("a", 1.0, collections=["mine"])
        tf.summary.scalar("a", 1.0)
    assert [s.op.name for s in tf.get_collection("summaries")] == ["a_b/c_", "outer/a_1"]
    assert [t.op.name for t in tf.summary.merge_all(scope="outer").op.inputs] == ["outer/a_1"]
    assert tf.summary.merge_all("none") is None
    with pytest.raises(ValueError, match="to have dtype string"):
        tf.summary.text("t", tf.constant(1))
    with pytest.raises(ValueError, match="Can't get_summary_description on ScalarSummary"):
        tf.summary.get_summary_description(tf.get_collection("mine")[0].op.node_def)
