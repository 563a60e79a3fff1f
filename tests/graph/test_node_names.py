"""Names of operations and name scopes."""

from __future__ import annotations

import threading

import pytest

import tensormill as tf


def test_names_are_numbered_from_one() -> None:
    assert [tf.no_op().name for _ in range(3)] == ["NoOp", "NoOp_1", "NoOp_2"]


def test_names_that_differ_in_case_count_as_the_same_name() -> None:
    names = [tf.no_op(name=name).name for name in ("Name", "name", "NAME_1", "name")]
    assert names == ["Name", "name_1", "NAME_1_1", "name_2"]


def test_a_taken_number_is_passed_over() -> None:
    names = [tf.no_op(name=name).name for name in ("x", "x_1", "x", "x")]
    assert names == ["x", "x_1", "x_2", "x_3"]


def test_unique_name_may_only_ask() -> None:
    graph = tf.get_default_graph()
    assert graph.unique_name("x", mark_as_used=False) == "x"
    assert graph.unique_name("x") == "x"
    assert graph.unique_name("x", mark_as_used=False) == "x_1"
    assert graph.unique_name("x") == "x_1"


def test_scopes_nest_and_are_numbered() -> None:
    with tf.name_scope("a") as scope:
        assert scope == "a/"
        with tf.name_scope("b"):
            assert tf.no_op(name="x").name == "a/b/x"
        with tf.name_scope("b"):
            assert tf.no_op(name="x").name == "a/b_1/x"
            assert tf.get_default_graph().get_name_scope() == "a/b_1"
    with tf.name_scope("a"):
        assert tf.no_op(name="x").name == "a_1/x"
    with tf.name_scope(scope):
        assert tf.no_op(name="x").name == "a/x"
    with tf.name_scope("c"), tf.name_scope(None):
        assert tf.no_op(name="x").name == "x"


def test_a_name_with_a_trailing_slash_is_taken_as_it_is() -> None:
    assert tf.no_op(name="a/b/").name == "a/b"
    with pytest.raises(ValueError, match=r"^Duplicate node name in graph: 'a/b'$"):
        tf.no_op(name="a/b/")


def test_a_name_in_a_scope_may_begin_with_an_underscore() -> None:
    with tf.name_scope("s"):
        assert tf.no_op(name="_x").name == "s/_x"
    with pytest.raises(ValueError, match="is not a valid scope name"):
        tf.get_default_graph().name_scope("_x").__enter__()
    with pytest.raises(ValueError, match="is not a valid"):
        tf.no_op(name="_x")


@pytest.mark.parametrize("name", ["a b", "a:0", "^a", "é", "-a", "/a"])
def test_names_have_letters_digits_and_few_signs(name: str) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        tf.no_op(name=name)
    with pytest.raises(ValueError, match="is not a valid"):
        tf.get_default_graph().name_scope(name).__enter__()


def test_a_scope_needs_a_string() -> None:
    with pytest.raises(TypeError):
        tf.get_default_graph().name_scope(3).__enter__()


def test_name_scope_takes_the_default_name() -> None:
    with tf.name_scope(None, "default") as scope:
        assert scope == "default/"
    with tf.name_scope("given", "default") as scope:
        assert scope == "given/"
    assert tf.name_scope("given", "default").name == "given"


def test_name_scope_goes_to_the_graph_of_the_values() -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.constant(1.0)
    with tf.name_scope("s", values=[x]):
        assert tf.get_default_graph() is graph
    assert tf.get_default_graph() is not graph


def test_name_scope_refuses_values_of_two_graphs() -> None:
    with tf.Graph().as_default():
        x = tf.constant(1.0)
    y = tf.constant(1.0)
    with pytest.raises(ValueError, match="must be from the same graph as"):
        tf.name_scope("s", values=[x, y]).__enter__()


def test_name_scope_with_values_needs_a_name() -> None:
    with pytest.raises(
        ValueError,
        match=r"^At least one of name \(None\) and default_name \(None\) must be provided.$",
    ):
        tf.name_scope(None, None, [])
    with pytest.raises(TypeError, match="is not a string type"):
        tf.name_scope(None, ["x"])  # type: ignore[arg-type]


def test_a_failed_operation_leaves_no_trace_but_its_name() -> None:
    x = tf.constant([1.0, 2.0])
    y = tf.constant([1.0, 2.0, 3.0])
    before = tf.get_default_graph().get_operations()
    with pytest.raises(ValueError, match="Dimensions must be equal"):
        tf.raw_ops.AddV2(x=x, y=y, name="sum")
    assert tf.get_default_graph().get_operations() == before
    assert x.consumers() == []
    with pytest.raises(KeyError):
        tf.get_default_graph().get_operation_by_name("sum")


def test_a_failing_device_function_leaves_no_operation() -> None:
    x = tf.constant(1.0)
    with (
        tf.device(lambda op: None),
        pytest.raises(TypeError, match="Expected binary or unicode string, got None"),
    ):
        tf.identity(x)
    assert [op.name for op in tf.get_default_graph().get_operations()] == ["Const"]
    assert x.consumers() == []


def test_threads_build_one_graph_with_scopes_of_their_own() -> None:
    graph = tf.Graph()
    start = threading.Barrier(4)

    def build(number: int) -> None:
        start.wait()
        with graph.as_default(), tf.name_scope(f"t{number}"), tf.device(f"/cpu:{number}"):
            x = tf.constant(1.0, name="shared")
            for _ in range(200):
                with tf.control_dependencies([x]):
                    x = tf.identity(x, name="step")
            with tf.name_scope(None):
                for _ in range(50):
                    tf.no_op(name="same")

    threads = [threading.Thread(target=build, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ops = graph.get_operations()
    assert len(ops) == len({op.name for op in ops}) == 4 * 251
    assert sorted(op._id for op in ops) == list(range(1, 4 * 251 + 1))
    for number in range(4):
        mine = [op for op in ops if op.name.startswith(f"t{number}/")]
        assert len(mine) == 201
        assert {op.device for op in mine} == {f"/device:CPU:{number}"}
    assert graph.get_name_scope() == ""


def test_the_name_may_stand_last_without_its_keyword() -> None:
    assert tf.no_op("done").name == "done"
    assert tf.lgamma(tf.constant(1.0), "log_of_gamma").op.name == "log_of_gamma"
