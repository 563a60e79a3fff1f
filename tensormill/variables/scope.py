"""Variable scopes: the defaults that `get_variable` uses, and the prefix of its names.

A scope is a plain object with settings; which one is open is kept for each graph and thread. Making
and finding variables is the work of the `store`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from enum import Enum
from functools import partial
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_builder import graph_of

__all__ = [
    "AUTO_REUSE",
    "OpenScopes",
    "VariableScope",
    "get_variable_scope",
    "open_scopes",
    "pure_variable_scope",
    "unique_variable_scope",
    "variable_op_scope",
    "variable_scope",
]


class _ReuseMode(Enum):
    AUTO_REUSE = 1


AUTO_REUSE = _ReuseMode.AUTO_REUSE
"""As `reuse=`: make a variable where there is none, reuse it where there is one."""

_SETTINGS = (
    "initializer",
    "regularizer",
    "caching_device",
    "partitioner",
    "custom_getter",
    "dtype",
    "use_resource",
)


class VariableScope:
    """The defaults of the `get_variable` calls inside a scope.

    Attributes:
      name: the prefix of variable names, without the slash at the end.
      original_name_scope: the name scope that was opened with it, with the slash at the end.
      reuse: whether variables are reused: True, False, None or AUTO_REUSE.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource,
        constraint: what `get_variable` takes where its argument is None.
    """

    def __init__(
        self,
        reuse: Any,
        name: str = "",
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        name_scope: str = "",
        dtype: DType = dtypes.float32,
        use_resource: bool | None = None,
        constraint: Any = None,
    ) -> None:
        self.name = name
        self.original_name_scope = name_scope
        self.reuse = reuse
        self.initializer = initializer
        self.regularizer = regularizer
        self.caching_device = caching_device
        self.partitioner = partitioner
        self.custom_getter = custom_getter
        self.dtype = dtype
        self.use_resource = use_resource
        self.constraint = constraint

    @property
    def _name_scope(self) -> str:
        return self.original_name_scope

    def reuse_variables(self) -> None:
        """Reuse variables from here on; there is no way back within the scope."""
        self.reuse = True

    def set_initializer(self, initializer: Any) -> None:
        """Set the default initializer."""
        self.initializer = initializer

    def set_dtype(self, dtype: DType) -> None:
        """Set the default dtype."""
        self.dtype = dtype

    def set_use_resource(self, use_resource: bool | None) -> None:
        """Set whether variables are resource variables."""
        self.use_resource = use_resource

    def set_regularizer(self, regularizer: Any) -> None:
        """Set the default regularizer."""
        self.regularizer = regularizer

    def set_caching_device(self, caching_device: Any) -> None:
        """Set the default caching device."""
        self.caching_device = caching_device

    def set_partitioner(self, partitioner: Any) -> None:
        """Set the default partitioner."""
        self.partitioner = partitioner

    def set_custom_getter(self, custom_getter: Any) -> None:
        """Set what is called instead of the getter of variables."""
        self.custom_getter = custom_getter

    def get_collection(self, name: Any) -> list[Any]:
        """Return the items of a collection whose names are inside this scope."""
        return get_default_graph().get_collection(name, self.name + "/" if self.name else "")

    def trainable_variables(self) -> list[Any]:
        """Return the trainable variables inside this scope."""
        return self.get_collection(GraphKeys.TRAINABLE_VARIABLES)

    def global_variables(self) -> list[Any]:
        """Return the global variables inside this scope."""
        return self.get_collection(GraphKeys.GLOBAL_VARIABLES)

    def local_variables(self) -> list[Any]:
        """Return the local variables inside this scope."""
        return self.get_collection(GraphKeys.LOCAL_VARIABLES)

    def full_name(self, name: str) -> str:
        """Return the name of a variable of this scope."""
        return f"{self.name}/{name}" if self.name else name

    def get_variable(
        self, var_store: Any, name: str, dtype: Any = None, reuse: Any = None, **options: Any
    ) -> Any:
        """Find or make a variable in `var_store`, with the scope's defaults for what is None.

        Raises:
          ValueError: the initializer is a value of another dtype, or the store refuses.
        """
        for setting in ("regularizer", "caching_device", "partitioner", "custom_getter"):
            if options.get(setting) is None:
                options[setting] = getattr(self, setting)
        if options.get("use_resource") is None:
            options["use_resource"] = self.use_resource
        with get_default_graph().name_scope(None):
            initializer = options.get("initializer")
            if dtype is not None and initializer is not None and not callable(initializer):
                var_store.check_initial_dtype(initializer, dtype)
            if initializer is None:
                options["initializer"] = self.initializer
            if options.get("constraint") is None:
                options["constraint"] = self.constraint
            return var_store.get_variable(
                self.full_name(name),
                dtype=self.dtype if dtype is None else dtype,
                reuse=self.reuse if reuse is None else reuse,
                **options,
            )


class OpenScopes(threading.local):
    """Which variable scope is open in a thread, and how often each name was opened.

    Attributes:
      current: the innermost open scope.
      counts: how often a scope of each name was opened since its parent was.
    """

    def __init__(self) -> None:
        super().__init__()
        self.current = VariableScope(False)
        self.counts: dict[str, int] = {}

    def note_opened(self, name: str) -> None:
        """Count a scope that is opened."""
        self.counts[name] = self.counts.get(name, 0) + 1

    def forget_subscopes(self, name: str) -> None:
        """Start counting anew below a scope that is left."""
        for other in self.counts:
            if other.startswith(name + "/"):
                self.counts[other] = 0


_OPEN_SCOPES_KEY = ("__varscope",)


def open_scopes() -> OpenScopes:
    """Return the open scopes of the default graph."""
    found = get_default_graph().get_collection_ref(_OPEN_SCOPES_KEY)
    if not found:
        found.append(OpenScopes())
    scopes: OpenScopes = found[0]
    return scopes


def get_variable_scope() -> VariableScope:
    """Return the innermost open variable scope of the default graph."""
    return open_scopes().current


def unique_variable_scope(prefix: str) -> str:
    """Return `prefix`, with `_1`, `_2` … where a scope of that name was opened already."""
    scopes = open_scopes()
    name = scopes.current.full_name(prefix)
    if not scopes.counts.get(name):
        return prefix
    number = 1
    while scopes.counts.get(f"{name}_{number}"):
        number += 1
    return f"{prefix}_{number}"


class pure_variable_scope:
    """Opens a variable scope alone, without a name scope.

    Args:
      name_or_scope: a name below the open scope, or a scope to enter again.
      reuse: as in `variable_scope`.
      original_name_scope: the name scope that goes with it.
      constraint: the default constraint.
      **settings: the other settings of `VariableScope`; those that are None are inherited.
    """

    def __init__(
        self,
        name_or_scope: Any,
        reuse: Any = None,
        original_name_scope: str | None = None,
        constraint: Any = None,
        **settings: Any,
    ) -> None:
        self._target = name_or_scope
        self._reuse = reuse
        self._name_scope = original_name_scope
        self._constraint = constraint
        self._settings = settings
        self._scopes = open_scopes()
        self._old: VariableScope | None = None
        self._old_counts: dict[str, int] = {}
        self._opened: VariableScope | None = None
        self._entered_again = (
            self._inherit(name_or_scope, name_or_scope.name, name_or_scope.original_name_scope)
            if isinstance(name_or_scope, VariableScope)
            else None
        )

    def _inherit(self, parent: VariableScope, name: str, name_scope: str) -> VariableScope:
        values = {setting: getattr(parent, setting) for setting in _SETTINGS}
        values.update({k: v for k, v in self._settings.items() if v is not None})
        getter = self._settings.get("custom_getter")
        if getter is not None:
            values["custom_getter"] = _chained_getter(getter, parent.custom_getter)
        return VariableScope(
            self._reuse or parent.reuse,
            name=name,
            name_scope=name_scope,
            constraint=self._constraint,
            **values,
        )

    def __enter__(self) -> VariableScope:
        scopes = self._scopes
        self._old = scopes.current
        if self._entered_again is not None:
            scopes.note_opened(self._target.name)
            self._old_counts = dict(scopes.counts)
            opened = self._entered_again
        else:
            name_scope = self._target if self._name_scope is None else self._name_scope
            opened = self._inherit(self._old, self._old.full_name(self._target), name_scope)
            scopes.note_opened(opened.name)
        scopes.current = self._opened = opened
        return opened

    def __exit__(self, *error: object) -> None:
        scopes = self._scopes
        assert self._opened is not None
        assert self._old is not None
        self.check_is_innermost()
        if self._entered_again is not None:
            scopes.counts = self._old_counts
        else:
            scopes.forget_subscopes(self._opened.name)
        scopes.current = self._old

    def check_is_innermost(self) -> None:
        """Raise RuntimeError if scopes that were opened later are still open."""
        if self._scopes.current is not self._opened:
            raise RuntimeError("Improper nesting of variable_scope.")


def _chained_getter(
    custom_getter: Callable[..., Any], outer: Callable[..., Any] | None
) -> Callable[..., Any]:
    if outer is None:
        return custom_getter

    def chained(getter: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return custom_getter(partial(outer, getter), *args, **kwargs)

    return chained


class variable_scope:
    """Opens a variable scope, and a name scope of the same name, for a with-block.

    Args:
      name_or_scope: a name, or a `VariableScope` to enter again.
      default_name: the name to make unique where `name_or_scope` is None.
      values: tensors, in whose graph the scope is opened.
      initializer, regularizer, caching_device, partitioner, custom_getter, dtype, use_resource,
        constraint: defaults of `get_variable` inside the scope.
      reuse: True reuses variables, AUTO_REUSE makes those that are missing; else it is inherited.
      auxiliary_name_scope: whether a name scope is opened as well.

    Raises:
      TypeError: there is no name.
      ValueError: `reuse` is none of the values that it may have.
    """

    def __init__(
        self,
        name_or_scope: Any,
        default_name: str | None = None,
        values: Any = None,
        initializer: Any = None,
        regularizer: Any = None,
        caching_device: Any = None,
        partitioner: Any = None,
        custom_getter: Any = None,
        reuse: Any = None,
        dtype: Any = None,
        use_resource: bool | None = None,
        constraint: Any = None,
        auxiliary_name_scope: bool = True,
    ) -> None:
        if default_name is None and name_or_scope is None:
            raise TypeError("If default_name is None then name_or_scope is required")
        if name_or_scope is not None and not isinstance(name_or_scope, (VariableScope, str)):
            raise TypeError("VariableScope: name_or_scope must be a string or VariableScope.")
        if reuse is False:
            reuse = None
        if reuse not in (True, None, AUTO_REUSE):
            raise ValueError("The reuse parameter must be True or False or None.")
        if not isinstance(auxiliary_name_scope, bool):
            raise TypeError(
                "The auxiliary_name_scope must be `True` or `False`, while get "
                f"{auxiliary_name_scope}"
            )
        if reuse and name_or_scope is None:
            raise ValueError("reuse=True cannot be used without a name_or_scope")
        self._target = name_or_scope
        self._default_name = default_name
        self._reuse = reuse
        self._auxiliary_name_scope = auxiliary_name_scope
        self._options = {
            "initializer": initializer,
            "regularizer": regularizer,
            "caching_device": caching_device,
            "partitioner": partitioner,
            "custom_getter": custom_getter,
            "dtype": dtype,
            "use_resource": use_resource,
            "constraint": constraint,
        }
        self._graph = graph_of(values or ())
        self._pure: pure_variable_scope | None = None
        self._blocks: list[ExitStack] = []

    def __enter__(self) -> VariableScope:
        with ExitStack() as block:
            block.enter_context(self._graph.as_default())
            name_scope = self._enter_name_scope(block)
            if self._pure is None:
                self._pure = self._make_pure(name_scope)
            opened = block.enter_context(self._pure)
            self._blocks.append(block.pop_all())
        return opened

    def __exit__(self, *error: Any) -> None:
        if self._pure is not None:
            self._pure.check_is_innermost()
        self._blocks.pop().__exit__(*error)

    def _enter_name_scope(self, block: ExitStack) -> str | None:
        """Open the name scope, a new one each time the object is entered."""
        graph = self._graph
        wanted: str | None
        if not self._auxiliary_name_scope:
            open_scope = graph.get_name_scope()
            wanted = open_scope + "/" if open_scope else None
        elif self._target is None:
            wanted = self._default_name
        elif isinstance(self._target, str):
            wanted = self._target
        else:
            wanted = self._target.name.split("/")[-1]
        return block.enter_context(graph.name_scope(wanted)) if wanted else None

    def _make_pure(self, name_scope: str | None) -> pure_variable_scope:
        target = self._target
        if target is None:
            target = unique_variable_scope(str(self._default_name))
        elif isinstance(target, VariableScope):
            name_scope = target.original_name_scope
        return pure_variable_scope(
            target, reuse=self._reuse, original_name_scope=name_scope, **self._options
        )


def variable_op_scope(
    values: Any, name_or_scope: Any, default_name: str | None = None, **options: Any
) -> variable_scope:
    """Open a variable scope: the old order of `variable_scope`'s arguments."""
    return variable_scope(name_or_scope, default_name=default_name, values=values, **options)
