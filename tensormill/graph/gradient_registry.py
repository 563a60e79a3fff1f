"""Which function computes the gradient of an operation: that of its op type, or a named one.

The op families keep their gradient functions in their `OpDef`; here stands what users add with
`tf.RegisterGradient`, and `Graph.gradient_override_map` chooses among those by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation

__all__ = ["NoGradient", "NotDifferentiable", "RegisterGradient", "lookup"]

GradientFunction = Callable[..., Any]
Function = TypeVar("Function", bound=GradientFunction)

_registered: dict[str, GradientFunction | None] = {}


def lookup(op: Operation) -> GradientFunction | None:
    """Return the gradient function of an operation; None where it has no gradient on purpose.

    A function is called as `function(op, *output_gradients)`; it returns a gradient, or None, for
    each input.

    Raises:
      LookupError: nothing is registered for the operation.
    """
    if not op.input_tensors:
        return None
    if op._gradient_function is not None:
        chosen: GradientFunction = op._gradient_function
        return chosen
    override = op.attrs.get("_gradient_op_type")
    name = op.type if override is None else override.decode()
    if name in _registered:
        return _registered[name]
    op_def = OP_DEFS.get(name)
    if op_def is not None:
        if op_def.gradient_function is not None:
            return op_def.gradient_function
        if not op_def.differentiable:
            return None
    raise LookupError(f"gradient registry has no entry for: {name}")


def _register(name: str, function: GradientFunction | None) -> None:
    op_def = OP_DEFS.get(name)
    taken = op_def is not None and (
        op_def.gradient_function is not None or not op_def.differentiable
    )
    if taken or name in _registered:
        raise KeyError(f"Registering two gradient with name '{name}'!")
    _registered[name] = function


class RegisterGradient:
    """Decorator that registers a gradient function, of an op type or for `gradient_override_map`.

    Args:
      op_type: the op type, or any name for use in `Graph.gradient_override_map`.

    Raises:
      TypeError: `op_type` is not a string.
      KeyError: the name has a gradient already.
    """

    __slots__ = ("_op_type",)

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError("op_type must be a string")
        self._op_type = op_type

    def __call__(self, function: Function) -> Function:
        """Register `function` and return it."""
        _register(self._op_type, function)
        return function


def NotDifferentiable(op_type: str) -> None:
    """State that an op type has no gradient.

    Raises:
      TypeError: `op_type` is not a string.
      KeyError: the op type has a gradient already.
    """
    if not isinstance(op_type, str):
        raise TypeError("op_type must be a string")
    _register(op_type, None)


NoGradient = NotDifferentiable
