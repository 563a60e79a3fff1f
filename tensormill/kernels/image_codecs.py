"""Kernels of images as files.

Source: TensorFlow 1.15, core/kernels/decode_image_op.cc, core/lib/jpeg, png and gif.
"""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
import simplejpeg
import torch
from PIL import Image, ImageFile, UnidentifiedImageError
from simplejpeg import decode_jpeg_header

from tensormill.formats.damage import DamagedFileError
from tensormill.formats.png import check_png
from tensormill.formats.png import encode_png as encode_png_file
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.kernels.registry import kernel
from tensormill.kernels.value_types import as_object_array

_MAGIC = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG", "PNG"), (b"GIF8", "GIF"), (b"BM", "BMP"))
_LARGEST_PIXELS = 1 << 28
# TensorFlow decodes JPEG the fast way unless it is told not to.
_FAST = {"fastdct": True, "fastupsample": False}


def _jpeg_options(
    ratio: int, fancy_upscaling: bool, try_recover_truncated: bool, dct_method: bytes
) -> dict[str, Any]:
    return {
        "ratio": ratio,
        "fastdct": dct_method != b"INTEGER_ACCURATE",
        "fastupsample": not fancy_upscaling,
        "strict": not try_recover_truncated,
    }


def _kind(data: bytes) -> str:
    if not data:
        raise errors.invalid_argument("Input is empty.")
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    raise errors.invalid_argument(
        "Unknown image file format. One of JPEG, JPEG XL, PNG, GIF, BMP, WebP required."
    )


def _damaged(kind: str, data: bytes) -> errors.OpError:
    if kind == "JPEG":
        return errors.invalid_argument("jpeg::Uncompress failed. Invalid JPEG data or crop window.")
    return errors.invalid_argument(f"Invalid {kind} data, size {len(data)}")


def _opened(data: bytes, kind: str) -> Image.Image:
    """Return an image whose size is sensible; its pixels are not decoded yet."""
    try:
        sound = check_png(data) if kind == "PNG" else data
        image = Image.open(io.BytesIO(sound), formats=[kind])
    except (
        DamagedFileError,
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
    ) as error:
        raise _damaged(kind, data) from error
    if image.width * image.height > _LARGEST_PIXELS:
        raise errors.invalid_argument(
            f"{kind} image of {image.width} x {image.height} pixels is too large"
        )
    return image


def _pixels(image: Image.Image, mode: str, kind: str, data: bytes) -> Any:
    """Return the pixels in a mode: [height, width, channels]."""
    try:
        image.load()
        pixels = np.asarray(image if image.mode == mode else image.convert(mode))
    except (OSError, ValueError, SyntaxError, EOFError, zlib.error, IndexError) as error:
        raise _damaged(kind, data) from error
    return pixels[..., None] if pixels.ndim == 2 else pixels


_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _mode(image: Image.Image, channels: int) -> str:
    if channels:
        return _MODES[channels]
    if image.mode in ("1", "L", "I", "I;16", "F"):
        return "L"
    if image.mode in ("LA", "RGBA"):
        return image.mode
    return "RGBA" if "transparency" in image.info else "RGB"


def _decode_png(data: bytes, channels: int) -> Any:
    image = _opened(data, "PNG")
    if image.mode in ("I", "I;16"):  # sixteen bits of grey
        grey = _pixels(image, image.mode, "PNG", data)
        high = (grey.astype(np.uint16) >> 8).astype(np.uint8)
        return _with_channels(high, channels or 1)
    mode = _mode(image, channels)
    pixels = _pixels(image, mode, "PNG", data)
    if not channels and data[25] == 4 and mode == "RGBA":  # sixteen bits of grey, and alpha
        return pixels[..., [0, 3]]
    bits = data[24]
    if channels == 4 and bits < 8 and image.mode in ("1", "L", "P"):
        pixels = np.array(pixels)
        pixels[..., 3] = (1 << bits) - 1  # TensorFlow's filler has the depth of the file
    return pixels


def _with_channels(grey: Any, channels: int) -> Any:
    if channels == 1:
        return grey
    colours = np.repeat(grey, 3, axis=2)
    if channels == 3:
        return colours
    return np.concatenate([colours, np.full_like(grey, 255)], axis=2)


