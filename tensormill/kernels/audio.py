"""Kernels of sounds as WAV files.

Source: TensorFlow 1.15, core/kernels/decode_wav_op.cc, encode_wav_op.cc and core/lib/wav.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tensormill.formats import wav
from tensormill.graph import errors
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array


@kernel("DecodeWav", "cpu", host_outputs=("sample_rate",))
def decode_wav(contents: Any, *, desired_channels: int, desired_samples: int) -> Any:
    if contents.ndim:
        raise errors.invalid_argument(f"contents must be scalar, got shape {list(contents.shape)}")
    try:
        samples, rate = wav.decode_wav(contents.item())
    except ValueError as error:
        raise errors.invalid_argument(str(error)) from error
    frames, channels = samples.shape
    wanted_frames = frames if desired_samples == -1 else desired_samples
    wanted_channels = channels if desired_channels == -1 else desired_channels
    chosen = np.minimum(np.arange(wanted_channels), channels - 1)
    made = np.zeros((wanted_frames, wanted_channels), np.float32)
    count = min(frames, wanted_frames)
    made[:count] = samples[:count, chosen]
    return torch.from_numpy(made), np.int32(rate)


@kernel("EncodeWav", "cpu", host_inputs=("sample_rate",))
def encode_wav(audio: torch.Tensor, sample_rate: Any) -> Any:
    rate = int(sample_rate)
    if rate <= 0:
        raise errors.invalid_argument(f"sample_rate must be in (0, 2^32), got: {rate}")
    return as_object_array([wav.encode_wav(audio.numpy(), rate)], ())
