"""Meta graphs: graphs with their collections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import tensormill as tf
from tensormill.graph.collection_protos import register_proto_function
from tensormill.train.meta_graph import copy_scoped_meta_graph


def build() -> Any:
    with tf.name_scope("s"), tf.device("/cpu:0"):
        v = tf.Variable([1.0, 2.0], name="v", use_resource=False)
        w = tf.Variable(3.0, name="w", use_resource=True, trainable=False)
        y = tf.add(v, w, name="y")
    tf.global_variables_initializer()
    tf.add_to_collection("tensors", y)
    tf.add_to_collection("tensors", y.op)
    tf.add_to_collection("integers", 3)
    tf.add_to_collection("floats", 0.5)
    tf.add_to_collection("texts", "text")
    return y


@pytest.mark.parametrize("as_text", [False, True])
def test_a_graph_comes_back_with_its_collections(tmp_path: Path, as_text: bool) -> None:
    build()
    path = tmp_path / "new" / "model.meta"
    tf.train.export_meta_graph(path, as_text=as_text)
    tf.reset_default_graph()
    tf.train.import_meta_graph(path)
    graph = tf.get_default_graph()
    v, w = tf.get_collection("variables")
    assert (v.name, w.name) == ("s/v:0", "s/w:0")
    assert tf.get_collection("trainable_variables") == [v]
    assert tf.get_collection("tensors") == [
        graph.get_tensor_by_name("s/y:0"),
        graph.get_operation_by_name("s/y"),
    ]
    assert tf.get_collection("integers") == [3]
    assert tf.get_collection("floats") == [0.5]
    assert tf.get_collection("texts") == [b"text"]
    with tf.Session() as session:
        session.run("init")
        assert session.run("s/y:0").tolist() == [4.0, 5.0]
        session.run(v.assign([0.0, 0.0]))
        assert session.run("s/y:0").tolist() == [3.0, 3.0]


def test_a_graph_may_be_imported_into_a_scope() -> None:
    build()
    message = tf.train.export_meta_graph()
    tf.reset_default_graph()
    tf.train.import_meta_graph(message, import_scope="in")
    assert [v.name for v in tf.get_collection("variables")] == ["in/s/v:0", "in/s/w:0"]
    assert tf.get_collection("tensors")[0].name == "in/s/y:0"


def test_a_scope_may_be_exported_alone() -> None:
    build()
    message = tf.train.export_meta_graph(export_scope="s")
    names = [node.name for node in message.graph_def.node]
    assert "y" in names
    assert "init" not in names
    tf.reset_default_graph()
    tf.train.import_meta_graph(message)
    assert [v.name for v in tf.get_collection("variables")] == ["v:0", "w:0"]


def test_inputs_from_outside_of_a_scope_are_asked_for() -> None:
    x = tf.constant(1.0, name="x")
    with tf.name_scope("s"):
        tf.identity(x, name="y")
    message = tf.train.export_meta_graph(export_scope="s")
    with tf.Graph().as_default(), tf.Session() as session:
        with pytest.raises(ValueError, match=r"unbound inputs: .unbound_inputs_x"):
            tf.train.import_meta_graph(message)
        tf.train.import_meta_graph(
            message, input_map={"$unbound_inputs_x": tf.constant(5.0)}, import_scope="new"
        )
        assert session.run("new/y:0") == 5.0


def test_a_scope_may_be_copied() -> None:
    build()
    variables = copy_scoped_meta_graph("s", "t")
    assert {name: v.name for name, v in variables.items()} == {"v:0": "t/v:0", "w:0": "t/w:0"}
    with tf.Session() as session:
        session.run([v.initializer for v in variables.values()])
        assert session.run("t/y:0").tolist() == [4.0, 5.0]


def test_other_savers_may_be_left_out(tmp_path: Path) -> None:
    build()
    tf.train.Saver(name="one")
    kept = tf.train.Saver(name="two")
    message = kept.export_meta_graph(clear_extraneous_savers=True)
    scopes = {node.name.split("/")[0] for node in message.graph_def.node}
    assert scopes == {"s", "init", "two"}


def test_a_graph_without_a_saver_gets_one() -> None:
    build()
    message = tf.train.export_meta_graph()
    tf.reset_default_graph()
    saver = tf.train.import_meta_graph(message)
    assert saver.saver_def.save_tensor_name == "save/control_dependency:0"
    tf.reset_default_graph()
    tf.constant(1.0)
    assert tf.train.import_meta_graph(tf.train.export_meta_graph(), import_scope="n") is None


def test_devices_may_be_left_out() -> None:
    build()
    for message in (
        tf.train.export_meta_graph(clear_devices=True),
        tf.train.export_meta_graph(),
    ):
        tf.reset_default_graph()
        tf.train.import_meta_graph(message, clear_devices=True)
        operations = tf.get_default_graph().get_operations()
        assert {op.device for op in operations if not op.name.startswith("save")} == {""}


def test_defaults_may_be_left_out() -> None:
    tf.placeholder(tf.float32, name="x")
    full = tf.train.export_meta_graph()
    short = tf.train.export_meta_graph(strip_default_attrs=True)
    assert "shape" in full.graph_def.node[0].attr
    assert "shape" not in short.graph_def.node[0].attr
    assert short.meta_info_def.stripped_default_attrs


def test_the_message_lists_the_op_types() -> None:
    tf.identity(tf.constant(1.0))
    message = tf.train.export_meta_graph()
    assert [op.name for op in message.meta_info_def.stripped_op_list.op] == ["Const", "Identity"]
    assert message.meta_info_def.tensorflow_version == "1.15.0"
    assert "_output_shapes" in message.graph_def.node[0].attr


def test_what_cannot_be_written_is_left_out_with_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = tf.logging.get_logger()
    logger.addHandler(caplog.handler)
    try:
        tf.add_to_collection("objects", object())
        tf.add_to_collection("texts", "text")
        message = tf.train.export_meta_graph()
    finally:
        logger.removeHandler(caplog.handler)
    assert list(message.collection_def) == ["texts"]
    assert "Issue encountered when serializing objects." in caplog.text


def test_collections_may_be_chosen() -> None:
    build()
    message = tf.train.export_meta_graph(collection_list=["texts"])
    assert list(message.collection_def) == ["texts"]


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"File .*nope.meta does not exist."):
        tf.train.import_meta_graph(tmp_path / "nope.meta")
    (tmp_path / "bad.meta").write_text("no message at all")
    with pytest.raises(OSError, match="Cannot parse file"):
        tf.train.import_meta_graph(tmp_path / "bad.meta")


def test_functions_of_a_collection_are_registered_once() -> None:
    with pytest.raises(KeyError, match="'variables'"):
        register_proto_function("variables")
    with pytest.raises(TypeError, match="to_proto must be callable"):
        register_proto_function("mine", to_proto=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="from_proto must be callable"):
        register_proto_function("mine", from_proto=3)  # type: ignore[arg-type]
