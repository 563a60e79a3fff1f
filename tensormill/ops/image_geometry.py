"""Images flipped, turned, cropped and padded.

Each function takes one image, [height, width, channels], or a batch of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_scope import OpScope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import floormod, maximum, minimum
from tensormill.ops.array_shapes import expand_dims, reshape, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.check import Assert
from tensormill.ops.comparison import equal, less
from tensormill.ops.conditional import case, cond
from tensormill.ops.elementwise_unary import floor
from tensormill.ops.elementwise_unary import round as round_of
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.image_resizing import ResizeMethod, resize_images, resize_images_v2
from tensormill.ops.joining import stack
from tensormill.ops.padding import pad
from tensormill.ops.random import random_uniform
from tensormill.ops.slicing import slice as slice_
from tensormill.ops.transposition import reverse, transpose


def _rank_of_image(image: Tensor) -> int:
    """Return 3 or 4.

    Raises:
      ValueError: the rank is another, or not known.
    """
    if image.dims is None:
        raise ValueError("'image' must have a known rank, 3 or 4.")
    if len(image.dims) < 3:
        raise ValueError("'image' must be at least three-dimensional.")
    if len(image.dims) > 4:
        raise ValueError("'image' must have either 3 or 4 dimensions.")
    return len(image.dims)


def _as_batch(image: Tensor) -> tuple[Tensor, bool]:
    """Return a batch, and whether it was one before."""
    is_batch = _rank_of_image(image) == 4
    return (image, True) if is_batch else (expand_dims(image, 0), False)


def _sizes(image: Tensor) -> tuple[Any, Any]:
    """Return the height and width of a batch: ints where they are static, else tensors."""
    dims = image.dims or (None,) * 4
    if None not in dims[1:3]:
        return dims[1], dims[2]
    dynamic = shape_of(image)
    return tuple(  # type: ignore[return-value]
        dynamic[axis] if dims[axis] is None else dims[axis] for axis in (1, 2)
    )


def _require(image: Tensor, condition: Any, message: str) -> Tensor:
    """Return the image; refuse it now, or in its step, where the condition does not hold."""
    if isinstance(condition, Tensor):
        return with_dependencies([Assert(condition, [message])], image)
    if not condition:
        raise ValueError(message)
    return image


def _static(*sizes: Any) -> tuple[int | None, ...]:
    return tuple(None if isinstance(size, Tensor) else size for size in sizes)


def _flip(image: Any, axis: int, default_name: str) -> Tensor:
    with OpScope(None, default_name, [image]):
        image = convert_to_tensor(image, name="image")
        made = reverse(image, [axis + _rank_of_image(image) - 3])
        made.set_shape(image.dims)
        return made


def flip_left_right(image: Any) -> Tensor:
    """Return images flipped along the width.

    Args:
      image: one image or a batch.
    """
    return _flip(image, 1, "flip_left_right")


def flip_up_down(image: Any) -> Tensor:
    """Return images flipped along the height.

    Args:
      image: one image or a batch.
    """
    return _flip(image, 0, "flip_up_down")


def _random_flip(image: Any, axis: int, seed: int | None, default_name: str) -> Tensor:
    with OpScope(None, default_name, [image]) as scope:
        image = convert_to_tensor(image, name="image")
        if _rank_of_image(image) == 3:
            chance = random_uniform([], 0, 1.0, seed=seed)
            made: Tensor = cond(
                less(chance, 0.5), lambda: reverse(image, [axis]), lambda: image, name=scope
            )
            made.set_shape(image.dims)
            return made
        batch = shape_of(image)[0]
        chance = random_uniform([batch], 0, 1.0, seed=seed)
        flips = cast(round_of(reshape(chance, [batch, 1, 1, 1])), image.dtype)
        return flips * reverse(image, [axis + 1]) + (1 - flips) * image


def random_flip_left_right(image: Any, seed: int | None = None) -> Tensor:
    """Return each image flipped along the width with probability 1/2.

    Args:
      image: one image or a batch.
      seed: makes the choices repeatable.
    """
    return _random_flip(image, 1, seed, "random_flip_left_right")


def random_flip_up_down(image: Any, seed: int | None = None) -> Tensor:
    """Return each image flipped along the height with probability 1/2.

    Args:
      image: one image or a batch.
      seed: makes the choices repeatable.
    """
    return _random_flip(image, 0, seed, "random_flip_up_down")


def transpose_image(image: Any, name: str | None = None) -> Tensor:
    """Return images with height and width exchanged.

    Args:
      image: one image or a batch.
      name: the name of the nodes.
    """
    with OpScope(name, "transpose_image", [image]):
        image = convert_to_tensor(image, name="image")
        order = [1, 0, 2] if _rank_of_image(image) == 3 else [0, 2, 1, 3]
        return transpose(image, order)


def rot90(image: Any, k: Any = 1, name: str | None = None) -> Tensor:
    """Return images turned counter-clockwise by `k` quarters.

    Args:
      image: one image or a batch.
      k: an int32 scalar.
      name: the name of the nodes.
    """
    with OpScope(name, "rot90", [image, k]) as scope:
        image = convert_to_tensor(image, name="image")
        first = _rank_of_image(image) - 3
        k = floormod(convert_to_tensor(k, dtype=dtypes.int32, name="k"), 4)
        exchange = [*range(first), first + 1, first, first + 2]
        cases = [
            (equal(k, 1), lambda: transpose(reverse(image, [first + 1]), exchange)),
            (equal(k, 2), lambda: reverse(image, [first, first + 1])),
            (equal(k, 3), lambda: reverse(transpose(image, exchange), [first + 1])),
        ]
        made: Tensor = case(cases, default=lambda: image, exclusive=True, name=scope)
        dims = image.dims
        assert dims is not None
        made.set_shape((*dims[:first], None, None, dims[-1]))
        return made


def crop_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Return a box cut out of images.

    Args:
      image: one image or a batch.
      offset_height: the top of the box.
      offset_width: its left.
      target_height: its height.
      target_width: its width.

    Raises:
      ValueError: the box does not lie inside.
    """
    with OpScope(None, "crop_to_bounding_box", [image]):
        image, is_batch = _as_batch(convert_to_tensor(image, name="image"))
        height, width = _sizes(image)
        for holds, message in (
            (offset_width >= 0, "offset_width must be >= 0."),
            (offset_height >= 0, "offset_height must be >= 0."),
            (target_width > 0, "target_width must be > 0."),
            (target_height > 0, "target_height must be > 0."),
            (width >= target_width + offset_width, "width must be >= target + offset."),
            (height >= target_height + offset_height, "height must be >= target + offset."),
        ):
            image = _require(image, holds, message)
        dims = image.dims or (None,) * 4
        made = slice_(
            image,
            stack([0, offset_height, offset_width, 0]),
            stack([-1, target_height, target_width, -1]),
        )
        made.set_shape((dims[0], *_static(target_height, target_width), dims[3]))
        return made if is_batch else squeeze(made, axis=[0])


