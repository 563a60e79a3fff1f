"""Kernels about parts of images.

Source: TensorFlow 1.15, core/kernels/crop_and_resize_op.cc, attention_ops.cc,
draw_bounding_box_op.cc and sample_distorted_bounding_box_op.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.shapes import format_dims
from tensormill.kernels.philox import Philox, seed_stream
from tensormill.kernels.registry import KernelContext, kernel, kernel_factory

Array = np.ndarray[Any, Any]
Tensor = torch.Tensor


def _shape_text(value: Any) -> str:
    return format_dims(tuple(value.shape), "kernel")


def _check_boxes(boxes: Tensor, box_ind: Tensor, batch: int) -> None:
    if boxes.dim() != 2:
        raise errors.invalid_argument(f"boxes must be 2-D, got: {_shape_text(boxes)}")
    if boxes.shape[1] != 4:
        raise errors.invalid_argument("boxes must have 4 columns")
    if box_ind.dim() != 1:
        raise errors.invalid_argument(
            f"box_indices must be rank 1 but is shape {_shape_text(box_ind)}"
        )
    if box_ind.shape[0] != boxes.shape[0]:
        raise errors.invalid_argument("box_ind has incompatible shape")
    if box_ind.numel() and (int(box_ind.min()) < 0 or int(box_ind.max()) >= batch):
        raise errors.out_of_range("box_index has values outside [0, batch_size)")


def _check_grads(grads: Tensor, boxes: Tensor, depth: int, mismatch: str) -> None:
    """Check gradients of crops against the boxes and the depth of the images."""
    if grads.shape[0] != boxes.shape[0]:
        raise errors.invalid_argument("boxes and grads have incompatible shape")
    if grads.shape[3] != depth:
        raise errors.invalid_argument(mismatch)


def _check_rank_of_grads(grads: Tensor) -> None:
    if grads.dim() != 4:
        raise errors.invalid_argument(f"grads image must be 4-D{_shape_text(grads)}")


def _places(low: Tensor, high: Tensor, size: int, count: int) -> Tensor:
    """Return where the samples of each box lie along an axis of an image: [boxes, count]."""
    if count <= 1:
        return (0.5 * (low + high) * (size - 1))[:, None]
    step = (high - low) * (size - 1) / (count - 1)
    steps = torch.arange(count, dtype=torch.float32, device=low.device)
    return (low * (size - 1))[:, None] + steps * step[:, None]


class _Samples:
    """Where the samples of all boxes lie, and which pixels are around them."""

    def __init__(self, boxes: Tensor, box_ind: Tensor, image: Sequence[int], crop: Sequence[int]):
        self.height, self.width = image[1], image[2]
        self.y = _places(boxes[:, 0], boxes[:, 2], self.height, crop[0])
        self.x = _places(boxes[:, 1], boxes[:, 3], self.width, crop[1])
        rows_in = (self.y >= 0) & (self.y <= self.height - 1)
        columns_in = (self.x >= 0) & (self.x <= self.width - 1)
        self.is_inside = (rows_in[:, :, None] & columns_in[:, None, :])[..., None]
        self.image = box_ind.long()[:, None, None]
        self.top, self.bottom = self._around(self.y, self.height)
        self.left, self.right = self._around(self.x, self.width)
        self.y_share = (self.y - self.y.floor())[:, :, None, None]
        self.x_share = (self.x - self.x.floor())[:, None, :, None]

    @staticmethod
    def _around(places: Tensor, size: int) -> tuple[Tensor, Tensor]:
        low = places.floor().clamp(0, size - 1).long()
        return low, places.ceil().clamp(0, size - 1).long()

    def nearest(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the index of the nearest pixel of each sample."""
        row = (self.y + 0.5).floor().clamp(0, self.height - 1).long()[:, :, None]
        column = (self.x + 0.5).floor().clamp(0, self.width - 1).long()[:, None, :]
        return self.image, row, column

    def corners(self) -> list[tuple[tuple[Tensor, Tensor, Tensor], Tensor]]:
        """Return the index and the share of the four pixels around each sample."""
        found = []
        for row, y in ((self.top, 1 - self.y_share), (self.bottom, self.y_share)):
            for column, x in ((self.left, 1 - self.x_share), (self.right, self.x_share)):
                found.append(((self.image, row[:, :, None], column[:, None, :]), y * x))
        return found


