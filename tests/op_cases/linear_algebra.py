"""Cases of inverses, determinants, decompositions and solvers."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram

_TYPES = "float32 float64 complex64 complex128".split()


def _matrix(name: str, *batch: int) -> np.ndarray:
    """Return matrices that are symmetric and positive definite (Hermitian, if complex)."""
    dtype = np.dtype(name)
    base = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.5]])
    if dtype.kind == "c":
        base = base + 1j * np.array([[0, 0.3, -0.2], [-0.3, 0, 0.4], [0.2, -0.4, 0]])
    return np.broadcast_to(base, (*batch, 3, 3)).astype(dtype)


def _general(name: str, *batch: int) -> np.ndarray:
    base = np.array([[2.0, 1.0, 0.5], [-1.0, 3.0, -0.5], [0.25, -1.5, 1.5]])
    if np.dtype(name).kind == "c":
        base = base + 0.25j * base.T
    return np.broadcast_to(base, (*batch, 3, 3)).astype(name)


def _rhs(name: str, *batch: int) -> np.ndarray:
    base = np.array([[1.0, 2.0], [-1.0, 0.5], [3.0, 1.0]])
    if np.dtype(name).kind == "c":
        base = base - 0.5j * base[::-1]
    return np.broadcast_to(base, (*batch, 3, 2)).astype(name)


_TALL = np.array([[1.0, 2.0], [0.5, -1.0], [2.0, 0.25]], np.float32)
# Of the single dtypes; double ones keep the tolerance of their dtype.
_ROUGH = {"float32": 2e-4, "complex64": 2e-4}

CASES = [
    *[OpCase("MatrixInverse", [_general(name, 2)], tolerance=_ROUGH.get(name)) for name in _TYPES],
    OpCase("MatrixInverse", [_general("float32")], {"adjoint": True}, tolerance=_ROUGH["float32"]),
    OpCase("MatrixInverse", [np.zeros((2, 2), np.float32)], fails="Input is not invertible."),
    OpCase(
        "MatrixInverse",
        [np.ones((2, 3), np.float32)],
        fails=("Dimensions must be equal, but are 2 and 3", "must be square"),
    ),
    *[
        OpCase("MatrixDeterminant", [_general(name, 2)], tolerance=_ROUGH.get(name))
        for name in _TYPES
    ],
    *[
        OpCase("LogMatrixDeterminant", [_general(name, 2)], tolerance=_ROUGH.get(name))
        for name in _TYPES
    ],
    *[OpCase("Cholesky", [_matrix(name, 2)], tolerance=_ROUGH.get(name)) for name in _TYPES],
    OpCase(
        "CholeskyGrad",
        [np.linalg.cholesky(_matrix("float32")), np.tril(_general("float32"))],
        gradient=False,
        tolerance=_ROUGH["float32"],
    ),
    *[
        OpCase("MatrixLogarithm", [_matrix(name)], tolerance=_ROUGH.get(name))
        for name in _TYPES[2:]
    ],
    *[
        OpCase("MatrixSquareRoot", [_matrix(name)], tolerance=_ROUGH.get(name), gradient=False)
        for name in _TYPES
    ],
    *[
        OpCase("Qr", [_TALL], {"full_matrices": full}, compare="shape_dtype", gradient=False)
        for full in (False, True)
    ],
    *[
        OpCase("Svd", [_TALL], {"full_matrices": full}, compare="shape_dtype", gradient=False)
        for full in (False, True)
    ],
    # Outputs that are not asked for hold anything in TensorFlow: the program compares the others.
    OpCase("Svd", [_TALL], {"compute_uv": False}, compare="runs"),
    OpCase("SelfAdjointEigV2", [_matrix("float64", 2)], {"compute_v": False}, compare="runs"),
    OpCase("SelfAdjointEigV2", [_matrix("complex64")], {"compute_v": False}, compare="runs"),
    OpCase("SelfAdjointEigV2", [_matrix("float32")], compare="shape_dtype", gradient=False),
    *[
        OpCase(
            "MatrixSolve",
            [_general(name, 2), _rhs(name, 2)],
            {"adjoint": flip},
            tolerance=_ROUGH.get(name),
        )
        for name in _TYPES
        for flip in (False, True)
    ],
    OpCase(
        "MatrixSolve",
        [np.zeros((3, 3), np.float32), _rhs("float32")],
        fails="Input matrix is not invertible.",
    ),
    *[
        OpCase(
            "MatrixTriangularSolve",
            [_general(name, 2), _rhs(name, 2)],
            {"lower": lower, "adjoint": flip},
            tolerance=_ROUGH.get(name),
        )
        for name in _TYPES
        for lower in (False, True)
        for flip in (False, True)
    ],
    *[
        OpCase(
            "MatrixSolveLs",
            [a.astype(name), b.astype(name), np.float64(0.5)],
            {"fast": True},
            tolerance=_ROUGH.get(name),
        )
        for name in ("float32", "float64")
        for a, b in ((_TALL, _rhs("float64")), (_TALL.T, _rhs("float64")[:2]))
    ],
    OpCase(
        "MatrixSolveLs",
        [_TALL, _rhs("float32"), np.float64(0)],
        {"fast": False},
        tolerance=_ROUGH["float32"],
        gradient=False,
    ),
    OpProgram(
        ("Qr", "Svd", "SelfAdjointEigV2"),
        """
        a = tf.constant([[1.0, 2.0], [0.5, -1.0], [2.0, 0.25]], tf.float64)
        symmetric = tf.matmul(a, a, transpose_a=True)
        q, r = tf.qr(a)
        s, u, v = tf.svd(a)
        e, w = tf.self_adjoint_eig(symmetric)
        back = [tf.matmul(q, r), tf.matmul(u, tf.matmul(tf.matrix_diag(s), v, adjoint_b=True)),
                tf.matmul(w, tf.matmul(tf.matrix_diag(e), w, transpose_b=True))]
        loss = [tf.reduce_sum(tf.square(q) * [1.0, 2.0]) + tf.reduce_sum(tf.abs(r)),
                tf.reduce_sum(tf.square(u) * [1.0, 2.0])
                + tf.reduce_sum(tf.square(v) * [[3.0, 1.0]]),
                tf.reduce_sum(tf.square(w) * [1.0, 2.0]) + tf.reduce_sum(e)]
        grads = [
            tf.gradients(y, x)[0] for y, x in zip(loss, [a, a, symmetric], strict=True)
        ]
        with tf.Session() as session:
            alone = [tf.svd(a, compute_uv=False), tf.self_adjoint_eigvals(symmetric)]
            result = session.run([back, [s, e], alone, grads])
        """,
        tolerance=1e-8,
    ),
]
