"""Summaries of the layers of canned estimators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import size as size_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import equal
from tensormill.ops.conditional import cond
from tensormill.ops.identities import identity
from tensormill.ops.statistics import zero_fraction
from tensormill.ops.summaries import histogram, scalar
from tensormill.ops.summation import add_n

__all__ = ["fraction_of_zero", "summarize_layer"]


def summarize_layer(value: Tensor, tag: str) -> None:
    """Summarize how many values of a layer are zero, and how they are spread."""
    scalar(f"{tag}/fraction_of_zero_values", zero_fraction(value))
    histogram(f"{tag}/activation", value)


def fraction_of_zero(variables: Sequence[Any]) -> Tensor:
    """Return which part of the entries of variables is zero; NaN where there are none."""

    def zeros_in(variable: Any, size: Tensor) -> Tensor:
        return cond(
            equal(size, constant(0, dtype=dtypes.int64)),
            lambda: constant(0, dtype=dtypes.float32),
            lambda: zero_fraction(variable) * cast(size, dtypes.float32),
            name="zero_count",
        )

    with name_scope("zero_fraction"):
        with name_scope("total_size"):
            sizes = [size_of(each, out_type=dtypes.int64) for each in variables]
            total = add_n(sizes)
        with name_scope("total_zero"):
            zeros = add_n([zeros_in(v, s) for v, s in zip(variables, sizes, strict=True)])
        with name_scope("compute"):
            fraction = zeros / cast(total, dtypes.float32, name="float32_size")
        return identity(fraction, name="zero_fraction_or_nan")
