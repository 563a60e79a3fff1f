"""Functions of FunctionDefLibrary messages.

Source: TensorFlow 1.15, python/framework/function.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.functional.defun import DefinedFunction

__all__ = ["from_definition", "from_library"]


def from_definition(fdef: Any, grad_func: DefinedFunction | None = None) -> DefinedFunction:
    """Return the function of a FunctionDef message (see `DefinedFunction.from_definition`)."""
    return DefinedFunction.from_definition(fdef, grad_func)


def from_library(lib: Any) -> list[DefinedFunction]:
    """Return the functions of a FunctionDefLibrary message, each with its gradient function.

    Raises:
      ValueError: a gradient is, or is of, a function that the library lacks; or functions are in a
        circle each other's gradients.
    """
    definitions = {definition.signature.name: definition for definition in lib.function}
    gradients: dict[str, str] = {}
    for gradient in lib.gradient:
        for name in (gradient.function_name, gradient.gradient_func):
            if name not in definitions:
                raise ValueError(f"FunctionDefLibrary missing '{name}' FunctionDef\n{lib}")
        gradients[gradient.function_name] = gradient.gradient_func
    made: dict[str, DefinedFunction] = {}
    waiting = list(definitions)
    while waiting:
        ready = [n for n in waiting if n not in gradients or gradients[n] in made]
        if not ready:
            raise ValueError(f"FunctionDefLibrary contains cyclic gradient functions!\n{lib}")
        for name in ready:
            grad = made.get(gradients.get(name, ""))
            made[name] = DefinedFunction.from_definition(definitions[name], grad)
        waiting = [name for name in waiting if name not in made]
    return list(made.values())
