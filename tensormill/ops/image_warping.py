"""Images read at any places, and warped by flows and by splines.

Source: TensorFlow 1.15, contrib/image/python/ops.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import maximum, minimum
from tensormill.ops.arithmetic import pow as pow_of
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_greater_equal
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import floor, log, sqrt, square
from tensormill.ops.filling import ones_like, zeros
from tensormill.ops.gathering import gather
from tensormill.ops.grids import meshgrid
from tensormill.ops.joining import concat, stack, unstack
from tensormill.ops.linear_algebra import matrix_solve
from tensormill.ops.matrix_diagonals import matrix_diag_part
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_algebra import eye
from tensormill.ops.transposition import transpose

__all__ = ["dense_image_warp", "interpolate_spline", "sparse_image_warp"]

_EPSILON = 1e-10
"""Squares of distances are at least this where a logarithm or a root is taken."""


def _at_places(grid: Tensor, places: Tensor) -> Tensor:
    """Return values between the points of grids.

    Args:
      grid: [batch, height, width, channels].
      places: [batch, count, 2], rows and columns; those outside are moved to the border.

    Raises:
      ValueError: the grid has another rank.
    """
    with name_scope("interpolate_bilinear"):
        grid, places = convert_to_tensor(grid), convert_to_tensor(places)
        if grid.get_shape().ndims != 4:
            raise ValueError(f"Grid must be 4 dimensional. Received size: {grid.get_shape()}")
        sizes = shape_of(grid)
        batch, height, width, channels = sizes[0], sizes[1], sizes[2], sizes[3]
        checks = [
            assert_equal(
                places.get_shape().ndims, 3, message="Query points must be 3 dimensional."
            ),
            assert_equal(shape_of(places)[2], 2, message="Query points must be size 2 in dim 2."),
            assert_greater_equal(height, 2, message="Grid height must be at least 2."),
            assert_greater_equal(width, 2, message="Grid width must be at least 2."),
        ]
        with control_dependencies([check for check in checks if check is not None]):
            count = shape_of(places)[1]
            flat = reshape(grid, [batch * height * width, channels])
        firsts, seconds, shares = [], [], []
        for size, values in zip((height, width), unstack(places, axis=2), strict=True):
            last = cast(size - 2, places.dtype)
            whole = minimum(maximum(constant(0.0, dtype=places.dtype), floor(values)), last)
            number = cast(whole, dtypes.int32)
            firsts.append(number)
            seconds.append(number + 1)
            share = cast(values - whole, grid.dtype)
            zero, one = constant(0.0, dtype=grid.dtype), constant(1.0, dtype=grid.dtype)
            shares.append(expand_dims(minimum(maximum(zero, share), one), 2))
        offsets = reshape(range_of(batch) * height * width, [batch, 1])

        def read(rows: Tensor, columns: Tensor) -> Tensor:
            found = gather(flat, offsets + rows * width + columns)
            return reshape(found, [batch, count, channels])

        top_left, top_right = read(firsts[0], firsts[1]), read(firsts[0], seconds[1])
        bottom_left, bottom_right = read(seconds[0], firsts[1]), read(seconds[0], seconds[1])
        top = shares[1] * (top_right - top_left) + top_left
        bottom = shares[1] * (bottom_right - bottom_left) + bottom_left
        made: Tensor = shares[0] * (bottom - top) + top
        return made


def dense_image_warp(image: Any, flow: Any, name: str = "dense_image_warp") -> Tensor:
    """Return images whose pixels are moved by flows.

    Args:
      image: [batch, height, width, channels].
      flow: [batch, height, width, 2]: how far the pixel at each place came, rows and columns.
      name: the name of the nodes.
    """
    with name_scope(name):
        image, flow = convert_to_tensor(image), convert_to_tensor(flow)
        sizes = shape_of(image)
        batch, height, width = sizes[0], sizes[1], sizes[2]
        columns, rows = meshgrid(range_of(width), range_of(height))
        grid = expand_dims(cast(stack([rows, columns], axis=2), flow.dtype), axis=0)
        places = reshape(grid - flow, [batch, height * width, 2])
        made = reshape(_at_places(image, places), sizes)
        made.set_shape(image.get_shape())
        return made


def _radial(squares: Tensor, order: int) -> Tensor:
    """Return the basis function of squares of distances."""
    with name_scope("phi"):
        if order == 1:
            return sqrt(maximum(squares, _EPSILON))
        if order == 2:
            return 0.5 * squares * log(maximum(squares, _EPSILON))
        if order == 4:
            return 0.5 * square(squares) * log(maximum(squares, _EPSILON))
        far = maximum(squares, _EPSILON)
        if order % 2 == 0:
            return 0.5 * pow_of(far, 0.5 * order) * log(far)
        return pow_of(far, 0.5 * order)


def interpolate_spline(
    train_points: Any,
    train_values: Any,
    query_points: Any,
    order: int,
    regularization_weight: float = 0.0,
    name: str = "interpolate_spline",
) -> Tensor:
    """Return the values at some points of a polyharmonic spline through others.

    Args:
      train_points: [batch, count, dimensions].
      train_values: [batch, count, values].
      query_points: [batch, queries, dimensions].
      order: of the spline; 2 is a thin plate.
      regularization_weight: how much smoother than exact it is.
      name: the name of the nodes.

    Raises:
      ValueError: the last size of points or of values is not known.
    """
    with name_scope(name):
        points, values = convert_to_tensor(train_points), convert_to_tensor(train_values)
        queries = convert_to_tensor(query_points)
        with name_scope("solve"):
            weights, slopes = _solved(points, values, order, regularization_weight)
        with name_scope("predict"):
            ones = ones_like(queries[..., :1], points.dtype)
            linear = matmul(concat([queries, ones], 2), slopes)
            far = expand_dims(reduce_sum(square(queries), 2), 2)
            far = far - 2 * matmul(queries, points, adjoint_b=True)
            far = far + expand_dims(reduce_sum(square(points), 2), 1)
            made: Tensor = matmul(_radial(far, order), weights) + linear
            return made


def _solved(points: Tensor, values: Tensor, order: int, smoothing: float) -> tuple[Tensor, Tensor]:
    """Return the weights of the points, and the linear part."""
    sizes = shape_of(points)
    batch, count = sizes[0], sizes[1]
    dimensions, depth = points.get_shape()[-1].value, values.get_shape()[-1].value
    if dimensions is None:
        raise ValueError(
            "The dimensionality of the input points (d) must be statically-inferrable."
        )
    if depth is None:
        raise ValueError(
            "The dimensionality of the output values (k) must be statically-inferrable."
        )
    with name_scope("construct_linear_system"):
        products = matmul(points, points, adjoint_b=True)
        norms = expand_dims(matrix_diag_part(products), 2)
        system = _radial(norms - 2 * products + transpose(norms, [0, 2, 1]), order)
        if smoothing > 0:
            system = system + smoothing * expand_dims(eye(count, dtype=points.dtype), 0)
        linear = concat([points, ones_like(points[..., :1], dtype=points.dtype)], 2)
        left = concat([system, transpose(linear, [0, 2, 1])], 1)
        nothing = zeros([batch, dimensions + 1, dimensions + 1], points.dtype)
        whole = concat([left, concat([linear, nothing], 1)], 2)
        wanted = concat([values, zeros([batch, dimensions + 1, depth], points.dtype)], 1)
    with name_scope("solve_linear_system"):
        solution = matrix_solve(whole, wanted)
        return solution[:, :count, :], solution[:, count:, :]


def sparse_image_warp(
    image: Any,
    source_control_point_locations: Any,
    dest_control_point_locations: Any,
    interpolation_order: int = 2,
    regularization_weight: float = 0.0,
    num_boundary_points: int = 0,
    name: str = "sparse_image_warp",
) -> tuple[Tensor, Tensor]:
    """Return images warped so that some points move to given places, and the flows.

    Args:
      image: [batch, height, width, channels], of known sizes.
      source_control_point_locations: [batch, count, 2], rows and columns.
      dest_control_point_locations: where they go.
      interpolation_order: of the spline.
      regularization_weight: how much smoother than exact it is.
      num_boundary_points: how many points of each edge stay; more than 0 holds the corners, too.
      name: the name of the nodes.
    """
    image = convert_to_tensor(image)
    source = convert_to_tensor(source_control_point_locations)
    destination = convert_to_tensor(dest_control_point_locations)
    flows = destination - source
    with name_scope(name):
        batch, height, width, _ = image.get_shape().as_list()
        rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
        grid = np.stack([rows, columns], -1).reshape(-1, 2)
        everywhere = constant(np.tile(grid[None], [batch, 1, 1]), image.dtype)
        if num_boundary_points > 0:
            border = _border(height, width, num_boundary_points - 1)
            still = constant(np.tile(border[None], [batch, 1, 1]), destination.dtype)
            destination = concat([destination, still], 1)
            flows = concat([flows, zeros([batch, len(border), 2], flows.dtype)], 1)
        flat = interpolate_spline(
            destination, flows, everywhere, interpolation_order, regularization_weight
        )
        dense = reshape(flat, [batch, height, width, 2])
        return dense_image_warp(image, dense), dense


def _border(height: int, width: int, points_per_edge: int) -> np.ndarray:
    rows = np.linspace(0, height - 1, points_per_edge + 2)
    columns = np.linspace(0, width - 1, points_per_edge + 2)
    ys, xs = np.meshgrid(rows, columns, indexing="ij")
    is_border = (xs == 0) | (xs == width - 1) | (ys == 0) | (ys == height - 1)
    return np.stack([ys[is_border], xs[is_border]], axis=-1)
