"""Images in another size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value, constant_value_as_shape
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.op_registry import define
from tensormill.graph.op_scope import OpScope
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, are_compatible, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import minimum
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import round as round_of
from tensormill.ops.image_resampling import resample

resize_bilinear_op = define(
    "ResizeBilinear",
    inputs=(
        "images: T",
        "size: int32",
    ),
    outputs=("resized_images: float32",),
    attrs=(
        (
            "T: {int8, uint8, int16, uint16, int32, int64, bfloat16, float16, float32, "
            "float64, bfloat16}"
        ),
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
)
resize_bilinear_grad_op = define(
    "ResizeBilinearGrad",
    inputs=(
        "grads: float32",
        "original_image: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float32, bfloat16, float16, float64}",
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
    differentiable=False,
)
resize_nearest_neighbor_op = define(
    "ResizeNearestNeighbor",
    inputs=(
        "images: T",
        "size: int32",
    ),
    outputs=("resized_images: T",),
    attrs=(
        "T: {int8, uint8, int16, uint16, int32, int64, float16, float32, float64, bfloat16}",
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
)
resize_nearest_neighbor_grad_op = define(
    "ResizeNearestNeighborGrad",
    inputs=(
        "grads: T",
        "size: int32",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {uint8, int8, int32, float16, float32, float64, bfloat16}",
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
    differentiable=False,
)
resize_bicubic_op = define(
    "ResizeBicubic",
    inputs=(
        "images: T",
        "size: int32",
    ),
    outputs=("resized_images: float32",),
    attrs=(
        "T: {int8, uint8, int16, uint16, int32, int64, float16, float32, float64, bfloat16}",
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
)
resize_bicubic_grad_op = define(
    "ResizeBicubicGrad",
    inputs=(
        "grads: float32",
        "original_image: T",
    ),
    outputs=("output: T",),
    attrs=(
        "T: {float32, float64}",
        "align_corners: bool = false",
        "half_pixel_centers: bool = false",
    ),
    differentiable=False,
)
resize_area_op = define(
    "ResizeArea",
    inputs=(
        "images: T",
        "size: int32",
    ),
    outputs=("resized_images: float32",),
    attrs=(
        "T: {int8, uint8, int16, uint16, int32, int64, float16, float32, float64, bfloat16}",
        "align_corners: bool = false",
    ),
    differentiable=False,
)


def _resized_dims(ctx: ShapeContext) -> list[Dims]:
    images = with_rank(ctx.shape(0), 4)
    size = ctx.value_as_shape(1)
    if size is None:
        size = (None, None)
    if len(size) != 2:
        raise ValueError(f"Dimension must be 2 but is {len(size)}")
    return [(images[0], *size, images[3])]


@resize_bilinear_op.shape
@resize_nearest_neighbor_op.shape
@resize_bicubic_op.shape
@resize_area_op.shape
def resize_shape(ctx: ShapeContext) -> list[Dims]:
    return _resized_dims(ctx)


@resize_nearest_neighbor_grad_op.shape
def resize_nearest_neighbor_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return _resized_dims(ctx)


@resize_bilinear_grad_op.shape
@resize_bicubic_grad_op.shape
def resize_grad_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(1)]


def _attrs(op: Operation) -> dict[str, Any]:
    return {name: op.attrs[name] for name in ("align_corners", "half_pixel_centers")}


@resize_bilinear_op.gradient
def resize_bilinear_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [resize_bilinear_grad_op(grad, op.inputs[0], **_attrs(op)), None]


@resize_bicubic_op.gradient
def resize_bicubic_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [resize_bicubic_grad_op(grad, op.inputs[0], **_attrs(op)), None]


@resize_nearest_neighbor_op.gradient
def resize_nearest_neighbor_gradient(op: Operation, grad: Tensor) -> list[Tensor | None]:
    image = op.inputs[0]
    if image.dims is not None and None not in image.dims[1:3]:
        size: Any = list(image.dims[1:3])
    else:
        size = shape_of(image)[1:3]
    return [resize_nearest_neighbor_grad_op(grad, size, **_attrs(op)), None]


class ResizeMethod:
    """How `resize_images` computes."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_METHODS = {
    ResizeMethod.BILINEAR: resize_bilinear_op,
    ResizeMethod.NEAREST_NEIGHBOR: resize_nearest_neighbor_op,
    ResizeMethod.BICUBIC: resize_bicubic_op,
    ResizeMethod.AREA: resize_area_op,
}


