"""Windows, short-time Fourier transforms, cosine transforms and mel spectra.

Source: TensorFlow 1.15, python/ops/signal.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import floormod, maximum, minimum
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.elementwise_binary import complex as complex_of
from tensormill.ops.elementwise_unary import ceil, cos, exp, log, real, rsqrt, sqrt, square
from tensormill.ops.filling import ones
from tensormill.ops.fourier import irfft, rfft
from tensormill.ops.joining import concat, stack, tile
from tensormill.ops.padding import pad
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import linspace, range_of
from tensormill.ops.signal_frames import frame, overlap_and_add

__all__ = [
    "dct",
    "hamming_window",
    "hann_window",
    "idct",
    "inverse_stft",
    "inverse_stft_window_fn",
    "linear_to_mel_weight_matrix",
    "mfccs_from_log_mel_spectrograms",
    "stft",
]


def hann_window(
    window_length: Any,
    periodic: Any = True,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return Hann's window.

    Args:
      window_length: the length, an integer scalar.
      periodic: whether it is meant to be repeated.
      dtype: a floating-point dtype.
      name: the name of the nodes.

    Raises:
      ValueError: another dtype.
    """
    return _raised_cosine(name, "hann_window", window_length, periodic, dtype, 0.5, 0.5)


def hamming_window(
    window_length: Any,
    periodic: Any = True,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return Hamming's window; for the arguments see `hann_window`."""
    return _raised_cosine(name, "hamming_window", window_length, periodic, dtype, 0.54, 0.46)


def _raised_cosine(
    name: str | None,
    default_name: str,
    window_length: Any,
    periodic: Any,
    dtype: Any,
    a: float,
    b: float,
) -> Tensor:
    dtype = as_dtype(dtype)
    if not dtype.is_floating:
        raise ValueError(f"dtype must be a floating point type. Found {dtype}")
    with OpScope(name, default_name, [window_length, periodic]):
        window_length = convert_to_tensor(window_length, dtypes.int32, name="window_length")
        window_length.get_shape().assert_has_rank(0)
        known = constant_value(window_length)
        if known is not None and known == 1:
            return ones([1], dtype=dtype)
        is_periodic = cast(convert_to_tensor(periodic, dtypes.bool, name="periodic"), dtypes.int32)
        even = 1 - floormod(window_length, 2)
        n = cast(window_length + is_periodic * even - 1, dtype)
        count = cast(range_of(window_length), dtype)
        angles = constant(2 * np.pi, dtype=dtype) * count / n
        if known is not None:
            return cast(a - b * cos(angles), dtype)
        window: Tensor = cond(
            equal(window_length, 1),
            lambda: ones([window_length], dtype=dtype),
            lambda: cast(a - b * cos(angles), dtype),
        )
        return window


def _enclosing_power_of_two(value: Tensor) -> Tensor:
    known = constant_value(value)
    if known is not None:
        return constant(int(2 ** np.ceil(np.log(known) / np.log(2.0))), value.dtype)
    exponent = ceil(log(cast(value, dtypes.float32)) / log(2.0))
    return cast(2.0**exponent, value.dtype)


def _lengths(frame_length: Any, frame_step: Any, fft_length: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return the three lengths of `stft` as scalars."""
    length = convert_to_tensor(frame_length, name="frame_length")
    length.get_shape().assert_has_rank(0)
    step = convert_to_tensor(frame_step, name="frame_step")
    step.get_shape().assert_has_rank(0)
    if fft_length is None:
        return length, step, _enclosing_power_of_two(length)
    return length, step, convert_to_tensor(fft_length, name="fft_length")


def stft(
    signals: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    pad_end: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return the spectra of the frames of signals: [..., frames, fft_length // 2 + 1].

    Args:
      signals: floats [..., samples].
      frame_length: the length of a frame.
      frame_step: from the begin of a frame to that of the next.
      fft_length: how many entries are transformed; by default the next power of two.
      window_fn: a function of a length and `dtype`, or None.
      pad_end: whether signals are filled up for frames that begin within them.
      name: the name of the nodes.
    """
    with OpScope(name, "stft", [signals, frame_length, frame_step]):
        signals = convert_to_tensor(signals, name="signals")
        signals.get_shape().with_rank_at_least(1)
        frame_length, frame_step, fft_length = _lengths(frame_length, frame_step, fft_length)
        frames = frame(signals, frame_length, frame_step, pad_end=pad_end)
        if window_fn is not None:
            frames *= window_fn(frame_length, dtype=frames.dtype)
        return rfft(frames, [fft_length])


def inverse_stft_window_fn(
    frame_step: Any,
    forward_window_fn: Callable[..., Any] = hann_window,
    name: str | None = None,
) -> Callable[..., Tensor]:
    """Return the window for `inverse_stft` that makes it undo `stft`.

    Args:
      frame_step: from the begin of a frame to that of the next.
      forward_window_fn: the window of `stft`.
      name: the name of the nodes.
    """

    def inverse_window(frame_length: Any, dtype: Any) -> Tensor:
        with OpScope(name, "inverse_stft_window_fn", [forward_window_fn]):
            step = convert_to_tensor(frame_step, name="frame_step")
            length = convert_to_tensor(frame_length, name="frame_length")
            window = forward_window_fn(length, dtype=dtype)
            overlaps = -(-length // step)
            squares = pad(square(window), [stack([0, overlaps * step - length])])
            sums = reduce_sum(reshape(squares, stack([overlaps, step])), 0, keepdims=True)
            sums = reshape(tile(sums, stack([overlaps, 1])), stack([overlaps * step]))
            result: Tensor = window / sums[:length]
            return result

    return inverse_window


def inverse_stft(
    stfts: Any,
    frame_length: Any,
    frame_step: Any,
    fft_length: Any = None,
    window_fn: Callable[..., Any] | None = hann_window,
    name: str | None = None,
) -> Tensor:
    """Return signals from the spectra of their frames: [..., samples].

    Args:
      stfts: complex numbers [..., frames, fft_length // 2 + 1].
      frame_length: the length of a frame.
      frame_step: from the begin of a frame to that of the next.
      fft_length: how many entries were transformed; by default the next power of two.
      window_fn: a function of a length and `dtype`, or None.
      name: the name of the nodes.
    """
    with OpScope(name, "inverse_stft", [stfts]):
        stfts = convert_to_tensor(stfts, name="stfts")
        stfts.get_shape().with_rank_at_least(2)
        frame_length, frame_step, fft_length = _lengths(frame_length, frame_step, fft_length)
        frames = irfft(stfts, [fft_length])
        wanted, made = constant_value(frame_length), frames.get_shape()[-1].value
        if wanted is None or made is None:
            frames = frames[..., :frame_length]
            count = shape_of(shape_of(frames))[0]
            missing = maximum(0, frame_length - shape_of(frames)[-1])
            outer = tile([[0, 0]], stack([count - 1, 1]))
            frames = pad(frames, concat([outer, [stack([0, missing])]], 0))
        elif made > wanted:
            frames = frames[..., : int(wanted)]
        elif made < wanted:
            rank: Any = frames.get_shape().ndims
            frames = pad(frames, [[0, 0]] * (rank - 1) + [[0, int(wanted) - made]])
        if window_fn is not None:
            frames *= window_fn(frame_length, dtype=stfts.dtype.real_dtype)
        return overlap_and_add(frames, frame_step)


def _check_dct(type: int, n: Any, axis: int, norm: str | None) -> None:
    if axis != -1:
        raise NotImplementedError(f"axis must be -1. Got: {axis}")
    if n is not None and n < 1:
        raise ValueError(f"n should be a positive integer or None: {n}")
    if type not in (1, 2, 3):
        raise ValueError("Only Types I, II and III (I)DCT are supported.")
    if type == 1 and norm == "ortho":
        raise ValueError("Normalization is not supported for the Type-I DCT.")
    if norm not in (None, "ortho"):
        raise ValueError(f"Unknown normalization. Expected None or 'ortho', got: {norm}")


def _ortho_weights(first: Tensor, rest: Tensor, count: Tensor) -> Tensor:
    return pad(expand_dims(first, 0), [stack([0, count - 1])], constant_values=rest)


def dct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the cosine transform of type I, II or III over the last axis.

    Args:
      input: floats.
      type: 1, 2 or 3.
      n: how many entries are transformed; zeros are appended where there are fewer.
      axis: -1.
      norm: None or "ortho".
      name: the name of the nodes.

    Raises:
      ValueError: arguments that are not supported.
    """
    _check_dct(type, n, axis, norm)
    with OpScope(name, "dct", [input]):
        x = convert_to_tensor(input, dtype=None)
        zero = constant(0.0, dtype=x.dtype)
        if n is not None:
            known = x.get_shape()[-1].value
            if known is None or n > known:
                missing = n - (shape_of(x)[-1] if known is None else known)
                rank: Any = x.get_shape().ndims
                behind = [[0, 0]] * (rank - 1) + [[0, maximum(0, missing)]]
                x = pad(x, convert_to_tensor(behind))
            x = x[..., :n]
        size = x.get_shape()[-1].value
        count = shape_of(x)[-1] if size is None else constant(size)
        width = cast(count, x.dtype)
        if type == 1:
            return real(rfft(concat([x, x[..., -2:0:-1]], -1)))
        steps = cast(range_of(count), x.dtype)
        if type == 2:
            scale = 2.0 * exp(complex_of(zero, -steps * math.pi * 0.5 / width))
            result = real(rfft(x, fft_length=[2 * count])[..., :count] * scale)
            if norm == "ortho":
                first = 0.5 * rsqrt(width)
                result *= _ortho_weights(first, first * math.sqrt(2.0), count)
            return result
        if norm == "ortho":
            first = sqrt(width)
            x *= _ortho_weights(first, first * math.sqrt(0.5), count)
        else:
            x *= width
        scale = 2.0 * exp(complex_of(zero, steps * math.pi * 0.5 / width))
        return irfft(scale * complex_of(x, zero), fft_length=[2 * count])[..., :count]


def idct(
    input: Any,
    type: int = 2,
    n: int | None = None,
    axis: int = -1,
    norm: str | None = None,
    name: str | None = None,
) -> Tensor:
    """Return the inverse of a cosine transform (up to a factor, without "ortho"); see `dct`."""
    _check_dct(type, n, axis, norm)
    return dct(input, type={1: 1, 2: 3, 3: 2}[type], n=n, axis=axis, norm=norm, name=name)


def _mel(frequencies: Any) -> Any:
    return 1127.0 * log(1.0 + frequencies / 700.0)


def linear_to_mel_weight_matrix(
    num_mel_bins: Any = 20,
    num_spectrogram_bins: Any = 129,
    sample_rate: Any = 8000,
    lower_edge_hertz: float = 125.0,
    upper_edge_hertz: float = 3800.0,
    dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Tensor:
    """Return what maps a spectrum to the mel scale: [num_spectrogram_bins, num_mel_bins].

    Args:
      num_mel_bins: the number of bands.
      num_spectrogram_bins: the number of frequencies.
      sample_rate: samples a second.
      lower_edge_hertz: the lowest frequency of a band.
      upper_edge_hertz: the highest one.
      dtype: a floating-point dtype.
      name: the name of the nodes.

    Raises:
      ValueError: an argument is out of range.
    """
    with OpScope(name, "linear_to_mel_weight_matrix"):
        _check_mel(num_mel_bins, sample_rate, lower_edge_hertz, upper_edge_hertz, dtype)
        rate = cast(sample_rate, dtype)
        low, high = constant(lower_edge_hertz, dtype), constant(upper_edge_hertz, dtype)
        zero = constant(0.0, dtype)
        frequencies = linspace(zero, rate / 2.0, num_spectrogram_bins)[1:]
        bins = expand_dims(_mel(frequencies), 1)
        edges = frame(linspace(_mel(low), _mel(high), num_mel_bins + 2), 3, 1)
        lower, center, upper = (reshape(edges[:, i], [1, num_mel_bins]) for i in range(3))
        rising = (bins - lower) / (center - lower)
        falling = (upper - bins) / (upper - center)
        weights = maximum(zero, minimum(rising, falling))
        return pad(weights, [[1, 0], [0, 0]])


def _check_mel(bins: Any, rate: Any, low: float, high: float, dtype: Any) -> None:
    if isinstance(bins, int) and bins <= 0:
        raise ValueError(f"num_mel_bins must be positive. Got: {bins}")
    if low < 0.0:
        raise ValueError(f"lower_edge_hertz must be non-negative. Got: {low}")
    if low >= high:
        raise ValueError(f"lower_edge_hertz {low:.1f} >= upper_edge_hertz {high:.1f}")
    known = constant_value(rate) if isinstance(rate, Tensor) else rate
    if known is not None:
        if known <= 0.0:
            raise ValueError(f"sample_rate must be positive. Got: {known}")
        if high > known / 2:
            raise ValueError(
                "upper_edge_hertz must not be larger than the Nyquist frequency (sample_rate / 2). "
                f"Got {high} for sample_rate: {known}"
            )
    if not as_dtype(dtype).is_floating:
        raise ValueError(f"dtype must be a floating point type. Got: {dtype}")


def mfccs_from_log_mel_spectrograms(log_mel_spectrograms: Any, name: str | None = None) -> Tensor:
    """Return the cepstral coefficients of logarithms of mel spectra.

    Args:
      log_mel_spectrograms: [..., bands], float32.
      name: the name of the nodes.

    Raises:
      ValueError: there are no bands.
    """
    with OpScope(name, "mfccs_from_log_mel_spectrograms", [log_mel_spectrograms]):
        spectra = convert_to_tensor(log_mel_spectrograms)
        bands = spectra.get_shape().with_rank_at_least(1)[-1].value
        if bands == 0:
            raise ValueError(f"num_mel_bins must be positive. Got: {spectra}")
        count = shape_of(spectra)[-1] if bands is None else bands
        coefficients = dct(spectra, type=2)
        result: Tensor = coefficients * rsqrt(cast(count, spectra.dtype) * 2.0)
        return result
