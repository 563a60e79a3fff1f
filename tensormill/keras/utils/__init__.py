"""`tf.keras.utils`."""

from __future__ import annotations

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
from tensormill.keras.utils.files import get_file
from tensormill.keras.utils.sequences import Sequence

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "Sequence",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_file",
    "get_source_inputs",
    "normalize",
    "serialize_keras_object",
    "to_categorical",
]
