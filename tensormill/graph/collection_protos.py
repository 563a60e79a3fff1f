"""How the items of a collection become messages and come back: `register_proto_function`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = [
    "get_collection_proto_type",
    "get_from_proto_function",
    "get_to_proto_function",
    "register_proto_function",
]


@dataclass(frozen=True)
class _Functions:
    proto_type: Any
    to_proto: Callable[..., Any] | None
    from_proto: Callable[..., Any] | None


_registered: dict[str, _Functions] = {}
_NOTHING = _Functions(None, None, None)


def register_proto_function(
    collection_name: str,
    proto_type: Any = None,
    to_proto: Callable[..., Any] | None = None,
    from_proto: Callable[..., Any] | None = None,
) -> None:
    """Register how the items of a collection are written into a MetaGraphDef and read from it.

    Args:
      collection_name: the collection.
      proto_type: the class of the messages.
      to_proto: called as `to_proto(item, export_scope=…)`; returns a message, or None for an item
        that is left out.
      from_proto: called as `from_proto(message, import_scope=…)`; returns the item.

    Raises:
      KeyError: the collection has functions already.
      TypeError: a function cannot be called.
    """
    if to_proto and not callable(to_proto):
        raise TypeError("to_proto must be callable.")
    if from_proto and not callable(from_proto):
        raise TypeError("from_proto must be callable.")
    if collection_name in _registered:
        raise KeyError(f"Registering two proto functions with name '{collection_name}'!")
    _registered[collection_name] = _Functions(proto_type, to_proto, from_proto)


def get_collection_proto_type(collection_name: str) -> Any:
    """Return the class of the messages of a collection, or None."""
    return _registered.get(collection_name, _NOTHING).proto_type


def get_to_proto_function(collection_name: str) -> Callable[..., Any] | None:
    """Return what makes a message of an item of a collection, or None."""
    return _registered.get(collection_name, _NOTHING).to_proto


def get_from_proto_function(collection_name: str) -> Callable[..., Any] | None:
    """Return what makes an item of a collection of a message, or None."""
    return _registered.get(collection_name, _NOTHING).from_proto
