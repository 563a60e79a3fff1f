"""Devices, colocation, control dependencies, containers and attribute scopes."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest

import tensormill as tf
from tensormill.graph import autograph_status


def to(device: Any) -> Any:
    return lambda op: device


@pytest.mark.parametrize(
    ("scopes", "device"),
    [
        (["/job:ps/task:0", "/cpu:1"], "/job:ps/task:0/device:CPU:1"),
        (["/job:ps/task:0", "/job:worker"], "/job:worker/task:0"),
        (["/job:ps/task:0/cpu:0", "/gpu:1"], "/job:ps/task:0/device:GPU:1"),
        (["/gpu:0", None, "/job:a"], "/job:a"),
        (["/job:a", ""], "/job:a"),
        (["/cpu:0", to("/gpu:1")], "/device:GPU:1"),
        ([to("/job:q/cpu:0"), "/gpu:1"], "/job:q/cpu:0"),
        ([to("/job:a"), to("/job:b")], "/job:a"),
        (["/cpu:0", to("")], "/device:CPU:0"),
        ([tf.DeviceSpec(job="a", device_type="CPU")], "/job:a/device:CPU:*"),
        ([to(tf.DeviceSpec(job="a"))], "/job:a"),
        (["/cpu:0", None], ""),
    ],
)
def test_device_scopes_merge_from_the_inside(scopes: list[Any], device: str) -> None:
    with ExitStack() as stack:
        for scope in scopes:
            stack.enter_context(tf.device(scope))
        assert tf.no_op().device == device
    assert tf.no_op().device == ""


def test_a_device_function_sees_the_operation() -> None:
    seen = []

    def choose(op: Any) -> str:
        seen.append((op.name, op.type, op.device, op.node_def.op))
        return "/cpu:0" if op.type == "NoOp" else "/gpu:0"

    with tf.device(choose), tf.device("/job:a"):
        assert tf.no_op(name="n").device == "/cpu:0"
        assert tf.constant(1.0, name="c").device == "/gpu:0"
    assert seen == [("n", "NoOp", "/job:a", "NoOp"), ("c", "Const", "/job:a", "Const")]


@pytest.mark.parametrize("device", ["bogus", "/cpu:0:1", "/job:", "/task:x"])
def test_a_malformed_device_is_refused(device: str) -> None:
    with pytest.raises(ValueError, match="Malformed device"):
        tf.device(device).__enter__()
    assert tf.no_op().device == ""


def test_what_is_no_device_is_refused() -> None:
    with pytest.raises(TypeError, match="takes a device name, a function, a DeviceSpec or None"):
        tf.device(3).__enter__()
    with (
        tf.device(to(3)),
        pytest.raises(TypeError, match="Expected binary or unicode string, got 3"),
    ):
        tf.no_op()


def test_colocation_takes_the_device_and_names_the_operation() -> None:
    with tf.device("/cpu:1"):
        a = tf.constant(1.0, name="a")
    b = tf.constant(1.0, name="b")
    with tf.device("/gpu:7"), tf.colocate_with(a):
        c = tf.identity(b)
        with tf.colocate_with(b):
            d = tf.identity(b)
        with tf.colocate_with(b, ignore_existing=True):
            e = tf.identity(b)
        with tf.device("/cpu:5"):
            f = tf.identity(b)
        with tf.colocate_with(None, ignore_existing=True):
            g = tf.identity(b)
    assert c.op.get_attr("_class") == [b"loc:@a"]
    assert c.device == "/device:CPU:1"
    assert d.op.get_attr("_class") == [b"loc:@a", b"loc:@b"]
    assert d.device == "/device:CPU:1"
    assert e.op.get_attr("_class") == [b"loc:@b"]
    assert e.device == ""
    assert f.op.get_attr("_class") == [b"loc:@a"]
    assert f.device == "/device:CPU:1"
    assert "_class" not in g.op.node_def.attr
    assert g.device == ""
    assert a.op.colocation_groups() == [b"loc:@a"]
    assert d.op.colocation_groups() == [b"loc:@a", b"loc:@b"]


def test_colocation_with_a_colocated_operation_takes_its_group() -> None:
    a = tf.constant(1.0, name="a")
    with tf.colocate_with(a):
        b = tf.constant(1.0, name="b")
    with tf.colocate_with(b.op):
        assert tf.no_op().colocation_groups() == [b"loc:@a"]


def test_colocation_with_nothing_has_to_be_meant() -> None:
    with pytest.raises(ValueError, match=r"^Trying to reset colocation"):
        tf.colocate_with(None).__enter__()


def control_names(element: Any) -> list[str]:
    op = element if isinstance(element, tf.Operation) else element.op
    return [control.name for control in op.control_inputs]


def test_control_dependencies_add_up_and_are_dropped() -> None:
    a, b, c = (tf.constant(1.0, name=name) for name in "abc")
    with tf.control_dependencies([a, b.op]):
        assert control_names(tf.no_op()) == ["a", "b"]
        with tf.control_dependencies([c, a]):
            assert control_names(tf.no_op()) == ["a", "b", "c"]
        with tf.control_dependencies(None):
            assert control_names(tf.no_op()) == []
            with tf.control_dependencies([c]):
                assert control_names(tf.no_op()) == ["c"]
        with tf.control_dependencies([]):
            assert control_names(tf.no_op()) == ["a", "b"]
    assert control_names(tf.no_op()) == []


def test_dominated_control_inputs_are_left_out() -> None:
    a, b = (tf.constant(1.0, name=name) for name in "ab")
    with tf.control_dependencies([a]):
        x = tf.identity(b, name="x")
        y = tf.identity(x, name="y")
        z = tf.identity(a, name="z")
        with tf.control_dependencies([b]):
            w = tf.identity(x, name="w")
    assert control_names(x) == ["a"]
    assert control_names(y) == []  # x waits for a
    assert control_names(z) == []  # a is an input
    assert control_names(w) == ["b"]


def test_control_inputs_may_be_names() -> None:
    tf.constant(1.0, name="a")
    with tf.control_dependencies(["a", "a:0"]):
        assert control_names(tf.no_op()) == ["a"]


def test_indexed_slices_may_be_control_inputs() -> None:
    slices = tf.IndexedSlices(tf.constant([1.0], name="v"), tf.constant([0], name="i"))
    with tf.control_dependencies([slices]):
        assert control_names(tf.no_op()) == ["v"]


@pytest.mark.parametrize(
    ("item", "error"), [(3, TypeError), (None, TypeError), ("nope", KeyError), ("n:a", ValueError)]
)
def test_what_cannot_be_waited_for_is_refused(item: Any, error: Any) -> None:
    with pytest.raises(error):
        tf.control_dependencies([item])


def test_a_container_is_the_default_of_stateful_operations() -> None:
    graph = tf.get_default_graph()
    with graph.container("box") as name:
        assert name == "box"
        with tf.container("inner"):
            pass
        assert graph._container == "box"
        made = graph.create_op(
            "VariableV2",
            [],
            attrs={"shape": tf.TensorShape([]).as_proto(), "dtype": tf.AttrValue(type=1)},
        )
        assert made.get_attr("container") == b"box"
        given = graph.create_op(
            "VariableV2",
            [],
            attrs={"shape": [], "dtype": tf.float32, "container": "mine"},
        )
        assert given.get_attr("container") == b"mine"
    assert graph._container == ""


def test_gradients_may_be_overridden_by_type() -> None:
    graph = tf.get_default_graph()
    with graph.gradient_override_map({"Identity": "Mine"}):
        a = tf.identity(tf.constant(1.0))
        with graph.gradient_override_map({"Identity": "Other"}):
            b = tf.identity(a)
    assert a.op.get_attr("_gradient_op_type") == b"Mine"
    assert b.op.get_attr("_gradient_op_type") == b"Other"
    assert "_gradient_op_type" not in a.op.inputs[0].op.node_def.attr


@pytest.mark.parametrize("mapping", [3, {"Identity": 3}, {3: "Mine"}])
def test_an_override_maps_strings(mapping: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^op_type_map must be a dictionary mapping strings to str"
    ):
        tf.get_default_graph().gradient_override_map(mapping).__enter__()


def test_attribute_scopes_mark_operations() -> None:
    graph = tf.get_default_graph()
    with graph._attr_scope({"_a": tf.AttrValue(i=3), "_b": lambda node: None}):
        with graph._attr_scope({"_a": None, "_c": lambda node: tf.AttrValue(s=node.op.encode())}):
            inner = tf.no_op()
        outer = tf.no_op()
    assert outer.get_attr("_a") == 3
    assert "_b" not in outer.node_def.attr
    assert "_a" not in inner.node_def.attr
    assert inner.get_attr("_c") == b"NoOp"
    with graph._attr_scope({"_a": lambda node: 3}), pytest.raises(TypeError, match="AttrValue"):
        tf.no_op()
    with pytest.raises(TypeError, match="attr_map must be a dictionary"):
        graph._attr_scope({"_a": 3})


def fail_in_all_scopes(x: tf.Tensor) -> None:
    with tf.name_scope("s"), tf.device("/cpu:0"), tf.control_dependencies([x]):  # noqa: SIM117
        with tf.colocate_with(x), tf.container("box"):
            raise ZeroDivisionError


def test_scopes_end_when_a_block_fails() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in_all_scopes(tf.constant(1.0))
    op = tf.no_op()
    assert (op.name, op.device, op.control_inputs) == ("NoOp", "", [])


def test_collections_keep_order_and_filter_by_name() -> None:
    a, b = tf.constant(1.0, name="a/x"), tf.constant(1.0, name="b/x")
    tf.add_to_collection("k", a)
    tf.add_to_collections(["k", "m", "m"], b)
    tf.add_to_collections("k", 3)
    assert tf.get_collection("k") == [a, b, 3]
    assert tf.get_collection("m") == [b]
    assert tf.get_collection("k", "b/") == [b]
    assert tf.get_collection("k", "x") == []
    assert tf.get_collection("none") == []
    assert sorted(tf.get_all_collection_keys()) == ["k", "m"]
    tf.get_collection_ref("k").append(4)
    assert tf.get_collection("k")[-1] == 4
    copy = tf.get_collection("k")
    copy.clear()
    assert len(tf.get_collection("k")) == 4
    tf.get_default_graph().clear_collection("k")
    assert tf.get_collection("k") == []
    assert tf.get_collection_ref("new") == []
    assert "new" in tf.get_default_graph().collections


def test_an_operation_knows_the_device_scopes_that_it_was_made_in() -> None:
    def chosen(op: tf.Operation) -> str:
        return "/cpu:1"

    bare = tf.no_op()
    with tf.device("/cpu"), tf.device(chosen):
        op = tf.no_op()
    assert bare._device_assignments == []
    inner, outer = op._device_assignments
    assert outer.obj == "/cpu"
    assert outer.filename == __file__
    assert outer.lineno == inner.lineno
    assert inner.obj.startswith(f"chosen<{__file__}, ")


def test_an_operation_knows_what_it_was_put_beside_and_where() -> None:
    first = tf.no_op(name="first")
    with tf.colocate_with(first):
        op = tf.no_op()
    assert first._colocation_dict == {}
    assert op._colocation_dict["first"].filename == __file__
    assert op._colocation_dict["first"].obj is None


def test_device_scopes_end_in_the_order_in_which_they_were_opened() -> None:
    graph = tf.Graph()
    scope = graph.device("/gpu:8")
    scope.__enter__()
    with graph.device("/gpu:9"), pytest.raises(RuntimeError, match="proper scope nesting"):
        scope.__exit__(None, None, None)
    scope.__exit__(None, None, None)


def test_a_device_scope_decorates_functions() -> None:
    @tf.device("/cpu:0")
    def make(depth: int) -> tf.Tensor:
        return make(depth - 1) if depth else tf.constant(1)

    assert make(2).device == "/device:CPU:0"
    assert tf.constant(1).device == ""


def test_init_scope_leaves_graphs_that_are_bodies_of_functions() -> None:
    outer, inner = tf.Graph(), tf.Graph()
    inner._building_function = True
    with outer.as_default(), tf.device("/cpu:0"), inner.as_default():
        with tf.name_scope("s"), tf.device("/gpu:0"), tf.init_scope():
            with_inner_device = tf.no_op()
        with tf.init_scope():
            with_outer_device = tf.no_op()
    assert with_inner_device.graph is with_outer_device.graph is outer
    assert with_inner_device.name == "s/NoOp"
    assert [with_inner_device.device, with_outer_device.device] == [
        "/device:GPU:0",
        "/device:CPU:0",
    ]
    assert not inner.get_operations()


def test_an_input_of_another_dtype_is_refused_when_a_step_starts() -> None:
    text, total = tf.constant("x"), tf.constant(1) + tf.constant(2)
    old = total.op.inputs[0]
    total.op._update_input(0, text)
    with tf.Session() as session:
        with pytest.raises(
            tf.errors.InvalidArgumentError,
            match="Input 0 of node add was passed string from Const:0 incompatible with expected",
        ):
            session.run(total)
        total.op._update_input(0, old)
        assert session.run(total) == 3


def test_messages_of_conditions_speak_of_autograph() -> None:
    x = tf.constant(True)
    with (
        autograph_status.ControlStatusCtx(autograph_status.Status.ENABLED),
        pytest.raises(TypeError, match="AutoGraph did not convert"),
    ):
        bool(x)
    with (
        autograph_status.ControlStatusCtx(autograph_status.Status.DISABLED),
        pytest.raises(TypeError, match="AutoGraph is disabled"),
    ):
        iter(x)
    with pytest.raises(TypeError, match="not allowed in Graph"):
        bool(x)
