"""`tf.math`: arithmetic, reductions and special functions."""

from tensormill.graph.dispatch import add_dispatch as _add_dispatch
from tensormill.namespaces.dispatched_names import MATH as _DISPATCHED
from tensormill.ops.activations import (
    log_softmax,
    softmax,
    softplus,
    softsign,
)
from tensormill.ops.arithmetic import (
    add,
    atan2,
    divide,
    floordiv,
    floormod,
    maximum,
    minimum,
    mod,
    multiply,
    multiply_no_nan,
    nextafter,
    pow,
    reciprocal_no_nan,
    scalar_mul,
    squared_difference,
    subtract,
    truediv,
    xdivy,
    xlog1py,
    xlogy,
)
from tensormill.ops.arithmetic import (
    div_no_nan as divide_no_nan,
)
from tensormill.ops.assertions import (
    is_non_decreasing,
    is_strictly_increasing,
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
from tensormill.ops.confusion_matrix import (
    confusion_matrix,
)
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
)
from tensormill.ops.reduction import (
    argmax,
    argmin,
    count_nonzero,
    reduce_all,
    reduce_any,
    reduce_euclidean_norm,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_prod,
    reduce_std,
    reduce_sum,
    reduce_variance,
)
from tensormill.ops.scan import (
    cumprod,
    cumsum,
    cumulative_logsumexp,
)
from tensormill.ops.segments import (
    segment_max,
    segment_mean,
    segment_min,
    segment_prod,
    segment_sum,
    unsorted_segment_max,
    unsorted_segment_mean,
    unsorted_segment_min,
    unsorted_segment_prod,
    unsorted_segment_sqrt_n,
    unsorted_segment_sum,
)
from tensormill.ops.special_functions import (
    bessel_i0,
    bessel_i0e,
    bessel_i1,
    bessel_i1e,
    betainc,
    digamma,
    erf,
    erfc,
    erfinv,
    igamma,
    igammac,
    lbeta,
    lgamma,
    ndtri,
    polygamma,
    polyval,
    zeta,
)
from tensormill.ops.statistics import (
    l2_normalize,
    zero_fraction,
)
from tensormill.ops.summation import (
    accumulate_n,
    add_n,
)
from tensormill.ops.top_k import (
    in_top_k,
    top_k,
)
from tensormill.ops.transposition import (
    invert_permutation,
)

_add_dispatch(globals(), _DISPATCHED)
