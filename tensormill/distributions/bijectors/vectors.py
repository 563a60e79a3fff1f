"""Bijectors of vectors and matrices.

Source: TensorFlow 1.15, contrib/distributions/python/ops/bijectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.distributions.arrangements import fill_triangular, fill_triangular_inverse, pad
from tensormill.distributions.bijectors.base import Bijector
from tensormill.distributions.bijectors.composed import Chain
from tensormill.distributions.bijectors.scalar import AffineScalar, Softplus
from tensormill.graph import dtypes
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.tensor import Tensor
from tensormill.ops.activations import softmax, softplus
from tensormill.ops.array_shapes import expand_dims, squeeze
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_equal, assert_none_equal, assert_positive
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import exp, log, sqrt
from tensormill.ops.filling import zeros, zeros_like
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.linear_algebra import cholesky, matrix_triangular_solve
from tensormill.ops.matrix_diagonals import matrix_band_part, matrix_diag_part, matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.reduction import reduce_logsumexp, reduce_sum
from tensormill.ops.scan import cumsum
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_algebra import eye

__all__ = [
    "CholeskyOuterProduct",
    "FillTriangular",
    "MatrixInverseTriL",
    "Ordered",
    "ScaleTriL",
    "SoftmaxCentered",
    "TransformDiagonal",
]


class SoftmaxCentered(Bijector):
    """The softmax of a vector with a zero behind it.

    Args:
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(self, validate_args: bool = False, name: str = "softmax_centered") -> None:
        super().__init__(forward_min_event_ndims=1, validate_args=validate_args, name=name)

    def _forward_event_shape(self, input_shape: Any) -> Any:
        if input_shape.ndims is None or input_shape[-1].value is None:
            return input_shape
        return [input_shape[-1].value + 1]

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        return expand_dims(input_shape[-1] + 1, -1)

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        if output_shape.ndims is None or output_shape[-1].value is None:
            return output_shape
        if output_shape[-1].value <= 1:
            raise ValueError(f"output_shape[-1] = {output_shape[-1]} <= 1")
        return [output_shape[-1].value - 1]

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        return expand_dims(output_shape[-1] - 1, -1)

    def _forward(self, x: Any) -> Any:
        y = pad(x, axis=-1, back=True)
        if x.dims is not None:
            y.set_shape([*x.dims[:-1], None if x.dims[-1] is None else x.dims[-1] + 1])
        return softmax(y)

    def _inverse(self, y: Any) -> Any:
        x = log(y)
        x = x[..., :-1] - expand_dims(x[..., -1], -1)
        if y.dims is not None:
            x.set_shape([*y.dims[:-1], None if y.dims[-1] is None else y.dims[-1] - 1])
        return x

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return -reduce_sum(log(y), axis=-1)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        norm = softplus(reduce_logsumexp(x, axis=-1, keepdims=True))
        return squeeze(-norm + reduce_sum(x - norm, axis=-1, keepdims=True), axis=-1)


class Ordered(Bijector):
    """The map of increasing vectors to any: the first entry, and the logarithms of the steps.

    Args:
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(self, validate_args: bool = False, name: str = "ordered") -> None:
        super().__init__(forward_min_event_ndims=1, validate_args=validate_args, name=name)

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        size = output_shape[-1].value if output_shape.ndims else None
        if size is not None and size <= 1:
            raise ValueError(f"output_shape[-1] = {size} <= 1")
        return output_shape

    def _steps(self, x: Tensor) -> Tensor:
        steps = x[..., 1:] - x[..., :-1]
        if not self.validate_args:
            return steps
        text = "Forward transformation input must be strictly increasing."
        return with_dependencies([assert_positive(steps, message=text)], steps)

    def _forward(self, x: Any) -> Any:
        return concat([expand_dims(x[..., 0], -1), log(self._steps(x))], axis=-1)

    def _inverse(self, y: Any) -> Any:
        steps = concat([expand_dims(y[..., 0], -1), exp(y[..., 1:])], axis=-1)
        return cumsum(steps, axis=-1)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return reduce_sum(y[..., 1:], axis=-1)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return -reduce_sum(log(self._steps(x)), axis=-1)


class CholeskyOuterProduct(Bijector):
    """The product of a lower triangle with its transpose.

    Args:
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(self, validate_args: bool = False, name: str = "cholesky_outer_product") -> None:
        super().__init__(forward_min_event_ndims=2, validate_args=validate_args, name=name)

    def _square(self, x: Tensor, *more: Any) -> Tensor:
        if not self.validate_args:
            return x
        sizes = shape_of(x)
        text = "Input must be a (batch of) square matrix."
        return with_dependencies([assert_equal(sizes[-2], sizes[-1], message=text), *more], x)

    def _forward(self, x: Any) -> Any:
        triangle = matrix_band_part(self._square(x), -1, 0)
        return matmul(triangle, triangle, adjoint_b=True)

    def _inverse(self, y: Any) -> Any:
        return cholesky(y)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        diagonal = matrix_diag_part(x)
        if self.validate_args:
            text = "Input must be positive definite."
            diagonal = matrix_diag_part(self._square(x, assert_positive(diagonal, message=text)))
        size = shape_of(x)[-1]
        count = cast(size, x.dtype)
        exponents = count - cast(range_of(size), x.dtype)
        return count * np.log(2.0) + reduce_sum(log(diagonal) * exponents, axis=-1)


