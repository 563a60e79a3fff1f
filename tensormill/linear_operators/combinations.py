"""Operators made of others: products, blocks, Kronecker products, adjoints and inverses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from tensormill.graph.default_scopes import name_scope
from tensormill.graph.shapes import Dimension, TensorShape, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.broadcasting import broadcast_matrix_batch_dims
from tensormill.linear_operators.hints import inherited_hints
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import broadcast_dynamic_shape, broadcast_to, expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import conj
from tensormill.ops.filling import zeros
from tensormill.ops.grouping import group
from tensormill.ops.joining import concat, split, stack
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.transposition import transpose

__all__ = [
    "LinearOperatorAdjoint",
    "LinearOperatorBlockDiag",
    "LinearOperatorComposition",
    "LinearOperatorInversion",
    "LinearOperatorKronecker",
]


def _checked(operators: Any) -> list[Any]:
    """Return operators of one dtype.

    Raises:
      ValueError: there are none.
      TypeError: their dtypes differ.
    """
    listed = list(operators)
    if not listed:
        raise ValueError(f"Expected a non-empty list of operators. Found: {operators}")
    for each in listed:
        if each.dtype != listed[0].dtype:
            pairs = [(o.name, str(o.dtype)) for o in listed]
            raise TypeError(f"Expected all operators to have the same dtype.  Found {pairs}")
    return listed


def _parents(operators: Sequence[Any]) -> list[Any]:
    return [parent for each in operators for parent in each.graph_parents]


def _batch_dims(operators: Sequence[Any]) -> TensorShape:
    found: Any = ()
    for each in operators:
        known = each.batch_shape
        found = broadcast_dims(found, None if known.ndims is None else tuple(known.as_list()))
    return TensorShape.from_dims(found if found is None else tuple(found))


def _batch_tensor(operators: Sequence[Any]) -> Tensor:
    return reduce(broadcast_dynamic_shape, [each.batch_shape_tensor() for each in operators])


class LinearOperatorComposition(LinearOperator):
    """The product of operators: the last is applied first."""

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Take the operators.

        Raises:
          ValueError: there are none, or sizes do not fit.
          TypeError: their dtypes differ.
        """
        self._operators = _checked(operators)
        if all(each.is_non_singular for each in self._operators):
            if is_non_singular is False:
                raise ValueError(
                    "The composition of non-singular operators is always non-singular."
                )
            is_non_singular = True
        name = name or "_o_".join(each.name for each in self._operators)
        with name_scope(name, values=_parents(self._operators)):
            super().__init__(
                dtype=self._operators[0].dtype,
                graph_parents=_parents(self._operators),
                is_non_singular=is_non_singular,
                is_self_adjoint=is_self_adjoint,
                is_positive_definite=is_positive_definite,
                is_square=is_square,
                name=name,
            )

    @property
    def operators(self) -> list[Any]:
        """The factors."""
        return self._operators

    def _shape(self) -> TensorShape:
        domain = self._operators[0].domain_dimension
        for each in self._operators[1:]:
            domain.assert_is_compatible_with(each.range_dimension)
            domain = each.domain_dimension
        sizes = TensorShape([self._operators[0].range_dimension, domain])
        return _batch_dims(self._operators).concatenate(sizes)

    def _shape_tensor(self) -> Tensor:
        first, last = self._operators[0], self._operators[-1]
        matrix = stack([first.range_dimension_tensor(), last.domain_dimension_tensor()])
        return concat((_batch_tensor(self._operators), matrix), 0)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        order = self._operators if adjoint else self._operators[::-1]
        made = order[0].matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)
        for each in order[1:]:
            made = each.matmul(made, adjoint=adjoint)
        return made

    def _determinant(self) -> Any:
        return reduce(lambda a, b: a * b, [each.determinant() for each in self._operators])

    def _log_abs_determinant(self) -> Any:
        return sum_of([each.log_abs_determinant() for each in self._operators])

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        order = self._operators[::-1] if adjoint else self._operators
        made = order[0].solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)
        for each in order[1:]:
            made = each.solve(made, adjoint=adjoint)
        return made


def sum_of(values: Sequence[Any]) -> Any:
    """Return the sum of values."""
    return reduce(lambda a, b: a + b, values)


