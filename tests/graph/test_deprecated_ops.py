"""Op types that newer graphs may not use, and older ones may."""

from __future__ import annotations

import pytest

import tensormill as tf

_TEXT = (
    r"Op AudioSummary is not available in GraphDef version 134\. It has been removed in version "
    r"15\. Use AudioSummaryV2\.\."
)


def _old_graph(producer: int) -> tf.Graph:
    """Return a graph as a program of long ago made it."""
    versions = tf.GraphDef()
    versions.versions.producer = producer
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(versions)
    return graph


def _summary() -> tf.Tensor:
    return tf.raw_ops.AudioSummary(tag="a", tensor=tf.zeros([1, 4]), sample_rate=3.0)


def test_no_node_is_made_of_an_op_that_was_given_up() -> None:
    with tf.Graph().as_default() as graph, pytest.raises(NotImplementedError, match=_TEXT):
        _summary()
    assert not [op for op in graph.get_operations() if op.type == "AudioSummary"]


def test_a_graph_of_an_old_version_still_has_it() -> None:
    with _old_graph(14).as_default() as graph:
        made = _summary()
        with tf.Session(graph=graph) as session:
            value = tf.Summary.FromString(session.run(made)).value[0]
    assert (value.tag, value.audio.length_frames) == ("a/audio/0", 4)


def test_an_import_goes_by_the_version_of_what_is_imported() -> None:
    with _old_graph(14).as_default() as graph:
        _summary()
        message = graph.as_graph_def()
    message.versions.producer = 15
    with tf.Graph().as_default(), pytest.raises(tf.errors.UnimplementedError, match="version 15"):
        tf.import_graph_def(message)
    message.versions.producer = 14
    with tf.Graph().as_default() as later:
        tf.import_graph_def(message, name="")
        assert later.get_operation_by_name("AudioSummary").op_def.deprecation.version == 15
