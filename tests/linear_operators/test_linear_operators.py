"""Linear operators against the dense matrices that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf

_RANDOM = np.random.default_rng(5)
_FULL = _RANDOM.normal(size=(3, 3)) + 3 * np.eye(3)
_SMALL = _RANDOM.normal(size=(2, 2)) + 2 * np.eye(2)
_DIAGONAL = np.array([1.0, -2.0, 3.0])
_COLUMN = np.array([[0.5], [1.0], [-1.0]])
_UNIT = _DIAGONAL / np.linalg.norm(_DIAGONAL)


def _full(matrix: Any = _FULL, **hints: Any) -> Any:
    return tf.linalg.LinearOperatorFullMatrix(matrix, **hints)


def _blocks() -> np.ndarray[Any, Any]:
    whole = np.zeros((5, 5))
    whole[:3, :3], whole[3:, 3:] = _FULL, _SMALL
    return whole


_OPERATORS: dict[str, tuple[Callable[[], Any], np.ndarray[Any, Any]]] = {
    "full": (_full, _FULL),
    "positive definite": (
        lambda: _full(_FULL @ _FULL.T, is_self_adjoint=True, is_positive_definite=True),
        _FULL @ _FULL.T,
    ),
    "diagonal": (lambda: tf.linalg.LinearOperatorDiag(_DIAGONAL), np.diag(_DIAGONAL)),
    "triangle": (lambda: tf.linalg.LinearOperatorLowerTriangular(_FULL), np.tril(_FULL)),
    "identity": (lambda: tf.linalg.LinearOperatorIdentity(3, dtype=tf.float64), np.eye(3)),
    "multiple": (
        lambda: tf.linalg.LinearOperatorScaledIdentity(3, np.float64(2.5)),
        2.5 * np.eye(3),
    ),
    "update": (
        lambda: tf.linalg.LinearOperatorLowRankUpdate(_full(), _COLUMN, np.array([0.5])),
        _FULL + 0.5 * _COLUMN @ _COLUMN.T,
    ),
    "product": (
        lambda: tf.linalg.LinearOperatorComposition(
            [_full(), tf.linalg.LinearOperatorDiag(_DIAGONAL)]
        ),
        _FULL @ np.diag(_DIAGONAL),
    ),
    "Kronecker": (
        lambda: tf.linalg.LinearOperatorKronecker([_full(_SMALL), _full()]),
        np.kron(_SMALL, _FULL),
    ),
    "blocks": (lambda: tf.linalg.LinearOperatorBlockDiag([_full(), _full(_SMALL)]), _blocks()),
    "reflection": (
        lambda: tf.linalg.LinearOperatorHouseholder(_DIAGONAL),
        np.eye(3) - 2 * np.outer(_UNIT, _UNIT),
    ),
    "Toeplitz": (
        lambda: tf.linalg.LinearOperatorToeplitz(
            np.array([4.0, 1.0, 2.0]), np.array([4.0, -1.0, 0.5])
        ),
        np.array([[4, -1, 0.5], [1, 4, -1], [2, 1, 4]]),
    ),
    "adjoint": (lambda: _full().adjoint(), _FULL.T),
    "inverse": (lambda: _full().inverse(), np.linalg.inv(_FULL)),
}


@pytest.mark.parametrize("name", _OPERATORS)
def test_an_operator_does_what_its_matrix_does(name: str) -> None:
    make, dense = _OPERATORS[name]
    operator = make()
    size = len(dense)
    x = np.random.default_rng(1).normal(size=(size, 2))
    fetches = {
        "dense": (operator.to_dense(), dense),
        "matmul": (operator.matmul(x), dense @ x),
        "adjoint": (operator.matmul(x, adjoint=True), dense.T @ x),
        "matvec": (operator.matvec(x[:, 0]), dense @ x[:, 0]),
        "solve": (operator.solve(x), np.linalg.solve(dense, x)),
        "solve adjoint": (operator.solve(x, adjoint=True), np.linalg.solve(dense.T, x)),
        "determinant": (operator.determinant(), np.linalg.det(dense)),
        "logarithm": (operator.log_abs_determinant(), np.log(abs(np.linalg.det(dense)))),
        "trace": (operator.trace(), np.trace(dense)),
        "diagonal": (operator.diag_part(), np.diag(dense)),
        "sum": (operator.add_to_tensor(tf.ones([size, size], tf.float64)), dense + 1),
        "inverse": (operator.inverse().to_dense(), np.linalg.inv(dense)),
        "shape": (operator.shape_tensor(), [size, size]),
    }
    with tf.Session() as session:
        found = session.run({label: fetch for label, (fetch, _) in fetches.items()})
    for label, (_, wanted) in fetches.items():
        np.testing.assert_allclose(found[label], wanted, rtol=1e-6, atol=1e-8, err_msg=label)
    assert operator.shape.as_list() == [size, size]


def test_a_circulant_operator_multiplies_frequencies() -> None:
    spectrum = np.complex64([6, 1 + 1j, 1 - 1j])
    operator = tf.linalg.LinearOperatorCirculant(spectrum, input_output_dtype=tf.float32)
    column = np.fft.ifft(spectrum).real
    dense = np.stack([np.roll(column, shift) for shift in range(3)], axis=1)
    with tf.Session() as session:
        found = session.run([operator.to_dense(), operator.inverse().to_dense()])
    np.testing.assert_allclose(found[0], dense, atol=1e-5)
    np.testing.assert_allclose(found[1], np.linalg.inv(dense), atol=1e-5)


def test_products_of_operators_keep_their_structure() -> None:
    diagonal = tf.linalg.LinearOperatorDiag(_DIAGONAL)
    identity = tf.linalg.LinearOperatorIdentity(3, dtype=tf.float64)
    assert identity.matmul(diagonal) is diagonal
    squared = diagonal.matmul(diagonal)
    assert isinstance(squared, tf.linalg.LinearOperatorDiag)
    mixed = diagonal.matmul(_full())
    assert isinstance(mixed, tf.linalg.LinearOperatorComposition)
    with tf.Session() as session:
        np.testing.assert_allclose(session.run(squared.diag), _DIAGONAL**2)
        np.testing.assert_allclose(session.run(mixed.to_dense()), np.diag(_DIAGONAL) @ _FULL)


def test_assertions_fail_for_what_does_not_hold() -> None:
    singular = tf.linalg.LinearOperatorDiag(tf.placeholder_with_default([1.0, 0.0], [2]))
    with tf.Session() as session:
        for check in (singular.assert_non_singular(), singular.assert_positive_definite()):
            with pytest.raises(tf.errors.InvalidArgumentError):
                session.run(check)


def test_hints_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="positive definite matrix is always non-singular"):
        _full(is_positive_definite=True, is_non_singular=False)
    with pytest.raises(ValueError, match="real diagonal operator is always self adjoint"):
        tf.linalg.LinearOperatorDiag(_DIAGONAL, is_self_adjoint=False)
    with pytest.raises(NotImplementedError, match="expected to be singular"):
        tf.linalg.LinearOperatorZeros(3).solve(np.ones((3, 1), np.float32))
