"""`make_template`: a function whose variables are made at its first call and shared afterwards."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.graph import get_default_graph
from tensormill.variables.creation import variable_creator_scope
from tensormill.variables.scope import (
    VariableScope,
    pure_variable_scope,
    unique_variable_scope,
    variable_scope,
)
from tensormill.variables.tracking import Trackable

__all__ = ["Template", "make_template", "make_template_internal"]

_RUNNING_KEY = ("__templates_at_their_first_call",)


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Template:
    """Return a function that calls `func_` in a variable scope of its own, the same at every call.

    Args:
      name_: the name of the scope, made unique at the first call.
      func_: the function; it makes its variables with `get_variable`.
      create_scope_now_: settle the name of the scope now instead of at the first call.
      unique_name_: the name of the scope as it is.
      custom_getter_: the scope's custom getter.
      **kwargs: arguments of `func_` that are given already.

    Raises:
      ValueError: there is no name.
    """
    return make_template_internal(
        name_, func_, create_scope_now_, unique_name_, custom_getter_, False, **kwargs
    )


def make_template_internal(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    create_graph_function_: bool = False,
    **kwargs: Any,
) -> Template:
    """Return what `make_template` returns.

    Args:
      name_: the name of the scope, made unique at the first call.
      func_: the function; it makes its variables with `get_variable`.
      create_scope_now_: settle the name of the scope now instead of at the first call.
      unique_name_: the name of the scope as it is.
      custom_getter_: the scope's custom getter.
      create_graph_function_: accepted: a call makes the nodes of the function in the graph.
      **kwargs: arguments of `func_` that are given already.

    Raises:
      ValueError: there is no name.
    """
    if kwargs:
        func_ = partial(func_, **kwargs)
    return Template(
        name_, func_, create_scope_now_, unique_name_, custom_getter_, create_graph_function_
    )


class Template(Trackable):
    """What `make_template` returns; it depends on its variables, and on templates within it.

    Attributes:
      name: the name that was given.
      func: the function that is called.
      variable_scope: its scope; None before the first call.
    """

    def __init__(
        self,
        name: str,
        func: Callable[..., Any],
        create_scope_now: bool = False,
        unique_name: str | None = None,
        custom_getter: Any = None,
        create_graph_function: bool = False,
    ) -> None:
        if name is None:
            raise ValueError("name cannot be None.")
        self.name = name
        self.func = func
        self.variable_scope: VariableScope | None = None
        self._unique_name = unique_name
        self._custom_getter = custom_getter
        self._origin = traceback.format_stack()[:-2]
        self._is_first_call = True
        self._variables_created = False
        if create_scope_now:
            scope_name = unique_name or unique_variable_scope(name)
            with pure_variable_scope(scope_name, custom_getter=custom_getter) as scope:
                self.variable_scope = scope

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function in the template's scope.

        Raises:
          ValueError: a later call made a trainable variable.
        """
        if self.variable_scope is not None:
            with variable_scope(self.variable_scope, reuse=not self._is_first_call):
                return self._call(args, kwargs)
        with variable_scope(
            self._unique_name, self.name, custom_getter=self._custom_getter
        ) as scope:
            self.variable_scope = scope
            return self._call(args, kwargs)

    def _call(self, args: Any, kwargs: Any) -> Any:
        try:
            if not self._is_first_call:
                return self._call_again(args, kwargs)
            self._is_first_call = False
            try:
                with self._tracked_variables():
                    result = self.func(*args, **kwargs)
            except Exception:
                self._is_first_call = True
                raise
            self._variables_created = True
            return result
        except Exception as error:
            if error.args:
                origin = "".join(self._origin)
                text = f"{error.args[0]}\n\noriginally defined at:\n{origin}"
                error.args = (text, *error.args[1:])
            raise

    @contextmanager
    def _tracked_variables(self) -> Iterator[None]:
        """Depend on what is made in the block: variables, or the template that makes them."""
        running = get_default_graph().get_collection_ref(_RUNNING_KEY)
        running.append(self)
        place = len(running)
        prefix = self.variable_scope_name or ""

        def track(next_creator: Callable[..., Any], **options: Any) -> Any:
            variable = next_creator(**options)
            inner = running[place] if place < len(running) else None
            name = variable.op.name if inner is None else inner.variable_scope.name
            if name.startswith(prefix):
                self._track_trackable(
                    variable if inner is None else inner, name[len(prefix) :], overwrite=True
                )
            return variable

        try:
            with variable_creator_scope(track):
                yield
        finally:
            running.pop()

    def _call_again(self, args: Any, kwargs: Any) -> Any:
        trainable = get_default_graph().get_collection_ref(GraphKeys.TRAINABLE_VARIABLES)
        count = len(trainable)
        result = self.func(*args, **kwargs)
        if self._variables_created and len(trainable) != count:
            raise ValueError(
                "Trainable variable created when calling a template after the first time, perhaps "
                f"you used tf.Variable when you meant tf.get_variable: {trainable[count:]}"
            )
        return result

    @property
    def variable_scope_name(self) -> str | None:
        """The name of the scope with a slash at its end; None before the first call."""
        if self.variable_scope is None:
            return None
        name = self.variable_scope.name
        return name if not name or name.endswith("/") else name + "/"

    @property
    def var_scope(self) -> VariableScope | None:
        """The scope, under its old name."""
        return self.variable_scope

    def _collection(self, key: str) -> list[Any]:
        if not self._variables_created:
            return []
        return get_default_graph().get_collection(key, self.variable_scope_name)

    @property
    def variables(self) -> list[Any]:
        """The global and local variables of the scope."""
        return self.global_variables + self.local_variables

    @property
    def trainable_variables(self) -> list[Any]:
        """The trainable variables of the scope."""
        return self._collection(GraphKeys.TRAINABLE_VARIABLES)

    @property
    def non_trainable_variables(self) -> list[Any]:
        """The global variables of the scope that are not trainable."""
        trainable = set(self.trainable_variables)
        return [v for v in self.global_variables if v not in trainable]

    @property
    def global_variables(self) -> list[Any]:
        """The global variables of the scope."""
        return self._collection(GraphKeys.GLOBAL_VARIABLES)

    @property
    def local_variables(self) -> list[Any]:
        """The local variables of the scope."""
        return self._collection(GraphKeys.LOCAL_VARIABLES)

    weights = variables
    trainable_weights = trainable_variables
    non_trainable_weights = non_trainable_variables
