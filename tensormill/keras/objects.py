"""Objects of Keras by their names: how a class and its settings become plain data, and back.

Source: TensorFlow 1.15, python/keras/utils/generic_utils.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = [
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
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
        return {"class_name": type(instance).__name__, "config": instance.get_config()}
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
    known = {**(module_objects or {}), **_CUSTOM_OBJECTS, **(custom_objects or {})}
    if isinstance(identifier, dict):
        if "class_name" not in identifier or "config" not in identifier:
            raise ValueError("Improper config format: " + str(identifier))
        cls = _known(identifier["class_name"], known, printable_module_name)
        config = identifier["config"]
        if hasattr(cls, "from_config"):
            with custom_object_scope(custom_objects or {}):
                return cls.from_config(config)
        return cls(**config)
    if isinstance(identifier, str):
        found = _known(identifier, known, printable_module_name)
        return found() if isinstance(found, type) else found
    if callable(identifier):
        return identifier
    raise ValueError(f"Could not interpret serialized {printable_module_name}: {identifier}")


def _known(name: str, known: Mapping[str, Any], kind: str) -> Any:
    if name not in known:
        raise ValueError(f"Unknown {kind}:{name}" if kind != "layer" else f"Unknown layer: {name}")
    return known[name]
