"""Placeholders that stand for tensors of another part of a graph, and their names."""

from __future__ import annotations

from typing import Any

from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import placeholder

__all__ = [
    "make_placeholder_from_dtype_and_shape",
    "make_placeholder_from_tensor",
    "placeholder_name",
]

_PREFIX = "geph"


def placeholder_name(
    t: Tensor | None = None, scope: str | None = None, prefix: str = _PREFIX
) -> str:
    """Return the name of a placeholder for a tensor.

    Args:
      t: the tensor, None for a placeholder of nothing that exists.
      scope: where it is to be, "" for the root; None has it beside the tensor.
      prefix: what the name begins with.

    Raises:
      TypeError: `t` is no tensor, or `scope` no string.
    """
    if scope is not None and not isinstance(scope, str):
        raise TypeError(f"Expected scope to be a string. Got: {type(scope)}")
    if t is None:
        return f"{_with_slash(scope)}{prefix}"
    if not isinstance(t, Tensor):
        raise TypeError(f"Expected a tf.Tensor, got: {type(t)}")
    directory, _, name = t.op.name.rpartition("/")
    where = _with_slash(directory if scope is None else scope)
    if name.startswith(f"{prefix}__"):
        return f"{where}{name}"
    return f"{where}{prefix}__{name}_{t.value_index}"


def _with_slash(scope: str | None) -> str:
    return f"{scope.removesuffix('/')}/" if scope else ""


def make_placeholder_from_tensor(
    t: Tensor, scope: str | None = None, prefix: str = _PREFIX
) -> Tensor:
    """Make a placeholder of the dtype and static shape of a tensor, in the default graph."""
    return placeholder(t.dtype, t.shape, placeholder_name(t, scope, prefix))


def make_placeholder_from_dtype_and_shape(
    dtype: Any, shape: Any = None, scope: str | None = None, prefix: str = _PREFIX
) -> Tensor:
    """Make a placeholder in the default graph."""
    return placeholder(dtype, shape, placeholder_name(None, scope, prefix))
