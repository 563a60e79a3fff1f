"""Writes sounds as WAV files of 16 bits a sample."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

__all__ = ["encode_wav"]

_PCM = 1
_SAMPLE_BYTES = 2
_HEADER_BYTES = 36


def encode_wav(samples: np.ndarray[Any, Any], sample_rate: int) -> bytes:
    """Return sounds as the bytes of a WAV file.

    Args:
      samples: [frames, channels], between -1 and 1; what is outside is cut off.
      sample_rate: frames a second.
    """
    frames, channels = samples.shape
    scaled = samples.astype(np.float32) * np.float32(1 << 15)
    # Halves go away from zero, as in C.
    rounded = np.copysign(np.floor(np.abs(scaled) + np.float32(0.5)), scaled)
    data = np.clip(rounded, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes()
    frame_bytes = channels * _SAMPLE_BYTES
    return (
        struct.pack("<4sI4s", b"RIFF", _HEADER_BYTES + frames * frame_bytes, b"WAVE")
        + struct.pack(
            "<4sIHHIIHH",
            b"fmt ",
            16,
            _PCM,
            channels,
            sample_rate,
            sample_rate * frame_bytes,
            frame_bytes,
            8 * _SAMPLE_BYTES,
        )
        + struct.pack("<4sI", b"data", len(data))
        + data
    )
