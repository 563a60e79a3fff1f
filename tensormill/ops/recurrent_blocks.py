"""Whole steps of recurrent networks as one op: LSTM and GRU cells, and an LSTM over all steps."""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.joining import concat
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add_grad_op
from tensormill.ops.slicing import slice as slice_of
from tensormill.ops.windows import merge_sizes

_STATE = ("i: T", "cs: T", "f: T", "o: T", "ci: T", "co: T")
_LSTM_INPUTS = (
    "x: T", "cs_prev: T", "h_prev: T", "w: T", "wci: T", "wcf: T", "wco: T", "b: T",
)  # fmt: skip
_LSTM_ATTRS = (
    "forget_bias: float = 1.0",
    "cell_clip: float = 3.0",
    "use_peephole: bool = false",
    "T: {float16, float32}",
)
_LSTM_GRAD_ATTRS = ("use_peephole: bool", "T: {float16, float32}")

lstm_block_cell_op = define(
    "LSTMBlockCell", inputs=_LSTM_INPUTS, outputs=(*_STATE, "h: T"), attrs=_LSTM_ATTRS
)
lstm_block_cell_grad_op = define(
    "LSTMBlockCellGrad",
    inputs=(*_LSTM_INPUTS, *_STATE, "cs_grad: T", "h_grad: T"),
    outputs=("cs_prev_grad: T", "dicfo: T", "wci_grad: T", "wcf_grad: T", "wco_grad: T"),
    attrs=_LSTM_GRAD_ATTRS,
    differentiable=False,
)
block_lstm_op = define(
    "BlockLSTM",
    inputs=("seq_len_max: int64", *_LSTM_INPUTS),
    outputs=(*_STATE, "h: T"),
    attrs=_LSTM_ATTRS,
)
block_lstm_v2_op = define(
    "BlockLSTMV2",
    inputs=("seq_len_max: int64", *_LSTM_INPUTS),
    outputs=(*_STATE, "h: T"),
    attrs=("cell_clip: float = 0.0", "use_peephole: bool = false", "T: {float16, float32}"),
)
block_lstm_grad_op, block_lstm_grad_v2_op = (
    define(
        op_type,
        inputs=("seq_len_max: int64", *_LSTM_INPUTS, *_STATE, "h: T", "cs_grad: T", "h_grad: T"),
        outputs=(
            "x_grad: T",
            "cs_prev_grad: T",
            "h_prev_grad: T",
            "w_grad: T",
            "wci_grad: T",
            "wcf_grad: T",
            "wco_grad: T",
            "b_grad: T",
        ),
        attrs=_LSTM_GRAD_ATTRS,
        differentiable=False,
        module=__name__,
    )
    for op_type in ("BlockLSTMGrad", "BlockLSTMGradV2")
)
gru_block_cell_op = define(
    "GRUBlockCell",
    inputs=("x: T", "h_prev: T", "w_ru: T", "w_c: T", "b_ru: T", "b_c: T"),
    outputs=("r: T", "u: T", "c: T", "h: T"),
    attrs=("T: {float32}",),
)
gru_block_cell_grad_op = define(
    "GRUBlockCellGrad",
    inputs=(
        "x: T", "h_prev: T", "w_ru: T", "w_c: T", "b_ru: T", "b_c: T",
        "r: T", "u: T", "c: T", "d_h: T",
    ),
    outputs=("d_x: T", "d_h_prev: T", "d_c_bar: T", "d_r_bar_u_bar: T"),
    attrs=("T: {float32}",),
    differentiable=False,
)  # fmt: skip


@lstm_block_cell_op.shape
def lstm_block_cell_shape(ctx: ShapeContext) -> list[Dims]:
    x, state = with_rank(ctx.shape("x"), 2), with_rank(ctx.shape("cs_prev"), 2)
    return [(x[0], state[1])] * 7


@lstm_block_cell_grad_op.shape
def lstm_block_cell_grad_shape(ctx: ShapeContext) -> list[Dims]:
    x, state = with_rank(ctx.shape("x"), 2), with_rank(ctx.shape("cs_prev"), 2)
    gates = None if state[1] is None else 4 * state[1]
    return [(x[0], state[1]), (x[0], gates), *((state[1],) for _ in range(3))]


@block_lstm_op.shape
@block_lstm_v2_op.shape
def block_lstm_shape(ctx: ShapeContext) -> list[Dims]:
    x, bias = with_rank(ctx.shape("x"), 3), with_rank(ctx.shape("b"), 1)
    units = None if bias[0] is None else bias[0] // 4
    return [(x[0], x[1], units)] * 7


