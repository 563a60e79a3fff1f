"""Kernels of rounding as if quantized.

Source: TensorFlow, core/kernels/fake_quant_ops_functor.h and quantize_and_dequantize_op.h.
"""

from __future__ import annotations

from typing import Any

import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

_LARGEST = torch.finfo(torch.float32).max


def _nudged(
    low: torch.Tensor, high: torch.Tensor, num_bits: int, narrow_range: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the range moved so that 0 is one of its steps, and the size of a step."""
    if not 2 <= num_bits <= 16:
        raise errors.invalid_argument("num_bits must be between 2 and 16, inclusive")
    first, last = float(narrow_range), float((1 << num_bits) - 1)
    # By a tensor: torch multiplies by the inverse of a number on a GPU, which rounds otherwise.
    scale = (high - low) / low.new_full((), last - first)
    zero = first - low / scale
    zero = torch.where(zero < first, first, torch.where(zero > last, last, torch.floor(zero + 0.5)))
    return (first - zero) * scale, (last - zero) * scale, scale


def _fake_quant(
    inputs: torch.Tensor, low: torch.Tensor, high: torch.Tensor, num_bits: int, narrow_range: bool
) -> torch.Tensor:
    start, end, scale = _nudged(low, high, num_bits, narrow_range)
    shifted = inputs.clamp(start, end) - start
    made = torch.floor(shifted / scale + 0.5) * scale + start
    return torch.where((low == 0) & (high == 0), torch.zeros_like(inputs), made)


def _within(
    inputs: torch.Tensor, low: torch.Tensor, high: torch.Tensor, num_bits: int, narrow_range: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where the inputs lie below and above the range."""
    start, end, _ = _nudged(low, high, num_bits, narrow_range)
    is_empty = (low == 0) & (high == 0)
    return (inputs < start) & ~is_empty, (inputs > end) & ~is_empty


def _check_order(low: float, high: float) -> None:
    if not low < high:
        raise errors.invalid_argument(f"min has to be smaller than max, was: {low:g} >= {high:g}")


def _check_limits(inputs: torch.Tensor, rank: int, **limits: torch.Tensor) -> None:
    """Complain where limits are not scalars (rank 0), or not one a channel (rank 1)."""
    for name, limit in limits.items():
        if limit.dim() != rank:
            raise errors.invalid_argument(f"`{name}` must be rank {rank} but is rank {limit.dim()}")
    if rank and not inputs.dim():
        raise errors.invalid_argument("inputs must have at least one dimension")
    for name, limit in limits.items():
        if rank and limit.shape[0] != inputs.shape[-1]:
            raise errors.invalid_argument(
                f"{name} has incorrect size, expected {inputs.shape[-1]} was {limit.shape[0]}"
            )


def _check_gradients(gradients: torch.Tensor, inputs: torch.Tensor) -> None:
    if gradients.shape != inputs.shape:
        raise errors.invalid_argument("gradient and input must be the same size")


@kernel("FakeQuantWithMinMaxArgs", "cpu", "gpu")
def fake_quant_args(
    inputs: torch.Tensor, *, min: float, max: float, num_bits: int, narrow_range: bool
) -> torch.Tensor:
    _check_order(min, max)
    return _fake_quant(
        inputs, inputs.new_full((), min), inputs.new_full((), max), num_bits, narrow_range
    )


@kernel("FakeQuantWithMinMaxArgsGradient", "cpu", "gpu")
def fake_quant_args_gradient(
    gradients: torch.Tensor,
    inputs: torch.Tensor,
    *,
    min: float,
    max: float,
    num_bits: int,
    narrow_range: bool,
) -> torch.Tensor:
    _check_order(min, max)
    _check_gradients(gradients, inputs)
    below, above = _within(
        inputs, inputs.new_tensor(min), inputs.new_tensor(max), num_bits, narrow_range
    )
    return gradients * ~(below | above)


@kernel("FakeQuantWithMinMaxVars", "cpu", "gpu")
def fake_quant_vars(
    inputs: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    *,
    num_bits: int,
    narrow_range: bool,
) -> torch.Tensor:
    _check_limits(inputs, 0, min=low, max=high)
    return _fake_quant(inputs, low, high, num_bits, narrow_range)


@kernel("FakeQuantWithMinMaxVarsPerChannel", "cpu", "gpu")
def fake_quant_per_channel(
    inputs: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    *,
    num_bits: int,
    narrow_range: bool,
) -> torch.Tensor:
    _check_limits(inputs, 1, min=low, max=high)
    return _fake_quant(inputs, low, high, num_bits, narrow_range)


@kernel("FakeQuantWithMinMaxVarsGradient", "cpu", "gpu")
def fake_quant_vars_gradient(
    gradients: torch.Tensor,
    inputs: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    *,
    num_bits: int,
    narrow_range: bool,
) -> Any:
    _check_gradients(gradients, inputs)
    _check_limits(inputs, 0, min=low, max=high)
    return _limit_gradients(gradients, inputs, low, high, num_bits, narrow_range)


@kernel("FakeQuantWithMinMaxVarsPerChannelGradient", "cpu", "gpu")
def fake_quant_per_channel_gradient(
    gradients: torch.Tensor,
    inputs: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    *,
    num_bits: int,
    narrow_range: bool,
) -> Any:
    _check_gradients(gradients, inputs)
    _check_limits(inputs, 1, min=low, max=high)
    return _limit_gradients(gradients, inputs, low, high, num_bits, narrow_range)


def _limit_gradients(
    gradients: torch.Tensor,
    inputs: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    num_bits: int,
    narrow_range: bool,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return the gradients of the inputs and of both limits."""
    below, above = _within(inputs, low, high, num_bits, narrow_range)
    zeros = torch.zeros_like(gradients)
    axes = list(range(gradients.ndim - low.ndim))

    def summed(value: torch.Tensor) -> torch.Tensor:
        return value.sum(axes) if axes else value

    return (
        gradients.masked_fill(below | above, 0),
        summed(torch.where(below, gradients, zeros)),
        summed(torch.where(above, gradients, zeros)),
    )


def _quantize(
    value: torch.Tensor,
    low: torch.Tensor,
    high: torch.Tensor,
    bits: int,
    options: dict[str, Any],
) -> torch.Tensor:
    axis, is_signed = options["axis"], options["signed_input"]
    if not 0 < bits < (63 if is_signed else 62):
        raise errors.invalid_argument(
            f"num_bits is out of range: {bits} with signed_input_ {str(is_signed).lower()}"
        )
    if not value.numel():
        return value.clone()
    if axis >= 0:
        if axis >= value.ndim:
            raise errors.invalid_argument(
                f"Shape must be at least rank {axis + 1} but is rank {value.ndim}"
            )
        form = [1] * value.ndim
        form[axis] = -1
        others = [dim for dim in range(value.ndim) if dim != axis]
        if not options["range_given"]:
            low, high = (value.amin(others), value.amax(others)) if others else (value, value)
        low, high = low.reshape(form), high.reshape(form)
    elif not options["range_given"]:
        low, high = value.min(), value.max()
    elif bool((low > high).any()):
        raise errors.invalid_argument(
            f"Invalid range: input_min {low.item():g} > input_max {high.item():g}"
        )
    first = -(1 << (bits - 1)) + int(options["narrow_range"]) if is_signed else 0
    last = (1 << (bits - 1)) - 1 if is_signed else (1 << bits) - 1
    from_low = torch.where(first * low > 0, first / low, _LARGEST)
    from_high = torch.where(last * high > 0, last / high, _LARGEST)
    low_decides = from_low < from_high
    scale = torch.where(low_decides, from_low, from_high)
    inverse = torch.where(low_decides, low / first if first else low, high / last)
    high = torch.where(low_decides, last * inverse, high)
    low = torch.where(low_decides, low, first * inverse)
    if options["range_given"]:
        value = torch.minimum(torch.maximum(value, low), high)
    if options["round_mode"] == b"HALF_UP":
        return torch.floor(value * scale + 0.5) * inverse
    return torch.round(value * scale) * inverse


@kernel("QuantizeAndDequantize", "cpu", "gpu")
def quantize_and_dequantize(
    value: torch.Tensor,
    *,
    signed_input: bool,
    num_bits: int,
    range_given: bool,
    input_min: float,
    input_max: float,
) -> torch.Tensor:
    return quantize_and_dequantize_v2(
        value,
        torch.tensor(input_min, dtype=value.dtype),
        torch.tensor(input_max, dtype=value.dtype),
        signed_input=signed_input,
        num_bits=num_bits,
        range_given=range_given,
        round_mode=b"HALF_TO_EVEN",
        narrow_range=False,
        axis=-1,
    )


@kernel("QuantizeAndDequantizeV2", "cpu", "gpu")
def quantize_and_dequantize_v2(
    value: torch.Tensor,
    input_min: torch.Tensor,
    input_max: torch.Tensor,
    *,
    signed_input: bool,
    num_bits: int,
    range_given: bool,
    round_mode: bytes,
    narrow_range: bool,
    axis: int,
) -> torch.Tensor:
    options = {
        "signed_input": signed_input,
        "range_given": range_given,
        "round_mode": round_mode,
        "narrow_range": narrow_range,
        "axis": axis,
    }
    return _quantize(value, input_min, input_max, num_bits, options)


@kernel("QuantizeAndDequantizeV3", "cpu", "gpu", host_inputs=("num_bits",))
def quantize_and_dequantize_v3(
    value: torch.Tensor,
    input_min: torch.Tensor,
    input_max: torch.Tensor,
    num_bits: Any,
    *,
    signed_input: bool,
    range_given: bool,
    narrow_range: bool,
    axis: int,
) -> torch.Tensor:
    options = {
        "signed_input": signed_input,
        "range_given": range_given,
        "round_mode": b"HALF_TO_EVEN",
        "narrow_range": narrow_range,
        "axis": axis,
    }
    return _quantize(value, input_min, input_max, int(num_bits), options)
