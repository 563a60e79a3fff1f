"""Sums of operators, as operators of the kind that is cheapest to apply.

Source: TensorFlow 1.15, python/ops/linalg/linear_operator_addition.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import broadcast_dims
from tensormill.linear_operators.dense import (
    LinearOperatorDiag,
    LinearOperatorFullMatrix,
    LinearOperatorLowerTriangular,
)
from tensormill.linear_operators.identities import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.assertions import assert_proper_iterable
from tensormill.ops.filling import ones

__all__ = [
    "AdditionHints",
    "DiagAdder",
    "MatrixAdder",
    "OperatorAdder",
    "ScaledIdentityAdder",
    "TriangleAdder",
    "add_operators",
]

_IDENTITIES = (LinearOperatorIdentity, LinearOperatorScaledIdentity)
_LIKE_DIAG = (LinearOperatorDiag, *_IDENTITIES)


@dataclass
class AdditionHints:
    """What is said of a sum; None where its terms settle it."""

    is_non_singular: bool | None = None
    is_positive_definite: bool | None = None
    is_self_adjoint: bool | None = None


def _combined_hints(a: Any, b: Any, said: AdditionHints) -> dict[str, bool | None]:
    adjoint, positive = said.is_self_adjoint, said.is_positive_definite
    non_singular = said.is_non_singular
    if adjoint is None:
        adjoint = a.is_self_adjoint and b.is_self_adjoint
    if positive is None:
        positive = a.is_positive_definite and b.is_positive_definite
        non_singular = True if positive else non_singular
    return {
        "is_non_singular": non_singular,
        "is_self_adjoint": adjoint,
        "is_positive_definite": positive,
    }


class OperatorAdder:
    """Adds two operators of certain kinds."""

    @property
    def name(self) -> str:
        """The name of the scope of its nodes."""
        return type(self).__name__

    def can_add(self, op1: Any, op2: Any) -> bool:
        """Return whether it adds operators of these kinds."""
        raise NotImplementedError

    def _add(self, op1: Any, op2: Any, name: str, hints: dict[str, Any]) -> Any:
        raise NotImplementedError

    def add(
        self, op1: Any, op2: Any, operator_name: str | None, hints: AdditionHints | None = None
    ) -> Any:
        """Return the sum as an operator.

        Args:
          op1: an operator.
          op2: an operator.
          operator_name: the name of the sum; by default one made of both names.
          hints: what is known of the sum.
        """
        combined = _combined_hints(op1, op2, hints or AdditionHints())
        name = f"Add/{op1.name}__{op2.name}/" if operator_name is None else operator_name
        with name_scope(self.name, values=[*op1.graph_parents, *op2.graph_parents]):
            return self._add(op1, op2, name, combined)


class ScaledIdentityAdder(OperatorAdder):
    """Adds multiples of the identity."""

    def can_add(self, op1: Any, op2: Any) -> bool:
        """Return whether both are multiples of the identity."""
        return isinstance(op1, _IDENTITIES) and isinstance(op2, _IDENTITIES)

    def _add(self, op1: Any, op2: Any, name: str, hints: dict[str, Any]) -> Any:
        factors = [
            each.multiplier
            if isinstance(each, LinearOperatorScaledIdentity)
            else ones(each.batch_shape_tensor(), dtype=each.dtype)
            for each in (op1, op2)
        ]
        return LinearOperatorScaledIdentity(
            num_rows=op1.range_dimension_tensor(),
            multiplier=factors[0] + factors[1],
            name=name,
            **hints,
        )


class DiagAdder(OperatorAdder):
    """Adds diagonals."""

    def can_add(self, op1: Any, op2: Any) -> bool:
        """Return whether both have nothing beside their diagonal."""
        return isinstance(op1, _LIKE_DIAG) and isinstance(op2, _LIKE_DIAG)

    def _add(self, op1: Any, op2: Any, name: str, hints: dict[str, Any]) -> Any:
        return LinearOperatorDiag(diag=op1.diag_part() + op2.diag_part(), name=name, **hints)


def _dense_sum(a: Any, b: Any) -> Any:
    """Return the matrix of a sum; a diagonal is added to a matrix more cheaply than reversed."""
    if isinstance(a, _LIKE_DIAG):
        return a.add_to_tensor(b.to_dense())
    return b.add_to_tensor(a.to_dense())


class TriangleAdder(OperatorAdder):
    """Adds triangles and diagonals."""

    def can_add(self, op1: Any, op2: Any) -> bool:
        """Return whether both have nothing above their diagonal."""
        kinds = (*_LIKE_DIAG, LinearOperatorLowerTriangular)
        return isinstance(op1, kinds) and isinstance(op2, kinds)

    def _add(self, op1: Any, op2: Any, name: str, hints: dict[str, Any]) -> Any:
        return LinearOperatorLowerTriangular(tril=_dense_sum(op1, op2), name=name, **hints)


class MatrixAdder(OperatorAdder):
    """Adds whatever operators, as matrices."""

    def can_add(self, op1: Any, op2: Any) -> bool:
        """Return whether both are operators."""
        return isinstance(op1, LinearOperator) and isinstance(op2, LinearOperator)

    def _add(self, op1: Any, op2: Any, name: str, hints: dict[str, Any]) -> Any:
        return LinearOperatorFullMatrix(matrix=_dense_sum(op1, op2), name=name, **hints)


_TIERS = ((ScaledIdentityAdder(),), (DiagAdder(),), (TriangleAdder(),), (MatrixAdder(),))


def add_operators(
    operators: Iterable[Any],
    operator_name: str | None = None,
    addition_tiers: Sequence[Sequence[Any]] | None = None,
    name: str | None = None,
) -> list[Any]:
    """Return operators whose sum is that of the given ones, as few as the adders can make.

    Args:
      operators: operators of the same dimensions.
      operator_name: the name of each sum.
      addition_tiers: lists of adders, the first ones tried first; by default all are added, at
        last as matrices.
      name: the name of the scope.

    Raises:
      TypeError: there is something else among them.
      ValueError: there are none, or their dimensions differ.
    """
    assert_proper_iterable(operators)
    waiting = list(operators)
    if not waiting:
        raise ValueError(
            f"Argument 'operators' must contain at least one operator.  Found: {waiting}"
        )
    if not all(isinstance(each, LinearOperator) for each in waiting):
        raise TypeError(
            f"Argument 'operators' must contain only LinearOperator instances.  Found: {waiting}"
        )
    _require_same_dimensions(waiting)
    parents = [parent for each in waiting for parent in each.graph_parents]
    with name_scope(name or "add_operators", values=parents):
        for tier in _TIERS if addition_tiers is None else addition_tiers:
            waiting = _added_at(tier, waiting, operator_name)
    return waiting[::-1]


def _added_at(tier: Sequence[Any], operators: list[Any], name: str | None) -> list[Any]:
    done = []
    while operators:
        first, *operators = operators
        pair = _match(tier, first, operators)
        if pair is None:
            done.append(first)
            continue
        place, adder = pair
        second = operators.pop(place)
        operators.insert(0, adder.add(first, second, name))
    # The next adders see those first that were left over last, as TensorFlow's do.
    return done[::-1]


def _match(tier: Sequence[Any], first: Any, others: list[Any]) -> tuple[int, Any] | None:
    for place, other in enumerate(others):
        for adder in tier:
            if adder.can_add(first, other):
                return place, adder
    return None


def _require_same_dimensions(operators: list[Any]) -> None:
    for what in ("domain", "range"):
        known = [(each.name, getattr(each, f"{what}_dimension").value) for each in operators]
        known = [(name, size) for name, size in known if size is not None]
        if len({size for _, size in known}) > 1:
            raise ValueError(f"Operators must have the same {what} dimension. Found: {known}")
    batch: Any = ()
    for each in operators:
        dims = each.batch_shape
        batch = broadcast_dims(batch, None if dims.dims is None else tuple(dims.as_list()))
