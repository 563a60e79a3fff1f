"""The nodes, collections and files of monitored sessions and supervisors, as in TensorFlow."""

import pytest

import tensormill as tf
from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

MODEL = """
import os

def described(graph):
    nodes = [[node.name, node.op, node.device, list(node.input)]
             for node in graph.as_graph_def().node if not node.name.startswith("save/")]
    collections = {
        key: [getattr(item, "name", type(item).__name__) for item in graph.get_collection(key)]
        for key in graph.get_all_collection_keys() if key != "global_step_read_op_cache"
    }
    return nodes, collections

tf.disable_resource_variables()
step = tf.train.get_or_create_global_step()
v = tf.get_variable("v", [2], use_resource=False)
tf.get_variable("w", [2], collections=["local_variables"], use_resource=False, trainable=False)
tf.summary.scalar("s", tf.reduce_sum(v))
train = tf.assign_add(step, 1)
"""

MONITORED = (
    MODEL
    + """
with tf.train.MonitoredTrainingSession(
        checkpoint_dir=folder, hooks=[tf.train.StopAtStepHook(last_step=3)],
        save_checkpoint_steps=1, save_summaries_steps=1) as session:
    while not session.should_stop():
        session.run(train)
files = sorted(name for name in os.listdir(folder) if not name.startswith("events"))
result = [*described(tf.get_default_graph()), files]
"""
)

SUPERVISED = (
    MODEL
    + """
supervisor = tf.train.Supervisor(logdir=folder)
result = [*described(tf.get_default_graph())]
"""
)


@pytest.mark.parametrize("source", [MONITORED, SUPERVISED], ids=["monitored", "supervised"])
def test_everything_has_the_names_of_tensorflow(tmp_path, oracle, source):
    made = run_here(source, folder=str(tmp_path / "ours"))
    tf.summary.FileWriterCache.clear()
    theirs = oracle.run(source, folder=str(tmp_path / "theirs"))
    for ours, expected in zip(made, theirs, strict=True):
        assert ours == expected