@kernel("CropAndResize", "cpu", "gpu", host_inputs=("crop_size",))
def crop_and_resize(
    image: Tensor,
    boxes: Tensor,
    box_ind: Tensor,
    crop_size: Array,
    *,
    method: bytes,
    extrapolation_value: float,
) -> Tensor:
    if image.dim() != 4:
        raise errors.invalid_argument("input image must be 4-D")
    if image.shape[1] <= 0 or image.shape[2] <= 0:
        raise errors.invalid_argument("image dimensions must be positive")
    _check_boxes(boxes, box_ind, image.shape[0])
    if crop_size.ndim != 1:
        raise errors.invalid_argument(
            f"crop_size must be 1-D{format_dims(crop_size.shape, 'kernel')}"
        )
    if len(crop_size) != 2:
        raise errors.invalid_argument(
            f"crop_size must have two elements{format_dims(crop_size.shape, 'kernel')}"
        )
    crop = crop_size.tolist()
    if crop[0] <= 0 or crop[1] <= 0:
        raise errors.invalid_argument("crop dimensions must be positive")
    samples = _Samples(boxes, box_ind, image.shape, crop)
    if method == b"nearest":
        values = image[samples.nearest()].float()
    else:
        corners = [image[index].float() for index, _ in samples.corners()]
        top = corners[0] + (corners[1] - corners[0]) * samples.x_share
        bottom = corners[2] + (corners[3] - corners[2]) * samples.x_share
        values = top + (bottom - top) * samples.y_share
    return torch.where(samples.is_inside, values, extrapolation_value)


@kernel("CropAndResizeGradImage", "cpu", "gpu", host_inputs=("image_size",))
def crop_and_resize_grad_image(
    grads: Tensor, boxes: Tensor, box_ind: Tensor, image_size: Array, *, T: Any, method: bytes
) -> Tensor:
    _check_rank_of_grads(grads)
    if image_size.ndim != 1:
        raise errors.invalid_argument(f"image_size must be 1-D{_shape_text(image_size)}")
    if image_size.size != 4:
        raise errors.invalid_argument(f"image_size must have 4 elements{_shape_text(image_size)}")
    shape = image_size.tolist()
    if min(shape[1:3]) <= 0:
        raise errors.invalid_argument("image dimensions must be positive")
    _check_boxes(boxes, box_ind, shape[0])
    _check_grads(grads, boxes, shape[3], "image_size and grads are incompatible")
    samples = _Samples(boxes, box_ind, shape, grads.shape[1:3])
    wide = torch.zeros(shape, dtype=torch.float64, device=grads.device)
    inside = torch.where(samples.is_inside, grads, 0.0).double()
    if method == b"nearest":
        wide.index_put_(samples.nearest(), inside, accumulate=True)
    else:
        for index, share in samples.corners():
            wide.index_put_(index, inside * share, accumulate=True)
    return wide.to(_TORCH_FLOATS[T.name])


_TORCH_FLOATS = {
    "float16": torch.float16,
    "float32": torch.float32,
    "float64": torch.float64,
}


@kernel("CropAndResizeGradBoxes", "cpu", "gpu")
def crop_and_resize_grad_boxes(
    grads: Tensor, image: Tensor, boxes: Tensor, box_ind: Tensor
) -> Tensor:
    _check_rank_of_grads(grads)
    if image.dim() != 4:
        raise errors.invalid_argument(f"input image must be 4-D{_shape_text(image)}")
    _check_boxes(boxes, box_ind, image.shape[0])
    _check_grads(grads, boxes, image.shape[3], "image, grads depth differ")
    crop = grads.shape[1:3]
    samples = _Samples(boxes, box_ind, image.shape, crop)
    tl, tr, bl, br = (image[index].float() for index, _ in samples.corners())
    inside = torch.where(samples.is_inside, grads, 0.0)
    by_y = (1 - samples.x_share) * (bl - tl) + samples.x_share * (br - tr)
    by_x = (1 - samples.y_share) * (tr - tl) + samples.y_share * (br - bl)
    rows, columns = (by_y * inside).sum((2, 3)), (by_x * inside).sum((1, 3))
    y1, y2 = _by_edges(rows, image.shape[1], crop[0])
    x1, x2 = _by_edges(columns, image.shape[2], crop[1])
    return torch.stack([y1, x1, y2, x2], 1)


