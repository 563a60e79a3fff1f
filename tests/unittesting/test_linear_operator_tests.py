"""Tests that every class of linear operators gets from its matrices."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

import tensormill.api as tf
from tensormill.unittesting.linear_operators import (
    NonSquareLinearOperatorDerivedClassTest,
    OperatorShapesInfo,
    SquareLinearOperatorDerivedClassTest,
    add_tests,
)
from tensormill.unittesting.random_matrices import (
    random_normal,
    random_normal_correlated_columns,
    random_sign_uniform,
)
from tests.unittesting.outcomes import outcome_of


def _case(scale: float) -> type:
    class Case(SquareLinearOperatorDerivedClassTest):
        @staticmethod
        def operator_shapes_infos() -> list[Any]:
            return [OperatorShapesInfo((2, 2)), OperatorShapesInfo((2, 1, 3, 3))]

        @staticmethod
        def dtypes_to_test() -> list[Any]:
            return [tf.float64, tf.complex128]

        def operator_and_matrix(
            self,
            shapes_info: Any,
            dtype: Any,
            use_placeholder: bool,
            ensure_self_adjoint_and_pd: bool = False,
        ) -> tuple[Any, Any]:
            diagonal = random_sign_uniform(shapes_info.shape[:-1], 1.0, 2.0, dtype)
            hints = {}
            if ensure_self_adjoint_and_pd:
                diagonal = tf.cast(tf.abs(diagonal), dtype)
                hints = {"is_self_adjoint": True, "is_positive_definite": True}
            given = tf.placeholder_with_default(diagonal, None) if use_placeholder else diagonal
            return tf.linalg.LinearOperatorDiag(given * scale, **hints), tf.matrix_diag(diagonal)

    add_tests(Case)
    return Case


def _failures(case: Any) -> tuple[int, int]:
    result = outcome_of(case)
    return result.testsRun, len(result.failures) + len(result.errors)


def test_an_operator_that_is_right_passes_all_its_tests() -> None:
    run, failed = _failures(_case(1.0))
    assert failed == 0
    # Eight combinations, each with nine tests and four more for four kinds of arguments.
    assert run >= 8 * (9 + 16)


def test_an_operator_that_is_wrong_fails() -> None:
    _, failed = _failures(_case(1.001))
    assert failed > 100


def test_names_of_tests_are_not_given_twice() -> None:
    with pytest.raises(RuntimeError, match="defined more than once"):
        add_tests(_case(1.0))


def test_operators_that_are_not_square_are_not_solved() -> None:
    class Case(NonSquareLinearOperatorDerivedClassTest):
        matrices: ClassVar[list[Any]] = []

        def operator_and_matrix(self, shapes_info: Any, dtype: Any, **options: Any) -> Any:
            matrix = random_normal(shapes_info.shape, dtype=dtype)
            return tf.linalg.LinearOperatorFullMatrix(matrix), matrix

        @staticmethod
        def dtypes_to_test() -> list[Any]:
            return [tf.float64]

    add_tests(Case)
    assert not [name for name in dir(Case) if name.startswith(("test_solve", "test_det"))]
    assert _failures(Case)[1] == 0


def test_correlated_columns_are_near_a_hyperplane() -> None:
    with tf.Session() as session:
        matrix = random_normal_correlated_columns([4, 4], dtype=tf.float64, eps=1e-6, seed=5)
        values = session.run(tf.svd(matrix, compute_uv=False))
    assert values[-1] < 1e-4 < values[0]
    with pytest.raises(ValueError, match="at least length 2"):
        random_normal_correlated_columns([3])
