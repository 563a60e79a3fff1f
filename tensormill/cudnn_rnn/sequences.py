"""Running a network of given parameters over sequences.

Source: TensorFlow 1.15, contrib/cudnn_rnn/python/ops/cudnn_rnn_ops.py.
"""

from __future__ import annotations

import os
from typing import Any

from tensormill.graph.constants import constant
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape
from tensormill.ops.cudnn_rnn import cudnn_rnn_op, cudnn_rnn_v2_op, cudnn_rnn_v3_op
from tensormill.ops.filling import fill
from tensormill.ops.random_seeds import get_seed

__all__ = ["run_network"]


def run_network(
    mode: str,
    inputs: Tensor,
    state_h: Tensor,
    state_c: Tensor | None,
    params: Any,
    is_training: bool,
    *,
    input_mode: str = "linear_input",
    direction: str = "unidirectional",
    dropout: float = 0.0,
    seed: int | None = None,
    sequence_lengths: Any = None,
    time_major: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the outputs, the last outputs and the last memories.

    Args:
      mode: "lstm", "gru", "rnn_tanh" or "rnn_relu".
      inputs: [time, batch, input_size], or [batch, time, input_size] without `time_major`.
      state_h: [layers * directions, batch, units]: the outputs to begin with; the batch comes
        first without `time_major`.
      state_c: the memories of an LSTM, likewise; None for other networks.
      params: the parameters in one vector.
      is_training: whether dropout is on, and gradients may be taken.
      input_mode: how the first layer takes its inputs.
      direction: "unidirectional" or "bidirectional".
      dropout: the part of the values between layers that is dropped.
      seed: of dropout.
      sequence_lengths: int32 [batch]: behind them outputs are zero.
      time_major: whether time comes first.
    """
    seed1, seed2 = get_seed(seed)
    memory = constant([], dtype=state_h.dtype) if state_c is None else state_c
    attrs: dict[str, Any] = {
        "is_training": is_training,
        "rnn_mode": mode,
        "input_mode": input_mode,
        "direction": direction,
        "dropout": dropout,
        "seed": seed1 or 0,
        "seed2": seed2 or 0,
    }
    given = (inputs, state_h, memory, params)
    if sequence_lengths is None and not time_major:
        sequence_lengths = fill([shape(inputs)[0]], shape(inputs)[1])
    if sequence_lengths is not None:
        made = cudnn_rnn_v3_op(*given, sequence_lengths, time_major=time_major, **attrs)
    elif os.environ.get("TF_CUDNN_RNN_USE_V2", "0") == "1":
        made = cudnn_rnn_v2_op(*given, **attrs)
    else:
        made = cudnn_rnn_op(*given, **attrs)
    return made[0], made[1], made[2]
