"""`tf.keras.estimator`: an estimator that trains a Keras model.

Source: TensorFlow 1.15, tensorflow_estimator/python/estimator/keras.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.state import get_session
from tensormill.keras.models import clone_and_build_model, load_model
from tensormill.keras.objects import custom_object_scope
from tensormill.layers.learning_phase import set_learning_phase
from tensormill.train.checkpoints.checkpoint import object_saver
from tensormill.train.checkpoints.saver import Saver

__all__ = ["model_to_estimator"]


def model_to_estimator(
    keras_model: Any = None,
    keras_model_path: Any = None,
    custom_objects: Any = None,
    model_dir: Any = None,
    config: Any = None,
    checkpoint_format: str | None = None,
) -> Any:
    """Return an estimator that trains a compiled model, from the weights that it has now.

    Args:
      keras_model: the model, or
      keras_model_path: the file that it was saved to.
      custom_objects: name -> class or function that the model is made of.
      model_dir: the folder of the estimator.
      config: a `RunConfig`.
      checkpoint_format: "checkpoint", the default, for checkpoints by object, which
        `load_weights` of the model reads, or "saver" for those by the name of variables.

    Raises:
      ValueError: there is no compiled model, or more than one, or the format is another.
    """
    if (keras_model is None) == (keras_model_path is None):
        if keras_model is None:
            raise ValueError("Either `keras_model` or `keras_model_path` needs to be provided.")
        raise ValueError("Please specity either `keras_model` or `keras_model_path`, but not both.")
    if checkpoint_format not in (None, "checkpoint", "saver"):
        raise ValueError(
            'Checkpoint format must be one of "checkpoint" or "saver". Got ' + checkpoint_format
        )
    model = keras_model
    if model is None:
        tf.logging.info("Loading models from %s", keras_model_path)
        with custom_object_scope(custom_objects or {}):
            model = load_model(keras_model_path)
    by_object = checkpoint_format != "saver"
    if by_object and model._graph_of_layers is None and not isinstance(model, tf.keras.Sequential):
        raise ValueError(
            "Object-based checkpoints are currently not supported with subclassed models."
        )
    if not model.optimizer:
        raise ValueError(
            "The given keras model has not been compiled yet. Please compile the model with "
            "`model.compile()` before calling `model_to_estimator()`."
        )
    make = partial(_cloned, model, custom_objects, _optimizer_settings(model))
    model_fn = _model_fn(make, by_object)
    made = tf.estimator.Estimator(model_fn, model_dir=model_dir, config=config)
    if not model.inputs:
        return made
    start = _first_checkpoint(model, make, made.config, by_object)
    return tf.estimator.Estimator(model_fn, config=made.config, warm_start_from=start)


class _Trained:
    """A model and the steps that an estimator trained it for, as they are in a checkpoint."""

    def __init__(self, model: Any, step: Any) -> None:
        self._model, self._step = model, step

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return [*self._model._checkpoint_dependencies, ("estimator_global_step", self._step)]


def _saver(model: Any, by_object: bool) -> Any:
    return object_saver(_Trained(model, tf.train.get_global_step())) if by_object else Saver()


def _optimizer_settings(model: Any) -> Any:
    """Return the settings of the optimizer, as they are in the graph of the model."""
    try:
        if not model.inputs:
            return model.optimizer.get_config()
        with model.inputs[0].graph.as_default():
            return model.optimizer.get_config()
    except NotImplementedError:  # one of `tf.train`
        return None


def _cloned(
    model: Any,
    custom_objects: Any,
    optimizer_config: Any,
    mode: str,
    features: Any = None,
    labels: Any = None,
) -> Any:
    """Return a copy of the model in the default graph, for a mode, on the data."""
    set_learning_phase(int(mode == tf.estimator.ModeKeys.TRAIN))
    features, weights = _without_weights(features)
    compiles = mode != tf.estimator.ModeKeys.PREDICT
    return clone_and_build_model(
        model,
        _in_order(features, model.input_names, "features", "inputs"),
        _in_order(labels, model.output_names, "labels", "outputs"),
        custom_objects,
        compile_clone=compiles,
        optimizer_config=optimizer_config,
        optimizer_iterations=tf.train.get_or_create_global_step() if compiles else None,
        sample_weights=weights,
    )


def _without_weights(features: Any) -> tuple[Any, Any]:
    if isinstance(features, dict) and set(features) == {"features", "sample_weights"}:
        return features["features"], features["sample_weights"]
    return features, None


def _in_order(given: Any, names: list[str], what: str, order: str) -> Any:
    """Return the tensors that an input function gives, in the order of the model.

    Raises:
      KeyError: they have other names than those of the model.
    """
    if given is None:
        return None
    if isinstance(given, dict):
        other = set(given) ^ set(names)
        if other and names:
            raise KeyError(
                f"The dictionary passed into {what} does not have the expected {order} keys "
                f"defined in the keras model.\n\tExpected keys: {set(names)}\n\t{what} keys: "
                f"{set(given)}\n\tDifference: {other}"
            )
        given = [given[name] for name in names or sorted(given)]
    parts = given if isinstance(given, (list, tuple)) else [given]
    return [tf.contrib.framework.convert_to_tensor_or_sparse_tensor(part) for part in parts]


def _model_fn(make: Callable[..., Any], by_object: bool) -> Callable[..., Any]:
    def model_fn(features: Any, labels: Any, mode: str) -> Any:
        clone = make(mode, features, labels)
        predictions = dict(zip(clone.output_names, clone.outputs, strict=True))
        loss = train_op = metrics = scaffold = None
        if mode != tf.estimator.ModeKeys.PREDICT:
            step = clone._function("train" if mode == tf.estimator.ModeKeys.TRAIN else "test")
            loss, metrics = clone.total_loss, _metrics(clone)
            if mode == tf.estimator.ModeKeys.TRAIN:
                train_op = step.updates_op
        if by_object:
            tf.train.get_or_create_global_step()
            scaffold = tf.train.Scaffold(saver=_saver(clone, by_object))
        return tf.estimator.EstimatorSpec(
            mode=mode,
            predictions=predictions,
            loss=loss,
            train_op=train_op,
            eval_metric_ops=metrics,
            export_outputs={"serving_default": tf.estimator.export.PredictOutput(predictions)},
            scaffold=scaffold,
        )

    return model_fn


def _metrics(model: Any) -> dict[str, Any]:
    """Return the metrics of a model by name, as an estimator runs them."""
    return {
        label: (metric.result(), tf.group(*metric._updates))
        for label, metric in model._labelled_metrics()
    }


def _first_checkpoint(model: Any, make: Callable[..., Any], config: Any, by_object: bool) -> str:
    """Return the checkpoint of the weights that the model has now, and write it if need be."""
    folder = os.path.join(config.model_dir, "keras")
    found = tf.train.latest_checkpoint(folder)
    if found is not None:
        return str(found)
    tf.gfile.MakeDirs(folder)
    with model.inputs[0].graph.as_default():
        session = get_session()
        values = session.run([weight.value() for weight in model.weights])
    with tf.Graph().as_default():
        tf.set_random_seed(config.tf_random_seed)
        tf.train.create_global_step()
        clone = make(tf.estimator.ModeKeys.TRAIN)
        clone._function("train")
        saver = _saver(clone, by_object)
        with tf.Session(config=config.session_config) as session:
            session.run(tf.global_variables_initializer())
            clone.set_weights(values)
            return str(saver.save(session, os.path.join(folder, "keras_model.ckpt")))
