"""Elements in another order: transpose, reverse, roll, and permutations."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_most
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import one_of_two

transpose_op = define(
    "Transpose",
    inputs=("x: T", "perm: Tperm"),
    outputs=("y: T",),
    attrs=("T: type", "Tperm: {int32, int64} = DT_INT32"),
)
conjugate_transpose_op = define(
    "ConjugateTranspose",
    inputs=("x: T", "perm: Tperm"),
    outputs=("y: T",),
    attrs=("T: type", "Tperm: {int32, int64} = DT_INT32"),
)


@transpose_op.shape
@conjugate_transpose_op.shape
def transpose_shape(ctx: ShapeContext) -> list[Dims]:
    tensor, perm_tensor = ctx.op.input_tensors
    dims = tensor.dims
    perm = ctx.value(1)
    if perm is None:
        perm_dims = perm_tensor.dims
        rank_of = len(dims) if dims is not None else None
        if perm_dims is not None and len(perm_dims) == 1 and perm_dims[0] is not None:
            if rank_of is not None and rank_of != perm_dims[0]:
                raise ValueError(f"Dimension must be {rank_of} but is {perm_dims[0]}")
            rank_of = perm_dims[0]
        return [None if rank_of is None else (None,) * rank_of]
    with_rank_at_most(perm_tensor.dims, 1)
    order = perm.ravel().tolist()
    rank_of = len(order)
    if dims is None:
        dims = (None,) * rank_of
    elif len(dims) != rank_of:
        raise ValueError(f"Dimension must be {len(dims)} but is {rank_of}")
    for axis in order:
        if not -rank_of <= axis < rank_of:
            raise ValueError(f"perm dim {axis} is out of range of input rank {rank_of}")
    return [tuple([dims[axis] for axis in order])]


@transpose_op.gradient
def transpose_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [transpose_op(grad, invert_permutation(op.input_tensors[1]), name="transpose"), None]


@conjugate_transpose_op.gradient
def conjugate_transpose_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    perm = invert_permutation(op.input_tensors[1])
    return [conjugate_transpose_op(grad, perm, name="transpose"), None]


def transpose(
    a: Any, perm: Any = None, name: str | None = "transpose", conjugate: bool = False
) -> Tensor:
    """Return `a` with its dimensions in the order `perm`; reversed by default.

    Args:
      a: the tensor.
      perm: a permutation of the dimensions.
      name: the name of the node.
      conjugate: conjugate complex elements as well.
    """
    with OpScope(name, "transpose", (a,)) as scope:
        a = convert_to_tensor(a, name="a")
        build = conjugate_transpose_op if conjugate and a.dtype.is_complex else transpose_op
        if perm is not None:
            return build(a, perm, name=scope)
        if a.dims is not None:
            return build(a, list(range(len(a.dims)))[::-1], name=scope)
        count = OP_DEFS["Rank"].builder(a, name="Rank")
        last = OP_DEFS["Sub"].builder(count, 1, name="sub")
        order = OP_DEFS["Range"].builder(0, count, 1, name="Range")
        return build(a, OP_DEFS["Sub"].builder(last, order, name="sub"), name=scope)


def transpose_v2(
    a: Any, perm: Any = None, conjugate: bool = False, name: str = "transpose"
) -> Tensor:
    """Return `a` with its dimensions in the order `perm` (see `transpose`)."""
    return transpose(a, perm, name, conjugate)


invert_permutation_op = define(
    "InvertPermutation",
    inputs=("x: T",),
    outputs=("y: T",),
    attrs=("T: {int32, int64} = DT_INT32",),
    differentiable=False,
)


@invert_permutation_op.shape
def invert_permutation_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    if dims is not None and len(dims) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(dims)}")
    return [(None,) if dims is None else dims]


def invert_permutation(x: Any, name: str | None = None) -> Tensor:
    """Return the inverse of a permutation of 0 … n - 1."""
    return invert_permutation_op(x, name=name)


reverse_op = define(
    "Reverse",
    inputs=("tensor: T", "dims: bool"),
    outputs=("output: T",),
    attrs=(
        "T: {uint8, int8, uint16, int16, uint32, int32, uint64, int64, bool, bfloat16, float16, "
        "float32, float64, complex64, complex128, string}",
    ),
)
reverse_v2_op = define(
    "ReverseV2",
    inputs=("tensor: T", "axis: Tidx"),
    outputs=("output: T",),
    attrs=(
        "Tidx: {int32, int64} = DT_INT32",
        "T: {uint8, int8, uint16, int16, int32, uint32, int64, uint64, bool, bfloat16, float16, "
        "float32, float64, complex64, complex128, string}",
    ),
)


@reverse_op.shape
def reverse_shape(ctx: ShapeContext) -> list[Dims]:
    dims, flags = (t.dims for t in ctx.op.input_tensors)
    if flags is not None and len(flags) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(flags)}")
    if dims is None:
        return [None if flags is None or flags[0] is None else (None,) * flags[0]]
    if len(dims) > 8:
        raise ValueError("reverse does not work on tensors with more than 8 dimensions")
    return [dims]


@reverse_op.gradient
def reverse_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reverse_op(grad, op.input_tensors[1]), None]


@reverse_v2_op.shape
def reverse_v2_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.op.input_tensors[0].dims
    with_rank(ctx.shape(1), 1)
    axes = ctx.value(1)
    if dims is None or axes is None:
        return [dims]
    seen = set()
    for axis in axes.ravel().tolist():
        if not -len(dims) <= axis < len(dims):
            raise ValueError(f"'axis'[0] = {axis} is out of valid range [0, {len(dims) - 1}]")
        if axis % len(dims) in seen:
            raise ValueError(f"axis {axis % len(dims)} specified more than once.")
        seen.add(axis % len(dims))
    return [dims]


@reverse_v2_op.gradient
def reverse_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [reverse_v2_op(grad, op.input_tensors[1]), None]


def reverse(tensor: Any, axis: Any, name: str | None = None) -> Tensor:
    """Return `tensor` with the dimensions `axis` (a vector) backwards."""
    return reverse_v2_op(tensor, axis, name=name)


reverse_sequence_op = define(
    "ReverseSequence",
    inputs=("input: T", "seq_lengths: Tlen"),
    outputs=("output: T",),
    attrs=("seq_dim: int", "batch_dim: int = 0", "T: type", "Tlen: {int32, int64} = DT_INT64"),
)


@reverse_sequence_op.shape
def reverse_sequence_shape(ctx: ShapeContext) -> list[Dims]:
    dims, lengths = (t.dims for t in ctx.op.input_tensors)
    batch, seq = ctx.attrs["batch_dim"], ctx.attrs["seq_dim"]
    if lengths is not None and len(lengths) != 1:
        raise ValueError(f"Shape must be rank 1 but is rank {len(lengths)}")
    if dims is None:
        return [None]
    if batch < 0:
        raise ValueError(f"batch_dim must be >=0, got {batch}")
    if batch >= len(dims):
        raise ValueError(f"batch_dim must be < input rank: {batch} vs. {len(dims)}")
    if seq >= len(dims):
        raise ValueError(f"seq_dim must be < input rank: {seq} vs. {len(dims)}")
    given = None if lengths is None else lengths[0]
    if given is not None and dims[batch] is not None and given != dims[batch]:
        raise ValueError(f"Dimensions must be equal, but are {dims[batch]} and {given}")
    size_of = dims[batch] if dims[batch] is not None else given
    return [(*dims[:batch], size_of, *dims[batch + 1 :])]


@reverse_sequence_op.gradient
def reverse_sequence_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [
        reverse_sequence_op(
            grad,
            op.input_tensors[1],
            batch_dim=op.attrs["batch_dim"],
            seq_dim=op.attrs["seq_dim"],
        ),
        None,
    ]


def reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: str | None = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> Tensor:
    """Reverse the first `seq_lengths[i]` elements of each sequence i, leave the rest in place.

    Args:
      input: the sequences.
      seq_lengths: vector with a length for each.
      seq_axis: the dimension along which they run.
      batch_axis: the dimension that tells them apart; 0 by default.
      name: the name of the node.
      seq_dim: the old name of `seq_axis`.
      batch_dim: the old name of `batch_axis`.
    """
    seq_dim = one_of_two(seq_axis, seq_dim, "seq_axis", "seq_dim")
    batch_dim = one_of_two(batch_axis, batch_dim, "batch_axis", "batch_dim")
    return reverse_sequence_op(
        input, seq_lengths, seq_dim=seq_dim, batch_dim=batch_dim or 0, name=name
    )


roll_op = define(
    "Roll",
    inputs=("input: T", "shift: Tshift", "axis: Taxis"),
    outputs=("output: T",),
    attrs=("T: type", "Tshift: {int32, int64}", "Taxis: {int32, int64}"),
)


@roll_op.shape
def roll_shape(ctx: ShapeContext) -> list[Dims]:
    dims, shift, axis = (t.dims for t in ctx.op.input_tensors)
    if dims is not None and not dims:
        raise ValueError("Shape must be at least rank 1 but is rank 0")
    for given in (shift, axis):
        if given is not None and len(given) > 1:
            raise ValueError(f"Shape must be at most rank 1 but is rank {len(given)}")
    merge_dims(shift, axis)
    return [dims]


@roll_op.gradient
def roll_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    _, shift, axis = op.input_tensors
    return [roll(grad, OP_DEFS["Neg"].builder(shift, name="Neg"), axis), None, None]


def roll(input: Any, shift: Any, axis: Any, name: str | None = None) -> Tensor:
    """Shift elements along dimensions; what leaves at one end enters at the other."""
    return roll_op(input, shift, axis, name=name)


def matrix_transpose(a: Any, name: str = "matrix_transpose", conjugate: bool = False) -> Tensor:
    """Return `a` with its last two dimensions swapped.

    Raises:
      ValueError: the rank is less than 2.
    """
    with OpScope(name, "matrix_transpose", (a,)):
        a = convert_to_tensor(a, name="a")
        dims = a.dims
        if dims is not None:
            count = len(dims)
            if count < 2:
                raise ValueError(
                    f"Argument 'a' should be a (batch) matrix, with rank >= 2.  Found: {a.shape}"
                )
            order: Any = [*range(count - 2), count - 1, count - 2]
        else:
            count_tensor = OP_DEFS["Rank"].builder(a, name="Rank")
            build = {op: OP_DEFS[op].builder for op in ("Sub", "Range", "ConcatV2", "Pack")}
            second = build["Sub"](count_tensor, 2, name="sub")
            last = build["Sub"](count_tensor, 1, name="sub")
            leading = build["Range"](0, second, 1, name="Range")
            order = build["ConcatV2"](
                [leading, build["Pack"]([last, second], name="packed")], 0, name="concat"
            )
        return transpose(a, order, conjugate=conjugate)
