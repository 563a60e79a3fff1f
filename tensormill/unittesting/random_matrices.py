"""Random tensors and matrices, real or complex, that tests of linear algebra are fed with.

Source: TensorFlow 1.15, python/ops/linalg/linear_operator_test_util.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.dtypes import as_dtype
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops import random
from tensormill.ops.casting import cast
from tensormill.ops.elementwise_binary import complex
from tensormill.ops.elementwise_unary import sign
from tensormill.ops.filling import ones_like
from tensormill.ops.matrix_diagonals import matrix_band_part, matrix_set_diag
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.transposition import matrix_transpose

__all__ = [
    "random_normal",
    "random_normal_correlated_columns",
    "random_positive_definite_matrix",
    "random_sign_uniform",
    "random_tril_matrix",
    "random_uniform",
]


def _drawn(draw: Callable[[Any, int | None], Tensor], dtype: Any, seed: Any, step: int) -> Tensor:
    """Return what is drawn; for a complex dtype twice, with seeds that are a step apart."""
    kind = as_dtype(dtype)
    drawn = draw(kind.real_dtype, seed)
    if not kind.is_complex:
        return drawn
    return complex(drawn, draw(kind.real_dtype, None if seed is None else seed + step))


def random_normal(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
) -> Tensor:
    """Return normally distributed numbers; of complex ones both parts are so."""
    with name_scope("random_normal"):
        return _drawn(
            lambda kind, own: random.random_normal(shape, mean, stddev, kind, own),
            dtype,
            seed,
            1234,
        )


def random_uniform(
    shape: Any,
    minval: Any = None,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
) -> Tensor:
    """Return uniformly distributed numbers; of complex ones both parts are so."""
    with name_scope("random_uniform"):
        return _drawn(
            lambda kind, own: random.random_uniform(shape, minval, maxval, kind, own),
            dtype,
            seed,
            12345,
        )


def random_sign_uniform(
    shape: Any,
    minval: Any = None,
    maxval: Any = None,
    dtype: Any = dtypes.float32,
    seed: int | None = None,
) -> Tensor:
    """Return uniformly distributed numbers with random signs."""
    with name_scope("random_sign_uniform"):
        drawn = random_uniform(shape, minval, maxval, dtype, seed)
        other = None if seed is None else seed + 12
        signs = sign(random.random_uniform(shape, minval=-1.0, maxval=1.0, seed=other))
        product: Tensor = drawn * cast(signs, drawn.dtype)
        return product


def random_tril_matrix(
    shape: Any, dtype: Any, force_well_conditioned: bool = False, remove_upper: bool = True
) -> Tensor:
    """Return lower triangular matrices.

    Args:
      shape: [..., n, n].
      dtype: the dtype of the elements.
      force_well_conditioned: whether the moduli of eigenvalues are between 1 and the root of 2.
      remove_upper: whether what stands above the diagonal is 0.
    """
    kind = as_dtype(dtype)
    with name_scope("random_tril_matrix"):
        made = random_normal(shape, dtype=kind)
        if remove_upper:
            made = matrix_band_part(made, -1, 0)
        if force_well_conditioned:
            most = convert_to_tensor(np.sqrt(2.0), kind.real_dtype)
            made = matrix_set_diag(made, random_sign_uniform(shape[:-1], 1.0, most, kind))
        return made


def random_positive_definite_matrix(
    shape: Any, dtype: Any, force_well_conditioned: bool = False
) -> Tensor:
    """Return matrices that are positive definite and their own adjoints.

    Args:
      shape: [..., n, n].
      dtype: the dtype of the elements.
      force_well_conditioned: whether eigenvalues are between 1 and 4.

    Raises:
      ValueError: the shape is not square.
    """
    if not isinstance(shape, Tensor):
        shape = TensorShape(shape)
        shape.dims[-1].assert_is_compatible_with(shape.dims[-2])
    with name_scope("random_positive_definite_matrix"):
        factor = random_tril_matrix(shape, dtype, force_well_conditioned)
        return matmul(factor, factor, adjoint_b=True)


def random_normal_correlated_columns(
    shape: Any,
    mean: Any = 0.0,
    stddev: Any = 1.0,
    dtype: Any = dtypes.float32,
    eps: float = 1e-4,
    seed: int | None = None,
) -> Tensor:
    """Return normally distributed matrices whose columns nearly depend on each other.

    Args:
      shape: [..., rows, columns] as a list.
      mean: of the elements.
      stddev: of the elements, where there are fewer columns than rows.
      dtype: the dtype of the elements.
      eps: how far the columns are from a hyperplane.
      seed: what the numbers follow from.

    Raises:
      ValueError: the shape has fewer than two dimensions.
    """
    sizes = list(shape)
    if len(sizes) < 2:
        raise ValueError(f"Argument shape must be at least length 2.  Found: {shape}")
    *batch, rows, columns = sizes
    if columns < 2 or columns < rows:
        return random_normal(sizes, mean, stddev, dtype, seed)
    with name_scope("random_normal_correlated_columns"):
        spread = 1 / np.sqrt(columns - 1)
        narrow = random_normal([*batch, rows, columns - 1], 0.0, spread, dtype, seed)
        other = None if seed is None else seed + 1287
        widening = random_normal([*batch, columns, columns - 1], dtype=dtype, seed=other)
        wide = matrix_transpose(matmul(widening, narrow, transpose_b=True))
        noise = random_normal(sizes, stddev=eps, dtype=dtype)
        whole: Tensor = wide + noise + ones_like(wide) * mean
        return whole