def _decode_jpeg(data: bytes, channels: int, ratio: int = 1, **options: Any) -> Any:
    if channels == 4:
        raise errors.invalid_argument("JPEG does not support 4 channels")
    if ratio not in (1, 2, 4, 8):
        raise errors.invalid_argument(f"ratio must be 1, 2, 4, or 8, got {ratio}")
    try:
        height, width, colours, _ = decode_jpeg_header(data)
        if height * width > _LARGEST_PIXELS:
            raise ValueError
        is_grey = channels == 1 or (not channels and colours == "Gray")
        if colours in ("CMYK", "YCCK"):
            return _pixels(_opened(data, "JPEG"), "L" if is_grey else "RGB", "JPEG", data)
        return simplejpeg.decode_jpeg(
            data,
            "GRAY" if is_grey else "RGB",
            min_height=-(-height // ratio),
            min_width=-(-width // ratio),
            **options,
        )
    except ValueError as error:
        raise _damaged("JPEG", data) from error


def _decode_gif(data: bytes) -> Any:
    image = _opened(data, "GIF")
    frames = []
    try:
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            frames.append(np.asarray(image.convert("RGB")))
    except (OSError, ValueError, EOFError, IndexError) as error:
        raise _damaged("GIF", data) from error
    return np.stack(frames)


def _decode_bmp(data: bytes, channels: int) -> Any:
    if len(data) < 32:
        raise errors.invalid_argument(
            "Incomplete bmp content, requires at least 32 bytes to find the header size, width, "
            f"height, and bpp, got {len(data)} bytes"
        )
    bits = int.from_bytes(data[28:30], "little")
    own = {8: 1, 24: 3, 32: 4}.get(bits)
    if own is None:
        raise errors.invalid_argument(f"bmp bits per pixel must be 8, 24 or 32, got {bits}")
    wanted = channels or own
    if wanted == 1 and own != 1:
        raise errors.invalid_argument(
            f"channels attribute {channels} does not match bits per pixel from file {bits}"
        )
    if own == 4:
        return _bmp_rows(data)[..., :wanted]
    return _pixels(_opened(data, "BMP"), _MODES[wanted], "BMP", data)


def _bmp_rows(data: bytes) -> Any:
    """Return the pixels of a file of 32 bits a pixel, whose alpha Pillow passes over."""
    start = int.from_bytes(data[10:14], "little")
    width = int.from_bytes(data[18:22], "little", signed=True)
    height = int.from_bytes(data[22:26], "little", signed=True)
    size = 4 * width * abs(height)
    if width <= 0 or not height or len(data) < start + size:
        raise _damaged("BMP", data)
    rows = np.frombuffer(data, np.uint8, size, start).reshape(abs(height), width, 4)
    return (rows if height < 0 else rows[::-1])[..., [2, 1, 0, 3]]


def _check_channels(channels: int) -> None:
    if channels not in (0, 1, 3, 4):
        raise errors.invalid_argument(f"`channels` must be 0, 1, 3 or 4 but got {channels}")


def _decode(data: bytes, channels: int, op_type: str, expands: bool = False, **jpeg: Any) -> Any:
    """Return the pixels of an image of any kind that an op takes."""
    _check_channels(channels)
    kind = _kind(data)
    if kind == "PNG":
        return _decode_png(data, channels)
    if kind == "JPEG":
        return _decode_jpeg(data, channels, **{**_FAST, **jpeg})
    if kind == "GIF":
        if channels not in (0, 3):
            raise errors.invalid_argument(f"channels must be 0 or 3 for GIF, got {channels}")
        frames = _decode_gif(data)
        if expands:
            return frames
        if len(frames) > 1 and op_type != "DecodeImage":
            raise errors.invalid_argument(
                f"Got {len(frames)} frames, but animated gifs can only be decoded by "
                "tf.io.decode_gif or tf.io.decode_image"
            )
        return frames[0]
    if op_type != "DecodeImage":
        raise errors.invalid_argument(
            "Trying to decode BMP format using a wrong op. Use `decode_bmp` or `decode_image` "
            f"instead. Op used: {op_type}"
        )
    return _decode_bmp(data, channels)


def _tensor(pixels: Any) -> torch.Tensor:
    return torch.from_numpy(np.array(pixels, order="C"))


def _as_dtype(pixels: Any, dtype: DType) -> torch.Tensor:
    if dtype.name == "uint8":
        return _tensor(pixels)
    if dtype.name == "uint16":
        return _tensor(pixels.astype(np.uint16) * 256)
    return _tensor(pixels.astype(np.float32) * np.float32(1 / 255))


@kernel("DecodePng", "cpu")
def decode_png(contents: Any, *, channels: int, dtype: DType) -> torch.Tensor:
    data = contents.item()
    if dtype.name == "uint16" and data[:4] == b"\x89PNG" and data[24:25] == b"\x10":
        return _tensor(_decode_sixteen_bits(data, channels))
    pixels = _decode(data, channels, "DecodePng")
    if dtype.name == "uint16" and _kind(data) == "PNG":
        return _tensor(pixels.astype(np.uint16) * 257)
    return _as_dtype(pixels, dtype)


_GREY_WEIGHTS = np.array([9798, 19235, 3735], np.uint64)
"""What red, green and blue count for in a grey of 16 bits, in parts of 32768; libpng's."""


def _decode_sixteen_bits(data: bytes, channels: int) -> Any:
    pixels = _sixteen_bits(data)
    count = pixels.shape[2]
    colours, alpha = pixels[..., : 3 if count > 2 else 1], pixels[..., 3 if count > 2 else 1 :]
    if not channels:
        return pixels
    if channels == 1 and count > 2:
        return ((colours @ _GREY_WEIGHTS + 16384) >> 15).astype(np.uint16)[..., None]
    if channels == 1:
        return colours
    if count < 3:
        colours = np.repeat(colours, 3, axis=2)
    if channels == 3:
        return colours
    if not alpha.size:
        alpha = np.full_like(colours[..., :1], 65535)
    return np.concatenate([colours, alpha], axis=2)


def _sixteen_bits(data: bytes) -> Any:
    """Return the pixels of a PNG file of 16 bits, with the channels of the file."""
    image = _opened(data, "PNG")
    if image.mode in ("I", "I;16"):
        return _pixels(image, image.mode, "PNG", data).astype(np.uint16)
    if data[25] == 4:  # grey and alpha, of two bytes each: as many bytes as four colours have
        halves = _unpacked_as(image, "RGBA", data).astype(np.uint16)
        return halves[..., 0::2] << 8 | halves[..., 1::2]
    # The library unpacks one byte of two: the first, and once more as if the order were the other.
    high = _unpacked_as(image, f"{image.mode};16B", data).astype(np.uint16)
    low = _unpacked_as(_opened(data, "PNG"), f"{image.mode};16L", data)
    return high << 8 | low


def _unpacked_as(image: Image.Image, layout: str, data: bytes) -> Any:
    """Return the pixels of an image whose bytes are taken as those of another layout."""
    assert isinstance(image, ImageFile.ImageFile)
    image.tile = [tile._replace(args=layout) for tile in image.tile]
    return _pixels(image, image.mode, "PNG", data)


@kernel("DecodeJpeg", "cpu")
def decode_jpeg(
    contents: Any,
    *,
    channels: int,
    ratio: int,
    fancy_upscaling: bool,
    try_recover_truncated: bool,
    dct_method: bytes,
) -> torch.Tensor:
    options = _jpeg_options(ratio, fancy_upscaling, try_recover_truncated, dct_method)
    return _tensor(_decode(contents.item(), channels, "DecodeJpeg", **options))


@kernel("DecodeAndCropJpeg", "cpu", host_inputs=("crop_window",))
def decode_and_crop_jpeg(
    contents: Any, crop_window: Any, *, channels: int, ratio: int
) -> torch.Tensor:
    data = contents.item()
    if _kind(data) != "JPEG":
        raise _damaged("JPEG", data)
    top, left, height, width = map(int, crop_window)
    pixels = _decode(data, channels, "DecodeAndCropJpeg", ratio=ratio)
    rows, columns = pixels.shape[:2]
    if not (
        top >= 0
        and left >= 0
        and height > 0
        and width > 0
        and top + height <= rows
        and left + width <= columns
    ):
        raise _damaged("JPEG", data)
    return _tensor(pixels[top : top + height, left : left + width])


@kernel("DecodeGif", "cpu")
def decode_gif(contents: Any) -> torch.Tensor:
    data = contents.item()
    if _kind(data) == "GIF":
        return _tensor(_decode_gif(data))
    return _tensor(_decode(data, 3, "DecodeGif")[None])


@kernel("DecodeBmp", "cpu")
def decode_bmp(contents: Any, *, channels: int) -> torch.Tensor:
    data = contents.item()
    _check_channels(channels)
    kind = _kind(data)
    if kind != "BMP":
        raise errors.invalid_argument(
            f"Trying to decode {kind} format using DecodeBmp op. Use `decode_{kind.lower()}` or "
            "`decode_image` instead."
        )
    return _tensor(_decode_bmp(data, channels))


@kernel("DecodeImage", "cpu")
def decode_image(
    contents: Any, *, channels: int, dtype: DType, expand_animations: bool
) -> torch.Tensor:
    return _as_dtype(
        _decode(contents.item(), channels, "DecodeImage", expands=expand_animations), dtype
    )


@kernel("EncodePng", "cpu", host_inputs=("image",))
def encode_png(image: Any, *, compression: int) -> Any:
    if image.ndim < 3:
        raise errors.invalid_argument(
            f"images must be at least rank 3, got shape {list(image.shape)}"
        )
    height, width, channels = image.shape[-3:]
    if not 1 <= channels <= 4:
        raise errors.invalid_argument(f"image must have 1, 2, 3, or 4 channels, has {channels}")
    if not height * width:
        raise errors.invalid_argument("Expected image to be non-empty")
    images = image.reshape((-1, height, width, channels))
    made = [encode_png_file(item, compression) for item in images]
    return as_object_array(made, image.shape[:-3])


def _jpeg_file(image: Any, quality: int, **options: Any) -> bytes:
    if not 0 <= quality <= 100:
        raise errors.invalid_argument(f"quality must be in [0,100], got {quality}")
    channels = image.shape[-1]
    if channels not in (1, 3):
        raise errors.invalid_argument(
            f"image must have 1 or 3 channels, got [{','.join(map(str, image.shape))}]"
        )
    file = io.BytesIO()
    pixels = image[..., 0] if channels == 1 else image
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


@kernel("EncodeJpeg", "cpu", host_inputs=("image",))
def encode_jpeg(
    image: Any,
    *,
    format: bytes,
    quality: int,
    progressive: bool,
    optimize_size: bool,
    chroma_downsampling: bool,
    density_unit: bytes,
    x_density: int,
    y_density: int,
    xmp_metadata: bytes,
) -> Any:
    if image.ndim != 3:
        raise errors.invalid_argument(f"image must be 3-dimensional, got {list(image.shape)}")
    wanted = {b"grayscale": 1, b"rgb": 3}.get(format)
    if wanted is not None and image.shape[-1] != wanted:
        raise errors.invalid_argument(
            f"format '{format.decode()}' expects {wanted} channels but got {image.shape[-1]}"
        )
    scale = 2.54 if density_unit == b"cm" else 1.0
    made = _jpeg_file(
        image,
        quality,
        progressive=progressive,
        optimize=optimize_size,
        subsampling=2 if chroma_downsampling else 0,
        dpi=(round(x_density * scale), round(y_density * scale)),
    )
    return as_object_array([_with_metadata(made, xmp_metadata)], ())


_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def _with_metadata(file: bytes, metadata: bytes) -> bytes:
    """Return a JPEG file with metadata in a segment of their own, after the first."""
    if not metadata:
        return file
    size = len(_XMP) + len(metadata) + 2
    if size > 0xFFFF:
        raise errors.invalid_argument(f"xmp_metadata has {len(metadata)} bytes, which is too many")
    after = 4 + int.from_bytes(file[4:6], "big")
    segment = b"\xff\xe1" + size.to_bytes(2, "big") + _XMP + metadata
    return file[:after] + segment + file[after:]


@kernel("EncodeJpegVariableQuality", "cpu", host_inputs=("images", "quality"))
def encode_jpeg_variable_quality(images: Any, quality: Any) -> Any:
    return as_object_array([_jpeg_file(images, int(quality), subsampling=2)], ())


@kernel("ExtractJpegShape", "cpu", host_outputs=("image_shape",))
def extract_jpeg_shape(contents: Any, *, output_type: DType) -> Any:
    data = contents.item()
    try:
        if _kind(data) != "JPEG":
            raise errors.invalid_argument("no JPEG")
        image = _opened(data, "JPEG")
    except errors.OpError as error:
        raise errors.invalid_argument(f"Invalid JPEG data, size {len(data)}") from error
    channels = len(image.getbands())
    return np.array([image.height, image.width, channels], output_type.as_numpy_dtype)
