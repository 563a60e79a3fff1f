"""Recurrent networks whose parameters are one vector, as cuDNN has them.

Source: TensorFlow 1.15, core/ops/cudnn_rnn_ops.cc, python/ops/cudnn_rnn_grad.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

_T = "T: {bfloat16, float16, float32, float64}"
_KIND = (
    "rnn_mode: {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'} = 'lstm'",
    "input_mode: {'linear_input', 'skip_input', 'auto_select'} = 'linear_input'",
    "direction: {'unidirectional', 'bidirectional'} = 'unidirectional'",
    "dropout: float = 0.0",
    "seed: int = 0",
    "seed2: int = 0",
)
_PROJECTED = "num_proj: int = 0"
_TRAINING = "is_training: bool = true"
_TIME_MAJOR = "time_major: bool = true"
_SIZES = ("num_layers: int32", "num_units: int32", "input_size: int32")
_GIVEN = ("input: T", "input_h: T", "input_c: T", "params: T")
_MADE = ("output: T", "output_h: T", "output_c: T", "reserve_space: T")
_LENGTHS = "sequence_lengths: int32"
_HOST = "host_reserved: int8"
_BACKPROPS = ("output_backprop: T", "output_h_backprop: T", "output_c_backprop: T")
_GRADIENTS = (
    "input_backprop: T",
    "input_h_backprop: T",
    "input_c_backprop: T",
    "params_backprop: T",
)

cudnn_rnn_op = define(
    "CudnnRNN", inputs=_GIVEN, outputs=_MADE, attrs=(_T, *_KIND, _TRAINING), stateful=True
)
cudnn_rnn_v2_op = define(
    "CudnnRNNV2",
    inputs=_GIVEN,
    outputs=(*_MADE, _HOST),
    attrs=(_T, *_KIND, _TRAINING),
    stateful=True,
)
cudnn_rnn_v3_op = define(
    "CudnnRNNV3",
    inputs=(*_GIVEN, _LENGTHS),
    outputs=(*_MADE, _HOST),
    attrs=(_T, *_KIND, _PROJECTED, _TRAINING, _TIME_MAJOR),
    stateful=True,
)
cudnn_rnn_backprop_op = define(
    "CudnnRNNBackprop",
    inputs=(*_GIVEN, *_MADE[:3], *_BACKPROPS, _MADE[3]),
    outputs=_GRADIENTS,
    attrs=(_T, *_KIND),
    stateful=True,
    differentiable=False,
)
cudnn_rnn_backprop_v2_op = define(
    "CudnnRNNBackpropV2",
    inputs=(*_GIVEN, *_MADE[:3], *_BACKPROPS, _MADE[3], _HOST),
    outputs=_GRADIENTS,
    attrs=(_T, *_KIND),
    stateful=True,
    differentiable=False,
)
cudnn_rnn_backprop_v3_op = define(
    "CudnnRNNBackpropV3",
    inputs=(*_GIVEN, _LENGTHS, *_MADE[:3], *_BACKPROPS, _MADE[3], _HOST),
    outputs=_GRADIENTS,
    attrs=(_T, *_KIND, _PROJECTED, _TIME_MAJOR),
    stateful=True,
    differentiable=False,
)
cudnn_rnn_params_size_op = define(
    "CudnnRNNParamsSize",
    inputs=_SIZES,
    outputs=("params_size: S",),
    attrs=(_T, "S: {int32, int64}", *_KIND, _PROJECTED),
    differentiable=False,
)
cudnn_rnn_params_to_canonical_op = define(
    "CudnnRNNParamsToCanonical",
    inputs=(*_SIZES, "params: T"),
    outputs=("weights: num_params * T", "biases: num_params * T"),
    attrs=(_T, "num_params: int >= 1", *_KIND),
    differentiable=False,
)
cudnn_rnn_params_to_canonical_v2_op = define(
    "CudnnRNNParamsToCanonicalV2",
    inputs=(*_SIZES, "params: T"),
    outputs=("weights: num_params_weights * T", "biases: num_params_biases * T"),
    attrs=(
        _T,
        "num_params_weights: int >= 1",
        "num_params_biases: int >= 1",
        *_KIND,
        _PROJECTED,
    ),
    differentiable=False,
)
cudnn_rnn_canonical_to_params_op = define(
    "CudnnRNNCanonicalToParams",
    inputs=(*_SIZES, "weights: num_params * T", "biases: num_params * T"),
    outputs=("params: T",),
    attrs=(_T, "num_params: int >= 1", *_KIND),
    differentiable=False,
)
cudnn_rnn_canonical_to_params_v2_op = define(
    "CudnnRNNCanonicalToParamsV2",
    inputs=(*_SIZES, "weights: num_params_weights * T", "biases: num_params_biases * T"),
    outputs=("params: T",),
    attrs=(
        _T,
        "num_params_weights: int >= 1",
        "num_params_biases: int >= 1",
        *_KIND,
        _PROJECTED,
    ),
    differentiable=False,
)


@cudnn_rnn_op.shape
@cudnn_rnn_v2_op.shape
@cudnn_rnn_v3_op.shape
def cudnn_rnn_shape(ctx: ShapeContext) -> list[Dims]:
    inputs, states = with_rank(ctx.shape("input"), 3), with_rank(ctx.shape("input_h"), 3)
    is_lstm = ctx.attrs["rnn_mode"] == b"lstm"
    memories = with_rank(ctx.shape("input_c"), 3) if is_lstm else ()
    with_rank(ctx.shape("params"), 1)
    directions = 2 if ctx.attrs["direction"] == b"bidirectional" else 1
    units = ctx.attrs.get("num_proj") or states[2]
    width = None if units is None else units * directions
    made: list[Dims] = [(*inputs[:2], width), states, memories, None]
    return made if len(ctx.op.outputs) == 4 else [*made, None]


@cudnn_rnn_backprop_op.shape
@cudnn_rnn_backprop_v2_op.shape
@cudnn_rnn_backprop_v3_op.shape
def cudnn_rnn_backprop_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("input"), ctx.shape("input_h"), ctx.shape("input_c"), ctx.shape("params")]


@cudnn_rnn_params_size_op.shape
def params_size_shape(ctx: ShapeContext) -> list[Dims]:
    for dims in ctx.shapes():
        with_rank(dims, 0)
    return [(1,)]


@cudnn_rnn_params_to_canonical_op.shape
@cudnn_rnn_params_to_canonical_v2_op.shape
def params_to_canonical_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("params"), 1)
    attrs = ctx.attrs
    both = attrs.get("num_params", 0)
    matrices, vectors = attrs.get("num_params_weights", both), attrs.get("num_params_biases", both)
    return [*[(None, None)] * matrices, *[(None,)] * vectors]


@cudnn_rnn_canonical_to_params_op.shape
@cudnn_rnn_canonical_to_params_v2_op.shape
def canonical_to_params_shape(ctx: ShapeContext) -> list[Dims]:
    return [(None,)]


def _check_training(op: Operation) -> None:
    if not op.attrs["is_training"]:
        raise ValueError(f"To use {op.type} in gradients, is_training must be set to True.")


def _attrs(op: Operation, *more: str) -> dict[str, Any]:
    names = ("rnn_mode", "input_mode", "direction", "dropout", "seed", "seed2", *more)
    return {name: op.attrs[name] for name in names}


@cudnn_rnn_op.gradient
def cudnn_rnn_grad(op: Operation, *grads: Tensor) -> list[Tensor]:
    _check_training(op)
    *outputs, reserved = op.outputs
    made: list[Tensor] = cudnn_rnn_backprop_op(
        *op.inputs, *outputs, *grads[:3], reserved, **_attrs(op)
    )
    return made


@cudnn_rnn_v2_op.gradient
def cudnn_rnn_v2_grad(op: Operation, *grads: Tensor) -> list[Tensor]:
    _check_training(op)
    *outputs, reserved, host = op.outputs
    made: list[Tensor] = cudnn_rnn_backprop_v2_op(
        *op.inputs, *outputs, *grads[:3], reserved, host, **_attrs(op)
    )
    return made


@cudnn_rnn_v3_op.gradient
def cudnn_rnn_v3_grad(op: Operation, *grads: Tensor) -> list[Tensor | None]:
    _check_training(op)
    *outputs, reserved, host = op.outputs
    made: list[Tensor] = cudnn_rnn_backprop_v3_op(
        *op.inputs,
        *outputs,
        *grads[:3],
        reserved,
        host,
        **_attrs(op, "num_proj", "time_major"),
    )
    return [*made, None]
