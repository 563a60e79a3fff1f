"""The functions of arithmetic, reductions and matrices that stand under `tf` itself."""

from tensormill.ops.arithmetic import (
    add,
    atan2,
    div,
    div_no_nan,
    divide,
    floor_div,
    floordiv,
    floormod,
    maximum,
    minimum,
    mod,
    multiply,
    pow,
    realdiv,
    scalar_mul,
    squared_difference,
    subtract,
    truediv,
    truncatediv,
    truncatemod,
)
from tensormill.ops.casting import (
    bitcast,
    cast,
    saturate_cast,
    to_bfloat16,
    to_complex64,
    to_complex128,
    to_double,
    to_float,
    to_int32,
    to_int64,
)
from tensormill.ops.comparison import (
    approximate_equal,
    equal,
    greater,
    greater_equal,
    less,
    less_equal,
    logical_and,
    logical_or,
    logical_xor,
    not_equal,
)
from tensormill.ops.elementwise_binary import complex, cross
from tensormill.ops.elementwise_unary import (
    abs,
    acos,
    acosh,
    angle,
    asin,
    asinh,
    atan,
    atanh,
    ceil,
    conj,
    cos,
    cosh,
    exp,
    expm1,
    floor,
    imag,
    is_finite,
    is_inf,
    is_nan,
    log,
    log1p,
    log_sigmoid,
    logical_not,
    negative,
    real,
    reciprocal,
    rint,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
)
from tensormill.ops.histograms import (
    bincount,
    histogram_fixed_width,
    histogram_fixed_width_bins,
)
from tensormill.ops.linear_algebra import (
    cholesky,
    cholesky_solve,
    matrix_determinant,
    matrix_inverse,
    matrix_solve,
    matrix_solve_ls,
    matrix_triangular_solve,
)
from tensormill.ops.linear_algebra import (
    sqrtm as matrix_square_root,
)
from tensormill.ops.matrix_decomposition import (
    qr,
    self_adjoint_eig,
    self_adjoint_eigvals,
    svd,
)
from tensormill.ops.matrix_diagonals import (
    diag,
    diag_part,
    matrix_band_part,
    matrix_diag,
    matrix_diag_part,
    matrix_set_diag,
)
from tensormill.ops.matrix_multiplication import matmul, sparse_matmul
from tensormill.ops.reduction import (
    arg_max,
    arg_min,
    argmax,
    argmin,
    count_nonzero,
    reduce_all,
    reduce_any,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_sum,
)
from tensormill.ops.scan import (
    cumprod,
    cumsum,
)
from tensormill.ops.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    sparse_segment_mean,
    sparse_segment_sqrt_n,
    sparse_segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from tensormill.ops.sequences import (
    lin_space,
    linspace,
)
from tensormill.ops.sequences import (
    range_of as range,
)
from tensormill.ops.special_functions import (
    betainc,
    digamma,
    erf,
    erfc,
    igamma,
    igammac,
    lbeta,
    lgamma,
    polygamma,
    zeta,
)
from tensormill.ops.tensor_algebra import (
    einsum,
    eye,
    norm,
    trace,
)
