"""`tf.graph_util`."""

from __future__ import annotations

import pytest

import tensormill as tf


def chain() -> None:
    x = tf.placeholder(tf.float32, [], name="x")
    a = tf.identity(x, name="a")
    b = tf.identity(a, name="b")
    tf.identity(x, name="other")
    with tf.control_dependencies([b]):
        tf.identity(x, name="c")


def names(message: tf.GraphDef) -> list[str]:
    return [node.name for node in message.node]


def test_a_sub_graph_is_what_its_nodes_need() -> None:
    chain()
    message = tf.get_default_graph().as_graph_def()
    assert names(tf.graph_util.extract_sub_graph(message, ["b"])) == ["x", "a", "b"]
    assert names(tf.graph_util.extract_sub_graph(message, ["c"])) == ["x", "a", "b", "c"]
    assert names(tf.graph_util.extract_sub_graph(message, ["other", "a"])) == ["x", "a", "other"]
    assert tf.graph_util.extract_sub_graph(message, ["b"]).versions == message.versions


def test_a_sub_graph_holds_what_is_colocated() -> None:
    a = tf.constant(1.0, name="a")
    with tf.colocate_with(a):
        tf.constant(2.0, name="b")
    message = tf.get_default_graph().as_graph_def()
    assert names(tf.graph_util.extract_sub_graph(message, ["b"])) == ["a", "b"]


def test_a_sub_graph_of_what_is_not_there_is_refused() -> None:
    message = tf.get_default_graph().as_graph_def()
    with pytest.raises(AssertionError, match=r"^nope is not in graph$"):
        tf.graph_util.extract_sub_graph(message, ["nope"])
    with pytest.raises(TypeError, match="dest_nodes must be a list"):
        tf.graph_util.extract_sub_graph(message, "nope")
    with pytest.raises(TypeError, match=r"graph_def must be a graph_pb2.GraphDef proto"):
        tf.graph_util.extract_sub_graph(3, ["nope"])


def test_identities_are_removed_where_nothing_waits_for_them() -> None:
    chain()
    message = tf.graph_util.remove_training_nodes(tf.get_default_graph().as_graph_def())
    assert {node.name: list(node.input) for node in message.node} == {
        "x": [],
        "b": ["x"],
        "c": ["x", "^b"],
    }
    kept = tf.graph_util.remove_training_nodes(
        tf.get_default_graph().as_graph_def(), protected_nodes=["a"]
    )
    assert names(kept) == ["x", "a", "b", "c"]


def test_a_long_chain_of_identities_is_removed() -> None:
    x = y = tf.placeholder(tf.float32, [], name="x")
    for _ in range(3000):
        y = tf.identity(y)
    tf.raw_ops.AddV2(x=y, y=x, name="sum")
    message = tf.graph_util.remove_training_nodes(tf.get_default_graph().as_graph_def())
    assert {node.name: list(node.input) for node in message.node} == {"x": [], "sum": ["x", "x"]}


def test_some_nodes_run_on_cpus_only() -> None:
    assert tf.graph_util.must_run_on_cpu(tf.constant("text").op)
    assert tf.graph_util.must_run_on_cpu(tf.constant(1).op)
    assert not tf.graph_util.must_run_on_cpu(tf.constant(1.0).op)
    assert not tf.graph_util.must_run_on_cpu(tf.constant(1.0).op.node_def)
    variable = tf.NodeDef(op="VariableV2")
    assert not tf.graph_util.must_run_on_cpu(variable)
    assert tf.graph_util.must_run_on_cpu(variable, pin_variables_on_cpu=True)


def test_the_shape_of_an_input_text() -> None:
    tf.placeholder(tf.float32, [2, None], name="x")
    graph = tf.get_default_graph()
    for text in ("x", "x:0"):
        shape = tf.graph_util.tensor_shape_from_node_def_name(graph, text)
        assert shape.as_list() == [2, None]


@pytest.mark.parametrize("use_resource", [False, True])
def test_variables_become_constants(use_resource: bool) -> None:
    v = tf.Variable([1.0, 2.0], name="v", use_resource=use_resource)
    w = tf.Variable(3.0, name="w", use_resource=use_resource)
    x = tf.placeholder(tf.float32, [2], name="x")
    tf.add(v * x, w, name="y")
    tf.identity(x, name="other")
    with tf.Session() as session:
        session.run([v.initializer, w.initializer])
        message = tf.graph_util.convert_variables_to_constants(
            session, tf.get_default_graph().as_graph_def(), ["y"]
        )
    types = {node.name: node.op for node in message.node}
    assert types["v"] == types["w"] == "Const"
    assert "other" not in types
    assert not {"VariableV2", "VarHandleOp", "ReadVariableOp", "Assign"} & set(types.values())
    with tf.Graph().as_default(), tf.Session() as session:
        (y,) = tf.import_graph_def(message, return_elements=["y:0"], name="") or []
        assert session.run(y, {"x:0": [10.0, 20.0]}).tolist() == [13.0, 43.0]


def test_some_variables_may_stay() -> None:
    v = tf.Variable(1.0, name="v", use_resource=False)
    w = tf.Variable(3.0, name="w", use_resource=False)
    tf.add(v, w, name="y")
    graph_def = tf.get_default_graph().as_graph_def()
    with tf.Session() as session:
        session.run([v.initializer, w.initializer])
        for options in ({"variable_names_whitelist": ["w"]}, {"variable_names_blacklist": ["v"]}):
            message = tf.graph_util.convert_variables_to_constants(
                session, graph_def, ["y"], **options
            )
            types = {node.name: node.op for node in message.node}
            assert (types["v"], types["w"]) == ("VariableV2", "Const")