class FillTriangular(Bijector):
    """The map of vectors to triangles.

    Args:
      upper: whether they are upper ones.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self, upper: bool = False, validate_args: bool = False, name: str = "fill_triangular"
    ) -> None:
        self._upper = upper
        super().__init__(
            forward_min_event_ndims=1,
            inverse_min_event_ndims=2,
            validate_args=validate_args,
            name=name,
        )

    def _forward(self, x: Any) -> Any:
        return fill_triangular(x, upper=self._upper)

    def _inverse(self, y: Any) -> Any:
        return fill_triangular_inverse(y, upper=self._upper)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return zeros_like(x[..., 0])

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return zeros_like(y[..., 0, 0])

    def _forward_event_shape(self, input_shape: Any) -> Any:
        length = input_shape[-1].value
        side = None if length is None else _side(length)
        return input_shape[:-1].concatenate([side, side])

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        rows, columns = output_shape[-2].value, output_shape[-1].value
        if rows is None or columns is None:
            return output_shape[:-2].concatenate([None])
        if rows != columns:
            raise ValueError(f"Matrix must be square. (saw [{rows}, {columns}])")
        return output_shape[:-2].concatenate([rows * (rows + 1) // 2])

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        length = cast(input_shape[-1], dtypes.float32)
        side = cast((-1.0 + sqrt(1 + 8.0 * length)) / 2.0, input_shape.dtype)
        return concat([input_shape[:-1], [side, side]], axis=0)

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        side = output_shape[-1]
        return concat([output_shape[:-2], [side * (side + 1) // 2]], axis=0)


def _side(length: int) -> int:
    """Return the side of a triangle of `length` entries."""
    side = (-1 + np.sqrt(1 + 8 * length)) / 2.0
    if float(int(side)) != side:
        raise ValueError("Vector length is not a triangular number.")
    return int(side)


class MatrixInverseTriL(Bijector):
    """The inverse of lower triangles.

    Args:
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(self, validate_args: bool = False, name: str = "matrix_inverse_tril") -> None:
        super().__init__(forward_min_event_ndims=2, validate_args=validate_args, name=name)

    def _forward(self, x: Any) -> Any:
        with control_dependencies(self._checks(x)):
            sizes = shape_of(x)
            unit = eye(sizes[-1], batch_shape=sizes[:-2], dtype=x.dtype.base_dtype)
            return matrix_triangular_solve(x, unit, lower=True)

    def _inverse(self, y: Any) -> Any:
        return self._forward(y)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        with control_dependencies(self._checks(x)):
            size = cast(shape_of(x)[-1], x.dtype.base_dtype)
            return -2.0 * size * reduce_sum(log(abs_of(matrix_diag_part(x))), axis=-1)

    def _checks(self, x: Tensor) -> list[Any]:
        if not self.validate_args:
            return []
        if x.dims is not None and len(x.dims) < 2:
            raise ValueError("Input must have rank at least 2.")
        sizes, diagonal = shape_of(x), matrix_diag_part(x)
        nothing = zeros(sizes[:-1], dtype=x.dtype.base_dtype)
        above = matrix_band_part(matrix_set_diag(x, nothing), 0, -1)
        return [
            assert_equal(sizes[-2], sizes[-1], message="Input must be a square matrix."),
            assert_equal(above, zeros_like(above), message="Input must be lower triangular."),
            assert_none_equal(
                diagonal,
                zeros_like(diagonal),
                message="Input must have all diagonal entries nonzero.",
            ),
        ]


class TransformDiagonal(Bijector):
    """A map of the diagonals of matrices.

    Args:
      diag_bijector: the map of a diagonal.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        diag_bijector: Bijector,
        validate_args: bool = False,
        name: str = "transform_diagonal",
    ) -> None:
        self._diag_bijector = diag_bijector
        super().__init__(
            forward_min_event_ndims=2,
            inverse_min_event_ndims=2,
            validate_args=validate_args,
            name=name,
        )

    def _forward(self, x: Any) -> Any:
        return matrix_set_diag(x, self._diag_bijector.forward(matrix_diag_part(x)))

    def _inverse(self, y: Any) -> Any:
        return matrix_set_diag(y, self._diag_bijector.inverse(matrix_diag_part(y)))

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return self._diag_bijector.forward_log_det_jacobian(matrix_diag_part(x), event_ndims=1)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return self._diag_bijector.inverse_log_det_jacobian(matrix_diag_part(y), event_ndims=1)


class ScaleTriL(Chain):
    """The map of vectors to lower triangles with a positive diagonal.

    Args:
      diag_bijector: the map of the diagonal; softplus by default.
      diag_shift: added to the diagonal; nothing if None.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.
    """

    def __init__(
        self,
        diag_bijector: Bijector | None = None,
        diag_shift: Any = 1e-5,
        validate_args: bool = False,
        name: str = "scale_tril",
    ) -> None:
        if diag_bijector is None:
            diag_bijector = Softplus(validate_args=validate_args)
        if diag_shift is not None:
            diag_bijector = Chain([AffineScalar(shift=diag_shift), diag_bijector])
        super().__init__(
            [TransformDiagonal(diag_bijector=diag_bijector), FillTriangular()],
            validate_args=validate_args,
            name=name,
        )
