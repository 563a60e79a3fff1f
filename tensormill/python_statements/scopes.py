"""What surrounds the body of a rewritten function.

Source: TensorFlow 1.15, python/autograph/core/function_wrappers.py.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from malt.core import converter
from malt.operators.variables import UndefinedReturnValue

from tensormill.graph.autograph_status import ControlStatusCtx, Status
from tensormill.graph.default_scopes import name_scope

__all__ = ["FunctionScope", "with_function_scope"]


class FunctionScope:
    """The with-block of a body: says that it is rewritten, and names its nodes where asked to.

    Attributes:
      callopts: the options for what the body calls.
    """

    def __init__(self, function_name: str, scope_name: str, options: Any) -> None:
        self.name = scope_name
        self.options = options
        self.callopts = options.call_options()
        self._function_name = function_name
        self._blocks = ExitStack()

    def __enter__(self) -> FunctionScope:
        if self.options.user_requested:
            self._blocks.enter_context(ControlStatusCtx(Status.ENABLED, self.options))
        if self.options.uses(converter.Feature.NAME_SCOPES):
            name = self._function_name
            self._blocks.enter_context(name_scope(f"fn{name}" if name.startswith("_") else name))
        return self

    def __exit__(self, *error: object) -> None:
        self._blocks.close()

    def ret(self, value: Any, did_return: Any) -> Any:
        """Return what the function returns."""
        return None if isinstance(value, UndefinedReturnValue) else value


def with_function_scope(thunk: Callable[[Any], Any], scope_name: str, options: Any) -> Any:
    """Return what the body of a lambda gives."""
    with FunctionScope("lambda_", scope_name, options) as scope:
        return thunk(scope)
