"""Op types that others have replaced: graphs of older versions have them, newer ones may not.

Source: TensorFlow 1.15, core/ops/nn_ops.cc, image_ops.cc, spectral_ops.cc, random_ops.cc,
logging_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.op_builder import OpBuilder
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, merge_dims, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.random import per_parameter_shape
from tensormill.ops.state import UPDATE_TYPES
from tensormill.ops.top_k import top_k_gradient
from tensormill.ops.windows import merge_sizes

__all__: list[str] = []

_NUMBER = f"T: {UPDATE_TYPES}"
_PIXELS = "T: {uint8, int8, int16, int32, int64, float32, float64}"


def _batch_transform(name: str) -> OpBuilder:
    builder = define(
        f"Batch{name}",
        inputs=("input: complex64",),
        outputs=("output: complex64",),
        differentiable=False,
        deprecation=(15, f"Use {name}"),
    )

    def unknown_shape(ctx: ShapeContext) -> list[Dims]:
        return [None]

    builder.shape(unknown_shape)
    return builder


batch_fft_op = _batch_transform("FFT")
batch_fft2d_op = _batch_transform("FFT2D")
batch_fft3d_op = _batch_transform("FFT3D")
batch_ifft_op = _batch_transform("IFFT")
batch_ifft2d_op = _batch_transform("IFFT2D")
batch_ifft3d_op = _batch_transform("IFFT3D")

_BATCH_NORM = ("variance_epsilon: float", "scale_after_normalization: bool")
_NO_BATCH_NORM = (9, "Use tf.nn.batch_normalization()")

batch_norm_op = define(
    "BatchNormWithGlobalNormalization",
    inputs=("t: T", "m: T", "v: T", "beta: T", "gamma: T"),
    outputs=("result: T",),
    attrs=(_NUMBER, *_BATCH_NORM),
    deprecation=_NO_BATCH_NORM,
)
batch_norm_grad_op = define(
    "BatchNormWithGlobalNormalizationGrad",
    inputs=("t: T", "m: T", "v: T", "gamma: T", "backprop: T"),
    outputs=("dx: T", "dm: T", "dv: T", "db: T", "dg: T"),
    attrs=(_NUMBER, *_BATCH_NORM),
    differentiable=False,
    deprecation=_NO_BATCH_NORM,
)


def _normalized(ctx: ShapeContext, count: int) -> tuple[tuple[int | None, ...], int | None]:
    """Return the shape of the image and its number of channels, from it and some vectors."""
    image = with_rank(ctx.shape("t"), 4)
    channels = image[3]
    for position in range(1, 1 + count):
        channels = merge_sizes(channels, with_rank(ctx.shape(position), 1)[0])
    return (*image[:3], channels), channels


@batch_norm_op.shape
def batch_norm_shape(ctx: ShapeContext) -> list[Dims]:
    return [_normalized(ctx, 4)[0]]


@batch_norm_grad_op.shape
def batch_norm_grad_shape(ctx: ShapeContext) -> list[Dims]:
    image, channels = _normalized(ctx, 3)
    return [merge_dims(image, ctx.shape("backprop")), *[(channels,)] * 4]


@batch_norm_op.gradient
def batch_norm_gradient(op: Operation, grad: Tensor) -> list[Tensor]:
    t, m, v, _, gamma = op.inputs
    attrs = {name: op.attrs[name] for name in ("variance_epsilon", "scale_after_normalization")}
    made: list[Tensor] = batch_norm_grad_op(t, m, v, gamma, grad, **attrs)
    return made


def _volume_gradient(what: str, shape_from: str) -> OpBuilder:
    builder = define(
        f"Conv3DBackprop{what}",
        inputs=("input: T", "filter: T", "out_backprop: T"),
        outputs=("output: T",),
        attrs=(
            "T: {float16, float32, float64}",
            "strides: list(int) >= 5",
            "padding: {'SAME', 'VALID'}",
            "dilations: list(int) = [1, 1, 1, 1, 1]",
        ),
        differentiable=False,
        deprecation=(10, f"Use Conv3DBackprop{what}V2"),
    )

    def shape_of_input(ctx: ShapeContext) -> list[Dims]:
        return [with_rank(ctx.shape(shape_from), 5)]

    builder.shape(shape_of_input)
    return builder


conv3d_backprop_input_op = _volume_gradient("Input", "input")
conv3d_backprop_filter_op = _volume_gradient("Filter", "filter")

top_k_op = define(
    "TopK",
    inputs=("input: T",),
    outputs=("values: T", "indices: int32"),
    attrs=("k: int >= 0", "sorted: bool = true", "T: realnumbertype"),
    deprecation=(7, "Use TopKV2 instead"),
)


@top_k_op.shape
def top_k_shape(ctx: ShapeContext) -> list[Dims]:
    dims, k = with_rank_at_least(ctx.shape(0), 1), ctx.attrs["k"]
    if dims is None:
        return [None, None]
    if dims[-1] is not None and dims[-1] < k:
        raise ValueError(f"input must have last dimension >= k = {k} but is {dims[-1]}")
    return [(*dims[:-1], k)] * 2


@top_k_op.gradient
def replaced_top_k_gradient(op: Operation, grad: Tensor, unused: Any) -> list[Tensor | None]:
    return top_k_gradient(op, grad, unused)[:1]


random_poisson_op = define(
    "RandomPoisson",
    inputs=("shape: S", "rate: dtype"),
    outputs=("output: dtype",),
    attrs=(
        "seed: int = 0",
        "seed2: int = 0",
        "S: {int32, int64}",
        "dtype: {float16, float32, float64}",
    ),
    stateful=True,
    differentiable=False,
    deprecation=(25, "Replaced by RandomPoissonV2"),
)
random_poisson_op.shape(per_parameter_shape)

adjust_contrast_op = define(
    "AdjustContrast",
    inputs=("images: T", "contrast_factor: float32", "min_value: float32", "max_value: float32"),
    outputs=("output: float32",),
    attrs=(_PIXELS,),
    differentiable=False,
    deprecation=(2, "Use AdjustContrastv2 instead"),
)


@adjust_contrast_op.shape
def adjust_contrast_shape(ctx: ShapeContext) -> list[Dims]:
    for position in (1, 2, 3):
        with_rank(ctx.shape(position), 0)
    return [with_rank_at_least(ctx.shape(0), 3)]


random_crop_op = define(
    "RandomCrop",
    inputs=("image: T", "size: int64"),
    outputs=("output: T",),
    attrs=(_PIXELS, "seed: int = 0", "seed2: int = 0"),
    stateful=True,
    differentiable=False,
    deprecation=(8, "Random crop is now pure Python"),
)


@random_crop_op.shape
def random_crop_shape(ctx: ShapeContext) -> list[Dims]:
    channels = with_rank(ctx.shape(0), 3)[2]
    sizes = with_rank(ctx.value_as_shape(1), 2)
    return [(*sizes, channels)]


audio_summary_op = define(
    "AudioSummary",
    inputs=("tag: string", "tensor: float32"),
    outputs=("summary: string",),
    attrs=("sample_rate: float", "max_outputs: int >= 1 = 3"),
    differentiable=False,
    deprecation=(15, "Use AudioSummaryV2."),
)


@audio_summary_op.shape
def audio_summary_shape(ctx: ShapeContext) -> list[Dims]:
    return [()]
