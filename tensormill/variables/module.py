"""`tf.Module`: an object with a name, a name scope, and the variables that it and its parts hold.

Source: TensorFlow 1.15, python/module/module.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.nest import flatten_with_tuple_paths
from tensormill.variables.base import VariableBase
from tensormill.variables.tracking import AutoTrackable

__all__ = ["Module"]

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_WORD_START = re.compile(r"((?<=[a-z0-9])[A-Z]|(?!^)(?<!_)[A-Z](?=[a-z]))")


class _Scope(name_scope):
    """The name scope of a module, which may be entered again and again."""

    __slots__ = ()

    @property
    def name(self) -> Any:
        """The name of the scope, with the slash at its end."""
        return self._name


class Module(AutoTrackable):
    """The base class of models that are made of parts.

    Variables and modules are found in the attributes, and in lists, tuples and dictionaries there.
    A class may name attributes that are left out in `_TF_MODULE_IGNORED_PROPERTIES`.
    """

    _TF_MODULE_IGNORED_PROPERTIES: frozenset[str] = frozenset(["_tracked", "_left_out"])

    def __init__(self, name: str | None = None) -> None:
        """Give the module a name, by default that of its class in lower case.

        Raises:
          ValueError: the name is not a Python identifier.
        """
        if name is None:
            name = _WORD_START.sub(r"_\1", type(self).__name__).lower()
        if not _IDENTIFIER.fullmatch(name):
            raise ValueError(
                f"{name!r} is not a valid module name. Module names must be valid Python "
                "identifiers (e.g. a valid class name)."
            )
        self._name = name
        with name_scope(name) as prefix:
            self._scope_name = prefix

    @property
    def name(self) -> str:
        """The name, as it was given or made from the class."""
        return self._name

    @property
    def name_scope(self) -> Any:
        """A with-statement for the scope of the module."""
        return _Scope(self._scope_name)

    @property
    def variables(self) -> tuple[Any, ...]:
        """The variables of the module and of its parts."""
        return tuple(self._flatten(predicate=_is_variable))

    @property
    def trainable_variables(self) -> tuple[Any, ...]:
        """Those of the variables that are trained."""
        return tuple(self._flatten(predicate=_is_trainable))

    @property
    def submodules(self) -> tuple[Any, ...]:
        """The modules that are parts, and parts of parts."""
        return tuple(self._flatten(predicate=_is_module))

    def _flatten(
        self,
        recursive: bool = True,
        predicate: Callable[[Any], bool] | None = None,
        attribute_traversal_key: Callable[[str], Any] | None = None,
        with_path: bool = False,
    ) -> Iterator[Any]:
        """Yield what the attributes hold and a predicate takes.

        Args:
          recursive: whether to go into the modules that are found.
          predicate: takes a leaf; by default every leaf.
          attribute_traversal_key: what the attributes of a module are sorted by; by default their
            names.
          with_path: whether to yield pairs of a path and a leaf, one for each way that leads to it;
            without, each leaf comes once.
        """
        seen: set[int] | None = None if with_path else {id(self)}
        waiting: list[tuple[tuple[Any, ...], Any]] = [((), self)]
        while waiting:
            above, module = waiting.pop(0)
            below = []
            for path, leaf in _leaves(module, attribute_traversal_key):
                if seen is not None:
                    if id(leaf) in seen:
                        continue
                    seen.add(id(leaf))
                whole = (*above, *path)
                if predicate is None or predicate(leaf):
                    yield (whole, leaf) if with_path else leaf
                if recursive and _is_module(leaf):
                    below.append((whole, leaf))
            waiting = below + waiting

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method, with its operations in the name scope of the module."""

        @functools.wraps(method)
        def in_name_scope(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return in_name_scope


def _leaves(module: Any, key: Callable[[str], Any] | None) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the leaves that a module holds itself, and the path to each."""
    if not isinstance(module, Module):  # a layer
        yield from ((("weights", number), each) for number, each in enumerate(module.weights))
        return
    attributes = {
        name: value
        for name, value in vars(module).items()
        if name not in module._TF_MODULE_IGNORED_PROPERTIES
    }
    for name in sorted(attributes, key=key):
        for path, leaf in _with_paths(name, attributes[name]):
            yield (name, *path), leaf


def _with_paths(name: str, value: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    try:
        yield from flatten_with_tuple_paths(value)
    except Exception as error:
        raise ValueError(f"Error processing property {name!r} of {value!r}") from error


def _is_module(leaf: Any) -> bool:
    is_layer = hasattr(leaf, "trainable_weights") and hasattr(leaf, "weights")
    return isinstance(leaf, Module) or (is_layer and not isinstance(leaf, type))


def _is_variable(leaf: Any) -> bool:
    return isinstance(leaf, VariableBase)


def _is_trainable(leaf: Any) -> bool:
    return _is_variable(leaf) and leaf.trainable
