"""Functions of matrices in real TensorFlow and here."""

import numpy as np
import pytest

from tests.oracle.both import answers_of_both

pytestmark = pytest.mark.oracle

_PROGRAM = """
rng = np.random.RandomState(2)
l = tf.linalg
square = tf.constant(rng.rand(2, 4, 4))
single = tf.constant(rng.rand(3, 3).astype("f") * 9)
right = tf.constant(rng.rand(2, 4, 3))
factors, order = l.lu(square)
one, one_order = l.lu(single)
diagonals = tf.constant(rng.rand(2, 3, 4) + np.array([0, 2, 0])[:, None])
parts = [tf.constant(rng.rand(n)) for n in (3, 4, 3)]
made = [
    l.expm(square), l.expm(square * 0.01), l.expm(square * 20), l.expm(single), l.expm(single / 50),
    l.lu_reconstruct(factors, order), l.lu_solve(factors, order, right),
    l.lu_matrix_inverse(factors, order), l.lu_reconstruct(one, one_order),
    l.lu_matrix_inverse(one, one_order), l.tridiagonal_solve(diagonals, right),
    l.tridiagonal_solve(diagonals, right[..., 0]), l.tridiagonal_matmul(diagonals, right),
    l.tridiagonal_solve(parts, right[0], diagonals_format="sequence"),
    l.tridiagonal_solve(square, tf.matrix_transpose(right), "matrix", transpose_rhs=True),
    *l.normalize(square, axis=1), *tf.gradients(l.expm(square), square),
    *tf.gradients(l.expm(single), single),
    *tf.gradients(l.tridiagonal_solve(diagonals, right), right),
]
with tf.Session() as session:
    values = session.run(made)
result = [values, [t.shape.as_list() for t in made]]
"""


def test_functions_of_matrices_are_those_of_tensorflow(oracle) -> None:
    (made_values, made_shapes), (values, shapes) = answers_of_both(oracle, _PROGRAM)
    for index, (made, expected) in enumerate(zip(made_values, values, strict=True)):
        assert made.dtype == expected.dtype, index
        tolerance = 1e-3 if made.dtype == np.float32 else 1e-8
        np.testing.assert_allclose(made, expected, rtol=tolerance, err_msg=str(index))
    assert made_shapes == shapes
