"""What operators of certain classes make of each other: adjoint, inverse, products and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = [
    "RegisterAdjoint",
    "RegisterCholesky",
    "RegisterInverse",
    "RegisterMatmul",
    "RegisterSolve",
    "find_rule",
]

Rule = Callable[..., Any]

_rules: dict[tuple[str, tuple[type, ...]], Rule] = {}


def find_rule(what: str, *operators: Any) -> Rule:
    """Return the rule of the classes nearest to those of the operators.

    Raises:
      ValueError: there is none.
    """
    best: tuple[int, Rule] | None = None
    ancestries = [type(each).__mro__ for each in operators]
    for (name, classes), rule in _rules.items():
        if name != what or len(classes) != len(operators):
            continue
        if all(cls in mro for cls, mro in zip(classes, ancestries, strict=True)):
            far = sum(mro.index(cls) for cls, mro in zip(classes, ancestries, strict=True))
            if best is None or far < best[0]:
                best = far, rule
    if best is None:
        names = ", ".join(type(each).__name__ for each in operators)
        raise ValueError(f"No {what} registered for {names}")
    return best[1]


class _Register:
    """A decorator that registers a rule for classes of operators."""

    what = ""

    def __init__(self, *classes: type) -> None:
        self._classes = classes

    def __call__(self, rule: Rule) -> Rule:
        """Register the rule.

        Raises:
          TypeError: it cannot be called.
          ValueError: there is one for these classes already.
        """
        if not callable(rule):
            raise TypeError(f"must be callable, received: {rule}")
        key = self.what, self._classes
        if key in _rules:
            raise ValueError(f"{self.what} has already been registered for {self._classes}")
        _rules[key] = rule
        return rule


class RegisterAdjoint(_Register):
    """Registers the adjoint of an operator."""

    what = "adjoint"


class RegisterCholesky(_Register):
    """Registers the Cholesky factor of an operator."""

    what = "cholesky"


class RegisterInverse(_Register):
    """Registers the inverse of an operator."""

    what = "inverse"


class RegisterMatmul(_Register):
    """Registers the product of two operators."""

    what = "matmul"


class RegisterSolve(_Register):
    """Registers the inverse of one operator times another."""

    what = "solve"