class _OfBlocks(LinearOperator):
    """What blocks and Kronecker products have in common."""

    _operators: list[Any]
    _what = ""

    def _set_up(
        self,
        operators: Any,
        separator: str,
        hints: dict[str, bool | None],
        name: str | None,
    ) -> None:
        self._operators = _checked(operators)
        facts = {
            "is_self_adjoint": "self-adjoint",
            "is_positive_definite": "positive definite",
            "is_non_singular": "non-singular",
            "is_square": "square",
        }
        for hint, phrase in facts.items():
            if not all(getattr(each, hint) for each in self._operators):
                continue
            if hints[hint] is False:
                raise ValueError(f"The {self._what} of {phrase} operators is always {phrase}.")
            hints[hint] = True
        name = name or separator.join(each.name for each in self._operators)
        with name_scope(name, values=_parents(self._operators)):
            LinearOperator.__init__(
                self,
                dtype=self._operators[0].dtype,
                graph_parents=_parents(self._operators),
                name=name,
                **hints,
            )

    @property
    def operators(self) -> list[Any]:
        """The parts."""
        return self._operators

    def _assert_non_singular(self) -> Any:
        return group([each.assert_non_singular() for each in self._operators])

    def _assert_positive_definite(self) -> Any:
        return group([each.assert_positive_definite() for each in self._operators])

    def _assert_self_adjoint(self) -> Any:
        return group([each.assert_self_adjoint() for each in self._operators])


