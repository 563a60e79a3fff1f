"""Images as files, as pictures of Pillow and as arrays."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from tensormill.keras.backend.state import floatx, image_data_format

__all__ = ["array_to_img", "image_files", "img_to_array", "load_img", "save_img"]

_ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".tif", ".tiff")
_METHODS = {
    "nearest": Image.Resampling.NEAREST,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "hamming": Image.Resampling.HAMMING,
    "box": Image.Resampling.BOX,
    "lanczos": Image.Resampling.LANCZOS,
}


def load_img(
    path: Any, grayscale: bool = False, color_mode: str = "rgb", target_size: Any = None,
    interpolation: str = "nearest",
) -> Any:  # fmt: skip
    """Return the picture of a file.

    Args:
      path: the file.
      grayscale: the older form of `color_mode="grayscale"`.
      color_mode: "rgb", "rgba" or "grayscale".
      target_size: (height, width) to change it to.
      interpolation: how its size is changed.

    Raises:
      ValueError: the mode or the interpolation is not known.
    """
    mode = {"rgb": "RGB", "rgba": "RGBA", "grayscale": "L"}.get(
        "grayscale" if grayscale else color_mode
    )
    if mode is None:
        raise ValueError('color_mode must be "grayscale", "rgb", or "rgba"')
    with Image.open(path) as opened:
        picture = opened.convert(mode)
    if target_size is not None and picture.size != (target_size[1], target_size[0]):
        if interpolation not in _METHODS:
            raise ValueError(
                f"Invalid interpolation method {interpolation} specified. Supported methods are "
                f"{', '.join(_METHODS)}"
            )
        picture = picture.resize((target_size[1], target_size[0]), _METHODS[interpolation])
    return picture


def img_to_array(img: Any, data_format: str | None = None, dtype: Any = None) -> Any:
    """Return a picture as an array [height, width, channels]."""
    array = np.asarray(img, dtype=dtype or floatx())
    if array.ndim == 2:
        array = array[:, :, None]
    elif array.ndim != 3:
        raise ValueError(f"Unsupported image shape: {array.shape}")
    is_first = (data_format or image_data_format()) == "channels_first"
    return array.transpose(2, 0, 1) if is_first else array


def array_to_img(
    x: Any, data_format: str | None = None, scale: bool = True, dtype: Any = None
) -> Any:
    """Return an array [height, width, channels] as a picture, scaled to all of 0 to 255."""
    x = np.asarray(x, dtype=dtype or floatx())
    if x.ndim != 3:
        raise ValueError(
            f"Expected image array to have rank 3 (single image). Got array with shape: {x.shape}"
        )
    if (data_format or image_data_format()) == "channels_first":
        x = x.transpose(1, 2, 0)
    if scale:
        x = x - x.min()
        top = x.max()
        x = x / top * 255 if top else x
    modes = {1: "L", 3: "RGB", 4: "RGBA"}
    if x.shape[2] not in modes:
        raise ValueError(f"Unsupported channel number: {x.shape[2]}")
    pixels = x.astype("uint8")
    return Image.fromarray(pixels[:, :, 0] if x.shape[2] == 1 else pixels, modes[x.shape[2]])


def save_img(
    path: Any, x: Any, data_format: str | None = None, file_format: str | None = None,
    scale: bool = True, **kwargs: Any,
) -> None:  # fmt: skip
    """Write an array as a picture to a file."""
    array_to_img(x, data_format=data_format, scale=scale).save(path, format=file_format, **kwargs)


def image_files(folder: str) -> Iterator[str]:
    """Yield the paths of the pictures in a folder and those below, in order."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_ENDINGS):
                yield os.path.join(root, name)
