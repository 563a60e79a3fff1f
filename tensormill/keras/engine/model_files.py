"""Whole models in HDF5 files: layers, weights, and how they are trained.

Source: TensorFlow 1.15, python/keras/saving/hdf5_format.py.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
from typing import Any

import numpy as np

from tensormill.keras import losses, metrics, optimizers
from tensormill.keras.backend.values import batch_get_value
from tensormill.keras.engine import layer_classes
from tensormill.keras.engine.network_config import to_json
from tensormill.keras.engine.weight_files import h5py, load_hdf5, save_hdf5

__all__ = ["compile_as", "load_model", "save", "save_model", "training_config"]


def save(
    model: Any, filepath: Any, overwrite: bool, include_optimizer: bool, save_format: str | None
) -> None:
    """Write a model to an HDF5 file, or to a folder where the format is "tf".

    Raises:
      NotImplementedError: the model is of a program's own class.
      ValueError: there is no such format.
    """
    if save_format in ("tf", "tensorflow"):
        if os.path.isdir(filepath) and overwrite:
            shutil.rmtree(filepath)
        _exported_models().export_saved_model(model, filepath)
        return
    if save_format not in (None, "h5", "hdf5", "keras"):
        raise ValueError(f'Unknown format "{save_format}". Was expecting one of {{"tf", "h5"}}.')
    path = os.fspath(filepath)
    if os.path.exists(path) and not overwrite:
        raise FileExistsError(f"{path} is there already, and is not to be overwritten")
    text = to_json(model)
    with h5py().File(path, "w") as file:
        file.attrs["model_config"] = text.encode()
        file.attrs["backend"] = b"tensorflow"
        file.attrs["keras_version"] = b"2.2.4-tf"
        save_hdf5(file.create_group("model_weights"), model)
        if include_optimizer and isinstance(model.optimizer, optimizers.Optimizer):
            file.attrs["training_config"] = json.dumps(training_config(model)).encode()
            _save_slots(file, model)


def _exported_models() -> Any:
    """Return the module that writes folders: it copies models, which are made of this one."""
    return importlib.import_module("tensormill.keras.exported_models")


def _save_slots(file: Any, model: Any) -> None:
    group = file.create_group("optimizer_weights")
    weights = model.optimizer.weights
    names = [weight.name.encode() for weight in weights]
    group.attrs["weight_names"] = names
    for name, value in zip(names, batch_get_value(weights), strict=True):
        group.create_dataset(name.decode(), data=value)


def training_config(model: Any) -> dict[str, Any]:
    """Return how a model is trained, as plain data."""

    def plain(value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return [plain(each) for each in value]
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        if isinstance(value, (losses.Loss, metrics.Metric)):
            return {"class_name": type(value).__name__, "config": value.get_config()}
        return value.__name__ if callable(value) else value

    return {
        "optimizer_config": optimizers.serialize(model.optimizer),
        "loss": plain(model.loss),
        "metrics": plain(model._compile_settings["metrics"]),
        "weighted_metrics": plain(model._compile_settings["weighted_metrics"]),
        "sample_weight_mode": model.sample_weight_mode,
        "loss_weights": model.loss_weights,
    }


def save_model(
    model: Any, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
    save_format: str | None = None,
) -> None:  # fmt: skip
    """Write a model to an HDF5 file."""
    save(model, filepath, overwrite, include_optimizer, save_format)


def load_model(filepath: Any, custom_objects: Any = None, compile: bool = True) -> Any:
    """Return the model of an HDF5 file, or of a folder.

    Args:
      filepath: the path, or an open file.
      custom_objects: the program's own classes and functions by name.
      compile: whether to compile it as it was.

    Raises:
      ValueError: there is no model in the file.
    """
    if _exported_models().is_exported(filepath):
        return _exported_models().load_from_saved_model(filepath, custom_objects, compile)
    opened = not hasattr(filepath, "attrs")
    file = h5py().File(os.fspath(filepath), "r") if opened else filepath
    try:
        if "model_config" not in file.attrs:
            raise ValueError("No model found in config file.")
        model = layer_classes.deserialize(_json(file.attrs["model_config"]), custom_objects)
        load_hdf5(file["model_weights"], model, by_name=False)
        if compile and "training_config" in file.attrs:
            _compile(model, _json(file.attrs["training_config"]), file, custom_objects)
        return model
    finally:
        if opened:
            file.close()


def compile_as(model: Any, config: dict[str, Any], custom_objects: Any) -> None:
    """Compile a model as `training_config` says."""
    own = custom_objects or {}

    def real(value: Any, deserialize: Any) -> Any:
        if isinstance(value, list):
            return [real(each, deserialize) for each in value]
        if isinstance(value, dict):
            if "class_name" in value:
                return deserialize(value, custom_objects)
            return {key: real(each, deserialize) for key, each in value.items()}
        return own.get(value, value) if isinstance(value, str) else value

    model.compile(
        optimizer=optimizers.deserialize(config["optimizer_config"], custom_objects),
        loss=real(config["loss"], losses.deserialize),
        metrics=real(config["metrics"], metrics.deserialize),
        weighted_metrics=real(config.get("weighted_metrics"), metrics.deserialize),
        loss_weights=config["loss_weights"],
        sample_weight_mode=config["sample_weight_mode"],
    )


def _compile(model: Any, config: dict[str, Any], file: Any, custom_objects: Any) -> None:
    compile_as(model, config, custom_objects)
    if "optimizer_weights" in file:
        group = file["optimizer_weights"]
        values = [np.asarray(group[_text(name)]) for name in group.attrs["weight_names"]]
        model._function("train")
        if len(values) == len(model.optimizer.weights):
            model.optimizer.set_weights(values)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _json(value: Any) -> Any:
    return json.loads(_text(value))
