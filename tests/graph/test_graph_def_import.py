"""Import of GraphDefs; the answers are those of real TensorFlow where nothing else is said."""

from __future__ import annotations

import re
import resource
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from tensorboard.compat.proto import op_def_pb2

import tensormill as tf
from tensormill.graph.graph_def_import import UnknownOpTypeError

X = 'node{name:"x" op:"Placeholder" attr{key:"dtype" value{type:DT_FLOAT}}} '
X3 = X.replace("}}} ", "}} attr{key:'shape' value{shape{dim{size:3}}}}} ")
F = 'attr{key:"T" value{type:DT_FLOAT}}'
Y = f'node{{name:"y" op:"Identity" input:"x" {F}}} '
N = 'node{name:"n" op:"NoOp" input:"^x"} '


def graph_def(text: str) -> Any:
    return text_format.Parse(text, tf.GraphDef())


def identity(inputs: str, attrs: str = F, name: str = "y") -> str:
    return f'node{{name:"{name}" op:"Identity" {inputs} {attrs}}} '


def const(tensor: str, dtype: str = "DT_FLOAT") -> str:
    return (
        f'node{{name:"c" op:"Const" attr{{key:"dtype" value{{type:{dtype}}}}} '
        f'attr{{key:"value" value{{tensor{{dtype:{dtype} {tensor}}}}}}}}} '
    )


def names() -> list[str]:
    return [op.name for op in tf.get_default_graph().get_operations()]


def edges() -> dict[str, list[str]]:
    return {
        op.name: [t.name for t in op.inputs] + [f"^{c.name}" for c in op.control_inputs]
        for op in tf.get_default_graph().get_operations()
    }


def test_nodes_come_under_a_prefix() -> None:
    assert tf.import_graph_def(graph_def(X + Y)) is None
    assert edges() == {"import/x": [], "import/y": ["import/x:0"]}
    tf.import_graph_def(graph_def(X))
    assert names()[2:] == ["import_1/x"]
    with tf.name_scope("s"):
        tf.import_graph_def(graph_def(X), name="mine")
    assert names()[3:] == ["s/mine/x"]


def test_taken_names_are_numbered() -> None:
    tf.import_graph_def(graph_def(X + Y), name="")
    tf.import_graph_def(graph_def(X + Y), name="")
    assert edges() == {"x": [], "y": ["x:0"], "x_1": [], "y_1": ["x_1:0"]}
    tf.import_graph_def(graph_def(X), name="f/")
    tf.import_graph_def(graph_def(X), name="f/")
    assert names()[4:] == ["f/x", "f/x_1"]


def test_a_node_does_not_take_the_name_of_a_scope() -> None:
    tf.no_op(name="x/inner")
    tf.import_graph_def(graph_def(X), name="")
    assert names() == ["x/inner", "x_1"]


def test_new_operations_do_not_take_imported_names() -> None:
    tf.import_graph_def(graph_def(X), name="")
    assert tf.no_op(name="x").name == "x_1"
    assert tf.no_op(name="X").name == "X_2"


def test_nodes_may_stand_in_any_order() -> None:
    z = identity('input:"y"', name="z")
    tf.import_graph_def(graph_def(z + Y + X), name="")
    assert names() == ["x", "y", "z"]


def test_returned_elements_are_operations_and_tensors() -> None:
    found = tf.import_graph_def(graph_def(X + Y), return_elements=["y", "x:0", b"y:0"])
    assert found is not None
    op, tensor, other = found
    assert op.name == "import/y"
    assert tensor is op.inputs[0]
    assert other is op.outputs[0]
    assert tf.import_graph_def(graph_def(X), return_elements=[]) == []


def test_inputs_may_be_replaced() -> None:
    c = tf.constant(1.0, name="c")
    tf.import_graph_def(graph_def(X + Y + N), input_map={"x": c}, name="i")
    assert edges() == {"c": [], "i/x": [], "i/y": ["c:0"], "i/n": ["^i/x"]}


def test_what_is_replaced_need_not_be_there() -> None:
    c = tf.constant(1.0, name="c")
    tf.import_graph_def(graph_def(Y), input_map={b"x:0": c}, name="i")
    assert edges() == {"c": [], "i/y": ["c:0"]}


