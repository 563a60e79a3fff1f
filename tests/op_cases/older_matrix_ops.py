"""Cases of older ops of matrices, in graphs of the versions that had them."""

from tests.op_cases.old_graphs import old_program

_ONE = (
    "BatchMatrixDiag", "BatchMatrixDiagPart", "BatchMatrixBandPart", "BatchMatrixSetDiag",
    "BatchMatrixInverse", "BatchMatrixDeterminant", "BatchCholesky", "BatchCholeskyGrad",
    "BatchMatrixSolve", "BatchMatrixTriangularSolve", "BatchMatrixSolveLs",
    "BatchSelfAdjointEigV2", "BatchSvd", "BatchSelfAdjointEig", "SelfAdjointEig",
)  # fmt: skip

CASES = [
    old_program(
        _ONE,
        """
        square = np.array([[[4.0, 1.0], [1.0, 3.0]], [[2.0, 0.5], [0.5, 5.0]]], np.float32)
        rhs = np.array([[[1.0], [2.0]], [[3.0], [4.0]]], np.float32)
        lower = np.linalg.cholesky(square).astype(np.float32)

        def ask(op_type, *inputs, outputs=1, **attrs):
            node = ("node", op_type, inputs, {"T": tf.float32, **attrs})
            run(8, node, fetches=[f"node:{i}" for i in range(outputs)])

        ask("BatchMatrixDiag", rhs[..., 0])
        ask("BatchMatrixDiagPart", square)
        ask("BatchMatrixBandPart", square, np.int64(0), np.int64(-1))
        ask("BatchMatrixSetDiag", square, rhs[..., 0])
        ask("BatchMatrixInverse", square, adjoint=True)
        ask("BatchMatrixDeterminant", square)
        ask("BatchCholesky", square)
        ask("BatchCholeskyGrad", lower, square)
        ask("BatchMatrixSolve", square, rhs)
        ask("BatchMatrixTriangularSolve", lower, rhs)
        ask("BatchMatrixSolveLs", square, rhs, np.float64(0.5))
        ask("BatchSelfAdjointEigV2", square, compute_v=False)
        ask("BatchSvd", square, compute_uv=False)
        for op_type, matrix in (("BatchSelfAdjointEig", square), ("SelfAdjointEig", square[0])):
            with tf.Graph().as_default():
                find = old_graph(8, ("node", op_type, [matrix], {"T": tf.float32}))
                with tf.Session() as session:
                    made = session.run(find("node:0"))
            values, vectors = made[..., 0, :], made[..., 1:, :]
            scaled = vectors * values[..., None, :]
            result.append((made.shape, values, scaled @ np.swapaxes(vectors, -1, -2)))
        """,
        tolerance=1e-4,
    ),
]
