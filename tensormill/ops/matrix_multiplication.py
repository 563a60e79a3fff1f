"""Products of matrices: MatMul, BatchMatMul, SparseMatMul and `tf.matmul`."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.operators import operator
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, broadcast_dims, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_unary import conj_of

mat_mul_op = define(
    "MatMul",
    inputs=("a: T", "b: T"),
    outputs=("product: T",),
    attrs=(
        "transpose_a: bool = false",
        "transpose_b: bool = false",
        "T: {bfloat16, float16, float32, float64, int32, int64, uint8, uint16, uint32, uint64,"
        " complex64, complex128}",
        "grad_a: bool = false",
        "grad_b: bool = false",
    ),
)
_BATCH_ATTRS = (
    "adj_x: bool = false",
    "adj_y: bool = false",
    "grad_x: bool = false",
    "grad_y: bool = false",
)
batch_mat_mul_op = define(
    "BatchMatMul",
    inputs=("x: T", "y: T"),
    outputs=("output: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64, int32, int64, complex64, complex128}",
        *_BATCH_ATTRS,
    ),
)
batch_mat_mul_v2_op = define(
    "BatchMatMulV2",
    inputs=("x: T", "y: T"),
    outputs=("output: T",),
    attrs=(
        "T: {bfloat16, float16, float32, float64, int16, int32, int64, uint8, uint16, uint32,"
        " uint64, complex64, complex128}",
        *_BATCH_ATTRS,
    ),
)
sparse_mat_mul_op = define(
    "SparseMatMul",
    inputs=("a: Ta", "b: Tb"),
    outputs=("product: float32",),
    attrs=(
        "transpose_a: bool = false",
        "transpose_b: bool = false",
        "a_is_sparse: bool = false",
        "b_is_sparse: bool = false",
        "Ta: {float32, bfloat16} = DT_FLOAT32",
        "Tb: {float32, bfloat16} = DT_FLOAT32",
    ),
)


def _matrix(dims: Dims) -> tuple[int | None, int | None]:
    if dims is None:
        return (None, None)
    if len(dims) != 2:
        raise ValueError(f"Shape must be rank 2 but is rank {len(dims)}")
    return dims


@mat_mul_op.shape
@sparse_mat_mul_op.shape
def mat_mul_shape(ctx: ShapeContext) -> list[Dims]:
    rows, inner = _matrix(ctx.shape(0))
    other, columns = _matrix(ctx.shape(1))
    if ctx.attrs["transpose_a"]:
        rows, inner = inner, rows
    if ctx.attrs["transpose_b"]:
        other, columns = columns, other
    if inner is not None and other is not None and inner != other:
        raise ValueError(f"Dimensions must be equal, but are {inner} and {other}")
    return [(rows, columns)]


def _batch_parts(ctx: ShapeContext) -> tuple[Dims, Dims, Dims] | None:
    """Return the batch shapes of both inputs and the shape of the product of two matrices."""
    x, y = ctx.shape(0), ctx.shape(1)
    for dims in (x, y):
        if dims is not None and len(dims) < 2:
            raise ValueError(f"Shape must be at least rank 2 but is rank {len(dims)}")
    if x is None or y is None:
        return None
    rows, inner = x[-2:]
    other, columns = y[-2:]
    if ctx.attrs["adj_x"]:
        rows, inner = inner, rows
    if ctx.attrs["adj_y"]:
        other, columns = columns, other
    if inner is not None and other is not None and inner != other:
        raise ValueError(f"Dimensions must be equal, but are {inner} and {other}")
    return x[:-2], y[:-2], (rows, columns)


@batch_mat_mul_op.shape
def batch_mat_mul_shape(ctx: ShapeContext) -> list[Dims]:
    parts = _batch_parts(ctx)
    if parts is None:
        known = ctx.shape(0) if ctx.shape(0) is not None else ctx.shape(1)
        return [None if known is None else (*known[:-2], None, None)]
    batch, matrix = merge_dims(parts[0], parts[1]), parts[2]
    assert batch is not None
    assert matrix is not None
    return [batch + matrix]


@batch_mat_mul_v2_op.shape
def batch_mat_mul_v2_shape(ctx: ShapeContext) -> list[Dims]:
    parts = _batch_parts(ctx)
    if parts is None:
        return [None]
    batch, matrix = broadcast_dims(parts[0], parts[1]), parts[2]
    assert batch is not None
    assert matrix is not None
    return [batch + matrix]


@mat_mul_op.gradient
def mat_mul_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    a, b = conj_of(op.inputs[0]), conj_of(op.inputs[1])
    transposed = (op.attrs["transpose_a"], op.attrs["transpose_b"])
    product = mat_mul_op
    if transposed == (False, False):
        return [product(grad, b, transpose_b=True), product(a, grad, transpose_a=True)]
    if transposed == (False, True):
        return [product(grad, b), product(grad, a, transpose_a=True)]
    if transposed == (True, False):
        return [product(b, grad, transpose_b=True), product(a, grad)]
    return [
        product(b, grad, transpose_a=True, transpose_b=True),
        product(grad, a, transpose_a=True, transpose_b=True),
    ]


@sparse_mat_mul_op.gradient
def sparse_mat_mul_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    a, b = op.inputs
    sparse = {a: op.attrs["a_is_sparse"], b: op.attrs["b_is_sparse"], grad: False}

    def product(x: Tensor, y: Tensor, like: Tensor, flip_x: bool, flip_y: bool) -> Tensor:
        made: Tensor = sparse_mat_mul_op(
            x,
            y,
            transpose_a=flip_x,
            transpose_b=flip_y,
            a_is_sparse=sparse[x],
            b_is_sparse=sparse[y],
        )
        wanted = like.dtype.base_dtype
        return made if made.dtype == wanted else OP_DEFS["Cast"].builder(made, DstT=wanted)

    transposed = (op.attrs["transpose_a"], op.attrs["transpose_b"])
    if transposed == (False, False):
        return [product(grad, b, a, False, True), product(a, grad, b, True, False)]
    if transposed == (False, True):
        return [product(grad, b, a, False, False), product(grad, a, b, True, False)]
    if transposed == (True, False):
        return [product(b, grad, a, False, True), product(a, grad, b, False, False)]
    return [product(b, grad, a, True, True), product(grad, a, b, True, True)]


def _batch_products(op: Operation, grad: Tensor) -> list[Tensor]:
    x, y = op.inputs
    adjoint = (op.attrs["adj_x"], op.attrs["adj_y"])
    product = op.op_schema.builder
    if adjoint == (False, False):
        return [product(grad, y, adj_y=True), product(x, grad, adj_x=True)]
    if adjoint == (False, True):
        return [product(grad, y), product(grad, x, adj_x=True)]
    if adjoint == (True, False):
        return [product(y, grad, adj_y=True), product(x, grad)]
    return [
        product(y, grad, adj_x=True, adj_y=True),
        product(grad, x, adj_x=True, adj_y=True),
    ]


@batch_mat_mul_op.gradient
def batch_mat_mul_grad(op: Operation, grad: Tensor) -> list[Tensor]:
    return _batch_products(op, grad)


@batch_mat_mul_v2_op.gradient
def batch_mat_mul_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    gx, gy = _batch_products(op, grad)
    x, y = op.inputs
    batches = [None if dims is None else dims[:-2] for dims in (x.dims, y.dims)]
    if batches[0] is not None and batches[0] == batches[1] and None not in batches[0]:
        return [gx, gy]
    return _reduce_batches(gx, gy, x, y)


def _reduce_batches(gx: Tensor, gy: Tensor, x: Tensor, y: Tensor) -> list[Tensor | None]:
    """Return gradients in the shapes of x and y, summed over the batches that were repeated."""
    shape, slices = OP_DEFS["Shape"].builder, OP_DEFS["StridedSlice"].builder
    shapes = [shape(x), shape(y)]
    batches = [slices(s, [0], [-2], [1], begin_mask=1) for s in shapes]
    axes = OP_DEFS["BroadcastGradientArgs"].builder(*batches)
    return [
        OP_DEFS["Reshape"].builder(OP_DEFS["Sum"].builder(g, r), s)
        for g, r, s in zip((gx, gy), axes, shapes, strict=True)
    ]


def matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the product of matrices, or of batches of them.

    Args:
      a: shape [..., rows, inner].
      b: shape [..., inner, columns], of the same dtype.
      transpose_a: transpose `a` first.
      transpose_b: transpose `b` first.
      adjoint_a: transpose and conjugate `a` first.
      adjoint_b: transpose and conjugate `b` first.
      a_is_sparse: `a` holds many zeros.
      b_is_sparse: `b` holds many zeros.
      name: the name of the node.

    Raises:
      ValueError: an input is to be transposed as well as adjoined, or the shapes do not fit.
    """
    is_plain = not (adjoint_a or adjoint_b or a_is_sparse or b_is_sparse)
    if is_plain and type(a) is Tensor and type(b) is Tensor and not _is_batch(a, b):
        product: Tensor = mat_mul_op(
            a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=name or "MatMul"
        )
        return product
    with OpScope(name, "MatMul", (a, b)) as scope:
        if transpose_a and adjoint_a:
            raise ValueError("Only one of transpose_a and adjoint_a can be True.")
        if transpose_b and adjoint_b:
            raise ValueError("Only one of transpose_b and adjoint_b can be True.")
        a = convert_to_tensor(a, name="a")
        b = convert_to_tensor(b, dtype_hint=a.dtype.base_dtype, name="b")
        if _is_batch(a, b):
            if transpose_a:
                a, adjoint_a = conj_of(a), True
            if transpose_b:
                b, adjoint_b = conj_of(b), True
            return batch_mat_mul_v2_op(a, b, adj_x=adjoint_a, adj_y=adjoint_b, name=scope)
        if adjoint_a:
            a, transpose_a = conj_of(a), True
        if adjoint_b:
            b, transpose_b = conj_of(b), True
        sparse_types = (dtypes.bfloat16, dtypes.float32)
        if (a_is_sparse or b_is_sparse) and a.dtype in sparse_types and b.dtype in sparse_types:
            product = sparse_mat_mul_op(
                a,
                b,
                transpose_a=transpose_a,
                transpose_b=transpose_b,
                a_is_sparse=a_is_sparse,
                b_is_sparse=b_is_sparse,
                name=scope,
            )
            if a.dtype == dtypes.bfloat16 and b.dtype == dtypes.bfloat16:
                return OP_DEFS["Cast"].builder(product, DstT=dtypes.bfloat16)
            return product
        return mat_mul_op(a, b, transpose_a=transpose_a, transpose_b=transpose_b, name=scope)