@block_lstm_grad_op.shape
@block_lstm_grad_v2_op.shape
def block_lstm_grad_shape(ctx: ShapeContext) -> list[Dims]:
    ranks = {"x": 3, "cs_prev": 2, "h_prev": 2, "w": 2, "wci": 1, "wcf": 1, "wco": 1, "b": 1}
    return [with_rank(ctx.shape(name), rank) for name, rank in ranks.items()]


@gru_block_cell_op.shape
def gru_block_cell_shape(ctx: ShapeContext) -> list[Dims]:
    x, state = with_rank(ctx.shape("x"), 2), with_rank(ctx.shape("h_prev"), 2)
    return [(x[0], state[1])] * 4


@gru_block_cell_grad_op.shape
def gru_block_cell_grad_shape(ctx: ShapeContext) -> list[Dims]:
    x, state = with_rank(ctx.shape("x"), 2), with_rank(ctx.shape("h_prev"), 2)
    gates = with_rank(ctx.shape("w_ru"), 2)[1]
    merge_sizes(gates, None if state[1] is None else 2 * state[1])
    one: Dims = (x[0], state[1])
    return [x, one, one, (x[0], gates)]


@lstm_block_cell_op.gradient
def lstm_block_cell_gradient(op: Operation, *grads: Any) -> list[Tensor]:
    """Return the gradients; those of the gates themselves are not followed, as in TensorFlow."""
    x, h_prev, w = op.inputs[0], op.inputs[2], op.inputs[3]
    rows, depth = _sizes(x)
    units = op.inputs[1].dims[1] if op.inputs[1].dims is not None else None
    if units is None:
        raise ValueError("cell_size from `cs_prev` must not be None.")
    cs_prev_grad, gates, wci_grad, wcf_grad, wco_grad = lstm_block_cell_grad_op(
        *op.inputs,
        *op.outputs[:6],
        _or_zeros(grads[1], op.outputs[1]),
        _or_zeros(grads[6], op.outputs[6]),
        use_peephole=op.attrs["use_peephole"],
    )
    joined_grad = matmul(gates, w, transpose_b=True)
    x_grad = slice_of(joined_grad, (0, 0), (rows, depth))
    h_prev_grad = slice_of(joined_grad, (0, depth), (rows, units))
    w_grad = matmul(concat([x, h_prev], 1), gates, transpose_a=True)
    bias_grad = bias_add_grad_op(gates)
    return [x_grad, cs_prev_grad, h_prev_grad, w_grad, wci_grad, wcf_grad, wco_grad, bias_grad]


def _sizes(x: Tensor) -> tuple[int, int]:
    """Return the number of rows (-1 where it is not known) and of columns.

    Raises:
      ValueError: the number of columns is not known.
    """
    rows, depth = with_rank(x.dims, 2)
    if depth is None:
        raise ValueError("input_size from `x` must not be None.")
    return (-1 if rows is None else rows), depth


def _or_zeros(grad: Tensor | None, output: Tensor) -> Tensor:
    return output * 0 if grad is None else grad


@block_lstm_op.gradient
@block_lstm_v2_op.gradient
def block_lstm_gradient(op: Operation, *grads: Any) -> list[Tensor | None]:
    build = block_lstm_grad_op if op.type == "BlockLSTM" else block_lstm_grad_v2_op
    made = build(
        *op.inputs,
        *op.outputs,
        _or_zeros(grads[1], op.outputs[1]),
        _or_zeros(grads[6], op.outputs[6]),
        use_peephole=op.attrs["use_peephole"],
    )
    return [None, *made]


@gru_block_cell_op.gradient
def gru_block_cell_gradient(op: Operation, *grads: Any) -> list[Tensor]:
    """Return the gradients by that of the state; those of the gates are not followed."""
    x, h_prev = op.inputs[0], op.inputs[1]
    r, u, c, state = op.outputs
    x_grad, h_prev_grad, candidate, gates = gru_block_cell_grad_op(
        *op.inputs, r, u, c, _or_zeros(grads[3], state)
    )
    gate_kernel = matmul(concat([x, h_prev], 1), gates, transpose_a=True)
    gate_bias = bias_add_grad_op(gates)
    candidate_kernel = matmul(concat([x, h_prev * r], 1), candidate, transpose_a=True)
    candidate_bias = bias_add_grad_op(candidate)
    return [x_grad, h_prev_grad, gate_kernel, candidate_kernel, gate_bias, candidate_bias]
