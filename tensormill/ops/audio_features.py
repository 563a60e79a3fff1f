"""Features of sounds, as ops: spectrograms and mel-frequency cepstral coefficients.

Source: TensorFlow 1.15, core/ops/audio_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank

audio_spectrogram_op = define(
    "AudioSpectrogram",
    inputs=("input: float",),
    outputs=("spectrogram: float",),
    attrs=("window_size: int", "stride: int", "magnitude_squared: bool = false"),
    differentiable=False,
)
mfcc_op = define(
    "Mfcc",
    inputs=("spectrogram: float", "sample_rate: int32"),
    outputs=("output: float",),
    attrs=(
        "upper_frequency_limit: float = 4000.0",
        "lower_frequency_limit: float = 20.0",
        "filterbank_channel_count: int = 40",
        "dct_coefficient_count: int = 13",
    ),
    differentiable=False,
)


@audio_spectrogram_op.shape
def audio_spectrogram_shape(ctx: ShapeContext) -> list[Dims]:
    frames, channels = with_rank(ctx.shape(0), 2)
    window, stride = ctx.attrs["window_size"], ctx.attrs["stride"]
    if window <= 1:
        raise ValueError(f"window size must be > 1, got {window}")
    if stride <= 0:
        raise ValueError(f"stride must be strictly positive, got {stride}")
    count = None
    if frames is not None:
        count = max(0, 1 + (frames - window) // stride)
    return [(channels, count, 1 + (1 << (window - 1).bit_length()) // 2)]


@mfcc_op.shape
def mfcc_shape(ctx: ShapeContext) -> list[Dims]:
    channels, frames, _ = with_rank(ctx.shape(0), 3)
    with_rank(ctx.shape(1), 0)
    return [(channels, frames, ctx.attrs["dct_coefficient_count"])]
