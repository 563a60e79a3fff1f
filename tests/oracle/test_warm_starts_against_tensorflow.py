"""`tf.train.warm_start`: the same values, node names and errors."""

import pytest

from tests.oracle.both import run_here

pytestmark = pytest.mark.oracle

SOURCE = """
import os
path = os.path.join(folder, "model")
with tf.Graph().as_default(), tf.Session() as session:
    tf.get_variable("a", initializer=tf.constant([1.0, 2.0]), use_resource=False)
    tf.get_variable("b", initializer=tf.constant([3.0, 4.0]), use_resource=True)
    tf.get_variable("c", initializer=tf.constant(5.0), trainable=False, use_resource=False)
    tf.get_variable("parts", initializer=tf.range(6.0), use_resource=False)
    session.run(tf.global_variables_initializer())
    tf.train.Saver().save(session, path)

def values(choose, **arguments):
    with tf.Graph().as_default() as graph, tf.Session() as session:
        zeros = tf.zeros_initializer()
        tf.get_variable("a", [2], initializer=zeros, use_resource=False)
        tf.get_variable("b", [2], initializer=zeros, use_resource=True)
        tf.get_variable("c", [], initializer=zeros, trainable=False, use_resource=False)
        tf.get_variable("parts", [6], initializer=zeros, use_resource=False,
                        partitioner=tf.fixed_size_partitioner(3))
        tf.get_variable("d", [2], initializer=zeros, use_resource=False)
        try:
            tf.train.warm_start(folder, choose(), **arguments)
        except Exception as error:
            text = str(error).replace(folder, "FOLDER")
            return type(error).__name__ + ": " + text.split("Given t")[0].split("{")[0]
        session.run(tf.global_variables_initializer())
        return [
            [session.run(variable).tolist() for variable in tf.global_variables()],
            [node.name for node in graph.as_graph_def().node],
        ]

result = [
    values(lambda: "[abp]"),
    values(lambda: ["c", "parts"]),
    values(lambda: [tf.global_variables()[1]]),
    values(lambda: None),
    values(lambda: "a|b|parts|d", var_name_to_prev_var_name={"d": "a"}),
    values(lambda: "a", var_name_to_prev_var_name={"absent": "a"}),
    values(lambda: "d"),
    values(lambda: 3),
    values(lambda: ["a", 3]),
]
"""


def test_the_same_variables_begin_with_the_same_values(oracle, tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    made = run_here(SOURCE, folder=str(tmp_path / "here"))
    assert made == oracle.run(SOURCE, folder=str(tmp_path / "there"))
    assert made[0][0][0] == [1.0, 2.0]