def pad_to_bounding_box(
    image: Any, offset_height: Any, offset_width: Any, target_height: Any, target_width: Any
) -> Tensor:
    """Return images with zeros around them.

    Args:
      image: one image or a batch.
      offset_height: rows above.
      offset_width: columns on the left.
      target_height: the height of the result.
      target_width: its width.

    Raises:
      ValueError: the image does not fit in.
    """
    with OpScope(None, "pad_to_bounding_box", [image]):
        image, is_batch = _as_batch(convert_to_tensor(image, name="image"))
        height, width = _sizes(image)
        below = target_height - offset_height - height
        right = target_width - offset_width - width
        for holds, message in (
            (offset_height >= 0, "offset_height must be >= 0"),
            (offset_width >= 0, "offset_width must be >= 0"),
            (right >= 0, "width must be <= target - offset"),
            (below >= 0, "height must be <= target - offset"),
        ):
            image = _require(image, holds, message)
        paddings = reshape(stack([0, 0, offset_height, below, offset_width, right, 0, 0]), [4, 2])
        dims = image.dims or (None,) * 4
        made = pad(image, paddings)
        made.set_shape((dims[0], *_static(target_height, target_width), dims[3]))
        return made if is_batch else squeeze(made, axis=[0])


def resize_image_with_crop_or_pad(image: Any, target_height: Any, target_width: Any) -> Tensor:
    """Return images of another size: cut off, or with zeros, on both sides alike.

    Args:
      image: one image or a batch.
      target_height: the height of the result.
      target_width: its width.

    Raises:
      ValueError: a size is not positive.
    """
    with OpScope(None, "resize_image_with_crop_or_pad", [image]):
        image, is_batch = _as_batch(convert_to_tensor(image, name="image"))
        image = _require(image, target_width > 0, "target_width must be > 0.")
        image = _require(image, target_height > 0, "target_height must be > 0.")
        height, width = _sizes(image)
        cut_y, pad_y, kept_height = _cut_and_pad(height, target_height)
        cut_x, pad_x, kept_width = _cut_and_pad(width, target_width)
        cropped = crop_to_bounding_box(image, cut_y, cut_x, kept_height, kept_width)
        made = pad_to_bounding_box(cropped, pad_y, pad_x, target_height, target_width)
        return made if is_batch else squeeze(made, axis=[0])


