"""`tf.contrib.predictor`: saved models as functions of arrays."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensormill as tf


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = str(tmp_path / "model")
    with tf.Graph().as_default(), tf.Session() as session:
        x = tf.placeholder(tf.float32, [None, 2], name="x")
        y = tf.matmul(x, tf.Variable([[1.0], [2.0]]), name="y")
        session.run(tf.global_variables_initializer())
        tf.saved_model.simple_save(session, folder, {"x": x}, {"y": y})
    return folder


def test_a_saved_model_is_called_with_arrays(model: str) -> None:
    predict = tf.contrib.predictor.from_saved_model(model)
    assert predict({"x": [[1.0, 1.0], [0.0, 3.0]]})["y"].tolist() == [[3.0], [6.0]]
    assert predict.fetch_tensors["y"].graph is predict.graph
    with pytest.raises(ValueError, match=r"unexpected keys in input_dict: \{.z.\}"):
        predict({"z": 1})
    predict.session.close()


def test_tensors_are_named_in_the_place_of_a_signature(model: str) -> None:
    predict = tf.contrib.predictor.from_saved_model(
        model, input_names={"a": "x:0"}, output_names={"b": "y:0"}, tags="serve", graph=tf.Graph()
    )
    assert predict({"a": [[2.0, 0.0]]})["b"].tolist() == [[2.0]]
    predict.session.close()


def test_signatures_are_checked(model: str) -> None:
    load = tf.contrib.predictor.from_saved_model
    with pytest.raises(ValueError, match='Got signature_def_key "other"'):
        load(model, "other")
    with pytest.raises(ValueError, match="at most one of"):
        load(model, "other", input_names={}, output_names={})
    with pytest.raises(ValueError, match="must both be specified"):
        load(model, input_names={"a": "x:0"})
