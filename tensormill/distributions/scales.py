"""Scales of distributions of vectors, as linear operators made of what is given of them.

Source: TensorFlow 1.15, contrib/distributions/python/ops/distribution_util.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.distributions.arrangements import prefer_static_broadcast_shape
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.linear_operators.dense import LinearOperatorDiag, LinearOperatorLowerTriangular
from tensormill.linear_operators.identities import (
    LinearOperatorIdentity,
    LinearOperatorScaledIdentity,
)
from tensormill.linear_operators.operator import LinearOperator
from tensormill.ops.array_shapes import expand_dims, reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_none_equal, assert_positive
from tensormill.ops.filling import zeros
from tensormill.ops.grouping import with_dependencies
from tensormill.ops.matrix_diagonals import matrix_band_part, matrix_diag_part, matrix_set_diag

__all__ = ["diag_scale", "is_diagonal", "shapes_of_loc_and_scale", "tril_scale"]


def _as_tensor(value: Any, name: str) -> Any:
    return None if value is None else convert_to_tensor(value, name=name)


def _check_diagonal(x: Tensor, checked: Tensor, is_positive: bool) -> Tensor:
    """Return a tensor once a diagonal is found to be positive, or without zeros."""
    if is_positive:
        check = assert_positive(checked, message="diagonal part must be positive")
    else:
        check = assert_none_equal(
            checked, zeros([], checked.dtype), message="diagonal part must be non-zero"
        )
    return with_dependencies([check], x)


def diag_scale(
    loc: Any = None,
    scale_diag: Any = None,
    scale_identity_multiplier: Any = None,
    shape_hint: Any = None,
    validate_args: bool = False,
    assert_positive: bool = False,
    name: str | None = None,
) -> LinearOperator:
    """Return the operator of a diagonal, plus a number for all of it.

    Args:
      loc: tells the size where there is no diagonal.
      scale_diag: the diagonal.
      scale_identity_multiplier: the number.
      shape_hint: the size; that of `loc` by default.
      validate_args: whether the diagonal is checked in the step.
      assert_positive: whether it must be positive, not just without zeros.
      name: the name of the nodes.

    Raises:
      ValueError: there is nothing that tells the size.
    """
    with name_scope(name, "make_diag_scale", [loc, scale_diag, scale_identity_multiplier]):
        loc, diag = _as_tensor(loc, "loc"), _as_tensor(scale_diag, "scale_diag")
        multiplier = _as_tensor(scale_identity_multiplier, "scale_identity_multiplier")
        if diag is not None:
            if multiplier is not None:
                diag = diag + expand_dims(multiplier, -1)
            return LinearOperatorDiag(
                diag=_check_diagonal(diag, diag, assert_positive) if validate_args else diag,
                is_non_singular=True,
                is_self_adjoint=True,
                is_positive_definite=assert_positive or None,
            )
        if loc is None and shape_hint is None:
            raise ValueError(
                "Cannot infer `event_shape` unless `loc` or `shape_hint` is specified."
            )
        size = _size(loc) if shape_hint is None else shape_hint
        if multiplier is None:
            return LinearOperatorIdentity(
                num_rows=size,
                dtype=dtypes.float32 if loc is None else loc.dtype.base_dtype,
                is_self_adjoint=True,
                is_positive_definite=True,
                assert_proper_shapes=validate_args,
            )
        if validate_args:
            multiplier = _check_diagonal(multiplier, multiplier, assert_positive)
        return LinearOperatorScaledIdentity(
            num_rows=size,
            multiplier=multiplier,
            is_non_singular=True,
            is_self_adjoint=True,
            is_positive_definite=assert_positive or None,
            assert_proper_shapes=validate_args,
        )


def _size(loc: Tensor) -> Any:
    size = None if loc.dims is None else loc.dims[-1]
    return shape_of(loc)[-1] if size is None else size


def tril_scale(
    loc: Any = None,
    scale_tril: Any = None,
    scale_diag: Any = None,
    scale_identity_multiplier: Any = None,
    shape_hint: Any = None,
    validate_args: bool = False,
    assert_positive: bool = False,
    name: str | None = None,
) -> LinearOperator:
    """Return the operator of a lower triangle, plus a diagonal, plus a number for all of it.

    For the arguments see `diag_scale`; `scale_tril` is the triangle.

    Raises:
      ValueError: there is nothing that tells the size.
    """
    values = [loc, scale_diag, scale_identity_multiplier]
    with name_scope(name, "make_tril_scale", values):
        diag = _as_tensor(scale_diag, "scale_diag")
        multiplier = _as_tensor(scale_identity_multiplier, "scale_identity_multiplier")
        if scale_tril is None:
            return diag_scale(
                loc, diag, multiplier, shape_hint, validate_args, assert_positive, name
            )
        tril = matrix_band_part(convert_to_tensor(scale_tril, name="scale_tril"), -1, 0)
        own = matrix_diag_part(tril)
        if diag is not None:
            own = own + diag
        if multiplier is not None:
            own = own + expand_dims(multiplier, -1)
        if diag is not None or multiplier is not None:
            tril = matrix_set_diag(tril, own)
        if validate_args:
            tril = _check_diagonal(tril, own, assert_positive)
        return LinearOperatorLowerTriangular(
            tril=tril,
            is_non_singular=True,
            is_self_adjoint=False,
            is_positive_definite=assert_positive or None,
        )


def is_diagonal(scale: LinearOperator) -> bool:
    """Return whether an operator is that of a diagonal."""
    kinds = (LinearOperatorIdentity, LinearOperatorScaledIdentity, LinearOperatorDiag)
    return isinstance(scale, kinds)


def shapes_of_loc_and_scale(
    loc: Any, scale: LinearOperator, name: str = "shapes_from_loc_and_scale"
) -> tuple[Any, Any]:
    """Return the shape of the batch of distributions, and that of an event.

    Raises:
      ValueError: the sizes do not fit.
    """
    with name_scope(name, values=[loc, *scale.graph_parents]):
        size = scale.range_dimension_tensor()
        known = constant_value(size)
        event = [int(known)] if known is not None else reshape(size, [1])
        own = _size_of_vector(loc)
        if own is not None and known is not None and own not in (1, int(known)):
            raise ValueError(
                f"Event size of 'scale' ({int(known)}) could not be broadcast up to that of 'loc' "
                f"({own})."
            )
        batch: Any = scale.batch_shape_tensor()
        if loc is not None:
            batch = prefer_static_broadcast_shape(batch, _batch_of_vectors(loc))
            return batch, event
        static = constant_value(batch)
        return batch if static is None else static, event


def _size_of_vector(loc: Any) -> int | None:
    return None if loc is None or not loc.dims else loc.dims[-1]


def _batch_of_vectors(loc: Tensor) -> Any:
    if loc.dims is None or None in loc.dims[:-1]:
        return shape_of(loc)[:-1]
    return convert_to_tensor(list(loc.dims[:-1]), dtypes.int32, name="loc_batch_shape")
