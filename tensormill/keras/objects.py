"""Objects of Keras by their names: how a class and its settings become plain data, and back.

Source: TensorFlow 1.15, python/keras/utils/generic_utils.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = [
    "class_and_config_for_serialized_keras_object",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "serialize_keras_class_and_config",
    "serialize_keras_object",
]

_CUSTOM_OBJECTS: dict[str, Any] = {}


def get_custom_objects() -> dict[str, Any]:
    """Return the table of the program's own classes and functions by name; it may be changed."""
    return _CUSTOM_OBJECTS


@contextmanager
def custom_object_scope(*tables: Mapping[str, Any]) -> Iterator[None]:
    """Know further classes and functions by name within the block."""
    before = dict(_CUSTOM_OBJECTS)
    for table in tables:
        _CUSTOM_OBJECTS.update(table)
    try:
        yield
    finally:
        _CUSTOM_OBJECTS.clear()
        _CUSTOM_OBJECTS.update(before)


def serialize_keras_object(instance: Any) -> Any:
    """Return the class and settings of an object, or the name of a function.

    Raises:
      ValueError: it is neither.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        return serialize_keras_class_and_config(type(instance).__name__, instance.get_config())
    if hasattr(instance, "__name__"):
        return instance.__name__
    raise ValueError("Cannot serialize", instance)


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """Return the object of a name, or of a class and settings.

    Args:
      identifier: a name, or what `serialize_keras_object` gave, or a function.
      module_objects: the objects that are known, by name.
      custom_objects: the program's own.
      printable_module_name: what the objects are, for the message.

    Raises:
      ValueError: the name is not known, or the identifier is none of these.
    """
    if identifier is None:
        return None
    if isinstance(identifier, dict):
        cls, config = class_and_config_for_serialized_keras_object(
            identifier, module_objects, custom_objects, printable_module_name
        )
        if not hasattr(cls, "from_config"):
            with custom_object_scope(custom_objects or {}):
                return cls(**config)
        if _takes_custom_objects(cls):
            return cls.from_config(
                config, custom_objects={**_CUSTOM_OBJECTS, **(custom_objects or {})}
            )
        with custom_object_scope(custom_objects or {}):
            return cls.from_config(config)
    if isinstance(identifier, str):
        known = _known(module_objects, custom_objects)
        if identifier not in known:
            raise ValueError(f"Unknown {printable_module_name}:{identifier}")
        found = known[identifier]
        return found() if isinstance(found, type) else found
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret serialized {printable_module_name}: {identifier}")


def _known(module_objects: Any, custom_objects: Any) -> dict[str, Any]:
    return {**(module_objects or {}), **_CUSTOM_OBJECTS, **(custom_objects or {})}


def _takes_custom_objects(cls: Any) -> bool:
    try:
        return "custom_objects" in inspect.signature(cls.from_config).parameters
    except (TypeError, ValueError):
        return False


def serialize_keras_class_and_config(cls_name: str, cls_config: Any) -> dict[str, Any]:
    """Return the name of a class and settings as plain data."""
    return {"class_name": cls_name, "config": cls_config}


def class_and_config_for_serialized_keras_object(
    config: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> tuple[Any, Any]:
    """Return the class and the settings of what `serialize_keras_object` gave for an object.

    Raises:
      ValueError: it is something else, or the class is not known.
    """
    if not isinstance(config, dict) or "class_name" not in config or "config" not in config:
        raise ValueError("Improper config format: " + str(config))
    name, known = config["class_name"], _known(module_objects, custom_objects)
    if name not in known:
        raise ValueError(f"Unknown {printable_module_name}: {name}")
    return known[name], config["config"]
