"""Cases of sounds as WAV files."""

import struct

import numpy as np

from tests.op_cases.case import OpCase

SAMPLES = np.float32([[0, 0.5], [-0.25, 1.5], [-1, 0.1], [-2, -0.00001]])


def wav(channels=2, bits=16, kind=1, size=16, rate=8000, extra=b"", content=bytes(range(24))):
    frame_bytes = channels * bits // 8
    header = struct.pack(
        "<HHIIHH", kind, channels, rate, rate * frame_bytes, frame_bytes, bits
    ) + bytes(size - 16)
    chunks = b"fmt " + struct.pack("<I", size) + header + extra
    chunks += b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


CASES = [
    OpCase("EncodeWav", [SAMPLES, np.int32(8000)]),
    OpCase("EncodeWav", [SAMPLES[:, :1], np.int32(44100)]),
    OpCase("EncodeWav", [SAMPLES, np.int32(0)], fails="sample_rate must be in"),
    OpCase("EncodeWav", [SAMPLES[:0], np.int32(1)]),
    OpCase("DecodeWav", [wav()]),
    OpCase("DecodeWav", [wav(1)], {"desired_channels": 3}),
    OpCase("DecodeWav", [wav()], {"desired_channels": 1, "desired_samples": 3}),
    OpCase("DecodeWav", [wav()], {"desired_samples": 9}),
    OpCase("DecodeWav", [wav(size=18)]),
    OpCase("DecodeWav", [wav(extra=b"LIST\x04\x00\x00\x00abcd")]),
    OpCase("DecodeWav", [wav(bits=8)], fails="Can only read 16-bit WAV files, but received 8"),
    OpCase("DecodeWav", [wav(kind=3)], fails="Expected 1 (PCM), but got"),
    OpCase("DecodeWav", [wav()[:-30]], fails="Data too short"),
    OpCase("DecodeWav", [b"RIFX" + wav()[4:]], fails="Expected RIFF but found RIFX"),
    OpCase("DecodeWav", [b""], fails="Data too short when trying to read string"),
]