def _by_edges(by_places: Tensor, size: int, count: int) -> tuple[Tensor, Tensor]:
    """Return the gradients by the two edges of boxes from those by the places of samples."""
    if count <= 1:
        both = 0.5 * (size - 1) * by_places.sum(1)
        return both, both
    steps = torch.arange(count, dtype=torch.float32, device=by_places.device)
    far = steps * ((size - 1) / (count - 1))
    return (by_places * (size - 1 - far)).sum(1), (by_places * far).sum(1)


@kernel("ExtractGlimpse", "cpu", host_inputs=("size", "offsets"))
def extract_glimpse(
    input: Tensor,
    size: Array,
    offsets: Array,
    *,
    centered: bool,
    normalized: bool,
    uniform_noise: bool,
    noise: bytes,
) -> Tensor:
    if input.dim() != 4:
        raise errors.invalid_argument(
            f"input must be 4-dimensional (batch_size, height, width, depth){_shape_text(input)}"
        )
    batch, height, width, channels = input.shape
    if np.shape(size) != (2,):
        raise errors.invalid_argument("size must be a vector of size 2 (height, width)")
    if min(size) < 0:
        raise errors.invalid_argument(f"Expected a non-negative size, got {min(size)}")
    if offsets.shape != (batch, 2):
        raise errors.invalid_argument("input should have the same batch size as offsets")
    rows, columns = size.tolist()
    shape = (batch, rows, columns, channels)
    if not uniform_noise and noise == b"zero":
        result = torch.zeros(shape, dtype=input.dtype)
    elif uniform_noise or noise == b"uniform":
        low, high = input.min(), input.max()
        result = low + torch.rand(shape, dtype=input.dtype) * (high - low)
    else:
        result = torch.randn(shape, dtype=input.dtype)
    places: list[Array] = list(offsets.astype(np.float32))
    for number, place in enumerate(places):
        y, x = place.tolist()
        top = _start(y, height, rows, centered, normalized)
        left = _start(x, width, columns, centered, normalized)
        inside_y = slice(max(top, 0), max(min(top + rows, height), 0))
        inside_x = slice(max(left, 0), max(min(left + columns, width), 0))
        part = input[number, inside_y, inside_x]
        if part.numel():
            down, right = inside_y.start - top, inside_x.start - left
            result[number, down : down + part.shape[0], right : right + part.shape[1]] = part
    return result


def _start(offset: float, size: int, window: int, centered: bool, normalized: bool) -> int:
    if normalized:
        offset *= size
    if centered:
        offset = offset / 2 + size / 2
    return int(offset - window / 2)


_COLORS = torch.tensor(
    [
        [1, 1, 0, 1], [0, 0, 1, 1], [1, 0, 0, 1], [0, 1, 0, 1], [0.5, 0, 0.5, 1],
        [0.5, 0.5, 0, 1], [0.5, 0, 0, 1], [0, 0, 0.5, 1], [0, 1, 1, 1], [1, 0, 1, 1],
    ]
)  # fmt: skip


def _draw(images: Tensor, boxes: Array, colors: Tensor) -> Tensor:
    if images.dim() != 4:
        raise errors.invalid_argument("The rank of the images should be 4")
    if boxes.ndim != 3:
        raise errors.invalid_argument("The rank of the boxes tensor should be 3")
    if images.shape[0] != boxes.shape[0]:
        raise errors.invalid_argument("The batch sizes should be the same")
    if boxes.shape[2] != 4:
        raise errors.invalid_argument(
            f"The size of the third dimension of the box must be 4. Received: {boxes.shape[2]}"
        )
    channels = images.shape[3]
    if channels not in (1, 3, 4):
        raise errors.invalid_argument(
            "Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)"
        )
    if colors.shape[1] < channels:
        raise errors.invalid_argument(
            f"colors must have equal or more channels than the image provided: {colors.shape[1]} "
            f"vs. {channels}"
        )
    colors = colors[:, :channels].to(images.dtype)
    result = images.clone()
    rounded: list[Array] = list(boxes.astype(np.float32))
    for image, image_boxes in zip(result, rounded, strict=True):
        for number, box in enumerate(image_boxes):
            _draw_box(image, box, colors[number % len(colors)])
    return result