def _is_batch(a: Tensor, b: Tensor) -> bool:
    """Return whether an input may be more than a matrix."""
    return a.dims is None or len(a.dims) > 2 or b.dims is None or len(b.dims) > 2


def matvec(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    adjoint_a: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the product of matrices and vectors, or of batches of them.

    Args:
      a: shape [..., rows, inner].
      b: shape [..., inner], of the same dtype.
      transpose_a: transpose `a` first.
      adjoint_a: transpose and conjugate `a` first.
      a_is_sparse: `a` holds many zeros.
      b_is_sparse: `b` holds many zeros.
      name: the name of the scope.
    """
    with OpScope(name, "MatVec", (a, b)):
        column = OP_DEFS["ExpandDims"].builder(b, -1)
        product = matmul(
            a,
            column,
            transpose_a=transpose_a,
            adjoint_a=adjoint_a,
            a_is_sparse=a_is_sparse,
            b_is_sparse=b_is_sparse,
        )
        made: Tensor = OP_DEFS["Squeeze"].builder(product, squeeze_dims=[-1])
        return made


def sparse_matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    a_is_sparse: bool = False,
    b_is_sparse: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the product of two matrices of which one holds many zeros.

    Args:
      a: float32 or bfloat16, shape [rows, inner].
      b: float32 or bfloat16, shape [inner, columns].
      transpose_a: transpose `a` first.
      transpose_b: transpose `b` first.
      a_is_sparse: `a` holds many zeros.
      b_is_sparse: `b` holds many zeros.
      name: the name of the node.
    """
    made: Tensor = sparse_mat_mul_op(
        a,
        b,
        transpose_a=transpose_a,
        transpose_b=transpose_b,
        a_is_sparse=a_is_sparse,
        b_is_sparse=b_is_sparse,
        name=name,
    )
    return made


@operator("matmul")
def matmul_operator(x: Any, y: Any) -> Tensor:
    return matmul(x, y, name="matmul")
