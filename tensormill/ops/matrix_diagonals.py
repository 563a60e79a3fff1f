"""Diagonals and bands of matrices: taken out, set, and made into matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import OP_DEFS, define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import (
    Dims,
    merge_dims,
    with_rank,
    with_rank_at_least,
    with_rank_at_most,
)
from tensormill.graph.tensor import Tensor
from tensormill.ops.windows import merge_sizes

_ALIGN = "align: {'LEFT_RIGHT', 'RIGHT_LEFT', 'LEFT_LEFT', 'RIGHT_RIGHT'} = 'RIGHT_LEFT'"
_DIAG_TYPES = "T: {bfloat16, float16, float32, float64, int32, int64, complex64, complex128}"


def _node(op_type: str, *inputs: Any, **attrs: Any) -> Tensor:
    made: Tensor = OP_DEFS[op_type].builder(*inputs, **attrs)
    return made


diag_op = define("Diag", inputs=("diagonal: T",), outputs=("output: T",), attrs=(_DIAG_TYPES,))
diag_part_op = define(
    "DiagPart", inputs=("input: T",), outputs=("diagonal: T",), attrs=(_DIAG_TYPES,)
)


@diag_op.shape
def diag_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    return [None if dims is None else dims + dims]


@diag_part_op.shape
def diag_part_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape(0)
    if dims is None:
        return [None]
    if len(dims) % 2 or not dims:
        raise ValueError(f"Input must have even and non-zero rank, input rank is {len(dims)}")
    half = len(dims) // 2
    diagonal = []
    for a, b in zip(dims[:half], dims[half:], strict=True):
        if a is not None and b is not None and a != b:
            raise ValueError(f"Dimensions must be equal, but are {a} and {b}")
        diagonal.append(b if a is None else a)
    return [tuple(diagonal)]


@diag_op.gradient
def diag_grad(op: Operation, grad: Tensor) -> Tensor:
    return diag_part_op(grad)


@diag_part_op.gradient
def diag_part_grad(op: Operation, grad: Tensor) -> Tensor:
    return diag_op(grad)


matrix_band_part_op = define(
    "MatrixBandPart",
    inputs=("input: T", "num_lower: Tindex", "num_upper: Tindex"),
    outputs=("band: T",),
    attrs=("T: type", "Tindex: {int32, int64} = DT_INT64"),
)


@matrix_band_part_op.shape
def matrix_band_part_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]  # the kernel asks for matrices


@matrix_band_part_op.gradient
def matrix_band_part_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [matrix_band_part_op(grad, op.inputs[1], op.inputs[2]), None, None]


matrix_diag_op = define(
    "MatrixDiag", inputs=("diagonal: T",), outputs=("output: T",), attrs=("T: type",)
)
_DIAG_INPUTS = (
    "diagonal: T",
    "k: int32",
    "num_rows: int32",
    "num_cols: int32",
    "padding_value: T",
)
matrix_diag_v2_op = define(
    "MatrixDiagV2", inputs=_DIAG_INPUTS, outputs=("output: T",), attrs=("T: type",)
)
matrix_diag_v3_op = define(
    "MatrixDiagV3", inputs=_DIAG_INPUTS, outputs=("output: T",), attrs=("T: type", _ALIGN)
)
matrix_diag_part_op = define(
    "MatrixDiagPart", inputs=("input: T",), outputs=("diagonal: T",), attrs=("T: type",)
)
matrix_diag_part_v2_op = define(
    "MatrixDiagPartV2",
    inputs=("input: T", "k: int32", "padding_value: T"),
    outputs=("diagonal: T",),
    attrs=("T: type",),
)
matrix_diag_part_v3_op = define(
    "MatrixDiagPartV3",
    inputs=("input: T", "k: int32", "padding_value: T"),
    outputs=("diagonal: T",),
    attrs=("T: type", _ALIGN),
)
matrix_set_diag_op = define(
    "MatrixSetDiag",
    inputs=("input: T", "diagonal: T"),
    outputs=("output: T",),
    attrs=("T: type",),
)
matrix_set_diag_v2_op = define(
    "MatrixSetDiagV2",
    inputs=("input: T", "diagonal: T", "k: int32"),
    outputs=("output: T",),
    attrs=("T: type",),
)
matrix_set_diag_v3_op = define(
    "MatrixSetDiagV3",
    inputs=("input: T", "diagonal: T", "k: int32"),
    outputs=("output: T",),
    attrs=("T: type", _ALIGN),
)


def _band(k: Any) -> tuple[int, int]:
    """Return the lowest and the highest diagonal that a value of `k` names."""
    ends = np.asarray(k).ravel().tolist()
    if not 1 <= len(ends) <= 2:
        raise ValueError(f"diag_index must be a scalar or vector with one or two elements: {ends}")
    if ends[0] > ends[-1]:
        raise ValueError("lower_diag_index is greater than upper_diag_index")
    return ends[0], ends[-1]


def _check_band(low: int, high: int, rows: int | None, columns: int | None) -> None:
    """Refuse diagonals that lie outside of a matrix, where its sizes are known."""
    if rows is None or columns is None:
        return
    for name, k in (("lower", low), ("upper", high)):
        if k and not -rows < k < columns:
            raise ValueError(f"{name}_diag_index is out of bound.")


@matrix_diag_op.shape
def matrix_diag_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 1)
    return [None if dims is None else (*dims, dims[-1])]


@matrix_diag_v2_op.shape
@matrix_diag_v3_op.shape
def matrix_diag_band_shape(ctx: ShapeContext) -> list[Dims]:
    dims, k = with_rank_at_least(ctx.shape(0), 1), ctx.value(1)
    if dims is None:
        return [None]
    if k is None:
        return [None]
    low, high = _band(k)
    if low < high:
        count = with_rank_at_least(dims, 2)[-2]  # type: ignore[index]
        if count is not None and count != high - low + 1:
            raise ValueError(
                "The number of rows of `diagonal` doesn't match the number of diagonals implied "
                f"from `d_lower` and `d_upper`.\nnum_diags = {count}, d_lower = {low}, "
                f"d_upper = {high}"
            )
    lead = dims[:-1] if low == high else dims[:-2]
    length = dims[-1]
    sizes = [None if v is None else int(v) for v in (ctx.value(2), ctx.value(3))]
    if length is None or None in sizes:
        return [(*lead, *(None if s in (None, -1) else s for s in sizes))]
    least = length - min(high, 0), length + max(low, 0)
    if sizes == [-1, -1]:
        return [(*lead, max(least), max(least))]
    rows, columns = (b if a == -1 else a for a, b in zip(sizes, least, strict=True))
    assert rows is not None
    assert columns is not None
    if rows < least[0]:
        raise ValueError("num_rows is too small")
    if columns < least[1]:
        raise ValueError("num_cols is too small.")
    if rows != least[0] and columns != least[1]:
        raise ValueError(
            "num_rows and num_cols are not consistent with lower_diag_index, upper_diag_index, "
            f"and the length of the given diagonals.\nnum_rows = {rows} != min_num_rows = "
            f"{least[0]}, num_cols = {columns} != min_num_cols = {least[1]}"
        )
    return [(*lead, rows, columns)]


@matrix_diag_part_op.shape
def matrix_diag_part_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    if dims is None:
        return [None]
    rows, columns = dims[-2:]
    length = None if rows is None or columns is None else min(rows, columns)
    return [(*dims[:-2], length)]


@matrix_diag_part_v2_op.shape
@matrix_diag_part_v3_op.shape
def matrix_diag_part_band_shape(ctx: ShapeContext) -> list[Dims]:
    dims, k = with_rank_at_least(ctx.shape(0), 2), ctx.value(1)
    if dims is None or k is None:
        return [None]
    low, high = _band(k)
    rows, columns = dims[-2:]
    _check_band(low, high, rows, columns)
    length = None
    if rows is not None and columns is not None:
        length = min(rows + min(high, 0), columns - max(low, 0))
    if low == high:
        return [(*dims[:-2], length)]
    return [(*dims[:-2], high - low + 1, length)]


@matrix_set_diag_op.shape
def matrix_set_diag_shape(ctx: ShapeContext) -> list[Dims]:
    dims = with_rank_at_least(ctx.shape(0), 2)
    diagonal = with_rank_at_least(ctx.shape(1), 1)
    if dims is None:
        return [None if diagonal is None else (*diagonal[:-1], None, None)]
    if diagonal is None:
        return [dims]
    with_rank(diagonal, len(dims) - 1)
    rows, columns = dims[-2:]
    if rows is not None and columns is not None:
        merge_sizes(min(rows, columns), diagonal[-1])
    lead = merge_dims(dims[:-2], diagonal[:-1])
    assert lead is not None
    return [(*lead, rows, columns)]


@matrix_set_diag_v2_op.shape
@matrix_set_diag_v3_op.shape
def matrix_set_diag_band_shape(ctx: ShapeContext) -> list[Dims]:
    dims, k = with_rank_at_least(ctx.shape(0), 2), ctx.value(2)
    diagonal = with_rank_at_least(ctx.shape(1), 1)
    if dims is None:
        return [None]
    with_rank_at_most(diagonal, len(dims))
    if k is None:
        return [dims]
    low, high = _band(k)
    _check_band(low, high, *dims[-2:])
    if diagonal is None:
        return [dims]
    lead = with_rank(diagonal, len(dims) - 1 if low == high else len(dims))[: len(dims) - 2]
    if low < high:
        merge_sizes(diagonal[-2], high - low + 1)
    lead_dims = merge_dims(dims[:-2], lead)
    assert lead_dims is not None
    return [(*lead_dims, *dims[-2:])]


@matrix_diag_op.gradient
def matrix_diag_grad(op: Operation, grad: Tensor) -> Tensor:
    return matrix_diag_part_op(grad)


def _zero(like: Tensor) -> Tensor:
    return constant(0, like.dtype.base_dtype)


@matrix_diag_v2_op.gradient
def matrix_diag_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [matrix_diag_part_v2_op(grad, op.inputs[1], _zero(grad)), None, None, None, None]


@matrix_diag_v3_op.gradient
def matrix_diag_v3_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    part = matrix_diag_part_v3_op(grad, op.inputs[1], _zero(grad), align=op.attrs["align"])
    return [part, None, None, None, None]


@matrix_diag_part_op.gradient
def matrix_diag_part_grad(op: Operation, grad: Tensor) -> Tensor:
    return matrix_set_diag_op(_node("ZerosLike", op.inputs[0]), grad)


@matrix_diag_part_v2_op.gradient
def matrix_diag_part_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    zeros = _node("ZerosLike", op.inputs[0])
    return [matrix_set_diag_v2_op(zeros, grad, op.inputs[1]), None, None]


@matrix_diag_part_v3_op.gradient
def matrix_diag_part_v3_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    zeros = _node("ZerosLike", op.inputs[0])
    align = op.attrs["align"]
    return [matrix_set_diag_v3_op(zeros, grad, op.inputs[1], align=align), None, None]


@matrix_set_diag_op.gradient
def matrix_set_diag_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    zeros = _node("ZerosLike", op.inputs[1])
    return [matrix_set_diag_op(grad, zeros), matrix_diag_part_op(grad)]


@matrix_set_diag_v2_op.gradient
def matrix_set_diag_v2_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    zeros, k = _node("ZerosLike", op.inputs[1]), op.inputs[2]
    return [
        matrix_set_diag_v2_op(grad, zeros, k),
        matrix_diag_part_v2_op(grad, k, _zero(grad)),
        None,
    ]


@matrix_set_diag_v3_op.gradient
def matrix_set_diag_v3_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    zeros, k, align = _node("ZerosLike", op.inputs[1]), op.inputs[2], op.attrs["align"]
    return [
        matrix_set_diag_v3_op(grad, zeros, k, align=align),
        matrix_diag_part_v3_op(grad, k, _zero(grad), align=align),
        None,
    ]


def diag(diagonal: Any, name: str | None = None) -> Tensor:
    """Return a tensor of twice the rank with `diagonal` on its diagonal, else zeros.

    Args:
      diagonal: rank 1 or more.
      name: the name of the node.
    """
    return diag_op(diagonal, name=name)


def diag_part(input: Any, name: str | None = None) -> Tensor:
    """Return the diagonal of a tensor whose shape is some shape twice.

    Args:
      input: of even rank.
      name: the name of the node.
    """
    return diag_part_op(input, name=name)


def matrix_band_part(input: Any, num_lower: Any, num_upper: Any, name: str | None = None) -> Tensor:
    """Return matrices with zeros outside a band around the diagonal.

    Args:
      input: shape [..., rows, columns].
      num_lower: how many subdiagonals to keep; all where negative.
      num_upper: how many superdiagonals to keep; all where negative.
      name: the name of the node.
    """
    made: Tensor = matrix_band_part_op(input, num_lower, num_upper, name=name)
    return made


def matrix_diag(
    diagonal: Any,
    name: str = "diag",
    k: Any = 0,
    num_rows: Any = -1,
    num_cols: Any = -1,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Return matrices with the given diagonals.

    Args:
      diagonal: shape [..., length], or [..., diagonals, length] for a band.
      name: the name of the node.
      k: the diagonal; or the lowest and the highest of a band.
      num_rows: by default as few as there must be.
      num_cols: by default as few as there must be.
      padding_value: what stands elsewhere.
      align: where shorter superdiagonals and subdiagonals stand in their rows.
    """
    with OpScope(name, "diag", (diagonal,)) as scope:
        diagonal = convert_to_tensor(diagonal, name="diagonal")
        padding = _as_padding(padding_value, diagonal)
        made: Tensor = matrix_diag_v3_op(
            diagonal, k, num_rows, num_cols, padding, align=align, name=scope
        )
        return made


