"""`tensormill.placement`: the table of a session or a graph."""

from __future__ import annotations

import pytest

import tensormill as tf


@pytest.fixture(autouse=True)
def one_emulated_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENSORMILL_EMULATED_GPUS", "1")


def small_graph() -> tf.Tensor:
    with tf.get_default_graph().device("/cpu:0"):
        b = tf.constant(4.0, name="b1")
    return b + b


def test_a_graph_is_placed_on_the_devices_of_this_machine() -> None:
    small_graph()
    table = tf.placement(tf.get_default_graph())
    assert [(row.operation, row.type, row.device[-5:], row.reason) for row in table] == [
        ("b1", "Const", "CPU:0", "pinned to /device:CPU:0"),
        ("add", "AddV2", "GPU:0", "default device"),
    ]
    assert len(table) == 2
    assert table["add"].type == "AddV2"


def test_the_table_prints_in_columns() -> None:
    small_graph()
    gpu = "device: 0, name: emulated GPU in host memory (TENSORMILL_EMULATED_GPUS)"
    assert str(tf.placement(tf.get_default_graph())) == "\n".join(
        [
            "/job:localhost/replica:0/task:0/device:CPU:0  1 operation",
            f"/job:localhost/replica:0/task:0/device:GPU:0  1 operation  ({gpu})",
            "",
            "operation  type   device  reason",
            "─────────  ─────  ──────  ───────────────────────",
            "b1         Const  CPU:0   pinned to /device:CPU:0",
            "add        AddV2  GPU:0   default device",
        ]
    )


def test_a_notebook_gets_a_table_with_escaped_texts() -> None:
    tf.constant(4.0, name="a>b")
    page = tf.placement(tf.get_default_graph())._repr_html_()
    assert '<td style="text-align:left">a&gt;b</td>' in page
    assert page.count("<tr>") == 2


def test_a_session_shows_where_its_operations_are() -> None:
    small_graph()
    config = tf.ConfigProto(device_count={"GPU": 0})
    with tf.Session(config=config) as session:
        assert {row.device[-5:] for row in tf.placement(session)} == {"CPU:0"}


def test_operations_that_a_session_has_not_run_are_in_its_table() -> None:
    with tf.Session() as session:
        session.run(small_graph())
        tf.constant(1.0, name="later")
        assert tf.placement(session)["later"].reason == "default device"


def test_an_empty_graph_has_an_empty_table() -> None:
    table = tf.placement(tf.get_default_graph())
    assert len(table) == 0
    assert "0 operations" in str(table)


def test_a_graph_that_cannot_be_placed_raises_the_errors_of_a_run() -> None:
    with tf.get_default_graph().device("/gpu:5"):
        tf.constant(1.0)
    with pytest.raises(tf.errors.InvalidArgumentError, match="GPU:5"):
        tf.placement(tf.get_default_graph())


def test_anything_else_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="a session or a graph, not a int"):
        tf.placement(3)


def test_an_unknown_operation_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        tf.placement(tf.get_default_graph())["nothing"]
