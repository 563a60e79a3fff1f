"""Functions of matrices: LU, the exponential, and tridiagonal systems."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal, less
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import conj, floor, log
from tensormill.ops.filling import ones
from tensormill.ops.gathering import gather, where_v2
from tensormill.ops.joining import concat, stack
from tensormill.ops.linear_algebra import matrix_solve, matrix_triangular_solve
from tensormill.ops.matrix_diagonals import matrix_band_part, matrix_diag_part, matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_max, reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_algebra import eye, norm
from tensormill.ops.transposition import invert_permutation, matrix_transpose
from tensormill.ops.while_loop import while_loop
from tensormill.ops.windows import merge_sizes

lu_op = define(
    "Lu",
    inputs=("input: T",),
    outputs=(
        "lu: T",
        "p: output_idx_type",
    ),
    attrs=(
        "T: {float64, float32, float16, complex64, complex128}",
        "output_idx_type: {int32, int64} = DT_INT32",
    ),
    differentiable=False,
)
tridiagonal_solve_op = define(
    "TridiagonalSolve",
    inputs=(
        "diagonals: T",
        "rhs: T",
    ),
    outputs=("output: T",),
    attrs=(
        "partial_pivoting: bool = true",
        "perturb_singular: bool = false",
        "T: {float64, float32, complex64, complex128}",
    ),
)
tridiagonal_mat_mul_op = define(
    "TridiagonalMatMul",
    inputs=(
        "superdiag: T",
        "maindiag: T",
        "subdiag: T",
        "rhs: T",
    ),
    outputs=("output: T",),
    attrs=("T: {float64, float32, complex64, complex128}",),
)


@lu_op.shape
def lu_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None, None]
    size = merge_sizes(dims[-2], dims[-1])
    return [(*dims[:-2], size, size), (*dims[:-2], size)]


@tridiagonal_solve_op.shape
def tridiagonal_solve_shape(ctx: ShapeContext) -> list[Dims]:
    diagonals = with_rank_at_least(ctx.shape(0), 2)
    rhs = with_rank_at_least(ctx.shape(1), 2)
    if diagonals is None or rhs is None:
        return [rhs]
    if len(diagonals) != len(rhs):
        raise ValueError(f"Shape must be rank {len(diagonals)} but is rank {len(rhs)}")
    batch = [merge_sizes(a, b) for a, b in zip(diagonals[:-2], rhs[:-2], strict=True)]
    merge_sizes(diagonals[-2], 3)
    return [(*batch, merge_sizes(diagonals[-1], rhs[-2]), rhs[-1])]


@tridiagonal_mat_mul_op.shape
def tridiagonal_mat_mul_shape(ctx: ShapeContext) -> list[Dims]:
    above, main, below = (with_rank_at_least(ctx.shape(i), 2) for i in range(3))
    rhs = with_rank_at_least(ctx.shape(3), 2)
    if rhs is None or None in (above, main, below):
        return [rhs]
    batch: Dims = rhs[:-2]
    size = rhs[-2]
    for diagonal in (above, main, below):
        assert diagonal is not None
        batch = merge_dims(batch, diagonal[:-2])
        merge_sizes(diagonal[-2], 1)
        size = merge_sizes(size, diagonal[-1])
    return [None if batch is None else (*batch, size, rhs[-1])]


def _left(x: Tensor) -> Tensor:
    """Return the rows moved up by one, with zeros at the end."""
    rank: Any = x.get_shape().ndims
    return pad(x[..., 1:, :], [[0, 0]] * (rank - 2) + [[0, 1], [0, 0]])


def _right(x: Tensor) -> Tensor:
    """Return the rows moved down by one, with zeros at the begin."""
    rank: Any = x.get_shape().ndims
    return pad(x[..., :-1, :], [[0, 0]] * (rank - 2) + [[1, 0], [0, 0]])


@tridiagonal_solve_op.gradient
def tridiagonal_solve_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    diagonals, x = op.inputs[0], op.outputs[0]
    nothing = diagonals[..., 0, :1] * 0
    above = concat([diagonals[..., 2, 1:], nothing], -1)
    below = concat([nothing, diagonals[..., 0, :-1]], -1)
    transposed = stack([above, diagonals[..., 1, :], below], axis=-2)
    attrs = {key: op.attrs[key] for key in ("partial_pivoting", "perturb_singular")}
    by_rhs = tridiagonal_solve_op(transposed, grad, **attrs)
    parts = [reduce_sum(by_rhs * y, axis=-1) for y in (_left(x), x, _right(x))]
    return [-stack(parts, axis=-2), by_rhs]


@tridiagonal_mat_mul_op.gradient
def tridiagonal_mat_mul_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    above, main, below = (matrix_transpose(x, conjugate=True) for x in op.inputs[:3])
    rhs = conj(op.inputs[3])

    def by_diagonal(moved: Tensor) -> Tensor:
        return matrix_transpose(reduce_sum(moved * grad, axis=-1, keepdims=True))

    by_rhs = _right(above * grad) + main * grad + _left(below * grad)
    return [by_diagonal(_left(rhs)), by_diagonal(rhs), by_diagonal(_right(rhs)), by_rhs]


def lu(input: Any, output_idx_type: Any = dtypes.int32, name: str | None = None) -> list[Tensor]:
    """Return the LU decomposition of matrices, both factors in one, and the order of the rows.

    Args:
      input: [..., n, n].
      output_idx_type: int32 or int64.
      name: the name of the node.
    """
    made: list[Tensor] = lu_op(input, output_idx_type=output_idx_type, name=name)
    return made


def _lower(lower_upper: Tensor) -> Tensor:
    shape = shape_of(lower_upper)[:-1]
    strict = matrix_band_part(lower_upper, num_lower=-1, num_upper=0)
    return matrix_set_diag(strict, ones(shape, dtype=lower_upper.dtype))


def lu_reconstruct(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Return the matrices that `lu` decomposed.

    Args:
      lower_upper: what `lu` returned first.
      perm: what it returned second.
      validate_args: not used; shapes are checked by the ops.
      name: the name of the nodes.
    """
    with OpScope(name, "lu_reconstruct"):
        lower_upper = convert_to_tensor(lower_upper, name="lower_upper")
        perm = convert_to_tensor(perm, dtypes.int32, name="perm")
        upper = matrix_band_part(lower_upper, num_lower=0, num_upper=-1)
        product = matmul(_lower(lower_upper), upper)
        rank: Any = lower_upper.get_shape().ndims
        if rank is None or rank > 2:
            sizes = shape_of(product)
            batch, size = sizes[:-2], sizes[-1]
            flat = reshape(perm, stack([-1, size]))
            order = _inverse_orders(flat)
            rows = reshape(product, stack([-1, size, size]))
            return reshape(
                gather(rows, order, batch_dims=1, axis=1), concat([batch, [size, size]], 0)
            )
        return gather(product, invert_permutation(perm))


