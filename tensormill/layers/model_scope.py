"""What layers in the manner of `tf.contrib.layers` share: names of variables, named outputs.

Source: TensorFlow 1.15, contrib/layers/python/layers/layers.py and utils.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collections, get_collection, get_collection_ref
from tensormill.graph.tensor import Tensor

__all__ = [
    "append_tensor_alias",
    "collect_named_outputs",
    "convert_collection_to_dict",
    "finish",
    "gather_tensors_aliases",
    "get_tensor_aliases",
    "get_variable_collections",
    "renaming_getter",
]

PARAMETERS = {"kernel": "weights", "bias": "biases"}
"""The names that the variables of dense layers and convolutions have here."""


def get_variable_collections(variables_collections: Any, name: str) -> Any:
    """Return the collections for a variable: all, or those that a dict names for it."""
    if isinstance(variables_collections, dict):
        return variables_collections.get(name)
    return variables_collections


def renaming_getter(names: dict[str, str], collections: Any) -> Callable[..., Any]:
    """Return a getter that makes model variables, under the names of `tf.contrib.layers`."""

    def get(getter: Callable[..., Any], name: str, *args: Any, **kwargs: Any) -> Any:
        head, _, last = name.rpartition("/")
        wanted = names.get(last, last)
        extra = get_variable_collections(collections, wanted)
        kwargs["collections"] = [
            *(kwargs.get("collections") or []),
            *(extra or []),
            GraphKeys.GLOBAL_VARIABLES,
            GraphKeys.MODEL_VARIABLES,
        ]
        return getter(f"{head}/{wanted}" if head else wanted, *args, **kwargs)

    return get


def finish(
    outputs: Tensor,
    scope_name: str,
    outputs_collections: Any,
    activation_fn: Callable[..., Any] | None = None,
    normalizer_fn: Callable[..., Any] | None = None,
    normalizer_params: dict[str, Any] | None = None,
) -> Tensor:
    """Return a layer's outputs normalised and activated, and list them in collections."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    if activation_fn is not None:
        outputs = activation_fn(outputs)
    return collect_named_outputs(outputs_collections, scope_name, outputs)


_ALIASES_KEY = "tensor_aliases"


def append_tensor_alias(tensor: Tensor, alias: str) -> Tensor:
    """Give a tensor one more name, for `convert_collection_to_dict`."""
    if alias[-1:] == "/":
        alias = alias[:-1]
    known: dict[str, list[str]] = tensor.graph._extra.setdefault(_ALIASES_KEY, {})
    known.setdefault(tensor.name, []).append(alias)
    return tensor


def get_tensor_aliases(tensor: Tensor) -> list[str]:
    """Return the names that a tensor was given; by default that of its operation."""
    known = tensor.graph._extra.get(_ALIASES_KEY, {}).get(tensor.name)
    if known:
        return list(known)
    return [tensor.name[:-2] if tensor.name[-2:] == ":0" else tensor.name]


def gather_tensors_aliases(tensors: Any) -> list[str]:
    """Return the names of several tensors."""
    return [alias for tensor in tensors for alias in get_tensor_aliases(tensor)]


def collect_named_outputs(collections: Any, alias: str, outputs: Tensor) -> Tensor:
    """List a tensor in collections, under a name of its own."""
    if collections:
        append_tensor_alias(outputs, alias)
        add_to_collections(collections, outputs)
    return outputs


def convert_collection_to_dict(collection: Any, clear_collection: bool = False) -> dict[str, Any]:
    """Return the tensors of a collection by the names that they were given.

    Args:
      collection: its name.
      clear_collection: whether to empty it.
    """
    found = {
        alias: tensor
        for tensor in get_collection(collection)
        for alias in get_tensor_aliases(tensor)
    }
    if clear_collection:
        get_collection_ref(collection).clear()
    return found