def resize_image_with_pad(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: int = ResizeMethod.BILINEAR,
    align_corners: bool = False,
) -> Tensor:
    """Return images in another size, their aspect ratio kept, with zeros around them.

    Args:
      image: one image or a batch.
      target_height: the new height.
      target_width: the new width.
      method: one of `ResizeMethod`.
      align_corners: keep the centers of the corner pixels in place.

    Raises:
      ValueError: a size is not positive, or the image has no such rank.
    """

    def resized(batch: Tensor, size: Tensor) -> Tensor:
        return resize_images(batch, size, method, align_corners)

    return _resized_with_pad(resized, image, target_height, target_width)


def resize_image_with_pad_v2(
    image: Any,
    target_height: Any,
    target_width: Any,
    method: str = "bilinear",
    antialias: bool = False,
) -> Tensor:
    """Return images in another size, their aspect ratio kept, with zeros around them.

    Args:
      image: one image or a batch.
      target_height: the new height.
      target_width: the new width.
      method: one of those of `resize_images_v2`.
      antialias: take more pixels into account where images get smaller.

    Raises:
      ValueError: a size is not positive, or the image has no such rank.
    """

    def resized(batch: Tensor, size: Tensor) -> Tensor:
        return resize_images_v2(batch, size, method, antialias=antialias)

    return _resized_with_pad(resized, image, target_height, target_width)


def _resized_with_pad(
    resize: Callable[[Tensor, Tensor], Tensor], image: Any, target_height: Any, target_width: Any
) -> Tensor:
    with OpScope(None, "resize_image_with_pad", [image]):
        image = convert_to_tensor(image, name="image")
        batch, is_batch = _as_batch(image)
        for size, name in ((target_width, "target_width"), (target_height, "target_height")):
            batch = _require(batch, size > 0, f"{name} must be > 0.")
        height, width = (cast(size, dtypes.float64) for size in _sizes(batch))
        wanted = [cast(size, dtypes.float64) for size in (target_height, target_width)]
        ratio = maximum(width / wanted[1], height / wanted[0])
        exact = [height / ratio, width / ratio]
        resized_size = [cast(floor(size), dtypes.int32) for size in exact]
        margins = [
            maximum(0, cast(floor((whole - size) / 2), dtypes.int32))
            for whole, size in zip(wanted, exact, strict=True)
        ]
        resized = resize(batch, stack(resized_size))
        padded = pad_to_bounding_box(resized, margins[0], margins[1], target_height, target_width)
        if padded.get_shape().ndims is None:
            raise ValueError("padded contains no shape.")
        return padded if is_batch else squeeze(padded, axis=[0])


def _cut_and_pad(size: Any, target: Any) -> tuple[Any, Any, Any]:
    """Return what is cut off at the start, what is added there, and how much is kept."""
    difference = target - size
    if isinstance(difference, Tensor):
        cut, added = maximum(-difference // 2, 0), maximum(difference // 2, 0)
        return cut, added, minimum(target, size)
    return max(-difference // 2, 0), max(difference // 2, 0), min(target, size)


def central_crop(image: Any, central_fraction: float) -> Tensor:
    """Return the middle of images.

    Args:
      image: one image or a batch.
      central_fraction: the share of the height and the width, in (0, 1].

    Raises:
      ValueError: the share is out of range.
    """
    with OpScope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        if not 0.0 < central_fraction <= 1.0:
            raise ValueError("central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        image, is_batch = _as_batch(image)
        starts = [_central_start(size, central_fraction) for size in _sizes(image)]
        sizes = [size - start * 2 for size, start in zip(_sizes(image), starts, strict=True)]
        made = slice_(image, stack([0, *starts, 0]), stack([-1, *sizes, -1]))
        dims = image.dims or (None,) * 4
        made.set_shape((dims[0], *_static(*sizes), dims[3]))
        return made if is_batch else squeeze(made, axis=[0])


def _central_start(size: Any, fraction: float) -> Any:
    if not isinstance(size, Tensor):
        return int((size - size * fraction) / 2)
    wide = cast(size, dtypes.float64)
    return cast((wide - wide * fraction) / 2, dtypes.int32)
