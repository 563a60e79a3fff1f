"""Kernels of features of sounds.

Source: TensorFlow 1.15, core/kernels/spectrogram.cc, mfcc_mel_filterbank.cc and mfcc_dct.cc.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.kernels.registry import kernel

Array = np.ndarray[Any, Any]

_FLOOR = 1e-12
"""The least energy of a band whose logarithm is taken."""


@kernel("AudioSpectrogram", "cpu")
def audio_spectrogram(
    input: torch.Tensor, *, window_size: int, stride: int, magnitude_squared: bool
) -> torch.Tensor:
    if input.dim() != 2:
        raise errors.invalid_argument(f"input must be 2-dimensional{list(input.shape)}")
    if window_size < 2 or stride < 1:
        raise errors.invalid_argument(
            f"Spectrogram initialization failed for window size {window_size} and stride {stride}"
        )
    length = 1 << (window_size - 1).bit_length()
    samples = input.t().double()
    if samples.shape[1] < window_size:
        return input.new_zeros((samples.shape[0], 0, 1 + length // 2))
    window = torch.hann_window(window_size, periodic=True, dtype=torch.float64)
    frames = samples.unfold(1, window_size, stride) * window
    spectrum = torch.fft.rfft(frames, n=length)
    squares = spectrum.real**2 + spectrum.imag**2
    return (squares if magnitude_squared else squares.sqrt()).float()


@kernel("Mfcc", "cpu", host_inputs=("sample_rate",))
def mfcc(
    spectrogram: torch.Tensor,
    sample_rate: Any,
    *,
    upper_frequency_limit: float,
    lower_frequency_limit: float,
    filterbank_channel_count: int,
    dct_coefficient_count: int,
) -> torch.Tensor:
    if spectrogram.dim() != 3:
        raise errors.invalid_argument(f"spectrogram must be 3-dimensional{list(spectrogram.shape)}")
    bins, rate = spectrogram.shape[2], int(sample_rate)
    bands, count = filterbank_channel_count, dct_coefficient_count
    low, high = lower_frequency_limit, upper_frequency_limit
    is_sound = bands >= 1 and rate > 0 and bins >= 2 and 0 <= low < high
    if not is_sound or count < 1 or bands < count:
        raise errors.invalid_argument(
            f"Mfcc initialization failed for channel count {bins}, sample rate {rate}, "
            f"lower_frequency_limit {low}, upper_frequency_limit {high}, "
            f"filterbank_channel_count {bands}, dct_coefficient_count {count}"
        )
    filters = torch.from_numpy(_mel_filters(bins, rate, bands, low, high))
    energies = spectrogram.double().sqrt() @ filters
    logarithms = energies.clamp(min=_FLOOR).log()
    return (logarithms @ torch.from_numpy(_cosines(bands, count))).float()


def _mel(frequency: Any) -> Any:
    return 1127.0 * np.log1p(frequency / 700.0)


def _mel_filters(bins: int, rate: int, bands: int, low: float, high: float) -> Array:
    """Return how much each bin of a spectrum counts in each band: [bins, bands]."""
    bottom, top = _mel(low), _mel(high)
    centers = bottom + (top - bottom) / (bands + 1) * np.arange(1, bands + 2)
    width = 0.5 * rate / (bins - 1)
    first, last = int(1.5 + low / width), int(high / width)
    filters = np.zeros((bins, bands))
    for number in range(first, min(last, bins - 1) + 1):
        mel = _mel(number * width)
        band = int(np.searchsorted(centers[:bands], mel, side="left")) - 1
        if band >= 0:
            share = (centers[band + 1] - mel) / (centers[band + 1] - centers[band])
            filters[number, band] += share
        else:
            share = (centers[0] - mel) / (centers[0] - bottom)
        if band + 1 < bands:
            filters[number, band + 1] += 1 - share
    return filters


def _cosines(bands: int, count: int) -> Array:
    """Return the discrete cosine transform of bands: [bands, count]."""
    angles = np.pi / bands * np.arange(count)[None, :] * (np.arange(bands)[:, None] + 0.5)
    cosines: Array = np.sqrt(2.0 / bands) * np.cos(angles)
    return cosines
