"""Checkpoints both ways with real TensorFlow: bytes of the files, nodes of the saver, values."""

import os

import numpy as np
import pytest

import tensormill as tf
from tensormill.testing.oracle import OracleError
from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

MODEL = """
def model(resource):
    with tf.variable_scope("m", use_resource=resource):
        tf.get_variable("w", initializer=np.arange(6, dtype=np.float32).reshape(2, 3))
        tf.get_variable("h", initializer=np.float16([0.5, 2.0]))
        tf.get_variable("scalar", initializer=np.int64(7))
        tf.get_variable("flag", initializer=np.array([True, False]), trainable=False)
        tf.get_variable("empty", initializer=np.zeros([0, 3], np.float32))
        if not resource:
            tf.get_variable("text", initializer=np.array([b"", b"abc"], object), trainable=False)
        with tf.device("/job:ps/task:1" if place else None):
            tf.get_variable("part", [5, 2], partitioner=tf.fixed_size_partitioner(2),
                            initializer=tf.constant_initializer(1.5))
"""

SAVE = (
    MODEL
    + """
place = False
model(resource)
saver = tf.train.Saver(sharded=sharded, write_version=version)
with tf.Session() as session:
    session.run(tf.global_variables_initializer())
    saver.save(session, path, global_step=3, write_meta_graph=False)
result = None
"""
)


def files(folder):
    return {name: (folder / name).read_bytes() for name in sorted(os.listdir(folder))}


@pytest.mark.parametrize("resource", [False, True])
@pytest.mark.parametrize("sharded", [False, True])
def test_files_have_the_bytes_of_tensorflow(tmp_path, oracle, resource, sharded):
    for side in ("ours", "theirs"):
        os.mkdir(tmp_path / side)
    options = {"resource": resource, "sharded": sharded, "version": 2}
    run_here(SAVE, path=str(tmp_path / "ours" / "m"), **options)
    oracle.run(SAVE, path=str(tmp_path / "theirs" / "m"), **options)
    ours, theirs = files(tmp_path / "ours"), files(tmp_path / "theirs")
    assert ours.keys() == theirs.keys()
    for name in ours:
        expected = theirs[name].replace(str(tmp_path / "theirs").encode(), b"@")
        assert ours[name].replace(str(tmp_path / "ours").encode(), b"@") == expected, name


RESTORE = (
    MODEL
    + """
place = False
model(resource)
with tf.Session() as session:
    tf.train.Saver().restore(session, tf.train.latest_checkpoint(folder))
    result = session.run({v.name: v for v in tf.global_variables()})
"""
)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("resource", [False, True])
def test_each_reads_what_the_other_wrote(tmp_path, oracle, resource, version):
    options = {"resource": resource, "sharded": version == 1, "version": version}
    for side, write, read in (
        ("ours", run_here, oracle.run),
        ("theirs", oracle.run, run_here),
    ):
        folder = tmp_path / side
        os.mkdir(folder)
        write(SAVE, path=str(folder / "m"), **options)
        values = read(RESTORE, folder=str(folder), resource=resource)
        expected = run_here(RESTORE, folder=str(folder), resource=resource)
        assert values.keys() == expected.keys()
        for name, value in values.items():
            assert np.asarray(value).dtype == np.asarray(expected[name]).dtype
            assert np.array_equal(value, expected[name]), name
        assert np.array_equal(values["m/w:0"], np.arange(6).reshape(2, 3))


NODES = (
    MODEL
    + """
place = True
model(False)
tf.get_variable("r", [2], use_resource=True)
before = {node.name for node in tf.get_default_graph().as_graph_def().node}
saver = tf.train.Saver(**options)

def value(node):
    if node.op != "Const":
        return None
    text = str(tf.make_ndarray(node.attr["value"].tensor).tolist())
    return "temp" if "_temp" in text else text

result = [
    [node.name, node.op, node.device, list(node.input), value(node),
     {k: str(v) for k, v in node.attr.items()
      if k not in ("_output_shapes", "_has_manual_control_dependencies", "value")}]
    for node in tf.get_default_graph().as_graph_def().node if node.name not in before
] + [str(saver.saver_def)]
"""
)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sharded": True},
        {"reshape": True},
        {"write_version": 1},
        {"write_version": 1, "sharded": True},
        {"name": "other", "max_to_keep": None, "filename": "f"},
    ],
    ids=str,
)
def test_a_saver_makes_the_nodes_of_tensorflow(oracle, options):
    assert run_here(NODES, options=options) == oracle.run(NODES, options=options)


ERROR = """
v = tf.get_variable(name, initializer=np.array(value, dtype))
saver = tf.train.Saver()
with tf.Session() as session:
    saver.restore(session, path)
result = None
"""


@pytest.mark.parametrize(
    ("name", "value", "dtype"),
    [
        ("w", [1.0, 2.0], "float32"),
        ("v", [1.0], "float32"),
        ("v", [1, 2], "int32"),
    ],
)
def test_a_failed_restore_says_what_tensorflow_says(tmp_path, oracle, name, value, dtype):
    with tf.Session() as session:
        v = tf.get_variable("v", initializer=np.float32([1, 2]))
        session.run(v.initializer)
        path = tf.train.Saver().save(session, str(tmp_path / "m"))
    arguments = {"path": path, "name": name, "value": value, "dtype": dtype}
    with pytest.raises(OracleError) as theirs:
        oracle.run(ERROR, **arguments)
    with pytest.raises(tf.errors.OpError) as ours:
        run_here(ERROR, **arguments)
    assert type(ours.value).__name__ == theirs.value.error_class
    first, _, second = ours.value.message.partition("\n\n")
    assert first in theirs.value.message
    assert second.partition("\n\t")[0] in theirs.value.message