@pytest.mark.parametrize("as_operation", [False, True])
def test_control_inputs_may_be_replaced(as_operation: bool) -> None:
    c = tf.constant(1.0, name="c")
    tf.import_graph_def(graph_def(X + N), input_map={"^x": c.op if as_operation else c}, name="i")
    assert edges()["i/n"] == ["^c"]


def test_replacements_become_tensors() -> None:
    tf.import_graph_def(graph_def(X + Y), input_map={"x": 3.0}, name="i")
    assert edges()["i/y"] == ["i/_inputs/Const:0"]
    with pytest.raises(ValueError, match="requires a non-empty `name`"):
        tf.import_graph_def(graph_def(X + Y), input_map={"x": 3.0}, name="")


def test_a_replaced_tensor_may_be_returned() -> None:
    c = tf.constant(1.0)
    found = tf.import_graph_def(
        graph_def(X + Y), input_map={"x:0": c}, return_elements=["x:0", "x"]
    )
    assert found is not None
    assert found[0] is c
    assert found[1].name == "import/x"


def test_missing_attributes_get_their_defaults() -> None:
    (op,) = tf.import_graph_def(graph_def(X), return_elements=["x"]) or []
    assert op.outputs[0].shape == tf.TensorShape(None)
    assert op.node_def.attr["shape"].shape.unknown_rank


def test_shapes_are_inferred_and_held_against_what_the_graph_says() -> None:
    says = 'attr{key:"_output_shapes" value{list{shape{%s}}}}'
    (y,) = (
        tf.import_graph_def(
            graph_def(X + identity('input:"x"', F + says % "dim{size:2}")), return_elements=["y:0"]
        )
        or []
    )
    assert y.shape.as_list() == [2]
    assert "_output_shapes" not in y.op.node_def.attr
    (y,) = (
        tf.import_graph_def(
            graph_def(X3 + identity('input:"x"', F + says % "unknown_rank:true")),
            return_elements=["y:0"],
        )
        or []
    )
    assert y.shape.as_list() == [3]
    with pytest.raises(
        ValueError,
        match=re.escape(
            "Node 'import_2/y' has an _output_shapes attribute inconsistent with the GraphDef for "
            "output #0: Dimension 0 in both shapes must be equal, but are 3 and 2."
        ),
    ):
        tf.import_graph_def(graph_def(X3 + identity('input:"x"', F + says % "dim{size:2}")))


def test_colocation_follows_the_new_names() -> None:
    mark = 'attr{key:"_class" value{list{s:"loc:@x" s:"other"}}}'
    x = X.replace('name:"x"', 'name:"x" device:"/gpu:1"')
    with tf.device("/job:a/cpu:0"):
        tf.import_graph_def(graph_def(x + identity('input:"x" device:"/cpu:3"', F + mark)))
    op = tf.get_default_graph().get_operation_by_name("import/y")
    assert op.get_attr("_class") == [b"loc:@import/x", b"other"]
    assert op.device == "/job:a/device:GPU:1"
    with pytest.raises(
        ValueError, match=r"^Node 'y' expects to be colocated with unknown node 'x'$"
    ):
        tf.import_graph_def(graph_def(identity('input:"z"', F + mark) + X.replace('"x"', '"z"')))


def test_open_scopes_apply_to_imported_nodes() -> None:
    c = tf.constant(1.0, name="c")
    with tf.control_dependencies([c]), tf.device("/job:a"):
        tf.import_graph_def(graph_def(X + Y.replace('"y"', '"y" device:"/cpu:0"')), name="i")
    assert edges() == {"c": [], "i/x": ["^c"], "i/y": ["i/x:0", "^c"]}
    graph = tf.get_default_graph()
    assert graph.get_operation_by_name("i/x").device == "/job:a"
    assert graph.get_operation_by_name("i/y").device == "/job:a/device:CPU:0"