def resize_images(
    images: Any,
    size: Any,
    method: int = ResizeMethod.BILINEAR,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return images in another size; float32, but for nearest neighbors or where nothing changes.

    Args:
      images: [batch, height, width, channels], or one image without a batch.
      size: the new height and width, int32.
      method: one of `ResizeMethod`.
      align_corners: keep the centers of the corner pixels in place.
      preserve_aspect_ratio: make the images fit into `size`.
      name: the name of the nodes.

    Raises:
      ValueError: the shapes do not fit, or an unknown method.
    """

    def resized(batch: Tensor, new_size: Tensor) -> Tensor:
        if method not in _METHODS:
            raise ValueError("Resize method is not implemented.")
        made: Tensor = _METHODS[method](batch, new_size, align_corners=align_corners)
        return made

    return _resized(resized, images, size, preserve_aspect_ratio, name, keeps_same=True)


def resize_images_v2(
    images: Any,
    size: Any,
    method: str = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: str | None = None,
) -> Tensor:
    """Return images in another size, their pixels being squares with centers at halves.

    Args:
      images: [batch, height, width, channels], or one image without a batch.
      size: the new height and width, int32.
      method: "bilinear", "nearest", "bicubic", "area", "gaussian", "lanczos3", "lanczos5" or
        "mitchellcubic".
      preserve_aspect_ratio: make the images fit into `size`.
      antialias: take more pixels into account where images get smaller.
      name: the name of the nodes.

    Raises:
      ValueError: the shapes do not fit, or an unknown method.
    """

    def resized(batch: Tensor, new_size: Tensor) -> Tensor:
        if method in _FILTERS or (antialias and method in _SMOOTH):
            return resample(batch, new_size, _SMOOTH.get(method, method), antialias)
        if method == "area":
            return resize_area_op(batch, new_size)
        if method not in _METHODS_V2:
            raise ValueError("Resize method is not implemented.")
        return _METHODS_V2[method](batch, new_size, half_pixel_centers=True)

    return _resized(resized, images, size, preserve_aspect_ratio, name, keeps_same=False)


_FILTERS = frozenset(["gaussian", "lanczos3", "lanczos5", "mitchellcubic"])
_SMOOTH = {"bilinear": "triangle", "bicubic": "keyscubic"}
_METHODS_V2 = {
    "bilinear": resize_bilinear_op,
    "nearest": resize_nearest_neighbor_op,
    "bicubic": resize_bicubic_op,
}


def _resized(
    resize: Callable[[Tensor, Tensor], Tensor],
    images: Any,
    size: Any,
    preserve_aspect_ratio: bool,
    name: str | None,
    keeps_same: bool,
) -> Tensor:
    """Resize a batch or one image; with `keeps_same` what has the size already stays as it is."""
    with OpScope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        if images.dims is None:
            raise ValueError("'images' contains no shape.")
        is_batch = len(images.dims) == 4
        if not is_batch:
            if len(images.dims) != 3:
                raise ValueError("'images' must have either 3 or 4 dimensions.")
            images = expand_dims(images, 0)
        size = convert_to_tensor(size, dtypes.int32, name="size")
        if not are_compatible(size.dims, (2,)):
            raise ValueError("'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
        if preserve_aspect_ratio:
            size = _fitting_size(images, size)
        wanted = constant_value_as_shape(size) or (None, None)
        is_same = None not in wanted and images.dims is not None and images.dims[1:3] == wanted
        if is_same and keeps_same:
            return images if is_batch else squeeze(images, axis=[0])
        images = resize(images, size)
        images.set_shape((None, *wanted, None))
        return images if is_batch else squeeze(images, axis=[0])


def _fitting_size(images: Tensor, size: Tensor) -> Tensor:
    """Return the largest size within `size` that keeps the aspect ratio."""
    dims, known = images.dims or (None,) * 4, constant_value(size)
    if known is not None and None not in dims[1:3]:
        static = np.array(dims[1:3], np.float32)
        share = (known.astype(np.float32) / static).min()
        return convert_to_tensor(np.rint(share * static).astype(np.int32), name="size")
    dynamic = shape_of(images)
    current = [dynamic[axis] if dims[axis] is None else dims[axis] for axis in (1, 2)]
    sizes = [cast(item, dtypes.float32) for item in current]
    factors = [cast(size[axis], dtypes.float32) / sizes[axis] for axis in (0, 1)]
    factor = minimum(factors[0], factors[1])
    scaled = [cast(round_of(factor * item), dtypes.int32) for item in sizes]
    return convert_to_tensor(scaled, dtypes.int32, name="size")


def resize_bilinear(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Return images resized with bilinear interpolation, float32.

    Args:
      images: [batch, height, width, channels].
      size: the new height and width, int32.
      align_corners: keep the centers of the corner pixels in place.
      name: the name of the node.
      half_pixel_centers: take pixels as squares with centers at halves.
    """
    return resize_bilinear_op(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


def resize_nearest_neighbor(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Return images resized by taking the nearest pixel; see `resize_bilinear`."""
    return resize_nearest_neighbor_op(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


def resize_bicubic(
    images: Any,
    size: Any,
    align_corners: bool = False,
    name: str | None = None,
    half_pixel_centers: bool = False,
) -> Tensor:
    """Return images resized with bicubic interpolation; see `resize_bilinear`."""
    return resize_bicubic_op(
        images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name
    )


def resize_area(
    images: Any, size: Any, align_corners: bool = False, name: str | None = None
) -> Tensor:
    """Return images resized by means over areas; for the arguments see `resize_bilinear`."""
    return resize_area_op(images, size, align_corners=align_corners, name=name)
