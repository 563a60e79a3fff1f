"""Cases of contractions and norms."""

import numpy as np

from tests.op_cases.case import OpCase, OpProgram


def _array(name: str, *shape: int) -> np.ndarray:
    array = (np.arange(np.prod(shape)) % 5 - 1.5).reshape(shape)
    return (array + (0.5j * array if np.dtype(name).kind == "c" else 0)).astype(name)


def _floats(*shape: int) -> np.ndarray:
    return _array("float32", *shape)


CASES = [
    *[
        OpCase("Einsum", [[_array(n, 2, 3), _array(n, 3, 4)]], {"equation": "ij,jk->ik"})
        for n in "float32 float64 float16 int32 int64 complex64 complex128".split()
    ],
    *[
        OpCase("Einsum", [[_floats(*shape) for shape in shapes]], {"equation": equation})
        for equation, shapes in (
            ("ij->ji", [(2, 3)]),
            ("ij->i", [(2, 3)]),
            ("ij->", [(2, 3)]),
            ("i,i->", [(3,), (3,)]),
            ("i,j->ij", [(3,), (2,)]),
            ("bij,bjk->bik", [(2, 2, 3), (2, 3, 4)]),
            ("abc,bad->abcd", [(2, 3, 4), (3, 2, 5)]),
            ("ij,jk->k", [(2, 3), (3, 4)]),
            ("...ij,...jk->...ik", [(2, 2, 3), (2, 3, 4)]),
            ("...ij,jk->...ik", [(2, 2, 3), (3, 4)]),
        )
    ],
    OpProgram(
        ("Einsum",),
        """
        def array(*shape):
            size = int(np.prod(shape))
            return tf.constant((np.arange(size) % 5 - 1.5).reshape(shape), tf.float32)
        a, b, c = array(2, 3), array(3, 4), array(2, 4, 3)
        u = tf.placeholder(tf.float32, None)
        v = tf.placeholder(tf.float32, [None, 3])
        eye_rows = tf.placeholder(tf.int32, [])
        outputs = [
            tf.einsum("ij,jk", a, b), tf.einsum("ij,jk,kl->il", a, b, tf.transpose(b)),
            tf.tensordot(a, b, 1), tf.tensordot(c, a, [[0, 2], [0, 1]]),
            tf.tensordot(c, a, [[-1], [1]]), tf.tensordot(u, b, 1),
            tf.tensordot(v, b, [[1], [0]]), tf.tensordot(a, a, 2),
            tf.norm(a), tf.norm(a, 1), tf.norm(a, np.inf, 1), tf.norm(a, 3, 0, keepdims=True),
            tf.norm(c, "fro", [0, 1]), tf.norm(c, 1, [0, 1]), tf.norm(c, np.inf, [1, 2]),
            tf.norm(c, 2, [-2, -1]),
            tf.trace(c), tf.eye(3), tf.eye(2, 3), tf.eye(2, batch_shape=[2], dtype=tf.int32),
            tf.eye(eye_rows),
            tf.matrix_transpose(c), tf.linalg.logdet(tf.matmul(b, b, transpose_a=True)
                                                     + tf.eye(4)),
            tf.linalg.slogdet(tf.eye(2) * 3.0), tf.linalg.adjoint(a),
            tf.linalg.matvec(a, tf.ones([3])), tf.linalg.matrix_rank(b),
            tf.linalg.pinv(tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]])),
        ]
        ranks = [y.shape.ndims for y in outputs if hasattr(y, "shape")]
        fed = np.arange(6, dtype=np.float32).reshape(2, 3)
        with tf.Session() as session:
            values = session.run(outputs, {u: fed, v: fed, eye_rows: 2})
        result = [[list(v) if isinstance(v, tuple) else v for v in values], ranks]
        """,
        note="public functions",
    ),
]
