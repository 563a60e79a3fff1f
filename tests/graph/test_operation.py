"""What operations and tensors say of themselves."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import tensormill as tf


def test_an_operation_describes_itself() -> None:
    x = tf.constant(1.0, name="x")
    y = tf.identity(x, name="y")
    op = y.op
    assert (op.name, op.type, op.device) == ("y", "Identity", "")
    assert list(op.inputs) == [x]
    assert op.inputs[0] is x
    assert len(op.inputs) == 1
    assert list(op.outputs) == [y]
    assert op.values() == (y,)
    assert (op._outputs, list(op._inputs), op._control_inputs) == ([y], [x], [])
    assert op._graph is op.graph
    assert op.graph is tf.get_default_graph()
    assert repr(op) == "<tf.Operation 'y' type=Identity>"
    assert str(op) == str(op.node_def)
    assert x.consumers() == [op]


def test_the_node_def_has_inputs_attributes_and_device() -> None:
    a = tf.constant(1.0, name="a")
    b = tf.constant(1.0, name="b")
    with tf.device("/cpu:0"), tf.control_dependencies([b, a]):
        op = tf.identity_n([tf.identity(b)], name="n")[0].op
    node = op.node_def
    assert node.name == "n"
    assert node.op == "IdentityN"
    assert node.device == "/device:CPU:0"
    assert list(node.input) == ["Identity"]
    assert node.attr["T"].list.type == [1]
    assert list(op.inputs[0].op.node_def.input) == ["b", "^a"]


def test_control_inputs_of_a_graph_def_are_sorted_by_name() -> None:
    a = tf.constant(1.0, name="a")
    b = tf.constant(1.0, name="b")
    with tf.control_dependencies([b, a]):
        op = tf.no_op(name="n")
    assert list(op.node_def.input) == ["^b", "^a"]
    assert list(tf.get_default_graph().as_graph_def().node[-1].input) == ["^a", "^b"]


def test_the_op_def_is_a_message() -> None:
    op_def = tf.identity(tf.constant(1.0)).op.op_def
    assert op_def.name == "Identity"
    assert [arg.name for arg in op_def.input_arg] == ["input"]
    assert [arg.type_attr for arg in op_def.output_arg] == ["T"]
    assert [attr.type for attr in op_def.attr] == ["type"]
    assert tf.get_default_graph().op_def_for_type("Placeholder").attr[1].HasField("default_value")
    with pytest.raises(RuntimeError, match=r"^Op type not registered 'Nope'"):
        tf.get_default_graph().op_def_for_type("Nope")


def test_attributes_come_in_tensorflows_forms() -> None:
    op = tf.placeholder(tf.float32, [None, 2]).op
    assert op.get_attr("dtype") is tf.float32
    assert [dim.size for dim in op.get_attr("shape").dim] == [-1, 2]
    value = tf.constant([1, 2]).op.get_attr("value")
    assert value.tensor_content == np.array([1, 2], np.int32).tobytes()
    assert tf.identity_n([tf.constant(1.0)])[0].op.get_attr("T") == [tf.float32]
    split = tf.split(tf.constant([1.0, 2.0]), 2)[0].op
    assert split.get_attr("num_split") == 2
    with pytest.raises(ValueError, match=r"^Operation 'Placeholder' has no attr named 'nope'.$"):
        op.get_attr("nope")


def test_attributes_may_be_set_and_cleared() -> None:
    op = tf.no_op()
    for name, value, expected in (
        ("_i", tf.AttrValue(i=3), 3),
        ("_f", tf.AttrValue(f=0.5), 0.5),
        ("_b", tf.AttrValue(b=True), True),
        ("_s", tf.AttrValue(s=b"x"), b"x"),
        ("_t", tf.AttrValue(type=3), tf.int32),
        ("_l", tf.AttrValue(list=tf.AttrValue.ListValue(i=[1, 2])), [1, 2]),
        ("_e", tf.AttrValue(list=tf.AttrValue.ListValue()), []),
    ):
        op._set_attr(name, value)
        assert op.get_attr(name) == expected
        assert op.node_def.attr[name] == value
    op._clear_attr("_i")
    assert "_i" not in op.node_def.attr


def test_the_traceback_ends_where_the_operation_was_made() -> None:
    op = tf.no_op()
    file, line, function, source = op.traceback[-1]
    assert file == __file__
    assert line == test_the_traceback_ends_where_the_operation_was_made.__code__.co_firstlineno + 1
    assert function == "test_the_traceback_ends_where_the_operation_was_made"
    assert source == "op = tf.no_op()"
    assert op.creation_site is not None
    assert op.creation_site.line == line


def test_operations_of_one_place_share_their_frames() -> None:
    ops = [tf.no_op() for _ in range(3)]
    assert ops[0].frames is ops[1].frames is ops[2].frames
    assert tf.no_op().frames is not ops[0].frames


def test_an_input_may_be_replaced() -> None:
    x, z = tf.constant(1.0), tf.constant(2.0)
    y = tf.identity(x)
    y.op._update_input(0, z)
    assert y.op.inputs[0] is z
    assert x.consumers() == []
    assert z.consumers() == [y.op]
    with pytest.raises(TypeError, match=r"^tensor must be a Tensor: 3$"):
        y.op._update_input(0, 3)  # type: ignore[arg-type]
    with tf.Graph().as_default():
        other = tf.constant(1.0)
    with pytest.raises(ValueError, match="must be from the same graph as"):
        y.op._update_input(0, other)


def test_control_inputs_may_be_changed() -> None:
    a, b, c = tf.no_op(), tf.no_op(), tf.no_op()
    c._add_control_inputs([a, b, a])
    c._add_control_input(b)
    assert c.control_inputs == [a, b]
    c._remove_all_control_inputs()
    assert c.control_inputs == []


def test_create_op_takes_messages_and_infers_the_rest() -> None:
    graph = tf.get_default_graph()
    x = tf.constant(1.0)
    op = graph.create_op("Identity", [x], [tf.float32], name="mine")
    assert op.name == "mine"
    assert op.get_attr("T") is tf.float32
    op = graph.create_op("Placeholder", [], [tf.int32], attrs={"dtype": tf.AttrValue(type=3)})
    assert op.outputs[0].dtype is tf.int32
    with pytest.raises(TypeError, match=r"^Input #0 is not a tensor: 3$"):
        graph.create_op("Identity", [3], [tf.float32])  # type: ignore[list-item]
    with pytest.raises(RuntimeError, match=r"^Op type not registered 'Nope'"):
        graph.create_op("Nope", [], [])
    with pytest.raises(ValueError, match="NodeDef missing attr 'dtype'"):
        graph.create_op("Placeholder", [], [tf.float32])


def test_a_tensor_describes_itself() -> None:
    x = tf.placeholder(tf.float32, [None, 3], name="x")
    assert (x.name, x.dtype, x.value_index, x.device) == ("x:0", tf.float32, 0, "")
    assert x.shape.as_list() == [None, 3]
    assert x.get_shape() == x.shape
    assert str(x) == 'Tensor("x:0", shape=(?, 3), dtype=float32)'
    assert repr(x) == "<tf.Tensor 'x:0' shape=(?, 3) dtype=float32>"
    assert str(tf.placeholder(tf.float32)) == 'Tensor("Placeholder:0", dtype=float32)'
    with tf.device("/cpu:0"):
        y = tf.constant(1)
    assert str(y) == 'Tensor("Const:0", shape=(), dtype=int32, device=/device:CPU:0)'


def test_a_static_shape_may_be_made_narrower() -> None:
    x = tf.placeholder(tf.float32, [None, 3])
    x.set_shape([2, None])
    assert x.shape.as_list() == [2, 3]
    with pytest.raises(
        ValueError,
        match=re.escape(
            "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2,3] and [3,2]."
        ),
    ):
        x.set_shape([3, 2])


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (bool, TypeError, "using a `tf.Tensor` as a Python `bool` is not allowed"),
        (list, TypeError, "iterating over `tf.Tensor` is not allowed"),
        (len, TypeError, "len is not well defined for a symbolic Tensor (x:0)."),
        (np.array, NotImplementedError, "Cannot convert a symbolic tf.Tensor (x:0) to a numpy"),
        (float, TypeError, "float() argument must be"),
        (int, TypeError, "int() argument must be"),
        (lambda x: x.numpy(), AttributeError, "has no attribute 'numpy'"),
    ],
)
def test_a_tensor_has_no_value(use: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        use(tf.placeholder(tf.float32, [3], name="x"))


def test_tensors_are_equal_to_themselves_only() -> None:
    x, y = tf.constant(1.0), tf.constant(1.0)
    assert x == x
    assert x != y
    assert len({x, y, x}) == 2
    assert x in [x]
    assert x not in [y]


def test_eval_and_run_use_the_default_session() -> None:
    x = tf.constant(3.0)
    with pytest.raises(
        ValueError, match=re.escape("Cannot evaluate tensor using `eval()`: No default session")
    ):
        x.eval()
    with pytest.raises(
        ValueError, match=re.escape("Cannot execute operation using `run()`: No default session")
    ):
        x.op.run()
    with tf.Session() as session:
        assert x.eval() == 3.0
        x.op.run()
    session = tf.Session()
    assert x.eval(session=session) == 3.0
    session.close()


def test_eval_wants_a_session_of_its_graph() -> None:
    x = tf.constant(3.0)
    other = tf.Session(graph=tf.Graph())
    with pytest.raises(
        ValueError,
        match=r"^Cannot use the given session to evaluate tensor: the tensor's graph is different "
        "from the session's graph.$",
    ):
        x.eval(session=other)
    with (
        other.as_default(),
        pytest.raises(ValueError, match=r"^Cannot use the default session to execute operation"),
    ):
        x.op.run()
    other.close()