def _draw_box(image: Tensor, box: Array, color: Tensor) -> None:
    height, width = image.shape[:2]
    sizes = np.array([height - 1, width - 1, height - 1, width - 1], np.float32)
    if not np.all(np.isfinite(box)):
        return
    top, left, bottom, right = (int(edge) for edge in box * sizes)
    if top > bottom or left > right:
        return
    if top >= height or bottom < 0 or left >= width or right < 0:
        return
    rows = slice(max(top, 0), min(bottom, height - 1) + 1)
    columns = slice(max(left, 0), min(right, width - 1) + 1)
    if top >= 0:
        image[top, columns] = color
    if bottom < height:
        image[bottom, columns] = color
    if left >= 0:
        image[rows, left] = color
    if right < width:
        image[rows, right] = color


@kernel("DrawBoundingBoxes", "cpu", host_inputs=("boxes",))
def draw_bounding_boxes(images: Tensor, boxes: Array) -> Tensor:
    colors = _COLORS
    if images.dim() == 4 and images.shape[3] == 1:
        colors = torch.ones(len(_COLORS), 1)
    return _draw(images, boxes, colors)


@kernel("DrawBoundingBoxesV2", "cpu", host_inputs=("boxes",))
def draw_bounding_boxes_v2(images: Tensor, boxes: Array, colors: Tensor) -> Tensor:
    if not colors.numel():
        return draw_bounding_boxes(images, boxes)
    return _draw(images, boxes, colors)


class _Draws:
    """Random numbers for one choice, in the order in which TensorFlow takes them."""

    def __init__(self, place: Philox, count: int) -> None:
        self._words = iter(place.words(count).tolist())

    def word(self) -> int:
        return int(next(self._words))

    def below(self, limit: int) -> int:
        """Return a number in [0, limit)."""
        if limit & (limit - 1) == 0:
            return self.word() & (limit - 1)
        rest = 0xFFFFFFFF % limit + 1
        word = self.word()
        while word < rest:
            word = self.word()
        return word % limit

    def real(self) -> np.float32:
        """Return a number in [0, 1)."""
        bits = np.uint32((127 << 23) | (self.word() & 0x7FFFFF))
        return np.float32(bits.view(np.float32) - np.float32(1))


def _rounded(value: Any) -> int:
    return int(np.rint(value))


def _random_crop(
    draws: _Draws, width: int, height: int, area_range: Sequence[float], ratio: np.float32
) -> tuple[int, int, int, int] | None:
    """Return the top, left, height and width of a part, or None where none fits."""
    least, most = (
        np.float32(share) * np.float32(width) * np.float32(height) for share in area_range
    )
    if most <= 0 or ratio <= 0 or width <= 0 or height <= 0 or least > most:
        return None
    rows = _rounded(np.sqrt(least / ratio))
    limit = _rounded(np.sqrt(most / ratio))
    if _rounded(limit * ratio) > width:
        limit = int(np.float32(width + 0.5 - 1e-7) / ratio)
        if _rounded(limit * ratio) > width:
            limit -= 1
    limit = min(limit, height)
    rows = min(rows, limit)
    if rows < limit:
        rows += draws.below(limit - rows + 1)
    columns = _rounded(rows * ratio)
    if columns * rows < least:
        rows += 1
        columns = _rounded(rows * ratio)
    if columns * rows > most:
        rows -= 1
        columns = _rounded(rows * ratio)
    if not least <= columns * rows <= most:
        return None
    if columns > width or rows > height or columns <= 0 or rows <= 0:
        return None
    top = draws.below(height - rows) if rows < height else 0
    left = draws.below(width - columns) if columns < width else 0
    return top, left, rows, columns


