"""Sounds as WAV files of 16 bits a sample."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

__all__ = ["decode_wav", "encode_wav"]

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


def decode_wav(content: bytes) -> tuple[np.ndarray[Any, Any], int]:
    """Return the sound of a WAV file: [frames, channels], between -1 and 1; and frames a second.

    Raises:
      ValueError: it is no such file, or not one of 16 bits a sample.
    """
    _expect(content, 0, b"RIFF")
    _expect(content, 8, b"WAVE")
    _expect(content, 12, b"fmt ")
    if len(content) < 20:
        raise ValueError("Data too short when trying to read values")
    (size,) = struct.unpack_from("<I", content, 16)
    if size not in (16, 18):
        raise ValueError(f"Bad format chunk size for WAV: Expected 16 or 18, but got{size}")
    if len(content) < 20 + size:
        raise ValueError("Data too short when trying to read string")
    kind, channels, rate, rate_bytes, frame_bytes, bits = struct.unpack_from("<HHIIHH", content, 20)
    if kind != _PCM:
        raise ValueError(f"Bad audio format for WAV: Expected 1 (PCM), but got{kind}")
    if bits != 8 * _SAMPLE_BYTES:
        raise ValueError(f"Can only read 16-bit WAV files, but received {bits}")
    if not channels or frame_bytes != channels * _SAMPLE_BYTES:
        raise ValueError(
            "Bad bytes per sample in WAV header: Expected "
            f"{channels * _SAMPLE_BYTES} but got {frame_bytes}"
        )
    if rate_bytes != rate * frame_bytes:
        raise ValueError(
            "Bad bytes per second in WAV header: Expected "
            f"{rate * frame_bytes} but got {rate_bytes} (sample_rate={rate}, "
            f"bytes_per_sample={frame_bytes})"
        )
    data = _data_chunk(content, 20 + size)
    frames = len(data) // frame_bytes
    samples = np.frombuffer(data, "<i2", frames * channels).astype(np.float32)
    return samples.reshape(frames, channels) / np.float32(1 << 15), rate


def _expect(content: bytes, at: int, text: bytes) -> None:
    found = content[at : at + 4]
    if len(found) < 4:
        raise ValueError("Data too short when trying to read string")
    if found != text:
        shown = found.decode(errors="replace")
        raise ValueError(f"Header mismatch: Expected {text.decode()} but found {shown}")


def _data_chunk(content: bytes, at: int) -> bytes:
    """Return what is in the last chunk of data; chunks of other kinds are passed over."""
    data = None
    while at < len(content):
        if at + 8 > len(content):
            raise ValueError("Data too short when trying to read string")
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8
        if name == b"data":
            if data is not None:
                raise ValueError("More than one data chunk found in WAV")
            if at + size > len(content):
                raise ValueError("Data too short when trying to read values")
            data = content[at : at + size]
        at += size
    if data is None:
        raise ValueError("No data chunk found in WAV")
    return data
