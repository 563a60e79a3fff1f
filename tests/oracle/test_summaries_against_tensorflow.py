"""Pictures of summaries, nodes of summaries and event files, both ways with real TensorFlow."""

import numpy as np
import pytest

from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

IMAGE = """
with tf.Session() as session:
    made = session.run(tf.summary.image("i", tf.constant(values)))
result = [value.image.encoded_image_string for value in tf.Summary.FromString(made).value]
"""
DECODE = """
with tf.Session() as session:
    result = [session.run(tf.image.decode_png(image)) for image in images]
"""


def pictures():
    random = np.random.RandomState(3)
    yield random.randint(0, 256, [2, 5, 7, 3]).astype(np.uint8)
    yield random.randint(0, 256, [1, 64, 33, 4]).astype(np.uint8)
    for dtype in (np.float32, np.float64, np.float16):
        yield random.rand(3, 4, 5, 1).astype(dtype)
        yield random.randn(2, 6, 5, 3).astype(dtype)
    values = random.randn(1, 4, 4, 3).astype(np.float32)
    values[0, 1, 2, 0], values[0, 3, 3, 2] = np.nan, np.inf
    yield values
    yield np.zeros([1, 3, 3, 1], np.float32)
    yield np.full([1, 2, 2, 1], 1e-9, np.float32)


@pytest.mark.parametrize("values", list(pictures()), ids=lambda v: f"{v.dtype}{list(v.shape)}")
def test_pictures_have_the_pixels_of_tensorflow(oracle, values):
    ours = oracle.run(DECODE, images=run_here(IMAGE, values=values))
    theirs = oracle.run(DECODE, images=oracle.run(IMAGE, values=values))
    assert len(ours) == len(theirs)
    for mine, wanted in zip(ours, theirs, strict=True):
        assert np.array_equal(mine, wanted)


WRITE = """
writer = tf.summary.FileWriter(folder)
with tf.Session() as session:
    for step in range(3):
        values = tf.constant([1.0 * step, -2.0, 1e-7])
        merged = tf.summary.merge([
            tf.summary.scalar("s", step), tf.summary.histogram("h", values),
            tf.summary.text("t", tf.constant(["a", "b"])),
            tf.summary.audio("a", tf.reshape(values / 4, [1, 3]), 10)])
        writer.add_summary(session.run(merged), step)
writer.add_session_log(tf.SessionLog(status=tf.SessionLog.STOP, msg="end"), 3)
writer.close()
result = None
"""
READ = """
import os
(name,) = os.listdir(folder)
result = []
for event in tf.train.summary_iterator(os.path.join(folder, name)):
    event.wall_time = 0.0
    if hasattr(event, "source_metadata"):
        event.ClearField("source_metadata")
    result.append(str(event))
"""


def test_each_reads_the_events_of_the_other(tmp_path, oracle):
    for side, write in (("ours", run_here), ("theirs", oracle.run)):
        write(WRITE, folder=str(tmp_path / side))
    expected = run_here(READ, folder=str(tmp_path / "theirs"))
    assert len(expected) == 5
    assert oracle.run(READ, folder=str(tmp_path / "ours")) == expected
    assert run_here(READ, folder=str(tmp_path / "ours")) == expected
    assert oracle.run(READ, folder=str(tmp_path / "theirs")) == expected


NODES = """
with tf.name_scope("outer"):
    a = tf.summary.scalar("s p!", 1.0, family="fam")
    h = tf.summary.histogram("h", [1.0])
    tf.summary.image("i", np.zeros([1, 2, 2, 1], np.uint8))
    tf.summary.audio("au", np.zeros([1, 1], np.float32), 8)
    tf.summary.text("t", tf.constant("x"))
    tf.summary.tensor_summary("ts", tf.constant(1.0))
tf.summary.scalar("s", 1.0)
tf.summary.scalar("s", 1.0)
tf.summary.merge_all()
tf.summary.merge([a, h], collections=["c"], name="mm")
tf.summary.merge_all(scope="outer")
result = [[node.name, node.op, list(node.input)]
          for node in tf.get_default_graph().as_graph_def().node]
result += [[t.name for t in tf.get_collection(key)] for key in ("summaries", "c")]
"""


def test_summaries_make_the_nodes_of_tensorflow(oracle):
    assert run_here(NODES) == oracle.run(NODES)