def _inverse_orders(orders: Tensor) -> Tensor:
    """Return the inverse of each row, a permutation."""
    size = shape_of(orders)[1]
    fits = equal(expand_dims(orders, 1), reshape(range_of(size), stack([1, size, 1])))
    places = cast(fits, dtypes.int32) * reshape(range_of(size), stack([1, 1, size]))
    return reduce_sum(places, axis=2)


def lu_solve(
    lower_upper: Any,
    perm: Any,
    rhs: Any,
    validate_args: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the solutions of systems whose matrices `lu` decomposed.

    Args:
      lower_upper: what `lu` returned first.
      perm: what it returned second.
      rhs: [..., n, k].
      validate_args: not used; shapes are checked by the ops.
      name: the name of the nodes.
    """
    with OpScope(name, "lu_solve"):
        lower_upper = convert_to_tensor(lower_upper, name="lower_upper")
        perm = convert_to_tensor(perm, dtypes.int32, name="perm")
        rhs = convert_to_tensor(rhs, lower_upper.dtype, name="rhs")
        if (rhs.get_shape().ndims or 0) > 2:
            batch = (perm.get_shape().ndims or 1) - 1
            ordered = gather(rhs, perm, axis=batch, batch_dims=batch)
        else:
            ordered = gather(rhs, perm, axis=-2)
        middle = matrix_triangular_solve(_lower(lower_upper), ordered)
        return matrix_triangular_solve(lower_upper, middle, lower=False)


def lu_matrix_inverse(
    lower_upper: Any, perm: Any, validate_args: bool = False, name: str | None = None
) -> Tensor:
    """Return the inverses of the matrices that `lu` decomposed; see `lu_solve`."""
    with OpScope(name, "lu_matrix_inverse"):
        lower_upper = convert_to_tensor(lower_upper, name="lower_upper")
        sizes = shape_of(lower_upper)
        identity = eye(sizes[-1], batch_shape=sizes[:-2], dtype=lower_upper.dtype)
        return lu_solve(lower_upper, perm, identity)


_PADE: dict[int, tuple[float, ...]] = {
    3: (120.0, 60.0, 12.0),
    5: (30240.0, 15120.0, 3360.0, 420.0, 30.0),
    7: (17297280.0, 8648640.0, 1995840.0, 277200.0, 25200.0, 1512.0, 56.0),
    9: (
        17643225600.0, 8821612800.0, 2075673600.0, 302702400.0, 30270240.0, 2162160.0, 110880.0,
        3960.0, 90.0,
    ),
    13: (
        64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0,
        129060195264000.0, 10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0,
        40840800.0, 960960.0, 16380.0, 182.0,
    ),
}  # fmt: skip
"""The coefficients of Padé's approximants, but the last one, which is one."""

_LIMITS: dict[bool, tuple[tuple[float, ...], tuple[int, ...]]] = {
    False: ((4.258730016922831e-01, 1.880152677804762e00, 3.925724783138660), (3, 5, 7)),
    True: (
        (
            1.495585217958292e-02, 2.539398330063230e-01, 9.504178996162932e-01,
            2.097847961257068e00, 5.371920351148152,
        ),
        (3, 5, 7, 9, 13),
    ),
}  # fmt: skip


def _pade(matrix: Tensor, order: int) -> tuple[Tensor, Tensor]:
    """Return the odd and the even part of Padé's approximant."""
    coefficients = [*_PADE[order], 1.0]
    size = shape_of(matrix)
    power = eye(size[-1], batch_shape=size[:-2], dtype=matrix.dtype)
    square = matmul(matrix, matrix)
    odd: Any = None
    even: Any = None
    for degree in range(0, order, 2):
        even_part = constant(coefficients[degree], matrix.dtype) * power
        odd_part = constant(coefficients[degree + 1], matrix.dtype) * power
        even = even_part if even is None else even + even_part
        odd = odd_part if odd is None else odd + odd_part
        if degree + 2 < order + 1:
            power = matmul(power, square)
    return matmul(matrix, odd), even


def expm(input: Any, name: str | None = None) -> Tensor:
    """Return the exponentials of matrices, by Padé's approximants, scaling and squaring.

    Args:
      input: [..., n, n], floats or complex numbers.
      name: the name of the nodes.
    """
    with OpScope(name, "matrix_exponential", [input]):
        matrix = convert_to_tensor(input, name="input")
        if matrix.get_shape()[-2:] == [0, 0]:
            return matrix
        given = shape_of(matrix)
        static = matrix.get_shape()
        matrix = reshape(matrix, concat([[-1], given[-2:]], 0))
        size = reduce_max(reduce_sum(abs_of(matrix), axis=1), axis=1)[:, None, None]
        limits, orders = _LIMITS[matrix.dtype in (dtypes.float64, dtypes.complex128)]
        two = constant(2.0, size.dtype)
        steps = maximum(floor(log(size / limits[-1]) / log(two)), 0.0)
        parts = [_pade(matrix, order) for order in orders[:-1]]
        scaled = matrix / cast(two**steps, matrix.dtype)
        odd, even = _pade(scaled, orders[-1])
        for limit, (other_odd, other_even) in reversed(
            list(zip(limits[: len(parts)], parts, strict=True))
        ):
            fits = less(size, constant(limit, size.dtype))
            odd, even = where_v2(fits, other_odd, odd), where_v2(fits, other_even, even)
        result = matrix_solve(even - odd, even + odd)
        most = reduce_max(steps)
        zero = constant(0.0, steps.dtype)
        _, result = while_loop(
            lambda i, _: less(i, most),
            lambda i, r: (i + 1, where_v2(less(i, steps), matmul(r, r), r)),
            [zero, result],
        )
        result = reshape(result, given)
        result.set_shape(static)
        return result


def _compact(diagonals: Any, form: str) -> Tensor:
    """Return the diagonals stacked [..., 3, n], whatever form they come in.

    Raises:
      ValueError: an unknown form.
    """
    rank: Any
    if form == "compact":
        return convert_to_tensor(diagonals)
    if form == "sequence":
        if not isinstance(diagonals, (tuple, list)) or len(diagonals) != 3:
            raise ValueError("Expected diagonals to be a sequence of length 3.")
        above, main, below = (convert_to_tensor(d) for d in diagonals)
        rank = main.get_shape().ndims
        outer = [[0, 0]] * (rank - 1)
        count = main.get_shape()[-1]
        if above.get_shape()[-1] == count - 1:
            above = pad(above, [*outer, [0, 1]])
        if below.get_shape()[-1] == count - 1:
            below = pad(below, [*outer, [1, 0]])
        return stack([above, main, below], axis=-2)
    if form == "matrix":
        matrix = convert_to_tensor(diagonals)
        rank = matrix.get_shape().ndims
        outer = [[0, 0]] * (rank - 2)
        main = matrix_diag_part(matrix)
        above = pad(matrix_diag_part(matrix[..., :-1, 1:]), [*outer, [0, 1]])
        below = pad(matrix_diag_part(matrix[..., 1:, :-1]), [*outer, [1, 0]])
        return stack([above, main, below], axis=-2)
    raise ValueError(f"Unrecognized diagonals_format: {form}")


def tridiagonal_solve(
    diagonals: Any,
    rhs: Any,
    diagonals_format: str = "compact",
    transpose_rhs: bool = False,
    conjugate_rhs: bool = False,
    name: str | None = None,
    partial_pivoting: bool = True,
    perturb_singular: bool = False,
) -> Tensor:
    """Return the solutions of tridiagonal systems.

    Args:
      diagonals: above, on and below the main diagonal: [..., 3, n] ("compact"), a sequence of
        three ("sequence"), or matrices [..., n, n] ("matrix").
      rhs: [..., n] or [..., n, k].
      diagonals_format: the form of the diagonals.
      transpose_rhs: whether `rhs` is [..., k, n]; the result is [..., n, k] all the same.
      conjugate_rhs: whether `rhs` is conjugated first.
      name: the name of the nodes.
      partial_pivoting: whether rows may be exchanged, for accuracy.
      perturb_singular: not used on CPUs.

    Raises:
      ValueError: an unknown form.
    """
    with OpScope(name, "tridiagonal_solve", [diagonals, rhs]):
        compact = _compact(diagonals, diagonals_format)
        rhs = convert_to_tensor(rhs, compact.dtype)
        is_vector = rhs.get_shape().ndims == compact.get_shape()[:-1].ndims
        if is_vector:
            rhs = expand_dims(conj(rhs) if conjugate_rhs else rhs, -1)
        elif transpose_rhs:
            rhs = matrix_transpose(rhs, conjugate=conjugate_rhs)
        elif conjugate_rhs:
            rhs = conj(rhs)
        result = tridiagonal_solve_op(
            compact, rhs, partial_pivoting=partial_pivoting, perturb_singular=perturb_singular
        )
        return squeeze(result, [-1]) if is_vector else result


def tridiagonal_matmul(
    diagonals: Any, rhs: Any, diagonals_format: str = "compact", name: str | None = None
) -> Tensor:
    """Return the products of tridiagonal matrices and others.

    Args:
      diagonals: as for `tridiagonal_solve`.
      rhs: [..., n, k].
      diagonals_format: the form of the diagonals.
      name: the name of the nodes.

    Raises:
      ValueError: an unknown form.
    """
    with OpScope(name, "tridiagonal_matmul", [diagonals, rhs]):
        compact = _compact(diagonals, diagonals_format)
        parts = [compact[..., i : i + 1, :] for i in range(3)]
        return tridiagonal_mat_mul_op(*parts, convert_to_tensor(rhs, compact.dtype))


def normalize(
    tensor: Any, ord: Any = "euclidean", axis: Any = None, name: str | None = None
) -> tuple[Tensor, Tensor]:
    """Return a tensor divided by its norm, and the norm.

    Args:
      tensor: numbers.
      ord: the order of the norm, as for `tf.norm`.
      axis: the axis or axes; by default all.
      name: the name of the nodes.
    """
    with OpScope(name, "normalize", [tensor]):
        tensor = convert_to_tensor(tensor)
        length = cast(norm(tensor, ord, axis, keepdims=True), tensor.dtype)
        return tensor / length, length