def _as_padding(value: Any, like: Tensor) -> Any:
    """Return a padding value in the dtype of a tensor."""
    if isinstance(value, Tensor):
        return value
    dtype = like.dtype.base_dtype
    return constant(bool(value) if dtype.is_bool else value, dtype, name="padding_value")


def matrix_diag_part(
    input: Any,
    name: str = "diag_part",
    k: Any = 0,
    padding_value: Any = 0,
    align: str = "RIGHT_LEFT",
) -> Tensor:
    """Return diagonals of matrices.

    Args:
      input: shape [..., rows, columns].
      name: the name of the node.
      k: the diagonal; or the lowest and the highest of a band.
      padding_value: fills the rows of shorter diagonals.
      align: where shorter superdiagonals and subdiagonals stand in their rows.
    """
    with OpScope(name, "diag_part", (input,)) as scope:
        input = convert_to_tensor(input, name="input")
        k = convert_to_tensor(k, "int32", name="k")
        padding = _as_padding(padding_value, input)
        made: Tensor = matrix_diag_part_v3_op(input, k, padding, align=align, name=scope)
        return made


def matrix_set_diag(
    input: Any, diagonal: Any, name: str = "set_diag", k: Any = 0, align: str = "RIGHT_LEFT"
) -> Tensor:
    """Return matrices with other diagonals.

    Args:
      input: shape [..., rows, columns].
      diagonal: as `matrix_diag_part` of the result would return it.
      name: the name of the node.
      k: the diagonal; or the lowest and the highest of a band.
      align: where shorter superdiagonals and subdiagonals stand in their rows.
    """
    made: Tensor = matrix_set_diag_v3_op(input, diagonal, k, align=align, name=name)
    return made
