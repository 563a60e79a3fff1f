"""Kernels of quantized numbers and their ranges.

Source: TensorFlow 1.15, core/kernels/quantize_op.cc, dequantize_op.cc, quantization_utils.h,
requantize.cc, quantize_down_and_shrink_range.cc, quantized_activation_ops.cc,
quantized_concat_op.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import kernel
from tensormill.kernels.torch_dtypes import torch_dtype

_RANGE = ("min_range", "max_range")
_INPUT_RANGE = ("input_min", "input_max")
_OUTPUT_RANGE = ("output_min", "output_max")
_FEATURE_RANGE = ("min_features", "max_features")
_ACTIVATION_RANGE = ("min_activations", "max_activations")

_LIMITS = {
    torch.int8: (-(2**7), 2**7 - 1),
    torch.uint8: (0, 2**8 - 1),
    torch.int16: (-(2**15), 2**15 - 1),
    torch.uint16: (0, 2**16 - 1),
    torch.int32: (-(2**31), 2**31 - 1),
}


def limits(kind: torch.dtype) -> tuple[int, int]:
    """Return the least and the greatest number of a quantized dtype."""
    return _LIMITS[kind]


def away_from_zero(value: torch.Tensor) -> torch.Tensor:
    """Return values rounded, halves away from 0."""
    return torch.sign(value) * torch.floor(torch.abs(value) + 0.5)


def _scale(low: float, high: float, kind: torch.dtype) -> float:
    """Return how many steps of the dtype lie in 1."""
    first, last = limits(kind)
    steps = float(last - first + 1)
    return steps / ((high - low) * (steps / (steps - 1.0)))


def unclamped(value: Any, low: float, high: float, kind: torch.dtype) -> torch.Tensor:
    """Return the whole numbers that stand for floats, even outside of the dtype."""
    value = torch.as_tensor(value, dtype=torch.float64)
    if low == high:
        return torch.zeros_like(value)
    scale = _scale(low, high, kind)
    offset = away_from_zero(torch.tensor(low * scale, dtype=torch.float64))
    return away_from_zero(value * scale) - offset + limits(kind)[0]


def to_quantized(value: Any, low: float, high: float, kind: torch.dtype) -> torch.Tensor:
    """Return floats as numbers of a quantized dtype."""
    first, last = limits(kind)
    return unclamped(value, low, high, kind).clamp(first, last).to(kind)


def to_floats(value: torch.Tensor, low: float, high: float) -> torch.Tensor:
    """Return the floats that numbers stand for."""
    if low == high:
        return torch.full(value.shape, low, dtype=torch.float64)
    kind = value.dtype
    step = 1.0 / _scale(low, high, kind)
    # TensorFlow rounds the start in single precision.
    single = np.float32(step)
    whole = away_from_zero(torch.tensor(float(np.float32(low) / single), dtype=torch.float64))
    start = float(np.float32(float(whole)) * single)
    made = start + (value.to(torch.float64) - limits(kind)[0]) * step
    return made.to(torch.float32).to(torch.float64)


def _float(value: Any) -> float:
    if np.ndim(value):
        raise errors.unimplemented("ranges of slices are not supported")
    return float(value)


def _scaled_limits(kind: torch.dtype, narrow: bool) -> tuple[int, int]:
    first, last = limits(kind)
    return first + int(narrow), last


@kernel("QuantizeV2", "cpu", host_inputs=_RANGE, host_outputs=_OUTPUT_RANGE)
def quantize_v2(
    input: torch.Tensor,
    min_range: Any,
    max_range: Any,
    *,
    T: DType,
    mode: bytes,
    round_mode: bytes,
    narrow_range: bool,
    ensure_minimum_range: float,
) -> tuple[Any, Any, Any]:
    given_low, given_high = _float(min_range), _float(max_range)
    if given_low > given_high:
        raise errors.invalid_argument("input_max_range must be larger than input_min_range.")
    kind = torch_dtype(T)
    low = min(0.0, given_low)
    least = max(1.0, abs(given_low), abs(given_high)) * ensure_minimum_range
    high = max(0.0, max(given_high, low + least))
    if mode == b"MIN_FIRST":
        made = to_quantized(input, low, high, kind)
        return made, np.float32(low), np.float32(high)
    if mode == b"SCALED":
        return _quantize_scaled(input, low, high, kind, round_mode, narrow_range)
    first, last = limits(kind)
    factor = np.float32((last - first) / (high - low))
    moved = (input.clamp(low, high) - low) * float(factor)
    if first < 0:
        moved = away_from_zero(moved - (last - first + 1) / 2)
    else:
        moved = torch.floor(moved + 0.5)
    return moved.clamp(first, last).to(kind), np.float32(low), np.float32(high)


def _quantize_scaled(
    input: torch.Tensor,
    low: float,
    high: float,
    kind: torch.dtype,
    round_mode: bytes,
    narrow: bool,
) -> tuple[Any, Any, Any]:
    first, last = _scaled_limits(kind, narrow)
    from_low = first / low if first * low > 0 else float("inf")
    from_high = last / high if last * high > 0 else float("inf")
    factor = float(np.float32(min(from_low, from_high)))
    low, high = first / factor, last / factor
    moved = input.clamp(low, high) * factor
    rounded = torch.round(moved) if round_mode == b"HALF_TO_EVEN" else away_from_zero(moved)
    return rounded.clamp(first, last).to(kind), np.float32(low), np.float32(high)


@kernel("Dequantize", "cpu", host_inputs=_RANGE)
def dequantize(
    input: torch.Tensor,
    min_range: Any,
    max_range: Any,
    *,
    mode: bytes,
    narrow_range: bool,
    dtype: DType,
) -> torch.Tensor:
    low, high, kind = _float(min_range), _float(max_range), input.dtype
    first, last = limits(kind)
    if mode == b"MIN_FIRST":
        return to_floats(input, low, high).to(torch_dtype(dtype))
    value = input.to(torch.float64)
    if mode == b"SCALED":
        first, last = _scaled_limits(kind, narrow_range)
        step = high / last if first == 0 else max(low / first, high / last)
        return (value * step).to(torch_dtype(dtype))
    half = 0.0 if first == 0 else (last - first + 1) / 2.0
    step = (high - low) / (last - first)
    return ((value + half) * step + low).to(torch_dtype(dtype))


def _requantized(
    value: torch.Tensor, low: float, high: float, new: tuple[float, float], kind: torch.dtype
) -> torch.Tensor:
    """Return numbers that stand for the same floats in another range, as nearly as they can."""
    if value.dtype is torch.int32 and kind is torch.uint8:
        return _requantized_in_whole_numbers(value, low, high, new)
    f32 = np.float32
    first, last = limits(value.dtype)
    step = f32((f32(high) - f32(low)) / f32(last - first))
    start = f32(low) if high == low else f32(f32(_half_away(f32(low) / step)) * step)
    floats = (start - f32(first) * step) + value.numpy().astype(f32) * step
    least, most = limits(kind)
    scale = f32(0) if new[0] == new[1] else f32(f32(most - least) / (f32(new[1]) - f32(new[0])))
    offset = f32(_half_away(f32(new[0]) * scale))
    made = torch.from_numpy(_half_away(floats * scale) - (offset - f32(least)))
    return made.clamp(least, most).to(kind)


def _half_away(value: Any) -> Any:
    return np.sign(value) * np.floor(np.abs(value) + np.float32(0.5))


def _requantized_in_whole_numbers(
    value: torch.Tensor, low: float, high: float, new: tuple[float, float]
) -> torch.Tensor:
    """Return qint32 as quint8 in fixed point, with 16 bits behind the point."""
    span, wanted = high - low, new[1] - new[0]
    if wanted == 0.0:
        factor = move = base = 0
    else:
        factor = int(255.0 * (1 << 16) * span / wanted)
        move = int((low + high) / 2.0 * (255.0 / wanted) * (1 << 16))
        base = int((1 << 16) * (new[0] * 255.0) / wanted)
    # Products may need more than 64 bits; Python's whole numbers have them.
    numbers = value.numpy().astype(object) * factor
    moved = [((number >> 32) + move - base + (1 << 15)) >> 16 for number in numbers.ravel()]
    made = np.clip(np.array(moved, np.int64), 0, 255).astype(np.uint8)
    return torch.from_numpy(made.reshape(tuple(value.shape)))


@kernel(
    "Requantize",
    "cpu",
    host_inputs=(*_INPUT_RANGE, "requested_output_min", "requested_output_max"),
    host_outputs=_OUTPUT_RANGE,
)
def requantize(
    input: torch.Tensor,
    input_min: Any,
    input_max: Any,
    requested_output_min: Any,
    requested_output_max: Any,
    *,
    out_type: DType,
) -> tuple[Any, Any, Any]:
    low, high = _float(requested_output_min), _float(requested_output_max)
    if low > 0:
        raise errors.invalid_argument(f"requested_output_min must be <= 0, but got {low}")
    if high < low:
        raise errors.invalid_argument(
            f"requested_output_max must be >= requested_output_min, but got {high} and {low}"
        )
    made = _requantized(
        input, _float(input_min), _float(input_max), (low, high), torch_dtype(out_type)
    )
    return made, np.float32(low), np.float32(high)


def _used_range(value: torch.Tensor, low: float, high: float) -> tuple[float, float]:
    if not value.numel():
        return 0.0, 0.0
    found = to_floats(torch.stack([value.min(), value.max()]), low, high).tolist()
    return min(0.0, found[0]), max(0.0, found[1])


@kernel("RequantizationRange", "cpu", host_inputs=_INPUT_RANGE, host_outputs=_OUTPUT_RANGE)
def requantization_range(input: torch.Tensor, input_min: Any, input_max: Any) -> tuple[Any, Any]:
    low, high = _used_range(input, _float(input_min), _float(input_max))
    return np.float32(low), np.float32(high)


@kernel("QuantizeDownAndShrinkRange", "cpu", host_inputs=_INPUT_RANGE, host_outputs=_OUTPUT_RANGE)
def quantize_down_and_shrink_range(
    input: torch.Tensor, input_min: Any, input_max: Any, *, out_type: DType
) -> tuple[Any, Any, Any]:
    old = _float(input_min), _float(input_max)
    new = _used_range(input, *old)
    made = _requantized(input, *old, new, torch_dtype(out_type))
    return made, np.float32(new[0]), np.float32(new[1])


def _cut(features: torch.Tensor, low: Any, high: Any, top: float | None) -> tuple[Any, Any, Any]:
    start, end = _float(low), _float(high)
    edge = to_quantized(0.0, start, end, features.dtype)
    made = torch.maximum(features, edge)
    if top is not None:
        made = torch.minimum(made, to_quantized(top, start, end, features.dtype))
    return made, np.float32(start), np.float32(end)


@kernel("QuantizedRelu", "cpu", host_inputs=_FEATURE_RANGE, host_outputs=_ACTIVATION_RANGE)
def quantized_relu(features: Any, min_features: Any, max_features: Any) -> tuple[Any, Any, Any]:
    return _cut(features, min_features, max_features, None)


@kernel("QuantizedRelu6", "cpu", host_inputs=_FEATURE_RANGE, host_outputs=_ACTIVATION_RANGE)
def quantized_relu6(features: Any, min_features: Any, max_features: Any) -> tuple[Any, Any, Any]:
    return _cut(features, min_features, max_features, 6.0)


@kernel(
    "QuantizedReluX",
    "cpu",
    host_inputs=("max_value", *_FEATURE_RANGE),
    host_outputs=_ACTIVATION_RANGE,
)
def quantized_relu_x(
    features: Any, max_value: Any, min_features: Any, max_features: Any
) -> tuple[Any, Any, Any]:
    return _cut(features, min_features, max_features, _float(max_value))


@kernel(
    "QuantizedConcat",
    "cpu",
    host_inputs=("concat_dim", "input_mins", "input_maxes"),
    host_outputs=_OUTPUT_RANGE,
)
def quantized_concat(
    concat_dim: Any, values: list[torch.Tensor], input_mins: list[Any], input_maxes: list[Any]
) -> tuple[Any, Any, Any]:
    lows, highs = [float(v) for v in input_mins], [float(v) for v in input_maxes]
    low, high = min(0.0, *lows), max(highs)
    if limits(values[0].dtype)[0] < 0:
        # The range of signed numbers reaches as far to both sides.
        high = max(abs(low), abs(high))
        low = -high
    parts = [
        value if (a, b) == (low, high) else _requantized(value, a, b, (low, high), value.dtype)
        for value, a, b in zip(values, lows, highs, strict=True)
    ]
    return torch.cat(parts, int(concat_dim)), np.float32(low), np.float32(high)
