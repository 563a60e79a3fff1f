"""Affine bijectors of vectors.

Source: TensorFlow 1.15, contrib/distributions/python/ops/bijectors.
"""

from __future__ import annotations

from typing import Any

from tensormill.distributions.bijectors.base import Bijector
from tensormill.distributions.scales import tril_scale
from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.operator import LinearOperator
from tensormill.linear_operators.structured import LinearOperatorLowRankUpdate
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_none_equal
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.elementwise_unary import log
from tensormill.ops.filling import zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.joining import concat
from tensormill.ops.transposition import transpose

__all__ = ["Affine", "AffineLinearOperator"]


def _through(operator: LinearOperator, x: Tensor, is_inverse: bool) -> Tensor:
    """Return vectors [*samples, *batch, size] after an operator, or after its inverse."""
    ndims = None if x.dims is None else len(x.dims)
    batch = operator.batch_shape.ndims
    if ndims is None or batch is None or ndims - 1 <= batch:
        return operator.solvevec(x) if is_inverse else operator.matvec(x)
    # All samples are the columns of one matrix for each member of the batch.
    samples = ndims - 1 - batch
    sizes = shape_of(x)
    flat = reshape(x, concat([[-1], sizes[samples:]], 0))
    columns = transpose(flat, [*range(1, batch + 2), 0])
    made = operator.solve(columns) if is_inverse else operator.matmul(columns)
    rows = transpose(made, [batch + 1, *range(batch + 1)])
    result = reshape(rows, concat([sizes[:samples], shape_of(rows)[1:]], 0))
    result.set_shape(x.get_shape()[:samples].concatenate(rows.get_shape()[1:]))
    return result


class AffineLinearOperator(Bijector):
    """The map `shift + scale x` with a linear operator.

    Args:
      shift: the vector that is added; nothing if None.
      scale: the operator; that which changes nothing if None.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      TypeError: `scale` is not a linear operator, or of another dtype than `shift`.
      ValueError: it is to be checked and may be singular.
    """

    def __init__(
        self,
        shift: Any = None,
        scale: LinearOperator | None = None,
        validate_args: bool = False,
        name: str = "affine_linear_operator",
    ) -> None:
        with name_scope(name), name_scope("init", values=[shift]):
            self._shift = None if shift is None else convert_to_tensor(shift, name="shift")
        dtype = dtypes.float32 if self._shift is None else self._shift.dtype.base_dtype
        parents: list[Any] = [] if self._shift is None else [self._shift]
        if scale is not None:
            if self._shift is not None and dtype != scale.dtype.base_dtype:
                raise TypeError(
                    f"shift.dtype({self._shift.dtype}) is incompatible with scale.dtype"
                    f"({scale.dtype})."
                )
            if not isinstance(scale, LinearOperator):
                raise TypeError("scale is not an instance of tf.LinearOperator")
            if validate_args and not scale.is_non_singular:
                raise ValueError("Scale matrix must be non-singular.")
            parents += scale.graph_parents
            dtype = scale.dtype.base_dtype
        self._scale = scale
        super().__init__(
            forward_min_event_ndims=1,
            graph_parents=parents,
            is_constant_jacobian=True,
            dtype=dtype,
            validate_args=validate_args,
            name=name,
        )

    @property
    def shift(self) -> Any:
        """The vector that is added."""
        return self._shift

    @property
    def scale(self) -> Any:
        """The operator."""
        return self._scale

    def _checks(self) -> list[Any]:
        if not self.validate_args or self.scale is None:
            return []
        try:
            return [self.scale.assert_non_singular()]
        except NotImplementedError:
            return []

    def _forward(self, x: Any) -> Any:
        y = x
        if self.scale is not None:
            with control_dependencies(self._checks()):
                y = _through(self.scale, y, is_inverse=False)
        return y if self.shift is None else y + self.shift

    def _inverse(self, y: Any) -> Any:
        x = y if self.shift is None else y - self.shift
        return x if self.scale is None else _through(self.scale, x, is_inverse=True)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        if self.scale is None:
            return constant(0.0, dtype=x.dtype.base_dtype)
        with control_dependencies(self._checks()):
            return self.scale.log_abs_determinant()