BAD = {
    "missing attr": (
        'node{name:"x" op:"Placeholder"}',
        "NodeDef missing attr 'dtype' from Op<name=Placeholder; signature= -> output:dtype; "
        "attr=dtype:type; attr=shape:shape,default=<unknown>>; NodeDef: {{node import/x}}",
    ),
    "unknown attr": (
        X.replace("}}} ", '}} attr{key:"foo" value{i:3}}}'),
        "NodeDef mentions attr 'foo' not in Op<name=Placeholder;",
    ),
    "attr of another kind": (
        'node{name:"x" op:"Placeholder" attr{key:"dtype" value{i:3}}}',
        "AttrValue had value with type 'int' when 'type' expected\n\t for attr 'dtype'\n\t; "
        "NodeDef: {{node import/x}}; Op<name=Placeholder;",
    ),
    "attr without value": (
        'node{name:"x" op:"Placeholder" attr{key:"dtype" value{}}}',
        "AttrValue missing value with expected type 'type'",
    ),
    "list of another kind": (
        'node{name:"n" op:"IdentityN" attr{key:"T" value{list{i:1}}}}',
        "AttrValue had value with type 'list(int)' when 'list(type)' expected",
    ),
    "dtype that is none": (
        'node{name:"x" op:"Placeholder" attr{key:"dtype" value{type:77}}}',
        "Cannot read attr 'dtype'",
    ),
    "missing input": (Y, "Node 'y': Unknown input node 'x'"),
    "missing output": (
        X + identity('input:"x:1"'),
        "Node 'y': Connecting to invalid output 1 of source node x which has 1 outputs.",
    ),
    "missing control input": (
        X + identity('input:"x" input:"^nope"'),
        "Node 'y': Unknown input node '^nope'",
    ),
    "wrong dtype": (
        X + identity('input:"x"', F.replace("FLOAT", "INT32")),
        "Input 0 of node import/y was passed float from import/x:0 incompatible with expected "
        "int32.",
    ),
    "too few inputs": (
        identity(""),
        "NodeDef expected inputs 'float' do not match 0 inputs specified; Op<name=Identity; "
        "signature=input:T -> output:T; attr=T:type>; NodeDef: {{node import/y}}",
    ),
    "too many inputs": (
        X + identity('input:"x" input:"x"'),
        "NodeDef expected inputs 'float' do not match 2 inputs specified;",
    ),
    "two of a name": (X + X, "Node 'x' is not unique"),
    "control before data": (
        X + identity('input:"^x" input:"x"'),
        "Node 'y': Control dependencies must come after regular dependencies",
    ),
    "cycle": (
        identity('input:"b"', name="a") + identity('input:"a"', name="b"),
        "2 nodes in a cycle: a, b",
    ),
    "cycle of one": (identity('input:"y"'), "1 nodes in a cycle: y"),
    "cycle of control": (
        'node{name:"a" op:"NoOp" input:"^b"} node{name:"b" op:"NoOp" input:"^a"}',
        "2 nodes in a cycle: a, b",
    ),
    "bad name": ('node{name:"a b" op:"NoOp"}', "Node 'a b': Node name contains invalid characters"),
    "no name": ('node{op:"NoOp"}', "Node '': Node name contains invalid characters"),
    "name with underscore": (
        'node{name:"_a" op:"NoOp"}',
        "Node '_a': Node name contains invalid characters",
    ),
    "bad input": (X + identity('input:"x:y:z"'), "Node 'y': Unknown input node 'x:y:z'"),
    "empty input": (X + identity('input:""'), "Node 'y': Unknown input node ''"),
    "bad device": (
        'node{name:"a" op:"NoOp" device:"bogus"}',
        "Malformed device specification 'bogus'",
    ),
    "short content": (
        const("tensor_shape{dim{size:1000000}dim{size:1000000}} tensor_content:'abcd'"),
        "Cannot read attr 'value': a tensor's content has 4 bytes",
    ),
    "many elements": (
        const("tensor_shape{dim{size:1}} float_val:1 float_val:2"),
        "a tensor lists 2 elements, its shape [1] wants 1",
    ),
    "few elements of many": (
        const("tensor_shape{dim{size:100000000000}} float_val:1 float_val:2"),
        "a tensor of shape [100000000000] lists 2 elements only",
    ),
    "unknown size": (
        const("tensor_shape{dim{size:-1}} float_val:1"),
        "a tensor's shape must be fully defined",
    ),
    "shapes that do not fit": (
        X3
        + X3.replace('"x"', '"w"').replace("size:3", "size:4")
        + f'node{{name:"y" op:"AddV2" input:"x" input:"w" {F}}}',
        "Dimensions must be equal, but are 3 and 4 for 'import/y' (op: 'AddV2') with input shapes: "
        "[3], [4].",
    ),
    "version": (
        X + "versions{producer:9999 min_consumer:9999}",
        "GraphDef min consumer version 9999 above current version",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_an_unsound_graph_is_refused_and_leaves_nothing(case: str) -> None:
    text, message = BAD[case]
    graph = tf.get_default_graph()
    with pytest.raises(ValueError, match=re.escape(message)):
        tf.import_graph_def(graph_def(text))
    assert graph.get_operations() == []
    assert graph._operations_by_name == {}


def test_all_unknown_op_types_are_named_in_one_message() -> None:
    text = X + 'node{name:"q" op:"Foo"} node{name:"r" op:"Bar"} node{name:"s" op:"Foo"}'
    with pytest.raises(UnknownOpTypeError, match=r"^Op types not registered: 'Foo', 'Bar'.$"):
        tf.import_graph_def(graph_def(text))
    with pytest.raises(tf.errors.NotFoundError, match=r"^Op type not registered: 'Foo'.$"):
        tf.import_graph_def(graph_def('node{name:"q" op:"Foo"}'))
    with pytest.raises(ValueError, match="Op type not registered"):
        tf.import_graph_def(graph_def('node{name:"q" op:"Foo"}'))


@pytest.mark.parametrize(
    ("input_map", "error", "message"),
    [
        (
            [1],
            TypeError,
            "input_map must be a dictionary mapping strings to Tensor objects. Obtained list",
        ),
        ({3: 1.0}, TypeError, "All keys for argument `input_map` must be strings."),
        ({"x:a": 1.0}, ValueError, "Cannot convert 'x:a' to a tensor name."),
        ({"x:1:2": 1.0}, ValueError, "Cannot convert 'x:1:2' to a tensor name."),
        (
            {"nope": 1.0},
            ValueError,
            "Attempted to map inputs that were not found in graph_def: [nope:0]",
        ),
        (
            {"y:1": 1.0},
            ValueError,
            "Attempted to map inputs that were not found in graph_def: [y:1]",
        ),
        ({"x": 1}, ValueError, "incompatible with expected float."),
    ],
)
def test_a_wrong_input_map_is_refused(input_map: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        tf.import_graph_def(graph_def(X + Y), input_map=input_map)
    assert "import/y" not in names()


def test_an_unused_but_present_input_may_be_mapped() -> None:
    tf.import_graph_def(graph_def(X + Y), input_map={"y:0": tf.constant(1.0)})
    assert edges()["import/y"] == ["import/x:0"]


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ("nope", "Requested return node 'nope' not found in graph def"),
        ("nope:0", "Requested return tensor 'nope:0' not found in graph def"),
        ("x:1", "Invalid return output 1 of node 'x', which has 1 output(s)"),
    ],
)
def test_a_missing_return_element_is_named(element: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tf.import_graph_def(graph_def(X), return_elements=[element])
    assert names() == []


def test_arguments_have_their_types() -> None:
    for wrong in (3, "", None, tf.NodeDef()):
        with pytest.raises(TypeError, match=r"^graph_def must be a GraphDef proto.$"):
            tf.import_graph_def(wrong)
    with pytest.raises(TypeError, match=r"^return_elements must be a list of strings."):
        tf.import_graph_def(graph_def(X), return_elements=[3])


def test_unknown_attributes_with_the_producers_default_are_left_out() -> None:
    message = graph_def(X.replace("}}} ", '}} attr{key:"foo" value{i:3}}}'))
    producer = text_format.Parse(
        'op{name:"Placeholder" attr{name:"foo" type:"int" default_value{i:3}}}',
        op_def_pb2.OpList(),
    )
    tf.import_graph_def(message, producer_op_list=producer)
    assert names() == ["import/x"]
    assert "foo" in message.node[0].attr
    producer.op[0].attr[0].default_value.i = 4
    with pytest.raises(ValueError, match="NodeDef mentions attr 'foo'"):
        tf.import_graph_def(message, producer_op_list=producer)


def test_a_repeated_element_takes_no_memory() -> None:
    text = const("tensor_shape{dim{size:1000000}dim{size:1000000}} float_val:2")
    (c,) = tf.import_graph_def(graph_def(text), return_elements=["c:0"]) or []
    assert c.shape.as_list() == [1000000, 1000000]
    again = tf.get_default_graph().as_graph_def().node[0].attr["value"].tensor
    assert list(again.float_val) == [2.0]
    assert not again.tensor_content


def test_versions_are_kept() -> None:
    tf.import_graph_def(graph_def(X + "versions{producer:21 min_consumer:1}"))
    assert tf.get_default_graph().graph_def_versions.producer == 21
    assert tf.get_default_graph().as_graph_def().versions.min_consumer == 1


def loop_graph_def() -> Any:
    """A loop that counts to five, made of primitives."""
    i32 = 'attr{key:"T" value{type:DT_INT32}}'
    frame = 'attr{key:"frame_name" value{s:"f"}}'

    def constant(name: str, value: int, control: str = "") -> str:
        return const(f"tensor_shape{{}} int_val:{value}", "DT_INT32").replace(
            'name:"c"', f'name:"{name}" {control}'
        )

    return graph_def(
        constant("start", 0)
        + f'node{{name:"enter" op:"Enter" input:"start" {i32} {frame}}}'
        + f'node{{name:"merge" op:"Merge" input:"enter" input:"next" {i32} '
        + 'attr{key:"N" value{i:2}}}'
        + constant("limit", 5, 'input:"^merge"')
        + f'node{{name:"less" op:"Less" input:"merge" input:"limit" {i32}}}'
        + 'node{name:"cond" op:"LoopCond" input:"less"}'
        + f'node{{name:"switch" op:"Switch" input:"merge" input:"cond" {i32}}}'
        + f'node{{name:"body" op:"Identity" input:"switch:1" {i32}}}'
        + constant("one", 1, 'input:"^body"')
        + f'node{{name:"add" op:"AddV2" input:"body" input:"one" {i32}}}'
        + f'node{{name:"next" op:"NextIteration" input:"add" {i32}}}'
        + f'node{{name:"exit" op:"Exit" input:"switch" {i32}}}'
    )


def test_loops_are_imported_and_run() -> None:
    (found,) = tf.import_graph_def(loop_graph_def(), return_elements=["exit:0"], name="") or []
    merge = tf.get_default_graph().get_operation_by_name("merge")
    next_op = tf.get_default_graph().get_operation_by_name("next")
    assert [t.name for t in merge.inputs] == ["enter:0", "next:0"]
    assert next_op.outputs[0].consumers() == [merge]
    with tf.Session() as session:
        assert session.run(found) == 5


def test_a_loop_without_a_merge_is_a_cycle() -> None:
    message = loop_graph_def()
    for node in message.node:
        if node.op == "NextIteration":
            node.op = "Identity"
    with pytest.raises(ValueError, match="nodes in a cycle"):
        tf.import_graph_def(message)


@pytest.mark.slow
def test_a_chain_of_a_hundred_thousand_operations_is_built_imported_and_run() -> None:
    x = y = tf.placeholder(tf.float32, [], name="x")
    for _ in range(100_000):
        y = tf.raw_ops.AddV2(x=y, y=x)
    message = tf.get_default_graph().as_graph_def()
    tf.reset_default_graph()
    (out,) = tf.import_graph_def(message, return_elements=[f"{message.node[-1].name}:0"]) or []
    with tf.Session() as session:
        assert session.run(out, {"import/x:0": np.float32(1)}) == 100_001


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_graph_of_a_million_nodes_is_imported() -> None:
    message = graph_def(X)
    for number in range(1_000_000):
        node = message.node.add(name=f"n{number}", op="Identity")
        node.input.append(f"n{number - 1}" if number % 1000 else "x")
        node.attr["T"].type = 1
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (last,) = tf.import_graph_def(message, return_elements=["n999999:0"], name="") or []
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert tf.get_default_graph().version == 1_000_001
    assert grown_kib < 3 * 1024 * 1024
    with tf.Session() as session:
        assert session.run(last, {"x:0": 3.0}) == 3.0
