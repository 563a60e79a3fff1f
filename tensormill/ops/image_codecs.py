"""Images as files: PNG, JPEG, GIF, BMP.

Source: TensorFlow 1.15, core/ops/image_ops.cc.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor

_JPEG_ATTRS = (
    "channels: int = 0",
    "ratio: int = 1",
    "fancy_upscaling: bool = true",
    "try_recover_truncated: bool = false",
    "acceptable_fraction: float = 1.0",
    "dct_method: string = ''",
)

decode_png_op = define(
    "DecodePng",
    inputs=("contents: string",),
    outputs=("image: dtype",),
    attrs=("channels: int = 0", "dtype: {uint8, uint16} = DT_UINT8"),
    differentiable=False,
)
decode_jpeg_op = define(
    "DecodeJpeg",
    inputs=("contents: string",),
    outputs=("image: uint8",),
    attrs=_JPEG_ATTRS,
    differentiable=False,
)
decode_and_crop_jpeg_op = define(
    "DecodeAndCropJpeg",
    inputs=("contents: string", "crop_window: int32"),
    outputs=("image: uint8",),
    attrs=_JPEG_ATTRS,
    differentiable=False,
)
decode_gif_op = define(
    "DecodeGif", inputs=("contents: string",), outputs=("image: uint8",), differentiable=False
)
decode_bmp_op = define(
    "DecodeBmp",
    inputs=("contents: string",),
    outputs=("image: uint8",),
    attrs=("channels: int = 0",),
    differentiable=False,
)
decode_image_op = define(
    "DecodeImage",
    inputs=("contents: string",),
    outputs=("image: dtype",),
    attrs=(
        "channels: int = 0",
        "dtype: {uint8, uint16, float32} = DT_UINT8",
        "expand_animations: bool = true",
    ),
    differentiable=False,
)
encode_png_op = define(
    "EncodePng",
    inputs=("image: T",),
    outputs=("contents: string",),
    attrs=("compression: int = -1", "T: {uint8, uint16} = DT_UINT8"),
    differentiable=False,
)
encode_jpeg_op = define(
    "EncodeJpeg",
    inputs=("image: uint8",),
    outputs=("contents: string",),
    attrs=(
        "format: {'', 'grayscale', 'rgb'} = ''",
        "quality: int = 95",
        "progressive: bool = false",
        "optimize_size: bool = false",
        "chroma_downsampling: bool = true",
        "density_unit: {'in', 'cm'} = 'in'",
        "x_density: int = 300",
        "y_density: int = 300",
        "xmp_metadata: string = ''",
    ),
    differentiable=False,
)
encode_jpeg_variable_quality_op = define(
    "EncodeJpegVariableQuality",
    inputs=("images: uint8", "quality: int32"),
    outputs=("contents: string",),
    differentiable=False,
)
extract_jpeg_shape_op = define(
    "ExtractJpegShape",
    inputs=("contents: string",),
    outputs=("image_shape: output_type",),
    attrs=("output_type: {int32, int64} = DT_INT32",),
    differentiable=False,
)


def _image_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("contents"), 0)
    channels = ctx.attrs["channels"]
    if channels < 0:
        raise ValueError(f"channels must be non-negative, got {channels}")
    return [(None, None, channels or None)]


decode_png_op.shape(_image_shape)
decode_jpeg_op.shape(_image_shape)
decode_bmp_op.shape(_image_shape)


@decode_and_crop_jpeg_op.shape
def decode_and_crop_jpeg_shape(ctx: ShapeContext) -> list[Dims]:
    window = ctx.value("crop_window")
    height, width = (None, None) if window is None else map(int, window[2:])
    return [(height, width, ctx.attrs["channels"] or None)]


@decode_gif_op.shape
def decode_gif_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("contents"), 0)
    return [(None, None, None, 3)]


@decode_image_op.shape
def decode_image_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("contents"), 0)
    if ctx.attrs["expand_animations"]:
        return [None]
    return [(None, None, ctx.attrs["channels"] or None)]


def _encoded_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape(0), 3)
    return [()]


encode_jpeg_op.shape(_encoded_shape)
encode_jpeg_variable_quality_op.shape(_encoded_shape)


@encode_png_op.shape
def encode_png_shape(ctx: ShapeContext) -> list[Dims]:
    dims = ctx.shape("image")
    if dims is None:
        return [None]
    if len(dims) < 3:
        raise ValueError(f"Shape must be at least rank 3 but is rank {len(dims)}")
    return [dims[:-3]]


@extract_jpeg_shape_op.shape
def extract_jpeg_shape_shape(ctx: ShapeContext) -> list[Dims]:
    with_rank(ctx.shape("contents"), 0)
    return [(3,)]


def decode_image(
    contents: Any,
    channels: int | None = None,
    dtype: Any = dtypes.uint8,
    name: str | None = None,
    expand_animations: bool = True,
) -> Tensor:
    """Return the pixels of an image file of any of the kinds known.

    Args:
      contents: string scalar, the bytes of the file.
      channels: how many the result has; 0 for those of the file.
      dtype: uint8, uint16 or float32; floats are from 0 to 1.
      name: of the operation.
      expand_animations: GIF gives all frames, [frames, height, width, 3]; else the first.
    """
    with name_scope(name, "decode_image"):
        made: Tensor = decode_image_op(
            contents, channels=channels or 0, dtype=dtype, expand_animations=expand_animations
        )
        return made


def decode_png(
    contents: Any, channels: int = 0, dtype: Any = dtypes.uint8, name: str | None = None
) -> Tensor:
    """Return the pixels of a PNG file: [height, width, channels] of uint8 or uint16.

    Args:
      contents: string scalar, the bytes of the file.
      channels: 0 for those of the file, 1 grey, 3 colours, 4 colours and alpha.
      dtype: uint8 or uint16.
      name: of the operation.
    """
    made: Tensor = decode_png_op(contents, channels=channels, dtype=dtype, name=name)
    return made


def decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: str | None = None,
) -> Tensor:
    """Return the pixels of a JPEG file: uint8 of [height, width, channels].

    Args:
      contents: string scalar, the bytes of the file.
      channels: 0 for those of the file, 1 grey, 3 colours.
      ratio: 1, 2, 4 or 8: how much smaller the result is.
      fancy_upscaling: enlarge the colours smoothly.
      try_recover_truncated: take what there is of a file that is cut off.
      acceptable_fraction: not used.
      dct_method: "INTEGER_ACCURATE", or "INTEGER_FAST" as by default.
      name: of the operation.
    """
    made: Tensor = decode_jpeg_op(
        contents,
        channels=channels,
        ratio=ratio,
        fancy_upscaling=fancy_upscaling,
        try_recover_truncated=try_recover_truncated,
        acceptable_fraction=acceptable_fraction,
        dct_method=dct_method,
        name=name,
    )
    return made


def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, channels: int = 0, name: str | None = None, **options: Any
) -> Tensor:
    """Return a part of the pixels of a JPEG file.

    Args:
      contents: string scalar, the bytes of the file.
      crop_window: int32 vector: top, left, height, width.
      channels: as for `decode_jpeg`.
      name: of the operation.
      **options: the other arguments of `decode_jpeg`.
    """
    made: Tensor = decode_and_crop_jpeg_op(
        contents, crop_window, channels=channels, name=name, **options
    )
    return made


def decode_gif(contents: Any, name: str | None = None) -> Tensor:
    """Return the frames of a GIF file: uint8 of [frames, height, width, 3]."""
    made: Tensor = decode_gif_op(contents, name=name)
    return made


def decode_bmp(contents: Any, channels: int = 0, name: str | None = None) -> Tensor:
    """Return the pixels of a BMP file: uint8 of [height, width, channels]."""
    made: Tensor = decode_bmp_op(contents, channels=channels, name=name)
    return made


def encode_png(image: Any, compression: int = -1, name: str | None = None) -> Tensor:
    """Return an image as the bytes of a PNG file.

    Args:
      image: uint8 or uint16 of [..., height, width, channels].
      compression: -1 or 0 to 9.
      name: of the operation.
    """
    made: Tensor = encode_png_op(image, compression=compression, name=name)
    return made


def encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: str | None = None,
) -> Tensor:
    """Return an image as the bytes of a JPEG file.

    Args:
      image: uint8 of [height, width, channels] with 1 or 3 channels.
      format: "", "grayscale" or "rgb".
      quality: 0 to 100.
      progressive: write it in passes.
      optimize_size: spend time on a smaller file.
      chroma_downsampling: keep colours at half the resolution.
      density_unit: "in" or "cm".
      x_density: pixels a unit.
      y_density: pixels a unit.
      xmp_metadata: goes into the file.
      name: of the operation.
    """
    made: Tensor = encode_jpeg_op(
        image,
        format=format,
        quality=quality,
        progressive=progressive,
        optimize_size=optimize_size,
        chroma_downsampling=chroma_downsampling,
        density_unit=density_unit,
        x_density=x_density,
        y_density=y_density,
        xmp_metadata=xmp_metadata,
        name=name,
    )
    return made


def extract_jpeg_shape(
    contents: Any, output_type: Any = dtypes.int32, name: str | None = None
) -> Tensor:
    """Return height, width and channels of a JPEG file."""
    made: Tensor = extract_jpeg_shape_op(contents, output_type=output_type, name=name)
    return made
