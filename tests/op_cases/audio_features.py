"""Cases of features of sounds."""

import numpy as np

from tests.op_cases.case import OpCase

_RNG = np.random.RandomState(7)
_SOUND = (_RNG.rand(60, 2) - 0.5).astype(np.float32)
_SPECTRUM = _RNG.rand(2, 3, 129).astype(np.float32)

CASES = [
    OpCase("AudioSpectrogram", [_SOUND], {"window_size": 16, "stride": 8}),
    OpCase(
        "AudioSpectrogram",
        [_SOUND],
        {"window_size": 20, "stride": 7, "magnitude_squared": True},
    ),
    OpCase("AudioSpectrogram", [_SOUND[:, :1]], {"window_size": 60, "stride": 1}),
    OpCase("AudioSpectrogram", [_SOUND[:5]], {"window_size": 16, "stride": 8}),
    OpCase("Mfcc", [_SPECTRUM, np.int32(16000)]),
    OpCase(
        "Mfcc",
        [_SPECTRUM * 100, np.int32(8000)],
        {
            "upper_frequency_limit": 3000.0,
            "lower_frequency_limit": 100.0,
            "filterbank_channel_count": 20,
            "dct_coefficient_count": 20,
        },
    ),
    OpCase("Mfcc", [_SPECTRUM[:, :, :30], np.int32(48000)]),
    OpCase("Mfcc", [_SPECTRUM, np.int32(0)], fails="Mfcc initialization failed"),
    OpCase(
        "Mfcc",
        [_SPECTRUM, np.int32(16000)],
        {"dct_coefficient_count": 50},
        fails="Mfcc initialization failed",
    ),
]