class LinearOperatorBlockDiag(_OfBlocks):
    """Operators along the diagonal of a matrix of blocks."""

    _what = "direct sum"

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ) -> None:
        """Take the operators of the blocks.

        Raises:
          ValueError: there are none.
          TypeError: their dtypes differ.
        """
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        self._set_up(operators, "_ds_", hints, name)

    def _shape(self) -> TensorShape:
        rows = sum((each.range_dimension for each in self._operators), Dimension(0))
        columns = sum((each.domain_dimension for each in self._operators), Dimension(0))
        return _batch_dims(self._operators).concatenate(TensorShape([rows, columns]))

    def _shape_tensor(self) -> Tensor:
        rows = sum_of([each.range_dimension_tensor() for each in self._operators])
        columns = sum_of([each.domain_dimension_tensor() for each in self._operators])
        return concat((_batch_tensor(self._operators), stack([rows, columns])), 0)

    def _pieces(self, x: Any, by_rows: bool) -> list[Any]:
        sizes = [
            each.range_dimension_tensor() if by_rows else each.domain_dimension_tensor()
            for each in self._operators
        ]
        return split(x, stack(sizes), axis=-2)

    def _each(self, method: str, x: Any, adjoint: bool, adjoint_arg: bool, by_rows: bool) -> Any:
        x = adjoint_of(x) if adjoint_arg else x
        parts = [
            getattr(each, method)(piece, adjoint=adjoint)
            for each, piece in zip(self._operators, self._pieces(x, by_rows), strict=True)
        ]
        return concat(broadcast_matrix_rows(parts), axis=-2)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each("matmul", x, adjoint, adjoint_arg, adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each("solve", rhs, adjoint, adjoint_arg, not adjoint)

    def _determinant(self) -> Any:
        return reduce(lambda a, b: a * b, [each.determinant() for each in self._operators])

    def _log_abs_determinant(self) -> Any:
        return sum_of([each.log_abs_determinant() for each in self._operators])

    def _in_batch(self, vector: Any) -> Any:
        sizes = concat((self.batch_shape_tensor(), shape_of(vector)[-1:]), axis=0)
        return broadcast_to(vector, sizes)

    def _diag_part(self) -> Any:
        return concat([self._in_batch(each.diag_part()) for each in self._operators], axis=-1)

    def _trace(self) -> Any:
        return sum_of([each.trace() for each in self._operators])

    def _to_dense(self) -> Any:
        whole = self.domain_dimension_tensor()
        batch = self.batch_shape_tensor()
        rows, before = [], 0
        for each in self._operators:
            dense = each.to_dense()
            sizes = shape_of(dense)[-2:]
            block = broadcast_to(dense, concat((batch, sizes), axis=0))
            left = zeros(concat((batch, [sizes[0], before]), axis=0), dtype=self.dtype)
            before = before + sizes[1]
            right = zeros(concat((batch, [sizes[0], whole - before]), axis=0), dtype=self.dtype)
            rows.append(concat([left, block, right], axis=-1))
        made = concat(rows, axis=-2)
        made.set_shape(self.shape)
        return made


def broadcast_matrix_rows(parts: Sequence[Any]) -> Any:
    """Return matrices of blocks with the same batch dimensions."""
    return parts if len(parts) == 1 else broadcast_matrix_batch_dims(list(parts))


class LinearOperatorKronecker(_OfBlocks):
    """The Kronecker product of operators."""

    _what = "Kronecker product"

    def __init__(
        self,
        operators: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Take the operators.

        Raises:
          ValueError: there are none.
          TypeError: their dtypes differ.
        """
        hints = {
            "is_non_singular": is_non_singular,
            "is_self_adjoint": is_self_adjoint,
            "is_positive_definite": is_positive_definite,
            "is_square": is_square,
        }
        self._set_up(operators, "_x_", hints, name)

    def _shape(self) -> TensorShape:
        one = Dimension(1)
        rows = reduce(lambda a, b: a * b, [each.range_dimension for each in self._operators], one)
        columns = reduce(
            lambda a, b: a * b, [each.domain_dimension for each in self._operators], one
        )
        return _batch_dims(self._operators).concatenate(TensorShape([rows, columns]))

    def _shape_tensor(self) -> Tensor:
        rows = reduce(
            lambda a, b: a * b, [each.range_dimension_tensor() for each in self._operators]
        )
        columns = reduce(
            lambda a, b: a * b, [each.domain_dimension_tensor() for each in self._operators]
        )
        return concat((_batch_tensor(self._operators), stack([rows, columns])), 0)

    def _each(self, method: str, x: Any, adjoint: bool, adjoint_arg: bool, to_rows: bool) -> Any:
        """Apply each operator to its axis of matrices whose rows are taken apart."""
        x = adjoint_of(x) if adjoint_arg else x
        made = x
        columns = shape_of(x)[-1]
        for each in self._operators:
            # Its axis comes first of those of the rows; the result goes behind the others.
            size = each.domain_dimension_tensor() if to_rows else each.range_dimension_tensor()
            sizes = shape_of(made)
            rest = sizes[-2] // size
            apart = reshape(made, concat((sizes[:-2], stack([size, rest * columns])), 0))
            done = getattr(each, method)(apart, adjoint=adjoint)
            after = shape_of(done)
            batch = after[:-2]
            square = reshape(done, concat((batch, stack([after[-2], rest, columns])), 0))
            moved = _swap_rows(square)
            made = reshape(moved, concat((batch, stack([rest * after[-2], columns])), 0))
        dims = self.shape
        if dims.ndims is not None and x.shape.ndims is not None:
            axis = -2 if to_rows == (method == "matmul") else -1
            rows = dims.as_list()[-2] if axis == -2 else dims.as_list()[-1]
            batch_dims = broadcast_dims(tuple(dims.as_list()[:-2]), tuple(x.shape.as_list()[:-2]))
            if batch_dims is not None:
                made.set_shape((*batch_dims, rows, x.shape.as_list()[-1]))
        return made

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each("matmul", x, adjoint, adjoint_arg, not adjoint)

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._each("solve", rhs, adjoint, adjoint_arg, adjoint)

    def _powers(self) -> list[Any]:
        """Return how often the determinant of each operator counts."""
        total = self.domain_dimension_tensor()
        return [
            cast(total / each.domain_dimension_tensor(), self.dtype) for each in self._operators
        ]

    def _determinant(self) -> Any:
        powers = self._powers()
        parts = [o.determinant() ** p for o, p in zip(self._operators, powers, strict=True)]
        return reduce(lambda a, b: a * b, parts)

    def _log_abs_determinant(self) -> Any:
        powers = self._powers()
        parts = [
            o.log_abs_determinant() * cast(p, o.log_abs_determinant().dtype)
            for o, p in zip(self._operators, powers, strict=True)
        ]
        return sum_of(parts)

    def _trace(self) -> Any:
        return reduce(lambda a, b: a * b, [each.trace() for each in self._operators])

    def _diag_part(self) -> Any:
        found = self._operators[0].diag_part()
        for each in self._operators[1:]:
            product = expand_dims(found, -1) * expand_dims(each.diag_part(), -2)
            sizes = shape_of(product)
            found = reshape(product, concat((sizes[:-2], [sizes[-2] * sizes[-1]]), 0))
        found.set_shape(self.shape[:-1])
        return found

    def _to_dense(self) -> Any:
        found = self._operators[0].to_dense()
        for each in self._operators[1:]:
            right = each.to_dense()
            product = expand_dims(expand_dims(found, -1), -3) * expand_dims(
                expand_dims(right, -2), -4
            )
            # [..., rows, rows of the right, columns, columns of the right]
            sizes = shape_of(product)
            found = reshape(
                product,
                concat((sizes[:-4], stack([sizes[-4] * sizes[-3], sizes[-2] * sizes[-1]])), 0),
            )
        found.set_shape(self.shape)
        return found


def _swap_rows(square: Any) -> Any:
    """Return [..., a, b, c] as [..., b, a, c]."""
    sizes = shape_of(square)
    flat = reshape(square, stack([-1, sizes[-3], sizes[-2], sizes[-1]]))
    columns_first = transpose(flat, [0, 2, 1, 3])
    return reshape(columns_first, concat((sizes[:-3], stack([sizes[-2], sizes[-3], sizes[-1]])), 0))


class LinearOperatorAdjoint(LinearOperator):
    """The adjoint of an operator."""

    def __init__(
        self,
        operator: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Take the operator; its hints hold for the adjoint too.

        Raises:
          ValueError: hints contradict those of the operator.
        """
        self._operator = operator
        hints = inherited_hints(
            operator,
            "adjoint",
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=is_square,
        )
        name = name or f"{operator.name}_adjoint"
        with name_scope(name, values=operator.graph_parents):
            super().__init__(
                dtype=operator.dtype, graph_parents=operator.graph_parents, name=name, **hints
            )

    @property
    def operator(self) -> Any:
        """The operator whose adjoint this is."""
        return self._operator

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()

    def _shape(self) -> TensorShape:
        dims = self._operator.shape
        if dims.ndims is None:
            return dims
        return dims[:-2].concatenate([dims[-1], dims[-2]])

    def _shape_tensor(self) -> Tensor:
        sizes = self._operator.shape_tensor()
        return concat([sizes[:-2], stack([sizes[-1], sizes[-2]])], axis=-1)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(x, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return self._operator.matvec(x, adjoint=not adjoint)

    def _determinant(self) -> Any:
        found = self._operator.determinant()
        return conj(found)

    def _log_abs_determinant(self) -> Any:
        return self._operator.log_abs_determinant()

    def _trace(self) -> Any:
        return conj(self._operator.trace())

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(rhs, adjoint=not adjoint, adjoint_arg=adjoint_arg)

    def _to_dense(self) -> Any:
        return adjoint_of(self._operator.to_dense())


class LinearOperatorInversion(LinearOperator):
    """The inverse of an operator."""

    def __init__(
        self,
        operator: Any,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
    ) -> None:
        """Take the operator; its hints hold for the inverse too.

        Raises:
          ValueError: it has no inverse, or hints contradict those of the operator.
        """
        self._operator = operator
        if is_square is False or operator.is_square is False:
            raise ValueError(f"operator must be square. Found: {operator}")
        if is_non_singular is False or operator.is_non_singular is False:
            raise ValueError(
                f"operator and supplied hints must have `is_non_singular` True or "
                f"None. Found: {operator}"
            )
        hints = inherited_hints(
            operator,
            "inverse",
            is_non_singular=is_non_singular,
            is_self_adjoint=is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=is_square,
        )
        name = name or f"{operator.name}_inv"
        with name_scope(name, values=operator.graph_parents):
            super().__init__(
                dtype=operator.dtype,
                graph_parents=operator.graph_parents,
                name=name,
                **hints,
            )

    @property
    def operator(self) -> Any:
        """The operator whose inverse this is."""
        return self._operator

    def _assert_non_singular(self) -> Any:
        return self._operator.assert_non_singular()

    def _assert_positive_definite(self) -> Any:
        return self._operator.assert_positive_definite()

    def _assert_self_adjoint(self) -> Any:
        return self._operator.assert_self_adjoint()

    def _shape(self) -> TensorShape:
        found: TensorShape = self._operator.shape
        return found

    def _shape_tensor(self) -> Tensor:
        made: Tensor = self._operator.shape_tensor()
        return made

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.solve(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _matvec(self, x: Any, adjoint: bool = False) -> Any:
        return self._operator.solvevec(x, adjoint=adjoint)

    def _determinant(self) -> Any:
        return 1.0 / self._operator.determinant()

    def _log_abs_determinant(self) -> Any:
        return -1.0 * self._operator.log_abs_determinant()

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._operator.matmul(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def _solvevec(self, rhs: Any, adjoint: bool = False) -> Any:
        return self._operator.matvec(rhs, adjoint=adjoint)
