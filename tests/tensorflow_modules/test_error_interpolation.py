"""Messages that tell where the nodes they name were made."""

from __future__ import annotations

import os
import re
from typing import Any

import tensormill as tf
from tensormill.python.framework import error_interpolation as told
from tensormill.python.util.tf_stack import StackFrame

HERE = os.path.basename(__file__)


def _three_nodes() -> None:
    for name in ("One", "Two", "Three"):
        tf.constant(1.0, name=name)


def test_tags_of_nodes_get_the_line_of_the_program() -> None:
    _three_nodes()
    graph = tf.get_default_graph()
    text = told.interpolate(";;{{node Two}},,{{node Three}};;", graph)
    place = rf"\(defined at .*{HERE}:\d+\) "
    assert re.fullmatch(f";;node Two {place},,node Three {place};;", text)
    assert told.interpolate("{{function_node f}}{{node One}}", graph).startswith("node One")
    for same in ("no tag", "{{node Four}}"):
        assert told.interpolate(same, graph) == same


def test_the_inputs_of_a_node_are_told_where_they_come_from_elsewhere() -> None:
    x = tf.constant(1.0, name="x")
    tf.add(x, x, name="total")
    text = told.interpolate("{{node total}}", tf.get_default_graph())
    assert "Input Source operations connected to node total:\n x (defined at" in text


def test_messages_have_tags_and_separators() -> None:
    separators, tags = told.parse_message("123{{node Foo}}456{{node Bar/b}}789")
    assert separators == ["123", "456", "789"]
    assert tags == [("node", "Foo"), ("node", "Bar/b")]


def _somewhere(op: Any) -> str:
    return "/cpu:*"


def test_devices_are_told_with_the_lines_of_their_scopes() -> None:
    tf.constant(0.0, name="zero")
    with tf.device("/cpu"), tf.device("/cpu:0"):
        tf.constant(0.0, name="one")
    with tf.device(_somewhere):
        tf.constant(0.0, name="two")
    graph = tf.get_default_graph()
    zero, one, two = (
        told.interpolate(f"{{{{colocation_node {name}}}}}", graph)
        for name in ("zero", "one", "two")
    )
    assert "No device assignments were active during op 'zero' creation." in zero
    assert one.count("with tf.device(/cpu): <") == one.count("with tf.device(/cpu:0): <") == 2
    assert f"{HERE}:" in one
    assert "with tf.device(_somewhere<" in two


def test_colocations_are_told() -> None:
    _three_nodes()
    graph = tf.get_default_graph()
    with tf.colocate_with(graph.get_operation_by_name("One")):
        tf.constant(0.0, name="with_one")
    assert "with tf.colocate_with(One): <" in told.interpolate(
        "{{colocation_node with_one}}", graph
    )
    assert "No node-device colocations" in told.interpolate("{{colocation_node Two}}", graph)


def _with_frames(op: Any, files: list[str]) -> Any:
    op._traceback = [StackFrame(file, n, "f", None, 1) for n, file in enumerate(files)]
    return op


def test_the_defining_frame_is_the_innermost_one_outside_of_tensorflow() -> None:
    inner = os.path.join("tensorflow", "python", "ops.py")
    op = _with_frames(tf.constant(1.0).op, ["a.py", "b.py", inner, inner])
    assert told._find_index_of_defining_frame_for_op(op) == 1
    assert [frame[:3] for frame in told._compute_useful_frames(op, 2)] == [
        (inner, 2, "f"),
        (inner, 3, "f"),
    ]
    assert op.creation_site.file == inner
    assert told._find_index_of_defining_frame_for_op(_with_frames(op, [inner])) == 0
    assert told.compute_field_dict(_with_frames(op, []))["file"] == "<unknown>"


def test_debug_information_of_a_graph_has_the_frames_of_each_node() -> None:
    op = _with_frames(tf.constant(1.0, name="x").op, ["a.py", "b.py"])
    message = told.create_graph_debug_info_def([("", op), ("function_", op)])
    assert sorted(message.traces) == ["function_x", "x"]
    cols = message.traces["x"].file_line_cols
    assert [(message.files[col.file_index], col.line) for col in cols] == [("b.py", 1), ("a.py", 0)]


def test_files_have_a_common_folder() -> None:
    folder = os.path.join("", "home", "me")
    files = [os.path.join(folder, *rest) for rest in (["a", "x.py"], ["ab", "y.py"])]
    op = _with_frames(tf.constant(1.0).op, files)
    assert told.traceback_files_common_prefix([None, [op]]) == folder
    assert told.traceback_files_common_prefix([]) == ""