def _covers(crop: tuple[int, int, int, int], objects: Array, least: np.float32) -> bool:
    """Return whether enough of an object lies within a part of the image."""
    top, left, rows, columns = crop
    if rows * columns < 1:
        return False
    for y1, x1, y2, x2 in objects.tolist():
        area = (y2 - y1) * (x2 - x1)
        if area < 1:
            continue
        shared_rows = max(0, min(y2, top + rows) - max(y1, top))
        shared_columns = max(0, min(x2, left + columns) - max(x1, left))
        if np.float32(shared_rows * shared_columns) / np.float32(area) >= least:
            return True
    return False


def _check_given(boxes: Array, covered: Any) -> None:
    if boxes.ndim != 3:
        raise errors.invalid_argument(
            "input boxes must be 3-dimensional [batch, num_boxes, coords]: "
            f"{format_dims(boxes.shape, 'kernel')}"
        )
    if boxes.shape[-1] != 4:
        raise errors.invalid_argument(
            "bounding boxes must have shape [4] or [*, 4], got "
            f"{format_dims(boxes.shape, 'kernel')}"
        )
    if np.ndim(covered):
        raise errors.invalid_argument(
            f"min_object_covered must be 0-D, got shape {format_dims(np.shape(covered), 'kernel')}"
        )


def _chooser(ctx: KernelContext) -> Any:
    attrs = ctx.attrs
    stream = seed_stream(attrs["seed"], attrs["seed2"])
    ratios, areas = attrs["aspect_ratio_range"], attrs["area_range"]
    attempts = attrs["max_attempts"]

    def choose(image_size: Array, boxes: Array, covered: Any) -> tuple[Array, Array, Array]:
        if np.shape(image_size) != (3,):
            raise errors.invalid_argument("image_size must contain 3 elements")
        height, width = int(image_size[0]), int(image_size[1])
        if not (height > 0 and width > 0):
            raise errors.invalid_argument("image height and width must be positive")
        _check_given(boxes, covered)
        flat = boxes.reshape(-1, 4).astype(np.float32)
        if not len(flat) and not attrs["use_image_if_no_bounding_boxes"]:
            raise errors.invalid_argument(
                "No bounding boxes provided as input. One must enable "
                "use_image_if_no_bounding_boxes if you wish to not provide any bounding boxes."
            )
        objects = (flat * np.array([height, width, height, width], np.float32)).astype(np.int64)
        if not len(flat):
            objects = np.array([[0, 0, height, width]])
        draws = _Draws(stream.reserve(4 * attempts), 8 * attempts + 64)
        crop = (0, 0, height, width)
        for _ in range(attempts):
            ratio = draws.real() * np.float32(ratios[1] - ratios[0]) + np.float32(ratios[0])
            tried = _random_crop(draws, width, height, areas, np.float32(ratio))
            if tried is not None and _covers(tried, objects, np.float32(covered)):
                crop = tried
                break
        top, left, rows, columns = crop
        begin = np.array([top, left, 0], image_size.dtype)
        size = np.array([rows, columns, -1]).astype(image_size.dtype)
        edges = [top / height, left / width, (top + rows) / height, (left + columns) / width]
        return begin, size, np.array(edges, np.float32).reshape(1, 1, 4)

    return choose


@kernel_factory(
    "SampleDistortedBoundingBox",
    "cpu",
    host_inputs=("image_size", "bounding_boxes"),
    host_outputs=("begin", "size", "bboxes"),
)
def make_sample_distorted_bounding_box(ctx: KernelContext) -> Any:
    choose, covered = _chooser(ctx), ctx.attrs["min_object_covered"]

    def sample(image_size: Array, bounding_boxes: Array) -> tuple[Array, Array, Array]:
        found: tuple[Array, Array, Array] = choose(image_size, bounding_boxes, covered)
        return found

    return sample


@kernel_factory(
    "SampleDistortedBoundingBoxV2",
    "cpu",
    host_inputs=("image_size", "bounding_boxes", "min_object_covered"),
    host_outputs=("begin", "size", "bboxes"),
)
def make_sample_distorted_bounding_box_v2(ctx: KernelContext) -> Any:
    return _chooser(ctx)
