"""What is known of operators from what is known of those that they are made of.

Source: TensorFlow 1.15, python/ops/linalg/registrations_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.linear_operators.broadcasting import (
    use_operator_or_provided_hint_unless_contradicting,
)

__all__ = [
    "combined_commuting_positive_definite_hint",
    "combined_commuting_self_adjoint_hint",
    "combined_non_singular_hint",
    "inherited_hints",
    "is_square",
]


def combined_commuting_self_adjoint_hint(operator_a: Any, operator_b: Any) -> bool | None:
    """Return whether a product of operators that commute is its own adjoint, None if unknown."""
    a, b = operator_a.is_self_adjoint, operator_b.is_self_adjoint
    if a and b:
        return True
    if a is not None and b is not None and a != b:
        return False
    return None


def is_square(operator_a: Any, operator_b: Any) -> bool | None:
    """Return whether a product of operators is square, None if that is not known."""
    a, b = operator_a.is_square, operator_b.is_square
    if a and b:
        return True
    if a is False and b is False:
        rows, columns = operator_a.range_dimension, operator_b.domain_dimension
        same: bool | None = rows == columns
        return same
    if a != b and a is not None:
        return False
    return None


def combined_commuting_positive_definite_hint(operator_a: Any, operator_b: Any) -> bool | None:
    """Return True if a product of operators that commute is known to be positive definite."""
    both = (operator_a, operator_b)
    known = all(each.is_positive_definite and each.is_self_adjoint for each in both)
    return True if known else None


def combined_non_singular_hint(operator_a: Any, operator_b: Any) -> bool | None:
    """Return whether a product of operators has an inverse, None if that is not known."""
    a, b = operator_a.is_non_singular, operator_b.is_non_singular
    if a is False or b is False:
        return False
    return True if a and b else None


def inherited_hints(operator: Any, what: str, **hints: bool | None) -> dict[str, Any]:
    """Return hints with those of the operator for what was left open."""
    return {
        name: use_operator_or_provided_hint_unless_contradicting(
            operator, name, hint, f"The {what} of an operator has the {name} of the operator."
        )
        for name, hint in hints.items()
    }
