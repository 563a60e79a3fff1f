"""Which class of layers has which name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tensormill.keras.objects import deserialize_keras_object, serialize_keras_object

__all__ = ["add", "deserialize", "serialize"]

_CLASSES: dict[str, Any] = {}


def add(classes: Mapping[str, Any]) -> None:
    """Make classes known by name."""
    _CLASSES.update(classes)


def serialize(layer: Any) -> Any:
    """Return the class and settings of a layer."""
    return serialize_keras_object(layer)


def deserialize(config: Any, custom_objects: Any = None) -> Any:
    """Return the layer of a class and settings.

    Raises:
      ValueError: the class is not known.
    """
    return deserialize_keras_object(config, _CLASSES, custom_objects, "layer")
