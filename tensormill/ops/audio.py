"""Sounds as WAV files of 16 bits a sample: `tf.audio`.

Source: TensorFlow 1.15, core/ops/audio_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

decode_wav_op = define(
    "DecodeWav",
    inputs=("contents: string",),
    outputs=("audio: float", "sample_rate: int32"),
    attrs=("desired_channels: int = -1", "desired_samples: int = -1"),
    differentiable=False,
)
encode_wav_op = define(
    "EncodeWav",
    inputs=("audio: float", "sample_rate: int32"),
    outputs=("contents: string",),
    differentiable=False,
)


@decode_wav_op.shape
def decode_wav_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("contents"), 0)
    sizes = []
    for name in ("desired_samples", "desired_channels"):
        size = ctx.attrs[name]
        if size < -1:
            what = "samples" if name == "desired_samples" else "channels"
            raise ValueError(f"{what} must be non-negative, got {size}")
        sizes.append(None if size == -1 else size)
    return [tuple(sizes), ()]


@encode_wav_op.shape
def encode_wav_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("audio"), 2)
    with_rank(ctx.shape("sample_rate"), 0)
    return [()]


def decode_wav(
    contents: Any, desired_channels: int = -1, desired_samples: int = -1, name: str | None = None
) -> Any:
    """Return the sound of a WAV file.

    Args:
      contents: string scalar, the bytes of a file of 16 bits a sample.
      desired_channels: how many channels to return: the last one again where the file has fewer;
        -1 for those of the file.
      desired_samples: how many frames to return, zeros behind the last one; -1 for all.
      name: of the operation.

    Returns:
      The samples, float32 of [frames, channels] between -1 and 1, and the frames a second.
    """
    return decode_wav_op(
        contents, desired_channels=desired_channels, desired_samples=desired_samples, name=name
    )


def encode_wav(audio: Any, sample_rate: Any, name: str | None = None) -> Tensor:
    """Return a sound as the bytes of a WAV file of 16 bits a sample.

    Args:
      audio: float32 of [frames, channels]; what is not between -1 and 1 is cut off.
      sample_rate: int32 scalar, frames a second.
      name: of the operation.
    """
    made: Tensor = encode_wav_op(audio, sample_rate, name=name)
    return made
