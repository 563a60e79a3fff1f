"""`tf.linalg`: matrices."""

from tensormill.linear_operators.circulant import (
    LinearOperatorCirculant,
    LinearOperatorCirculant2D,
    LinearOperatorCirculant3D,
)
from tensormill.linear_operators.combinations import (
    LinearOperatorAdjoint,
    LinearOperatorBlockDiag,
    LinearOperatorComposition,
    LinearOperatorInversion,
    LinearOperatorKronecker,
)
from tensormill.linear_operators.dense import (
    LinearOperatorDiag,
    LinearOperatorFullMatrix,
    LinearOperatorLowerTriangular,
)
from tensormill.linear_operators.identities import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
    LinearOperatorZeros,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.linear_operators.structured import (
    LinearOperatorHouseholder,
    LinearOperatorLowRankUpdate,
    LinearOperatorToeplitz,
)
from tensormill.ops.clipping import global_norm
from tensormill.ops.elementwise_binary import cross
from tensormill.ops.linear_algebra import (
    adjoint,
    cholesky,
    cholesky_solve,
    logdet,
    logm,
    slogdet,
    sqrtm,
)
from tensormill.ops.linear_algebra import matrix_determinant as det
from tensormill.ops.linear_algebra import matrix_inverse as inv
from tensormill.ops.linear_algebra import matrix_solve as solve
from tensormill.ops.linear_algebra import matrix_solve_ls as lstsq
from tensormill.ops.linear_algebra import matrix_triangular_solve as triangular_solve
from tensormill.ops.matrix_decomposition import (
    matrix_rank,
    pinv,
    qr,
    svd,
)
from tensormill.ops.matrix_decomposition import self_adjoint_eig as eigh
from tensormill.ops.matrix_decomposition import self_adjoint_eigvals as eigvalsh
from tensormill.ops.matrix_diagonals import diag as tensor_diag
from tensormill.ops.matrix_diagonals import diag_part as tensor_diag_part
from tensormill.ops.matrix_diagonals import matrix_band_part as band_part
from tensormill.ops.matrix_diagonals import matrix_diag as diag
from tensormill.ops.matrix_diagonals import matrix_diag_part as diag_part
from tensormill.ops.matrix_diagonals import matrix_set_diag as set_diag
from tensormill.ops.matrix_functions import (
    expm,
    lu,
    lu_matrix_inverse,
    lu_reconstruct,
    lu_solve,
    normalize,
    tridiagonal_matmul,
    tridiagonal_solve,
)
from tensormill.ops.matrix_multiplication import matmul, matvec
from tensormill.ops.statistics import l2_normalize
from tensormill.ops.tensor_algebra import einsum, eye, norm, trace
from tensormill.ops.tensor_contraction import tensordot
from tensormill.ops.transposition import matrix_transpose
from tensormill.ops.transposition import matrix_transpose as transpose
