"""What `linear_operator_algebra` has: methods of operators as functions, and the rules for them.

Source: TensorFlow 1.15, python/ops/linalg/linear_operator_algebra.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.linear_operators.rules import RULES, find_rule, rule_of_classes

__all__ = ["adjoint", "base_dtype", "cholesky", "dtype_name", "inverse", "matmul", "solve"]

_ADJOINTS = RULES["adjoint"]
_CHOLESKY_DECOMPS = RULES["cholesky"]
_INVERSES = RULES["inverse"]
_MATMUL = RULES["matmul"]
_SOLVE = RULES["solve"]


def _registered_adjoint(type_a: type) -> Callable[..., Any] | None:
    return rule_of_classes("adjoint", type_a)


def _registered_cholesky(type_a: type) -> Callable[..., Any] | None:
    return rule_of_classes("cholesky", type_a)


def _registered_inverse(type_a: type) -> Callable[..., Any] | None:
    return rule_of_classes("inverse", type_a)


def _registered_matmul(type_a: type, type_b: type) -> Callable[..., Any] | None:
    return rule_of_classes("matmul", type_a, type_b)


def _registered_solve(type_a: type, type_b: type) -> Callable[..., Any] | None:
    return rule_of_classes("solve", type_a, type_b)


def _made(what: str, name: str | None, *operators: Any) -> Any:
    rule = find_rule(what, *operators)
    with name_scope(name, what.capitalize()):
        return rule(*operators)


def adjoint(lin_op_a: Any, name: str | None = None) -> Any:
    """Return the adjoint operator."""
    return _made("adjoint", name, lin_op_a)


def cholesky(lin_op_a: Any, name: str | None = None) -> Any:
    """Return the Cholesky factor as an operator."""
    return _made("cholesky", name, lin_op_a)


def inverse(lin_op_a: Any, name: str | None = None) -> Any:
    """Return the inverse operator."""
    return _made("inverse", name, lin_op_a)


def matmul(lin_op_a: Any, lin_op_b: Any, name: str | None = None) -> Any:
    """Return the product of two operators as an operator."""
    return _made("matmul", name, lin_op_a, lin_op_b)


def solve(lin_op_a: Any, lin_op_b: Any, name: str | None = None) -> Any:
    """Return the inverse of one operator times another as an operator."""
    return _made("solve", name, lin_op_a, lin_op_b)


def base_dtype(dtype: Any) -> DType:
    """Return a dtype without its being a reference."""
    return as_dtype(dtype).base_dtype


def dtype_name(dtype: Any) -> str:
    """Return the name of a dtype."""
    return as_dtype(dtype).name
