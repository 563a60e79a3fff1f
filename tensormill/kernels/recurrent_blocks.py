"""Kernels of whole steps of recurrent networks.

Source: TensorFlow 1.15, core/kernels/rnn/lstm_ops.h and gru_ops.h: the gates stand in the order
input, candidate, forget, output; in the second version of an LSTM over all steps, candidate and
forget have changed places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Tensor = torch.Tensor
_TYPES = {"T": ("float16", "float32")}


def _check_cell(x: Tensor, cs_prev: Tensor, h_prev: Tensor, w: Tensor, b: Tensor) -> None:
    """Refuse inputs of one LSTM step whose shapes do not fit."""
    units = cs_prev.shape[1]
    for name, value, rows in (("cs_prev", cs_prev, x.shape[0]), ("h_prev", h_prev, x.shape[0])):
        if value.shape[0] != rows:
            raise errors.invalid_argument(
                f"{name}.dims(0) != batch_size: {value.shape[0]} vs. {rows}"
            )
    if h_prev.shape[1] != units:
        raise errors.invalid_argument(f"h_prev.dims(1) != cell_size: {h_prev.shape[1]} vs. {units}")
    if w.shape[0] != x.shape[1] + units:
        raise errors.invalid_argument(
            f"w.dim_size(0) != input_size + cell_size: {w.shape[0]} vs. {x.shape[1] + units}"
        )
    if w.shape[1] != 4 * units:
        raise errors.invalid_argument(
            f"w.dim_size(1) != cell_size * 4: {w.shape[1]} vs. {4 * units}"
        )
    if b.shape[0] != 4 * units:
        raise errors.invalid_argument(
            f"b.dim_size(0) != cell_size * 4: {b.shape[0]} vs. {4 * units}"
        )


def _lstm_step(
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    peepholes: Sequence[Tensor] | None,
    b: Tensor,
    forget_bias: float,
    cell_clip: float,
) -> tuple[Tensor, ...]:
    gates = torch.addmm(b, torch.cat([x, h_prev], 1), w)
    i, ci, f, o = gates.chunk(4, 1)
    f = f + forget_bias
    if peepholes is not None:
        i = i + cs_prev * peepholes[0]
        f = f + cs_prev * peepholes[1]
    i, ci, f = torch.sigmoid(i), torch.tanh(ci), torch.sigmoid(f)
    cs = ci * i + cs_prev * f
    if cell_clip > 0:
        cs = cs.clamp(-cell_clip, cell_clip)
    if peepholes is not None:
        o = o + cs * peepholes[2]
    o = torch.sigmoid(o)
    co = torch.tanh(cs)
    return i, cs, f, o, ci, co, co * o


def _lstm_step_grad(
    cs_prev: Tensor,
    peepholes: Sequence[Tensor] | None,
    state: Sequence[Tensor],
    cs_grad: Tensor,
    h_grad: Tensor,
) -> tuple[Tensor, Tensor, list[Tensor]]:
    """Return the gradients of the memory before, of the gates, and of the peepholes."""
    i, cs, f, o, ci, co = state
    do = o * (1 - o) * h_grad * co
    dcs = (1 - co * co) * h_grad * o + cs_grad
    if peepholes is not None:
        dcs = dcs + do * peepholes[2]
    dci = (1 - ci * ci) * dcs * i
    df = f * (1 - f) * dcs * cs_prev
    di = i * (1 - i) * dcs * ci
    before = dcs * f
    if peepholes is None:
        zeros = [torch.zeros_like(cs[0])] * 3 if cs.shape[0] else [cs.new_zeros(cs.shape[1])] * 3
        return before, torch.cat([di, dci, df, do], 1), zeros
    before = before + di * peepholes[0] + df * peepholes[1]
    slopes = [(di * cs_prev).sum(0), (df * cs_prev).sum(0), (do * cs).sum(0)]
    return before, torch.cat([di, dci, df, do], 1), slopes


@kernel("LSTMBlockCell", "cpu", "gpu", types=_TYPES)
def lstm_block_cell(
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    b: Tensor,
    *,
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Tensor, ...]:
    _check_cell(x, cs_prev, h_prev, w, b)
    peepholes = (wci, wcf, wco) if use_peephole else None
    return _lstm_step(x, cs_prev, h_prev, w, peepholes, b, forget_bias, cell_clip)


@kernel("LSTMBlockCellGrad", "cpu", "gpu", types=_TYPES)
def lstm_block_cell_grad(*values: Tensor, use_peephole: bool) -> tuple[Tensor, ...]:
    cs_prev = values[1]
    peepholes = values[4:7] if use_peephole else None
    before, gates, slopes = _lstm_step_grad(
        cs_prev, peepholes, values[8:14], values[14], values[15]
    )
    return before, gates, *slopes


@kernel("BlockLSTM", "cpu", "gpu", types=_TYPES, host_inputs=("seq_len_max",))
def block_lstm(
    seq_len_max: Any,
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    b: Tensor,
    *,
    forget_bias: float,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Tensor, ...]:
    _check_cell(x[0], cs_prev, h_prev, w, b)
    peepholes = (wci, wcf, wco) if use_peephole else None
    size = (x.shape[0], x.shape[1], cs_prev.shape[1])
    outputs = tuple(x.new_zeros(size) for _ in range(7))
    for time in range(min(int(seq_len_max), x.shape[0])):
        made = _lstm_step(x[time], cs_prev, h_prev, w, peepholes, b, forget_bias, cell_clip)
        for output, value in zip(outputs, made, strict=True):
            output[time] = value
        cs_prev, h_prev = made[1], made[6]
    return outputs


@kernel("BlockLSTMGrad", "cpu", "gpu", types=_TYPES, host_inputs=("seq_len_max",))
def block_lstm_grad(seq_len_max: Any, *values: Tensor, use_peephole: bool) -> tuple[Tensor, ...]:
    x, cs_first, h_first, w = values[:4]
    peepholes = values[4:7] if use_peephole else None
    states, h = values[8:14], values[14]
    cs_grads, h_grads = values[15], values[16]
    depth = x.shape[2]
    x_grad, w_grad = torch.zeros_like(x), torch.zeros_like(w)
    b_grad = torch.zeros_like(values[7])
    slopes = [torch.zeros_like(peephole) for peephole in values[4:7]]
    cs_back, h_back = torch.zeros_like(cs_first), torch.zeros_like(h_first)
    for time in range(min(int(seq_len_max), x.shape[0]) - 1, -1, -1):
        cs_prev = states[1][time - 1] if time else cs_first
        h_prev = h[time - 1] if time else h_first
        cs_back, gates, slope = _lstm_step_grad(
            cs_prev,
            peepholes,
            [state[time] for state in states],
            cs_grads[time] + cs_back,
            h_grads[time] + h_back,
        )
        joined = gates @ w.t()
        x_grad[time] = joined[:, :depth]
        h_back = joined[:, depth:]
        w_grad.addmm_(torch.cat([x[time], h_prev], 1).t(), gates)
        b_grad += gates.sum(0)
        for total, part in zip(slopes, slope, strict=True):
            total += part
    return x_grad, cs_back, h_back.contiguous(), w_grad, *slopes, b_grad


def _reordered(gates: Tensor) -> Tensor:
    """Return weights of gates with those of the forget gate and the candidate exchanged."""
    i, second, third, o = gates.chunk(4, -1)
    return torch.cat([i, third, second, o], -1)


@kernel("BlockLSTMV2", "cpu", "gpu", types=_TYPES, host_inputs=("seq_len_max",))
def block_lstm_v2(
    seq_len_max: Any,
    x: Tensor,
    cs_prev: Tensor,
    h_prev: Tensor,
    w: Tensor,
    wci: Tensor,
    wcf: Tensor,
    wco: Tensor,
    b: Tensor,
    *,
    cell_clip: float,
    use_peephole: bool,
) -> tuple[Tensor, ...]:
    return block_lstm(
        seq_len_max,
        x,
        cs_prev,
        h_prev,
        _reordered(w),
        wci,
        wcf,
        wco,
        _reordered(b),
        forget_bias=0.0,
        cell_clip=cell_clip,
        use_peephole=use_peephole,
    )


@kernel("BlockLSTMGradV2", "cpu", "gpu", types=_TYPES, host_inputs=("seq_len_max",))
def block_lstm_grad_v2(seq_len_max: Any, *values: Tensor, use_peephole: bool) -> tuple[Tensor, ...]:
    reordered = [*values]
    for place in (3, 7):
        reordered[place] = _reordered(values[place])
    made = [*block_lstm_grad(seq_len_max, *reordered, use_peephole=use_peephole)]
    for place in (3, 7):
        made[place] = _reordered(made[place])
    return tuple(made)


@kernel("GRUBlockCell", "cpu", "gpu")
def gru_block_cell(
    x: Tensor, h_prev: Tensor, w_ru: Tensor, w_c: Tensor, b_ru: Tensor, b_c: Tensor
) -> tuple[Tensor, ...]:
    gates = torch.sigmoid(torch.addmm(b_ru, torch.cat([x, h_prev], 1), w_ru))
    r, u = gates.chunk(2, 1)
    c = torch.tanh(torch.addmm(b_c, torch.cat([x, h_prev * r], 1), w_c))
    return r.contiguous(), u.contiguous(), c, (1 - u) * c + u * h_prev


@kernel("GRUBlockCellGrad", "cpu", "gpu")
def gru_block_cell_grad(*values: Tensor) -> tuple[Tensor, ...]:
    x, h_prev, w_ru, w_c, _, _, r, u, c, d_h = values
    depth = x.shape[1]
    candidate = d_h * (1 - u) * (1 - c * c)
    update = d_h * (h_prev - c) * u * (1 - u)
    joined_candidate = candidate @ w_c.t()
    reset_state = joined_candidate[:, depth:]
    reset = reset_state * h_prev * r * (1 - r)
    gates = torch.cat([reset, update], 1)
    joined_gates = gates @ w_ru.t()
    d_x = joined_candidate[:, :depth] + joined_gates[:, :depth]
    d_h_prev = joined_gates[:, depth:] + reset_state * r + d_h * u
    return d_x, d_h_prev, candidate, gates
