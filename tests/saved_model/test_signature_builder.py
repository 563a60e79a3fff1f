"""Exported models that keep files and operations in their messages."""

from pathlib import Path

import pytest

import tensormill as tf
from tensormill.saved_model import constants, loader, utils
from tensormill.saved_model.signature_builder import SignatureBuilder
from tensormill.saved_model.signature_def_utils import load_op_from_signature_def


def _export(folder: str, asset: Path) -> None:
    builder = SignatureBuilder(folder)
    asset.write_text("of the model")
    with tf.Graph().as_default(), tf.Session() as session:
        path = tf.constant(str(asset), name="path")
        count = tf.Variable(1, name="count")
        doubled = tf.Variable(0, name="doubled", collections=[])
        init = tf.assign(doubled, count * 2, name="init").op
        session.run(count.initializer)
        builder.add_meta_graph_and_variables(
            session, ["a"], assets_list=[path], init_op=init, train_op=tf.assign_add(count, 1)
        )
        builder.add_meta_graph(["b"])
    builder.save()


def test_operations_and_files_are_found_in_the_messages(tmp_path: Path) -> None:
    folder = str(tmp_path / "model")
    _export(folder, tmp_path / "notes.txt")
    with tf.Graph().as_default() as graph, tf.Session() as session:
        message = tf.saved_model.loader.load(session, ["a"], folder)
        assert session.run("doubled:0") == 2
        assert loader.get_init_op(message) is graph.get_operation_by_name("init")
        assert session.run(loader.get_train_op(message)) == 2
        assert [each.filename for each in message.asset_file_def] == ["notes.txt"]
        assert constants.ASSETS_KEY not in message.collection_def
        assert loader.get_asset_tensors(folder, message) == {
            "path:0": str(Path(folder, "assets", "notes.txt"))
        }
        signature = message.signature_def[constants.INIT_OP_SIGNATURE_KEY]
        info = signature.outputs[constants.INIT_OP_SIGNATURE_KEY]
        assert utils.get_op_from_tensor_info(info).name == "init"
        with pytest.raises(tf.errors.NotFoundError, match="was not found in the outputs"):
            load_op_from_signature_def(signature, "other")
    with tf.Graph().as_default(), tf.Session() as session:
        message = tf.saved_model.loader.load(session, ["b"], folder)
        assert loader.get_init_op(message) is None
        assert loader.get_train_op(message) is None
        assert not message.asset_file_def


def test_a_step_of_training_is_an_operation_or_tensor(tmp_path: Path) -> None:
    builder = SignatureBuilder(str(tmp_path / "model"))
    with tf.Session() as session, pytest.raises(TypeError, match="needs to be a Tensor or Op"):
        builder.add_meta_graph_and_variables(session, ["a"], train_op=3)
