"""Tests that every class of linear operators gets from its matrices.

A test case says how to make an operator and the matrix that it stands for; `add_tests` adds a test
for each method, dtype, shape and option.

Source: TensorFlow 1.15, python/ops/linalg/linear_operator_test_util.py.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar

from tensormill.graph import dtypes
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.graph import Graph
from tensormill.linear_operators.broadcasting import matrix_solve_with_broadcast
from tensormill.ops.casting import cast
from tensormill.ops.filling import ones
from tensormill.ops.gradient_tape import GradientTape
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import adjoint as adjoint_of
from tensormill.ops.linear_algebra import cholesky, matrix_determinant, matrix_inverse, slogdet
from tensormill.ops.matrix_diagonals import matrix_diag_part
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.random_seeds import DEFAULT_GRAPH_SEED
from tensormill.ops.tensor_algebra import trace
from tensormill.unittesting.random_matrices import random_normal
from tensormill.unittesting.test_case import TestCase

__all__ = [
    "CheckTapeSafeSkipOptions",
    "LinearOperatorDerivedClassTest",
    "NonSquareLinearOperatorDerivedClassTest",
    "OperatorShapesInfo",
    "SquareLinearOperatorDerivedClassTest",
    "add_tests",
]

_PRECISION = {
    dtypes.float16: 1e-3,
    dtypes.float32: 1e-6,
    dtypes.float64: 1e-12,
    dtypes.complex64: 1e-6,
    dtypes.complex128: 1e-12,
}


class OperatorShapesInfo:
    """The shape of an operator, and what else a test case wants to know of it."""

    def __init__(self, shape: Any, **kwargs: Any) -> None:
        self.shape = shape
        self.__dict__.update(kwargs)


class CheckTapeSafeSkipOptions:
    """Methods whose gradients `check_tape_safe` can leave out."""

    DETERMINANT = "determinant"
    DIAG_PART = "diag_part"
    LOG_ABS_DETERMINANT = "log_abs_determinant"
    TRACE = "trace"


class LinearOperatorDerivedClassTest(TestCase, ABC):
    """What a test case of a class of operators says.

    Attributes:
      _atol: dtype -> how far a result may be from that of the matrix.
      _rtol: dtype -> the same, relative to the result.
    """

    _atol: ClassVar[dict[Any, float]] = dict(_PRECISION)
    _rtol: ClassVar[dict[Any, float]] = dict(_PRECISION)

    def assertAC(self, x: Any, y: Any) -> None:
        """Fail unless arrays are as near as the dtype of the first allows."""
        dtype = as_dtype(x.dtype)
        self.assertAllClose(x, y, atol=self._atol[dtype], rtol=self._rtol[dtype])

    @staticmethod
    def adjoint_options() -> list[bool]:
        """Return whether the adjoint is tested, and whether the operator itself."""
        return [False, True]

    @staticmethod
    def adjoint_arg_options() -> list[bool]:
        """Return whether arguments are given as adjoints, and whether as they are."""
        return [False, True]

    @staticmethod
    def dtypes_to_test() -> list[Any]:
        """Return the dtypes."""
        return [dtypes.float32, dtypes.float64, dtypes.complex64, dtypes.complex128]

    @staticmethod
    def use_placeholder_options() -> list[bool]:
        """Return whether static shapes are known, and whether they are not."""
        return [False, True]

    @staticmethod
    def operator_shapes_infos() -> list[Any]:
        """Return the shapes."""
        raise NotImplementedError("operator_shapes_infos has not been implemented.")

    @abstractmethod
    def operator_and_matrix(
        self,
        shapes_info: Any,
        dtype: Any,
        use_placeholder: bool,
        ensure_self_adjoint_and_pd: bool = False,
    ) -> tuple[Any, Any]:
        """Return an operator, and the matrix that it stands for.

        Args:
          shapes_info: the shape.
          dtype: of the elements.
          use_placeholder: whether the operator is made of tensors without a static shape.
          ensure_self_adjoint_and_pd: whether it is to be positive definite and its own adjoint.
        """

    @abstractmethod
    def make_rhs(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Return what `operator.solve` is given."""

    @abstractmethod
    def make_x(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Return what `operator.matmul` is given."""

    @staticmethod
    def skip_these_tests() -> list[str]:
        """Return the names of the tests to leave out."""
        return []

    def assertRaisesError(self, msg: str) -> AbstractContextManager[None]:
        """Fail unless a step fails with a message."""
        return self.assertRaisesOpError(msg)

    def check_tape_safe(self, operator: Any, skip_options: list[str] | None = None) -> None:
        """Fail unless what an operator computes has gradients for its variables.

        Args:
          operator: what is known of it decides what is checked.
          skip_options: what is not.
        """
        if not operator.variables:
            raise AssertionError("`operator.variables` was empty")

        def check(compute: Callable[[], Any]) -> None:
            with GradientTape() as tape:
                for gradient in tape.gradient(compute(), operator.variables):
                    self.assertIsNotNone(gradient)

        x = cast(ones(operator.H.shape_tensor()[:-1]), operator.dtype)
        check(operator.to_dense)
        check(lambda: operator.adjoint().to_dense())
        check(lambda: operator.matvec(x))
        if not operator.is_square:
            return
        for what in ("determinant", "log_abs_determinant", "diag_part", "trace"):
            if what not in (skip_options or []):
                check(getattr(operator, what))
        if operator.is_non_singular is False:
            return
        check(lambda: operator.inverse().to_dense())
        check(lambda: operator.solvevec(x))
        if operator.is_self_adjoint and operator.is_positive_definite:
            check(lambda: operator.cholesky().to_dense())

    @contextmanager
    def _made(self, info: Any, dtype: Any, use_placeholder: bool, **options: Any) -> Iterator[Any]:
        with self.session(graph=Graph()) as session:
            session.graph.seed = DEFAULT_GRAPH_SEED
            operator, matrix = self.operator_and_matrix(
                info, dtype, use_placeholder=use_placeholder, **options
            )
            yield session, operator, matrix

    def _random(self, operator: Any, adjoint: bool, with_batch: bool) -> Any:
        """Return matrices that the operator, or its adjoint, can be multiplied with."""
        rank = operator.tensor_rank
        columns = 1 if rank is None or rank % 2 else 2
        if operator.shape.is_fully_defined():
            batch: Any = operator.batch_shape.as_list()
            rows: Any = (operator.range_dimension if adjoint else operator.domain_dimension).value
            shape: Any = [*batch, rows, columns] if with_batch else [rows, columns]
        else:
            batch = operator.batch_shape_tensor()
            sizes = (operator.domain_dimension_tensor, operator.range_dimension_tensor)
            rows = sizes[adjoint]()
            shape = concat((batch, [rows, columns]), 0) if with_batch else [rows, columns]
        return random_normal(shape, dtype=operator.dtype)


def _compared(
    compute: Callable[[Any], Any], expected: Callable[[Any], Any], **options: Any
) -> Callable[..., Callable[[Any], None]]:
    """Return what makes a test that compares an operator with its matrix."""

    def make(use_placeholder: bool, info: Any, dtype: Any) -> Callable[[Any], None]:
        def test(self: Any) -> None:
            with self._made(info, dtype, use_placeholder, **options) as (session, operator, matrix):
                found, wanted = compute(operator), expected(matrix)
                if not use_placeholder:
                    self.assertAllEqual(found.shape, wanted.shape)
                self.assertAC(*session.run([found, wanted]))

        return test

    return make


def _added(use_placeholder: bool, info: Any, dtype: Any) -> Callable[[Any], None]:
    def test(self: Any) -> None:
        with self._made(info, dtype, use_placeholder) as (session, operator, matrix):
            found = operator.add_to_tensor(2 * matrix)
            if not use_placeholder:
                self.assertAllEqual(info.shape, found.shape)
            value, of_matrix = session.run([found, matrix])
            self.assertAC(value, 3 * of_matrix)

    return test


def _applied(
    what: str, with_batch: bool
) -> Callable[[bool, Any, Any, bool, bool], Callable[[Any], None]]:
    """Return what makes a test of products or solutions."""

    def make(
        use_placeholder: bool, info: Any, dtype: Any, adjoint: bool, adjoint_arg: bool
    ) -> Callable[[Any], None]:
        def test(self: Any) -> None:
            if not with_batch and len(info.shape) <= 2:
                return
            with self._made(info, dtype, use_placeholder) as (session, operator, matrix):
                make_argument = self.make_x if what == "matmul" else self.make_rhs
                x = make_argument(operator, adjoint=adjoint, with_batch=with_batch)
                given = adjoint_of(x) if adjoint_arg else x
                found = getattr(operator, what)(given, adjoint=adjoint, adjoint_arg=adjoint_arg)
                wanted = (
                    matmul(matrix, x, adjoint_a=adjoint)
                    if what == "matmul"
                    else matrix_solve_with_broadcast(matrix, x, adjoint=adjoint)
                )
                if not use_placeholder:
                    self.assertAllEqual(found.shape, wanted.shape)
                self.assertAC(*session.run([found, wanted]))

        return test

    return make


_TESTS: dict[str, Callable[..., Callable[[Any], None]]] = {
    "add_to_tensor": _added,
    "adjoint": _compared(lambda a: a.adjoint().to_dense(), adjoint_of),
    "cholesky": _compared(
        lambda a: a.cholesky().to_dense(), cholesky, ensure_self_adjoint_and_pd=True
    ),
    "det": _compared(lambda a: a.determinant(), matrix_determinant),
    "diag_part": _compared(lambda a: a.diag_part(), matrix_diag_part),
    "inverse": _compared(lambda a: a.inverse().to_dense(), matrix_inverse),
    "log_abs_det": _compared(lambda a: a.log_abs_determinant(), lambda m: slogdet(m)[1]),
    "to_dense": _compared(lambda a: a.to_dense(), lambda m: m),
    "trace": _compared(lambda a: a.trace(), trace),
}
_APPLYING = {
    "matmul": _applied("matmul", with_batch=True),
    "matmul_with_broadcast": _applied("matmul", with_batch=False),
    "solve": _applied("solve", with_batch=True),
    "solve_with_broadcast": _applied("solve", with_batch=False),
}


def add_tests(test_cls: Any) -> None:
    """Add tests of all methods of an operator to a test case.

    Raises:
      RuntimeError: there is a test of such a name.
    """
    skipped = test_cls.skip_these_tests()
    options = list(
        itertools.product(
            test_cls.dtypes_to_test(),
            test_cls.use_placeholder_options(),
            test_cls.operator_shapes_infos(),
        )
    )
    for dtype, use_placeholder, info in options:
        end = f"_shape={info.shape},dtype={dtype},use_placeholder={use_placeholder}"
        for name in (name for name in _TESTS if name not in skipped):
            _add(test_cls, f"test_{name}_{end}", _TESTS[name](use_placeholder, info, dtype))
        adjoints = itertools.product(test_cls.adjoint_options(), test_cls.adjoint_arg_options())
        for adjoint, adjoint_arg in adjoints:
            for name in (name for name in _APPLYING if name not in skipped):
                _add(
                    test_cls,
                    f"test_{name}_{end},adjoint={adjoint},adjoint_arg={adjoint_arg}",
                    _APPLYING[name](use_placeholder, info, dtype, adjoint, adjoint_arg),
                )


def _add(test_cls: Any, name: str, test: Callable[[Any], None]) -> None:
    if hasattr(test_cls, name):
        raise RuntimeError(f"Test {name} defined more than once")
    setattr(test_cls, name, test)


class SquareLinearOperatorDerivedClassTest(LinearOperatorDerivedClassTest):
    """A test case for operators that are square."""

    @staticmethod
    def operator_shapes_infos() -> list[Any]:
        """Return shapes with and without batches, and one without elements."""
        shapes = ((0, 0), (1, 1), (1, 3, 3), (3, 4, 4), (2, 1, 4, 4))
        return [OperatorShapesInfo(shape) for shape in shapes]

    def make_rhs(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Return what `operator.solve` is given."""
        return self.make_x(operator, adjoint=not adjoint, with_batch=with_batch)

    def make_x(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Return what `operator.matmul` is given."""
        return self._random(operator, False, with_batch)


class NonSquareLinearOperatorDerivedClassTest(LinearOperatorDerivedClassTest):
    """A test case for operators that are not square."""

    @staticmethod
    def skip_these_tests() -> list[str]:
        """Return the names of the tests of what only square operators have."""
        return ["cholesky", "inverse", "solve", "solve_with_broadcast", "det", "log_abs_det"]

    @staticmethod
    def operator_shapes_infos() -> list[Any]:
        """Return shapes with and without batches."""
        shapes = ((2, 1), (1, 2), (1, 3, 2), (3, 3, 4), (2, 1, 2, 4))
        return [OperatorShapesInfo(shape) for shape in shapes]

    def make_rhs(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Refuse: what is not square is not solved."""
        raise NotImplementedError("make_rhs not implemented because we don't test solve")

    def make_x(self, operator: Any, adjoint: bool, with_batch: bool = True) -> Any:
        """Return what `operator.matmul` is given."""
        return self._random(operator, adjoint, with_batch)