class Affine(Bijector):
    """The map `shift + scale x`, with a scale that is the sum of what is given.

    Args:
      shift: the vector that is added.
      scale_identity_multiplier: a number for all of the diagonal.
      scale_diag: a diagonal.
      scale_tril: a lower triangle.
      scale_perturb_factor: the factor V of a further summand `V D V^T`.
      scale_perturb_diag: the diagonal D; that of ones by default.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      ValueError: there is a D without V.
      TypeError: dtypes differ.
    """

    def __init__(
        self,
        shift: Any = None,
        scale_identity_multiplier: Any = None,
        scale_diag: Any = None,
        scale_tril: Any = None,
        scale_perturb_factor: Any = None,
        scale_perturb_diag: Any = None,
        validate_args: bool = False,
        name: str = "affine",
    ) -> None:
        if scale_perturb_diag is not None and scale_perturb_factor is None:
            raise ValueError(
                "When scale_perturb_diag is specified, scale_perturb_factor must be specified."
            )
        parts = (scale_tril, scale_diag, scale_perturb_factor)
        self._is_only_identity_multiplier = all(part is None for part in parts)
        dtype = dtypes.float32
        with name_scope(name), name_scope("init", values=[shift, *parts]):
            self._shift = None if shift is None else convert_to_tensor(shift, name="shift")
            if self._shift is not None:
                dtype = self._shift.dtype.base_dtype
            if self._is_only_identity_multiplier:
                self._scale: Any = _multiplier(scale_identity_multiplier, dtype, validate_args)
            else:
                self._scale = _scale_operator(
                    self._shift,
                    scale_identity_multiplier,
                    *parts,
                    scale_perturb_diag,
                    validate_args,
                )
        dtype = self._scale.dtype.base_dtype
        if self._shift is not None and self._shift.dtype.base_dtype != dtype:
            raise TypeError(
                f"shift.dtype({self._shift.dtype}) is incompatible with scale.dtype"
                f"({self._scale.dtype})."
            )
        parents = [self._scale] if isinstance(self._scale, Tensor) else self._scale.graph_parents
        super().__init__(
            forward_min_event_ndims=1,
            graph_parents=[*parents, *([] if self._shift is None else [self._shift])],
            is_constant_jacobian=True,
            dtype=dtype,
            validate_args=validate_args,
            name=name,
        )

    @property
    def shift(self) -> Any:
        """The vector that is added."""
        return self._shift

    @property
    def scale(self) -> Any:
        """The operator, or the number."""
        return self._scale

    def _forward(self, x: Any) -> Any:
        if self._is_only_identity_multiplier:
            y = x * self._scale
        else:
            with control_dependencies(self._checks()):
                y = _through(self._scale, x, is_inverse=False)
        return y if self.shift is None else y + self.shift

    def _inverse(self, y: Any) -> Any:
        x = y if self.shift is None else y - self.shift
        if self._is_only_identity_multiplier:
            return x / self._scale
        return _through(self._scale, x, is_inverse=True)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        if self._is_only_identity_multiplier:
            return log(abs_of(self._scale)) * cast(shape_of(x)[-1], self._scale.dtype)
        return self._scale.log_abs_determinant()

    def _checks(self) -> list[Any]:
        if not self.validate_args:
            return []
        try:
            return [self._scale.assert_non_singular()]
        except NotImplementedError:
            return []


def _multiplier(value: Any, dtype: Any, validate_args: bool) -> Tensor:
    value = convert_to_tensor(1.0, dtype=dtype) if value is None else value
    tensor = convert_to_tensor(value, name="identity_multiplier")
    if not validate_args:
        return tensor
    check = assert_none_equal(
        tensor, zeros([], tensor.dtype), ["identity_multiplier should be non-zero."]
    )
    return with_dependencies([check], tensor)


def _scale_operator(
    shift: Any,
    identity_multiplier: Any,
    tril: Any,
    diag: Any,
    perturb_factor: Any,
    perturb_diag: Any,
    validate_args: bool,
) -> LinearOperator:
    def as_tensor(value: Any, name: str) -> Any:
        return None if value is None else convert_to_tensor(value, name=name)

    factor = as_tensor(perturb_factor, "perturb_factor")
    update = as_tensor(perturb_diag, "perturb_diag")
    hint = None
    if factor is not None:
        hint = None if factor.dims is None else factor.dims[-2]
        hint = shape_of(factor)[-2] if hint is None else hint
    scale = tril_scale(
        loc=shift,
        scale_tril=as_tensor(tril, "tril"),
        scale_diag=as_tensor(diag, "diag"),
        scale_identity_multiplier=as_tensor(identity_multiplier, "identity_multiplier"),
        validate_args=validate_args,
        shape_hint=hint,
    )
    if factor is None:
        return scale
    return LinearOperatorLowRankUpdate(
        scale,
        u=factor,
        diag_update=update,
        is_diag_update_positive=update is None,
        is_non_singular=True,
        is_self_adjoint=True,
        is_positive_definite=True,
        is_square=True,
    )
