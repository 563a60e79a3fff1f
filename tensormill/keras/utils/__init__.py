"""`tf.keras.utils`."""

from __future__ import annotations

import importlib
from typing import Any

from tensormill.keras.engine.node import get_source_inputs
from tensormill.keras.objects import (
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    serialize_keras_object,
)
from tensormill.keras.objects import custom_object_scope as CustomObjectScope
from tensormill.keras.progress import Progbar
from tensormill.keras.utils.arrays import normalize, to_categorical
from tensormill.keras.utils.enqueuers import (
    GeneratorEnqueuer,
    OrderedEnqueuer,
    SequenceEnqueuer,
)
from tensormill.keras.utils.files import get_file
from tensormill.keras.utils.hdf5_matrix import HDF5Matrix
from tensormill.keras.utils.pictures import model_to_dot, plot_model
from tensormill.keras.utils.sequences import Sequence

__all__ = [
    "CustomObjectScope",
    "GeneratorEnqueuer",
    "HDF5Matrix",
    "OrderedEnqueuer",
    "Progbar",
    "Sequence",
    "SequenceEnqueuer",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_source_inputs",
    "model_to_dot",
    "normalize",
    "plot_model",
    "serialize_keras_object",
    "to_categorical",
]


def __getattr__(name: str) -> Any:
    """Return what is made of models, which are made of what stands above."""
    if name != "multi_gpu_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module("tensormill.keras.multi_gpu").multi_gpu_model
