"""Images under projective maps: the op of `tf.contrib.image.transform`.

Source: TensorFlow 1.15, contrib/image/ops/image_ops.cc and python/ops/image_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.op_registry import define
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims, with_rank
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import cos, sin
from tensormill.ops.filling import ones, zeros
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import matrix_inverse
from tensormill.ops.matrix_multiplication import matmul

__all__ = [
    "angles_to_projective_transforms",
    "compose_transforms",
    "flat_transforms_to_matrices",
    "image_projective_transform_op",
    "matrices_to_flat_transforms",
    "rotate",
    "transform",
    "translate",
    "translations_to_projective_transforms",
]

_IMAGE_DTYPES = ("uint8", "int32", "int64", "float16", "float32", "float64")

image_projective_transform_op = define(
    "ImageProjectiveTransformV2",
    inputs=("images: dtype", "transforms: float32", "output_shape: int32"),
    outputs=("transformed_images: dtype",),
    attrs=(
        "dtype: {uint8, int32, int64, float16, bfloat16, float32, float64}",
        "interpolation: string",
        "fill_mode: string = 'CONSTANT'",
    ),
)


image_projective_transform_v1_op = define(
    "ImageProjectiveTransform",
    inputs=("images: dtype", "transforms: float32"),
    outputs=("transformed_images: dtype",),
    attrs=(
        "dtype: {uint8, int32, int64, float16, float32, float64}",
        "interpolation: string",
    ),
    differentiable=False,
)


@image_projective_transform_v1_op.shape
def image_projective_transform_v1_shape(ctx: ShapeContext) -> list[Dims]:
    return [ctx.shape(0)]


@image_projective_transform_op.shape
def image_projective_transform_shape(ctx: ShapeContext) -> list[Dims]:
    images = with_rank(ctx.shape(0), 4)
    size = ctx.value(2)
    height, width = (None, None) if size is None else (int(size[0]), int(size[1]))
    return [(images[0], height, width, images[3])]


@image_projective_transform_op.gradient
def image_projective_transform_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    """Return the gradient as the image of the gradient under the inverse map."""
    images, transforms = op.inputs[0], op.inputs[1]
    inverse = matrices_to_flat_transforms(matrix_inverse(flat_transforms_to_matrices(transforms)))
    made = image_projective_transform_op(
        grad,
        inverse,
        shape_of(images)[1:3],
        interpolation=op.attrs["interpolation"],
        fill_mode=op.attrs["fill_mode"],
    )
    return [made, None, None]


def flat_transforms_to_matrices(transforms: Any) -> Tensor:
    """Return maps [count, 8] as matrices [count, 3, 3], whose last entry is 1.

    Raises:
      ValueError: `transforms` is neither a vector nor a matrix.
    """
    with name_scope("flat_transforms_to_matrices"):
        transforms = convert_to_tensor(transforms, name="transforms")
        if transforms.get_shape().ndims not in (1, 2):
            raise ValueError(f"Transforms should be 1D or 2D, got: {transforms}")
        rows = reshape(transforms, constant([-1, 8]))
        last = ones([shape_of(rows)[0], 1])
        return reshape(concat([rows, last], axis=1), constant([-1, 3, 3]))


def matrices_to_flat_transforms(transform_matrices: Any) -> Tensor:
    """Return matrices [count, 3, 3] as maps [count, 8], scaled so that the last entry is 1.

    Raises:
      ValueError: they have another rank.
    """
    with name_scope("matrices_to_flat_transforms"):
        matrices = convert_to_tensor(transform_matrices, name="transform_matrices")
        if matrices.get_shape().ndims not in (2, 3):
            raise ValueError(f"Matrices should be 2D or 3D, got: {matrices}")
        rows = reshape(matrices, constant([-1, 9]))
        rows = rows / rows[:, 8:9]
        return rows[:, :8]


def _as_batch(image: Tensor) -> Tensor:
    """Return an image, or images, as a batch [batch, height, width, channels].

    Raises:
      TypeError: the dtype is not one of images, or the rank not one of 2 to 4.
    """
    if image.dtype.base_dtype.name not in _IMAGE_DTYPES:
        raise TypeError(f"Invalid dtype {image.dtype}.")
    ndims = image.get_shape().ndims
    if ndims is None:
        raise TypeError("image_or_images rank must be statically known")
    if ndims == 2:
        return image[None, :, :, None]
    if ndims == 3:
        return image[None, :, :, :]
    if ndims != 4:
        raise TypeError("Images should have rank between 2 and 4.")
    return image


def _as_given(batch: Tensor, ndims: int | None) -> Tensor:
    """Return the batch with the rank of what was given."""
    if ndims == 2:
        return batch[0, :, :, 0]
    return batch[0, :, :, :] if ndims == 3 else batch


def rotate(
    images: Any, angles: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Tensor:
    """Return images turned around their middles, counterclockwise.

    Args:
      images: [height, width], [height, width, channels] or a batch of the latter.
      angles: in radians; one for all, or one for each.
      interpolation: "NEAREST" or "BILINEAR".
      name: the name of the nodes.

    Raises:
      TypeError: the dtype is not one of images, or the rank not one of 2 to 4.
    """
    with name_scope(name, "rotate"):
        given = convert_to_tensor(images)
        batch = _as_batch(given)
        height = cast(shape_of(batch)[1], dtypes.float32)[None]
        width = cast(shape_of(batch)[2], dtypes.float32)[None]
        maps = angles_to_projective_transforms(angles, height, width)
        made = transform(batch, maps, interpolation=interpolation)
        return _as_given(made, given.get_shape().ndims)


def translate(
    images: Any, translations: Any, interpolation: str = "NEAREST", name: str | None = None
) -> Tensor:
    """Return images moved by [columns, rows].

    For the other arguments see `rotate`.
    """
    with name_scope(name, "translate"):
        maps = translations_to_projective_transforms(translations)
        return transform(images, maps, interpolation=interpolation)


def angles_to_projective_transforms(
    angles: Any, image_height: Any, image_width: Any, name: str | None = None
) -> Tensor:
    """Return the maps [count, 8] of rotations around the middles of images.

    Args:
      angles: in radians; a scalar or a vector.
      image_height: the number of rows, of float32.
      image_width: the number of columns.
      name: the name of the nodes.

    Raises:
      TypeError: `angles` has another rank.
    """
    with name_scope(name, "angles_to_projective_transforms"):
        given = convert_to_tensor(angles, name="angles", dtype=dtypes.float32)
        ndims = len(given.get_shape())
        if ndims > 1:
            raise TypeError("Angles should have rank 0 or 1.")
        angles = given[None] if ndims == 0 else given
        across, down = image_width - 1, image_height - 1
        x_offset = (across - (cos(angles) * across - sin(angles) * down)) / 2.0
        y_offset = (down - (sin(angles) * across + cos(angles) * down)) / 2.0
        columns = [cos(angles), -sin(angles), x_offset, sin(angles), cos(angles), y_offset]
        nothing = zeros((shape_of(angles)[0], 2), dtypes.float32)
        return concat([*(column[:, None] for column in columns), nothing], axis=1)


def translations_to_projective_transforms(translations: Any, name: str | None = None) -> Tensor:
    """Return the maps [count, 8] of moves by [columns, rows].

    Raises:
      TypeError: `translations` is neither a vector nor a matrix.
    """
    with name_scope(name, "translations_to_projective_transforms"):
        given = convert_to_tensor(translations, name="translations", dtype=dtypes.float32)
        ndims = given.get_shape().ndims
        if ndims is None:
            raise TypeError("translation_or_translations rank must be statically known")
        if ndims not in (1, 2):
            raise TypeError("Translations should have rank 1 or 2.")
        moves = given[None] if ndims == 1 else given
        count = shape_of(moves)[0]
        one, nothing = ones((count, 1), dtypes.float32), zeros((count, 1), dtypes.float32)
        last = zeros((count, 2), dtypes.float32)
        columns = [one, nothing, -moves[:, 0, None], nothing, one, -moves[:, 1, None], last]
        return concat(columns, axis=1)


def transform(
    images: Any,
    transforms: Any,
    interpolation: str = "NEAREST",
    output_shape: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return images under projective maps.

    Args:
      images: [height, width], [height, width, channels] or a batch of the latter.
      transforms: [8] or [batch, 8], the map from a pixel of the result to its source: a0 to c1 of
        `x' = (a0 x + a1 y + a2) / k`, `y' = (b0 x + b1 y + b2) / k`, `k = c0 x + c1 y + 1`.
      interpolation: "NEAREST" or "BILINEAR".
      output_shape: [height, width]; those of the images by default.
      name: the name of the nodes.

    Raises:
      TypeError: a dtype or a rank does not fit.
      ValueError: `output_shape` is not of two numbers.
    """
    with name_scope(name, "transform"):
        given = convert_to_tensor(images, name="images")
        maps = convert_to_tensor(transforms, name="transforms", dtype=dtypes.float32)
        batch = _as_batch(given)
        if output_shape is None:
            sizes = shape_of(batch)[1:3]
            known = constant_value(sizes)
            output_shape = sizes if known is None else known
        output_shape = convert_to_tensor(output_shape, dtypes.int32, name="output_shape")
        if not output_shape.get_shape().is_compatible_with([2]):
            raise ValueError(
                "output_shape must be a 1-D Tensor of 2 elements: new_height, new_width"
            )
        ndims = maps.get_shape().ndims
        if ndims is None:
            raise TypeError("transform_or_transforms rank must be statically known")
        if ndims not in (1, 2):
            raise TypeError("Transforms should have rank 1 or 2.")
        made = image_projective_transform_op(
            batch,
            maps[None] if ndims == 1 else maps,
            output_shape,
            interpolation=interpolation.upper(),
        )
        return _as_given(made, given.get_shape().ndims)


def compose_transforms(*transforms: Any) -> Tensor:
    """Return one map for several, of which the last is looked up first."""
    if not transforms:
        raise AssertionError("transforms cannot be empty")
    with name_scope("compose_transforms"):
        composed = flat_transforms_to_matrices(transforms[0])
        for each in transforms[1:]:
            composed = matmul(composed, flat_transforms_to_matrices(each))
        return matrices_to_flat_transforms(composed)
