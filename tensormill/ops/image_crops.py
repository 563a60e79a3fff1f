"""Parts of images: boxes that are cut out, glimpses, boxes that are drawn or chosen at random."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, is_fully_defined, with_rank, with_rank_at_least
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.windows import merge_sizes

crop_and_resize_op = define(
    "CropAndResize",
    inputs=(
        "image: T",
        "boxes: float32",
        "box_ind: int32",
        "crop_size: int32",
    ),
    outputs=("crops: float32",),
    attrs=(
        "T: {uint8, uint16, int8, int16, int32, int64, float16, float32, float64}",
        "method: {'bilinear', 'nearest'} = 'bilinear'",
        "extrapolation_value: float = 0.0",
    ),
)
crop_and_resize_grad_image_op = define(
    "CropAndResizeGradImage",
    inputs=(
        "grads: float32",
        "boxes: float32",
        "box_ind: int32",
        "image_size: int32",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float16, float64}",
        "method: {'bilinear', 'nearest'} = 'bilinear'",
    ),
    differentiable=False,
)
crop_and_resize_grad_boxes_op = define(
    "CropAndResizeGradBoxes",
    inputs=(
        "grads: float32",
        "image: T",
        "boxes: float32",
        "box_ind: int32",
    ),
    outputs=("output: float32",),
    attrs=(
        "T: {uint8, uint16, int8, int16, int32, int64, float16, float32, float64}",
        "method: {'bilinear'} = 'bilinear'",
    ),
    differentiable=False,
)
extract_glimpse_op = define(
    "ExtractGlimpse",
    inputs=(
        "input: float32",
        "size: int32",
        "offsets: float32",
    ),
    outputs=("glimpse: float32",),
    attrs=(
        "centered: bool = true",
        "normalized: bool = true",
        "uniform_noise: bool = true",
        "noise: string = 'uniform'",
    ),
    differentiable=False,
)
draw_bounding_boxes_op = define(
    "DrawBoundingBoxes",
    inputs=(
        "images: T",
        "boxes: float32",
    ),
    outputs=("output: T",),
    attrs=("T: {float32, float16} = DT_FLOAT",),
    differentiable=False,
)
draw_bounding_boxes_v2_op = define(
    "DrawBoundingBoxesV2",
    inputs=(
        "images: T",
        "boxes: float32",
        "colors: float32",
    ),
    outputs=("output: T",),
    attrs=("T: {float32, float16} = DT_FLOAT",),
    differentiable=False,
)
sample_distorted_bounding_box_op = define(
    "SampleDistortedBoundingBox",
    inputs=(
        "image_size: T",
        "bounding_boxes: float32",
    ),
    outputs=(
        "begin: T",
        "size: T",
        "bboxes: float32",
    ),
    attrs=(
        "T: {uint8, int8, int16, int32, int64}",
        "seed: int = 0",
        "seed2: int = 0",
        "min_object_covered: float = 0.10000000149011612",
        "aspect_ratio_range: list(float) = [0.75, 1.3300000429153442]",
        "area_range: list(float) = [0.05000000074505806, 1.0]",
        "max_attempts: int = 100",
        "use_image_if_no_bounding_boxes: bool = false",
    ),
    stateful=True,
    differentiable=False,
)
sample_distorted_bounding_box_v2_op = define(
    "SampleDistortedBoundingBoxV2",
    inputs=(
        "image_size: T",
        "bounding_boxes: float32",
        "min_object_covered: float32",
    ),
    outputs=(
        "begin: T",
        "size: T",
        "bboxes: float32",
    ),
    attrs=(
        "T: {uint8, int8, int16, int32, int64}",
        "seed: int = 0",
        "seed2: int = 0",
        "aspect_ratio_range: list(float) = [0.75, 1.3300000429153442]",
        "area_range: list(float) = [0.05000000074505806, 1.0]",
        "max_attempts: int = 100",
        "use_image_if_no_bounding_boxes: bool = false",
    ),
    stateful=True,
    differentiable=False,
)


def _crop_sizes(ctx: ShapeContext, key: str) -> tuple[int | None, int | None]:
    size = with_rank(ctx.shape(key), 1)
    merge_sizes(size[0], 2)
    value = ctx.value(key)
    return (None, None) if value is None else (int(value[0]), int(value[1]))


def _box_count(ctx: ShapeContext) -> int | None:
    boxes, places = with_rank(ctx.shape("boxes"), 2), with_rank(ctx.shape("box_ind"), 1)
    merge_sizes(boxes[1], 4)
    return merge_sizes(boxes[0], places[0])


@crop_and_resize_op.shape
def crop_and_resize_shape(ctx: ShapeContext) -> list[Dims]:
    image = with_rank(ctx.shape("image"), 4)
    count = _box_count(ctx)
    return [(count, *_crop_sizes(ctx, "crop_size"), image[3])]


@crop_and_resize_grad_image_op.shape
def crop_and_resize_grad_image_shape(ctx: ShapeContext) -> list[Dims]:
    return [with_rank(ctx.value_as_shape("image_size"), 4)]


@crop_and_resize_grad_boxes_op.shape
def crop_and_resize_grad_boxes_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape("boxes")]


@crop_and_resize_op.gradient
def crop_and_resize_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    image, boxes, places, _ = op.inputs
    size: Any = image.dims if is_fully_defined(image.dims) else shape_of(image)
    by_image = None
    if image.dtype in (dtypes.float16, dtypes.float32, dtypes.float64):
        by_image = crop_and_resize_grad_image_op(
            grad, boxes, places, size, T=image.dtype, method=op.attrs["method"]
        )
    return [by_image, crop_and_resize_grad_boxes_op(grad, image, boxes, places), None, None]


@extract_glimpse_op.shape
def extract_glimpse_shape(ctx: ShapeContext) -> list[Dims]:
    image, offsets = with_rank(ctx.shape("input"), 4), with_rank(ctx.shape("offsets"), 2)
    merge_sizes(offsets[1], 2)
    return [(merge_sizes(image[0], offsets[0]), *_crop_sizes(ctx, "size"), image[3])]


@draw_bounding_boxes_op.shape
@draw_bounding_boxes_v2_op.shape
def draw_bounding_boxes_shape(ctx: ShapeContext) -> list[Dims]:
    images = with_rank_at_least(ctx.shape(0), 3)
    if images is not None and len(images) == 4 and images[3] not in (None, 1, 3, 4):
        raise ValueError("Channel depth should be either 1 (GRY), 3 (RGB), or 4 (RGBA)")
    return [images]


@sample_distorted_bounding_box_op.shape
@sample_distorted_bounding_box_v2_op.shape
def sample_distorted_bounding_box_shape(ctx: ShapeContext) -> list[Dims]:
    size, boxes = with_rank(ctx.shape(0), 1), with_rank(ctx.shape(1), 3)
    merge_sizes(size[0], 3)
    merge_sizes(boxes[2], 4)
    return [(3,), (3,), (1, 1, 4)]


def crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: str | None = None,
    box_indices: Any = None,
) -> Tensor:
    """Return boxes of images, each resized to the same size: [boxes, *crop_size, channels].

    Args:
      image: [batch, height, width, channels].
      boxes: [boxes, 4]: y1, x1, y2, x2, in parts of the height and width.
      box_ind: [boxes], the image of each box.
      crop_size: the height and width of the result.
      method: "bilinear" or "nearest".
      extrapolation_value: what stands outside of the images.
      name: the name of the node.
      box_indices: another name of `box_ind`.
    """
    return crop_and_resize_op(
        image,
        boxes,
        box_ind if box_indices is None else box_indices,
        crop_size,
        method=method,
        extrapolation_value=extrapolation_value,
        name=name,
    )


def extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    name: str | None = None,
) -> Tensor:
    """Return a window of each image: [batch, *size, channels].

    Args:
      input: [batch, height, width, channels].
      size: the height and width of the window.
      offsets: [batch, 2]: y and x of the middle of the window.
      centered: whether (0, 0) is the middle of the image, else its upper left corner.
      normalized: whether offsets are in parts of the image's size.
      uniform_noise: what stands outside of the image: uniform noise, else normal noise.
      name: the name of the node.
    """
    return extract_glimpse_op(
        input,
        size,
        offsets,
        centered=centered,
        normalized=normalized,
        uniform_noise=uniform_noise,
        name=name,
    )


def draw_bounding_boxes(
    images: Any, boxes: Any, name: str | None = None, colors: Any = None
) -> Tensor:
    """Return images with boxes drawn on them.

    Args:
      images: [batch, height, width, channels], floats.
      boxes: [batch, boxes, 4]: y1, x1, y2, x2, in parts of the height and width.
      name: the name of the node.
      colors: [colors, channels], taken in turn; by default ten colors.
    """
    if colors is None:
        return draw_bounding_boxes_op(images, boxes, name=name)
    return draw_bounding_boxes_v2_op(images, boxes, colors, name=name)


def sample_distorted_bounding_box(
    image_size: Any,
    bounding_boxes: Any,
    seed: int | None = None,
    seed2: int | None = None,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = None,
    area_range: Any = None,
    max_attempts: int | None = None,
    use_image_if_no_bounding_boxes: bool | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """Choose a part of an image at random that holds enough of one of its objects.

    Args:
      image_size: [3]: height, width, channels.
      bounding_boxes: [batch, boxes, 4]: y1, x1, y2, x2 of the objects, in parts of the size.
      seed: the seed of the op; that of the graph does not matter.
      seed2: the second seed.
      min_object_covered: how much of an object must be within.
      aspect_ratio_range: the range of width / height.
      area_range: the range of the area, in parts of the image's.
      max_attempts: after how many attempts the whole image is taken.
      use_image_if_no_bounding_boxes: whether the image is the object where there are no boxes.
      name: the name of the nodes.

    Returns:
      begin and size for `tf.slice`, and the chosen box for `draw_bounding_boxes`.
    """
    with OpScope(name, "sample_distorted_bounding_box"):
        covered = convert_to_tensor(min_object_covered, dtypes.float32)
        made: list[Tensor] = sample_distorted_bounding_box_v2_op(
            image_size,
            bounding_boxes,
            covered,
            seed=seed or 0,
            seed2=seed2 or 0,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            use_image_if_no_bounding_boxes=use_image_if_no_bounding_boxes,
            name=name,
        )
        return made
