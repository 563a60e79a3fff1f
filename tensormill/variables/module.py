"""`tf.Module`: an object with a name, a name scope, and the variables that it and its parts hold.

Source: TensorFlow 1.15, python/module/module.py.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph import nest
from tensormill.graph.default_scopes import name_scope
from tensormill.variables.base import VariableBase
from tensormill.variables.tracking import dependencies_in

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


class Module:
    """The base class of models that are made of parts.

    Variables and modules are found in the attributes, and in lists, tuples and dictionaries there.
    """

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
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        return list(dependencies_in(vars(self)))

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
        self, recursive: bool = True, predicate: Callable[[Any], bool] = lambda leaf: True
    ) -> Iterator[Any]:
        """Yield what the attributes hold and the predicate takes, each once."""
        seen: set[int] = {id(self)}
        waiting: list[Any] = [self]
        while waiting:
            module = waiting.pop(0)
            below = []
            for leaf in _leaves(module):
                if id(leaf) in seen:
                    continue
                seen.add(id(leaf))
                if predicate(leaf):
                    yield leaf
                if recursive and _is_module(leaf):
                    below.append(leaf)
            waiting = below + waiting

    @classmethod
    def with_name_scope(cls, method: Callable[..., Any]) -> Callable[..., Any]:
        """Return the method, with its operations in the name scope of the module."""

        @functools.wraps(method)
        def in_name_scope(self: Any, *args: Any, **kwargs: Any) -> Any:
            with self.name_scope:
                return method(self, *args, **kwargs)

        return in_name_scope


def _leaves(module: Any) -> Iterator[Any]:
    if not isinstance(module, Module):
        yield from module.weights  # a layer
        return
    for _, value in sorted(vars(module).items()):
        yield from nest.flatten(value)


def _is_module(leaf: Any) -> bool:
    is_layer = hasattr(leaf, "trainable_weights") and hasattr(leaf, "weights")
    return isinstance(leaf, Module) or (is_layer and not isinstance(leaf, type))


def _is_variable(leaf: Any) -> bool:
    return isinstance(leaf, VariableBase)


def _is_trainable(leaf: Any) -> bool:
    return _is_variable(leaf) and leaf.trainable
