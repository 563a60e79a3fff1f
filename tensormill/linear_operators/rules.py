"""What operators of certain classes make of each other: adjoint, inverse, products and the like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = [
    "RULES",
    "RegisterAdjoint",
    "RegisterCholesky",
    "RegisterInverse",
    "RegisterMatmul",
    "RegisterSolve",
    "find_rule",
    "rule_of_classes",
]

Rule = Callable[..., Any]

RULES: dict[str, dict[tuple[type, ...], Rule]] = {
    "adjoint": {}, "cholesky": {}, "inverse": {}, "matmul": {}, "solve": {}
}  # fmt: skip
"""What is asked for -> classes of operators -> the rule."""


def rule_of_classes(what: str, *classes: type) -> Rule | None:
    """Return the rule of the classes nearest to some, None where there is none."""
    best: tuple[int, Rule] | None = None
    ancestries = [cls.__mro__ for cls in classes]
    for registered, rule in RULES[what].items():
        if all(cls in mro for cls, mro in zip(registered, ancestries, strict=True)):
            far = sum(mro.index(cls) for cls, mro in zip(registered, ancestries, strict=True))
            if best is None or far < best[0]:
                best = far, rule
    return None if best is None else best[1]


def find_rule(what: str, *operators: Any) -> Rule:
    """Return the rule of the classes nearest to those of the operators.

    Raises:
      ValueError: there is none.
    """
    rule = rule_of_classes(what, *map(type, operators))
    if rule is None:
        names = ", ".join(type(each).__name__ for each in operators)
        raise ValueError(f"No {what} registered for {names}")
    return rule


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
        rules = RULES[self.what]
        if self._classes in rules:
            names = ", ".join(cls.__name__ for cls in self._classes)
            raise ValueError(f"{self.what.capitalize()}({names}) has already been registered.")
        rules[self._classes] = rule
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
