"""Our timelines are, event by event, those of TensorFlow."""

import pytest

import tensormill as tf
from tensormill.session.timeline import Timeline
from tensormill.testing.oracle import Oracle

pytestmark = pytest.mark.oracle

SOURCE = """
from tensorflow.core.framework import step_stats_pb2
from tensorflow.python.client import timeline
stats = step_stats_pb2.StepStats.FromString(serialized)
result = timeline.Timeline(stats).generate_chrome_trace_format(**options)
"""


def test_a_timeline_is_that_of_tensorflow(oracle: Oracle):
    x = tf.placeholder(tf.float32, [50, 50])
    parts = [tf.exp(x + float(i)) for i in range(4)]
    with tf.device("/cpu:1"):
        total = parts[0] * parts[1] + parts[2]
    metadata = tf.RunMetadata()
    with tf.Session(config=tf.ConfigProto(device_count={"CPU": 2})) as session:
        session.run(
            [total, parts[3]],
            {x: [[1.0] * 50] * 50},
            options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE),
            run_metadata=metadata,
        )
    serialized = metadata.step_stats.SerializeToString()
    for options in ({}, {"show_memory": True}, {"show_dataflow": False}, {"op_time": "all"}):
        theirs = oracle.run(SOURCE, serialized=serialized, options=options)
        assert Timeline(metadata.step_stats).generate_chrome_trace_format(**options) == theirs
