"""Op types that tests of graphs build from, and nodes made from messages and by op type."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf import text_format
from tensorboard.compat.proto import graph_pb2, op_def_pb2

import tensormill as tf
from tensormill.graph import op_def_codec
from tensormill.graph.op_table import OP_DEFS
from tensormill.kernels import registry
from tensormill.python.framework import op_def_library, ops
from tensormill.tensorflow_modules import raw_functions
from tensormill.unittesting.graph_inspection import set_producer_version

_MODULE = "tensormill.unittesting.graph_test_ops"


@pytest.fixture
def test_ops() -> Iterator[Any]:
    """Put the op types into the registry for one test."""
    yield importlib.import_module(_MODULE)
    for name in [name for name, op_def in OP_DEFS.items() if op_def.module == _MODULE]:
        del OP_DEFS[name]
        registry._KERNELS.pop(name, None)
    del sys.modules[_MODULE]
    raw_functions._function.cache_clear()
    raw_functions._op_types.cache_clear()
    op_def_codec._op_def_message.cache_clear()


def test_labels_choose_a_kernel(test_ops: Any) -> None:
    graph = tf.get_default_graph()
    plain = test_ops.kernel_label()
    with graph._kernel_label_map({"KernelLabel": "overload_1"}):
        first = test_ops.kernel_label()
        with graph._kernel_label_map({"KernelLabel": ""}):
            again = test_ops.kernel_label()
    with tf.Session() as session:
        texts = session.run([plain, first, again])
    assert texts == [b"My label is: default", b"My label is: overload_1", b"My label is: default"]


def test_a_resource_is_there_once_it_was_created(test_ops: Any) -> None:
    handle = test_ops.stub_resource_handle_op(container="a", shared_name="b")
    create = test_ops.resource_create_op(handle)
    use = test_ops.resource_using_op(handle)
    is_there = test_ops.resource_initialized_op(handle)
    with tf.Session() as session:
        assert not session.run(is_there)
        with pytest.raises(tf.errors.NotFoundError):
            session.run(use)
        session.run(create)
        session.run(use)
        assert session.run(is_there)
        with pytest.raises(tf.errors.AlreadyExistsError):
            session.run(create)


def test_an_op_type_ends_with_a_version_of_graphs(test_ops: Any) -> None:
    with tf.Graph().as_default() as graph:
        set_producer_version(graph, 7)
        old = test_ops.old()
        with tf.Session() as session:
            session.run(old)
    with pytest.raises(
        NotImplementedError, match=r"Op Old is not available .* removed in version 8"
    ):
        test_ops.old()


def test_shape_functions_see_the_version_of_an_import(test_ops: Any) -> None:
    message = graph_pb2.GraphDef()
    message.node.add(name="a", op="RequiresOlderGraphVersion")
    message.versions.producer = 133
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(message)
        assert graph.graph_def_versions.producer == 133
    message.versions.producer = 134
    with tf.Graph().as_default() as graph, pytest.raises(ValueError, match="Wrong graph version"):
        tf.import_graph_def(message)
    assert graph.graph_def_versions.producer == 134


@pytest.mark.usefixtures("no_gpu")
def test_a_node_tells_where_it_runs_and_graphs_their_version(test_ops: Any) -> None:
    with tf.Session() as session:
        device, version = session.run(
            [test_ops.device_placement_op(), test_ops.graph_def_version()]
        )
    assert device == b"/job:localhost/replica:0/task:0/device:CPU:0"
    assert version == 134


def test_results_of_several_lists_are_lists(test_ops: Any) -> None:
    made = test_ops.complex_struct(n_a=2, n_b=0, t_c=[tf.int32])
    assert [len(each) for each in made] == [2, 0, 1]
    assert made.c[0].dtype == tf.int32


def test_an_operation_is_made_from_its_message(test_ops: Any) -> None:
    graph = tf.Graph()
    first = ops.Operation(ops._NodeDef("RefOutputFloatOutput", "a"), graph, [], [])
    with graph.device("/cpu:0"), graph.control_dependencies([first]):
        second = ops.Operation(
            ops._NodeDef("TwoFloatInputs", "b", device="/job:j"), graph, first.outputs
        )
    assert second.control_inputs == []
    assert second.device == "/job:j"
    assert second._input_types == [tf.float32, tf.float32]
    assert first.outputs[0].dtype._is_ref_dtype
    assert isinstance(second, ops.Operation)
    assert type(second) is tf.Operation
    assert graph.get_operation_by_name("b") is second
    for name in ("", "_x", "/x", "x:0"):
        with pytest.raises(ValueError, match="is not a valid node name"):
            ops.Operation(ops._NodeDef("None", name), graph)
    with pytest.raises(TypeError, match="list of Tensors"):
        ops.Operation(ops._NodeDef("None", "c"), graph, first.outputs[0])


def test_operations_made_apart_join_the_graph_under_its_scopes(test_ops: Any) -> None:
    x = test_ops.int_output()
    graph = x.graph

    def body(i: Any) -> Any:
        ops._create_c_op(graph, ops._NodeDef("IntInput", "loop/own"), [x], [])
        assert [op.name for op in graph._add_new_tf_operations()] == ["loop/own"]
        return i

    tf.while_loop(lambda i: i < 10, body, [0], name="loop")
    op = graph.get_operation_by_name("loop/own")
    assert op.inputs[0].op.type == "Enter"
    made = ops._create_c_op(graph, ops._NodeDef("Identity", "own"), [tf.constant([1, 2])], [])
    joined = graph._create_op_from_tf_operation(made)
    assert joined.outputs[0].shape == [2]
    assert tf.no_op(name="own").name == "own_1"


@pytest.mark.parametrize(
    ("op_type", "arguments", "message"),
    [
        ("Simple", {}, "No argument for input a"),
        ("Simple", {"a": 1, "b": 2, "c": 3}, "apply_op() got unexpected keyword arguments: b, c"),
        ("Polymorphic", {"a": 1, "T": tf.int32}, "Should not specify value for inferred attr 'T'."),
        ("PolymorphicOut", {}, "No argument for attr T"),
        ("PolymorphicOut", {"T": None}, "Expected DataType for argument 'T' not None."),
        ("OutTypeList", {"T": tf.int32}, "Expected list for attr T"),
        ("AttrBoolList", {"a": [True, 0]}, "Expected bool for argument 'a' not 0."),
        (
            "NIntsIn",
            {"a": [38, "bar"]},
            "Tensors in list passed to 'a' of 'NIntsIn' Op have types [int32, string] that do not "
            "match expected type int32.",
        ),
        (
            "NPolymorphicIn",
            {"a": [38, None]},
            "Tensors in list passed to 'a' of 'NPolymorphicIn' Op have types [int32, <NOT "
            "CONVERTIBLE TO TENSOR>] that don't all match.",
        ),
        (
            "TypeListTwice",
            {"a": ["foo", True], "b": ["bar", 6]},
            "Input 'b' of 'TypeListTwice' Op has type list of string, int32 that does not match "
            "type list string, bool of argument 'a'.",
        ),
        (
            "TypeListRestrict",
            {"a": [True, 12]},
            "Value passed to parameter 'a' has DataType int32 not in list of allowed values: "
            "string, bool",
        ),
        (
            "InPolymorphicTwice",
            {"a": [1, 2], "b": ["one", "two"]},
            "Tensors in list passed to 'b' of 'InPolymorphicTwice' Op have types [string, string] "
            "that do not match type int32 inferred from earlier arguments.",
        ),
        (
            "InPolymorphicTwice",
            {"a": [], "b": [3]},
            "Don't know how to infer type variable from empty input list passed to input 'a' of "
            "'InPolymorphicTwice' Op.",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_named(
    test_ops: Any, op_type: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as raised:
        test_ops._op_def_lib.apply_op(op_type, **arguments)
    assert str(raised.value) == message


def test_nodes_are_made_by_op_type(test_ops: Any) -> None:
    library = op_def_library.OpDefLibrary()
    assert library.apply_op("ReservedInput", input_=7, name="x").inputs[0].name == "x/input:0"
    assert library.apply_op("AttrTypeDefault", a=[]).get_attr("T") == tf.int32
    assert library.apply_op("OutTypeList", T=[]) == []
    with pytest.raises(RuntimeError, match="Unrecognized Op name Nothing"):
        library.apply_op("Nothing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input_arg { name: 'a' type_attr: 'T' }", "Inconsistent OpDef for 'X', missing attr 'T'"),
        ("output_arg { name: 'a' }", "Arg 'a' of 'X' must have one type field not 0"),
        (
            "input_arg { name: 'a' type: DT_INT32 number_attr: 'N'} attr { name: 'N' type: 'type'}",
            "Attr 'N' of 'X' used as a number_attr but has type type",
        ),
    ],
)
def test_definitions_that_contradict_themselves_are_refused(text: str, message: str) -> None:
    op_def = text_format.Parse(f"name: 'X' {text}", op_def_pb2.OpDef())
    with pytest.raises(TypeError) as raised:
        op_def_library.OpDefLibrary().add_op(op_def)
    assert str(raised.value) == message
