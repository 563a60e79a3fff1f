"""Models of Keras as SavedModels: a graph for serving, the weights, and the layers as plain data.

Source: TensorFlow 1.15, python/keras/saving/saved_model_experimental.py.
"""

from __future__ import annotations

import json
import os
from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.state import get_session
from tensormill.keras.engine import model_files
from tensormill.keras.models import clone_and_build_model, model_from_json
from tensormill.layers.learning_phase import set_learning_phase
from tensormill.train.checkpoints.checkpoint import object_saver

__all__ = ["export_saved_model", "is_exported", "load_from_saved_model"]

_LAYERS = os.path.join("assets", "saved_model.json")
_TRAINING = os.path.join("assets", "training_config.json")
_WEIGHTS = os.path.join("variables", "variables")


def export_saved_model(
    model: Any,
    saved_model_path: Any,
    custom_objects: Any = None,
    as_text: bool = False,
    input_signature: Any = None,
    serving_only: bool = False,
) -> None:
    """Write a model to a new folder as a SavedModel, with the tag "serve".

    Args:
      model: a functional or sequential model that knows its inputs.
      saved_model_path: the folder.
      custom_objects: name -> class or function that the model is made of.
      as_text: whether the message is written as text.
      input_signature: not used: the model knows its inputs.
      serving_only: whether the layers are left out, so that the model can be served alone.

    Raises:
      NotImplementedError: it is a model of a program's own class.
      ValueError: it does not know its inputs.
    """
    folder = os.fspath(saved_model_path)
    if model._graph_of_layers is None and not model.inputs:
        raise ValueError(
            f"Model {model.name} cannot be exported because its inputs are not known: call it on "
            "data first."
        )
    text = model.to_json() if not serving_only else ""
    with model.inputs[0].graph.as_default():
        values = get_session().run([weight.value() for weight in model.weights])
    builder = tf.saved_model.Builder(folder)
    with tf.Graph().as_default():
        set_learning_phase(0)
        clone = clone_and_build_model(model, custom_objects=custom_objects, compile_clone=False)
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            clone.set_weights(values)
            signature = tf.saved_model.predict_signature_def(
                dict(zip(clone.input_names, clone.inputs, strict=True)),
                dict(zip(clone.output_names, clone.outputs, strict=True)),
            )
            builder.add_meta_graph_and_variables(
                session,
                [tf.saved_model.tag_constants.SERVING],
                {"serving_default": signature},
                saver=object_saver(clone),
            )
    builder.save(as_text)
    if not serving_only:
        _write(folder, _LAYERS, text)
        if model.optimizer and not isinstance(model.optimizer, tf.keras.optimizers.TFOptimizer):
            with model.inputs[0].graph.as_default():
                _write(folder, _TRAINING, json.dumps(model_files.training_config(model)))


def _write(folder: str, name: str, text: str) -> None:
    tf.gfile.MakeDirs(os.path.join(folder, os.path.dirname(name)))
    with tf.gfile.GFile(os.path.join(folder, name), "w") as file:
        file.write(text)


def is_exported(path: Any) -> bool:
    """Return whether a path is that of a folder that `export_saved_model` wrote."""
    return isinstance(path, (str, os.PathLike)) and tf.gfile.Exists(os.path.join(path, _LAYERS))


def load_from_saved_model(
    saved_model_path: Any, custom_objects: Any = None, compile: bool = False
) -> Any:
    """Return the model of a folder that `export_saved_model` wrote.

    Args:
      saved_model_path: the folder.
      custom_objects: name -> class or function that the model is made of.
      compile: whether to compile it as it was, with an optimizer that begins anew.
    """
    folder = os.fspath(saved_model_path)
    with tf.gfile.GFile(os.path.join(folder, _LAYERS)) as file:
        model = model_from_json(file.read(), custom_objects)
    model.load_weights(os.path.join(folder, _WEIGHTS))
    training = os.path.join(folder, _TRAINING)
    if compile and tf.gfile.Exists(training):
        with tf.gfile.GFile(training) as file:
            model_files.compile_as(model, json.loads(file.read()), custom_objects)
    return model
