"""Meta graphs both ways: collections, branches and loops, and gradients through imported loops."""

import pytest
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef

import tensormill as tf
from tensormill.proto.control_flow_pb2 import CondContextDef, WhileContextDef
from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

BUILD = """
x = tf.placeholder(tf.float32, [2], name="x")
with tf.name_scope("part"):
    w = tf.get_variable("w", [2], use_resource=False, initializer=tf.constant_initializer(3.0))
    r = tf.get_variable("r", [2], use_resource=True, initializer=tf.constant_initializer(2.0))

    def body(i, y):
        z = tf.cond(i > 1, lambda: y * w, lambda: tf.while_loop(
            lambda j, _: j < 2, lambda j, v: (j + 1, v + x * r), [0, y],
            parallel_iterations=3)[1])
        return i + 1, z

    _, y = tf.while_loop(lambda i, _: i < 4, body, [0, x], swap_memory=True, name="outer")
    out = tf.cond(tf.reduce_sum(x) > 0, lambda: y + w, lambda: y * r, name="last")
    tf.identity(out, name="out")
tf.add_to_collection("out", tf.get_default_graph().get_tensor_by_name("part/out:0"))
tf.add_to_collection("numbers", 3)
tf.add_to_collection("numbers", 5)
tf.add_to_collection("texts", "a text")
tf.train.Saver()
"""
EXPORT = BUILD + "\nresult = tf.train.export_meta_graph(export_scope=scope).SerializeToString()"

IMPORT = """
message = type(tf.train.export_meta_graph()).FromString(serialized)
saver = tf.train.import_meta_graph(message, import_scope=scope)
prefix = scope + "/" if scope else ""
graph = tf.get_default_graph()
out = tf.get_collection("out")[0]
x = graph.get_tensor_by_name(prefix + "x:0")
variables = tf.trainable_variables()
gradients = tf.gradients(out, [x, *variables])
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    values = [session.run([out, *gradients], {x: value}) for value in ([1.0, 2.0], [-1.0, -3.0])]
result = [
    values,
    [v.name for v in variables],
    sorted(tf.get_default_graph().get_all_collection_keys()),
    tf.get_collection("numbers"),
    [tf.compat.as_bytes(text) for text in tf.get_collection("texts")],
    len(tf.get_collection("while_context")),
    len(tf.get_collection("cond_context")),
]
"""


def contexts(serialized):
    """Return the contexts of a meta graph as messages, whose sets have no order."""
    message = MetaGraphDef.FromString(serialized)
    found = []
    for key, kind in (("while_context", WhileContextDef), ("cond_context", CondContextDef)):
        for content in message.collection_def[key].bytes_list.value:
            found.append(kind.FromString(content))
    return found


def test_contexts_are_written_as_tensorflow_writes_them(oracle):
    ours = contexts(run_here(EXPORT, scope=None))
    theirs = contexts(oracle.run(EXPORT, scope=None))
    assert len(ours) == len(theirs) == 3
    for mine, wanted in zip(ours, theirs, strict=True):
        assert str(mine) == str(wanted)


@pytest.mark.parametrize("scope", [None, "in"])
def test_gradients_go_through_imported_loops(oracle, scope):
    for write, read in ((run_here, oracle.run), (oracle.run, run_here), (run_here, run_here)):
        serialized = write(EXPORT, scope=None)
        found = read(IMPORT, serialized=serialized, scope=scope)
        expected = oracle.run(IMPORT, serialized=serialized, scope=scope)
        assert repr(found) == repr(expected)


def test_a_context_survives_its_message():
    with tf.Graph().as_default() as graph:
        exec(BUILD, {"tf": tf})
        seen = set()
        for op in graph.get_operations():
            context = op._get_control_flow_context()
            if context is not None and context.name not in seen:
                seen.add(context.name)
                again = type(context).from_proto(context.to_proto())
                assert str(again.to_proto()) == str(context.to_proto())
        assert len(seen) == 6
