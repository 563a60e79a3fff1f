"""Lists and mappings that checkpoints by object look at, and that hold the weights of layers.

Source: TensorFlow 1.15, python/training/tracking/data_structures.py and layer_utils.py.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingBase
from typing import Any

from tensormill.variables.base import VariableBase
from tensormill.variables.tracking import NoDependency, Trackable, is_trackable

__all__ = [
    "List",
    "Mapping",
    "TrackableDataStructure",
    "filter_empty_layer_containers",
    "gather_non_trainable_weights",
    "gather_trainable_weights",
    "has_weights",
    "is_layer",
]


def is_layer(obj: Any) -> bool:
    """Return whether an object is a layer."""
    return hasattr(obj, "_is_layer") and not isinstance(obj, type)


def has_weights(obj: Any) -> bool:
    """Return whether an object tells which of its weights are trained."""
    names = ("trainable_weights", "non_trainable_weights")
    return not isinstance(obj, type) and all(hasattr(type(obj), name) for name in names)


def filter_empty_layer_containers(layer_list: Sequence[Any]) -> list[Any]:
    """Return the layers of a list, each once, with those of the containers in it."""
    found: dict[int, Any] = {}
    waiting = list(reversed(layer_list))
    seen: set[int] = set()
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, TrackableDataStructure):
            waiting.extend(reversed(item.layers))
        else:
            found[id(item)] = item
    return list(found.values())


def gather_trainable_weights(
    trainable: bool, sub_layers: Sequence[Any], extra_variables: Sequence[Any]
) -> list[Any]:
    """Return the weights that are trained: those of layers, then further variables."""
    if not trainable:
        return []
    weights = [weight for layer in sub_layers for weight in layer.trainable_weights]
    return weights + [each for each in extra_variables if each.trainable]


def gather_non_trainable_weights(
    trainable: bool, sub_layers: Sequence[Any], extra_variables: Sequence[Any]
) -> list[Any]:
    """Return the weights that are not trained: those of layers, then further variables."""
    fixed = [weight for layer in sub_layers for weight in layer.non_trainable_weights]
    others = [each for each in extra_variables if not each.trainable]
    if trainable:
        return fixed + others
    trained = gather_trainable_weights(True, sub_layers, extra_variables)
    return trained + fixed + others


class TrackableDataStructure(Trackable):
    """The base of the containers; they are equal to nothing but themselves.

    Attributes:
      trainable: whether weights in it are trained.
    """

    def __init__(self) -> None:
        self.trainable = True

    def _checked(self, value: Any) -> Any:
        """Return what is put in: a list as a `List`, a dict as a `Mapping`.

        Raises:
          ValueError: a checkpoint does not look at it.
        """
        if isinstance(value, NoDependency):
            return value.value
        if type(value) is list:
            return List(value)
        if type(value) is dict:
            return Mapping(value)
        if not is_trackable(value) and not isinstance(value, Trackable):
            raise ValueError(
                "Only trackable objects (such as Layers or Optimizers) may be stored in a List "
                f"object. Got {value}, which does not inherit from Trackable."
            )
        return value

    @property
    def _values(self) -> Sequence[Any]:
        raise NotImplementedError("Abstract method")

    @property
    def _parts(self) -> list[Any]:
        return [
            item
            for item in self._values
            if isinstance(item, TrackableDataStructure) or has_weights(item)
        ]

    @property
    def _variables(self) -> list[Any]:
        return [item for item in self._values if isinstance(item, VariableBase)]

    @property
    def layers(self) -> list[Any]:
        """The layers in it, each once."""
        return filter_empty_layer_containers(self._parts)

    @property
    def trainable_weights(self) -> list[Any]:
        """The weights that are trained."""
        return gather_trainable_weights(self.trainable, self._parts, self._variables)

    @property
    def non_trainable_weights(self) -> list[Any]:
        """The weights that are not trained."""
        return gather_non_trainable_weights(self.trainable, self._parts, self._variables)

    @property
    def weights(self) -> list[Any]:
        """All weights."""
        return self.trainable_weights + self.non_trainable_weights

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights
    variables = weights

    def _of_layers(self, name: str) -> list[Any]:
        found: list[Any] = []
        for layer in self.layers:
            found += getattr(layer, name, ())
        return found

    @property
    def updates(self) -> list[Any]:
        """What the layers update besides their weights."""
        return self._of_layers("updates")

    @property
    def losses(self) -> list[Any]:
        """What the layers add to the loss."""
        return self._of_layers("losses")

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class List(TrackableDataStructure, Sequence[Any]):
    """A list to which things are added at its end only, so that their names stay."""

    def __init__(self, *args: Any) -> None:
        """Take what `list` takes.

        Raises:
          ValueError: a checkpoint does not look at an item.
        """
        super().__init__()
        given: list[Any] = list(*args)
        self._storage = [self._checked(item) for item in given]

    @property
    def _checkpoint_dependencies(self) -> Any:
        own = [(str(n), item) for n, item in enumerate(self._storage) if is_trackable(item)]
        return [*super()._checkpoint_dependencies, *own]

    @property
    def _values(self) -> Sequence[Any]:
        return self._storage

    def append(self, value: Any) -> None:
        """Add an item."""
        self._storage.append(self._checked(value))

    def extend(self, values: Any) -> None:
        """Add items."""
        for value in values:
            self.append(value)

    def copy(self) -> List:
        """Return a list of the same items."""
        return type(self)(self._storage)

    def __copy__(self) -> List:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> List:
        return type(self)(copy.deepcopy(self._storage, memo))

    def __iadd__(self, values: Any) -> List:
        self.extend(values)
        return self

    def __add__(self, other: Any) -> List:
        return type(self)([*self._storage, *other])

    def __radd__(self, other: Any) -> List:
        return type(self)([*other, *self._storage])

    def __imul__(self, count: int) -> List:
        if count <= 0:
            raise ValueError(
                f"List only supports append, multiplying in place by {count} removes elements."
            )
        self.extend(self._storage * (count - 1))
        return self

    def __mul__(self, count: int) -> List:
        return type(self)(self._storage * count)

    __rmul__ = __mul__

    def __getitem__(self, key: Any) -> Any:
        return self._storage[key]

    def __len__(self) -> int:
        return len(self._storage)

    def __repr__(self) -> str:
        return f"List({self._storage!r})"


class Mapping(TrackableDataStructure, MappingBase[str, Any]):
    """A mapping from names to which things are added only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what `dict` takes.

        Raises:
          TypeError: a key is no string.
          ValueError: a checkpoint does not look at an item.
        """
        super().__init__()
        self._storage: dict[str, Any] = {}
        self.update(*args, **kwargs)

    @property
    def _checkpoint_dependencies(self) -> Any:
        own = [(key, item) for key, item in self._storage.items() if is_trackable(item)]
        return [*super()._checkpoint_dependencies, *own]

    @property
    def _values(self) -> Sequence[Any]:
        return [self._storage[key] for key in sorted(self._storage)]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"Mapping accepts only string keys, but got a key {key!r}.")
        value = self._checked(value)
        known = self._storage.setdefault(key, value)
        if known is not value:
            raise ValueError(
                "Mappings are an append-only data structure. Tried to overwrite the key "
                f"'{key}' with value {value}, but it already contains {known}"
            )

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add what `dict.update` would."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def __copy__(self) -> Mapping:
        return type(self)(self._storage)

    def __deepcopy__(self, memo: Any) -> Mapping:
        return type(self)(copy.deepcopy(self._storage, memo))

    def __getitem__(self, key: str) -> Any:
        return self._storage[key]

    def __len__(self) -> int:
        return len(self._storage)

    def __iter__(self) -> Iterator[str]:
        return iter(self._storage)

    def __repr__(self) -> str:
        return f"Mapping({self._storage!r})"
