"""Linear operators against the dense matrices that they stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tensormill.api as tf
from tensormill.linear_operators.addition import add_operators as add

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


def test_operators_of_two_and_three_dimensions_filter_frequencies() -> None:
    kernel = np.random.RandomState(3).standard_normal((2, 3))
    operator = tf.linalg.LinearOperatorCirculant2D(np.fft.fft2(kernel), tf.complex128)
    assert operator.shape.as_list() == [6, 6]
    assert operator.block_shape.as_list() == [2, 3]
    x = np.arange(6.0)
    expected = np.fft.ifft2(np.fft.fft2(kernel) * np.fft.fft2(x.reshape(2, 3))).reshape(6)
    columns = x[:, np.newaxis].astype(np.complex128)
    with tf.Session() as session:
        found, back = session.run(
            [operator.matmul(columns), operator.solve(operator.matmul(columns))]
        )
        assert np.allclose(found[:, 0], expected)
        assert np.allclose(back, columns)
        dense, trace, diagonal = session.run(
            [operator.to_dense(), operator.trace(), operator.diag_part()]
        )
    assert np.allclose(trace, np.trace(dense))
    assert np.allclose(diagonal, np.diag(dense))
    deep = tf.linalg.LinearOperatorCirculant3D(np.ones((4, 2, 3, 5), np.float32))
    assert deep.shape.as_list() == [4, 30, 30]
    assert deep.is_self_adjoint
    with pytest.raises(ValueError, match="at least 3 dimensions"):
        tf.linalg.LinearOperatorCirculant3D([1.0])
    with pytest.raises(ValueError, match="always square"):
        tf.linalg.LinearOperatorCirculant2D(kernel, is_square=False)


def test_operators_keep_variables_and_have_gradients_for_them() -> None:
    diagonal = tf.Variable([2.0, 3.0])
    operator = tf.linalg.LinearOperatorDiag(diagonal)
    assert operator.variables == (diagonal,)
    assert operator.diag is diagonal
    [gradient] = tf.gradients(operator.log_abs_determinant(), operator.variables)
    with tf.Session() as session:
        session.run(diagonal.initializer)
        assert np.allclose(session.run(gradient), [0.5, 1 / 3])
        session.run(diagonal.assign([4.0, 5.0]))
        assert session.run(operator.trace()) == 9.0


def test_complex_reflections_are_their_own_inverse() -> None:
    axis = np.array([1 + 1j, 2 - 1j, 0.5])
    operator = tf.linalg.LinearOperatorHouseholder(axis)
    unit = axis / np.linalg.norm(axis)
    with tf.Session() as session:
        dense, twice = session.run([operator.to_dense(), operator.matmul(operator.to_dense())])
    assert np.allclose(dense, np.eye(3) - 2 * np.outer(unit, unit.conj()))
    assert np.allclose(twice, np.eye(3))


def test_operators_are_added_as_the_cheapest_kind() -> None:
    diagonal = tf.linalg.LinearOperatorDiag(_DIAGONAL, name="d")
    identity = tf.linalg.LinearOperatorIdentity(3, dtype=tf.float64)
    [scaled] = add([identity, tf.linalg.LinearOperatorScaledIdentity(3, np.float64(2.0))])
    assert isinstance(scaled, tf.linalg.LinearOperatorScaledIdentity)
    [sum_of_diagonals] = add([diagonal, identity])
    assert isinstance(sum_of_diagonals, tf.linalg.LinearOperatorDiag)
    [triangle] = add([diagonal, tf.linalg.LinearOperatorLowerTriangular(_FULL)])
    assert isinstance(triangle, tf.linalg.LinearOperatorLowerTriangular)
    [whole] = add([diagonal, triangle, identity, _full()], operator_name="whole")
    assert isinstance(whole, tf.linalg.LinearOperatorFullMatrix)
    assert whole.name == "whole"
    with tf.Session() as session:
        expected = 2 * np.diag(_DIAGONAL) + np.tril(_FULL) + np.eye(3) + _FULL
        assert np.allclose(session.run(whole.to_dense()), expected)
        assert np.allclose(session.run(scaled.multiplier), 3.0)
    with pytest.raises(ValueError, match="must contain at least one operator"):
        add([])
    with pytest.raises(ValueError, match="same domain dimension"):
        add([diagonal, tf.linalg.LinearOperatorIdentity(4, dtype=tf.float64)])


@pytest.mark.parametrize("hint", [True, None])
def test_products_of_diagonals_know_what_follows(hint: bool | None) -> None:
    a = tf.linalg.LinearOperatorDiag(_DIAGONAL, is_non_singular=hint, is_positive_definite=hint)
    product = a.matmul(tf.linalg.LinearOperatorDiag(_DIAGONAL, is_positive_definite=True))
    assert product.is_self_adjoint is True
    assert product.is_positive_definite is hint
    quotient = a.solve(tf.linalg.LinearOperatorScaledIdentity(3, np.float64(2.0)))
    assert isinstance(quotient, tf.linalg.LinearOperatorDiag)
    with tf.Session() as session:
        assert np.allclose(session.run(quotient.diag), 2.0 / _DIAGONAL)


def test_matrices_of_an_unknown_rank_may_be_batches() -> None:
    matrices = tf.placeholder_with_default(np.ones((2, 3, 4), np.float32), None)
    product = tf.matmul(matrices, np.ones((4, 5), np.float32))
    assert product.op.type == "BatchMatMulV2"
    with tf.Session() as session:
        assert session.run(product).shape == (2, 3, 5)


def test_toeplitz_operators_keep_static_shapes() -> None:
    operator = tf.linalg.LinearOperatorToeplitz(np.ones((2, 3)), np.ones((2, 3)))
    assert operator.matmul(np.ones((2, 3, 4))).shape.as_list() == [2, 3, 4]
    other = tf.linalg.LinearOperatorToeplitz(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    with pytest.raises(tf.errors.InvalidArgumentError, match="row and col are not the same"):
        other.assert_self_adjoint()
