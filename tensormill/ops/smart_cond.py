"""Branches that are chosen while the graph is built where the predicate is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph.constant_value import constant_value
from tensormill.graph.tensor import Tensor
from tensormill.ops.conditional import case, cond


def smart_constant_value(pred: Any) -> bool | None:
    """Return the value of a predicate that is known while the graph is built, else None.

    Args:
      pred: a bool, 0, 1, or a bool scalar tensor or variable.

    Raises:
      TypeError: it is none of these.
    """
    if hasattr(pred, "_as_graph_element") and not isinstance(pred, Tensor):
        return None  # a variable
    if isinstance(pred, Tensor):
        value = _known_value(pred)
        return None if value is None else bool(value)
    if isinstance(pred, bool) or pred in (0, 1):
        return bool(pred)
    raise TypeError(
        "`pred` must be a Tensor, or a Python bool, or 1 or 0. Found instead: " + str(type(pred))
    )


_LOGIC = {
    "Equal": np.equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "LogicalAnd": np.logical_and,
    "LogicalNot": np.logical_not,
    "LogicalOr": np.logical_or,
    "NotEqual": np.not_equal,
}
"""By op type: what predicates of constants are computed by."""


def _known_value(tensor: Tensor) -> Any:
    """Return the value of a constant, or of logic on constants, else None."""
    value = constant_value(tensor)
    if value is not None or tensor.op.type not in _LOGIC:
        return value
    operands = [_known_value(operand) for operand in tensor.op.input_tensors]
    if any(operand is None for operand in operands):
        return None
    return _LOGIC[tensor.op.type](*operands)


def smart_cond(
    pred: Any,
    true_fn: Callable[[], Any] | None = None,
    false_fn: Callable[[], Any] | None = None,
    name: str | None = None,
) -> Any:
    """Return what the chosen function gives; `tf.cond` where the predicate is not known yet.

    Args:
      pred: a bool, 0, 1, or a bool scalar tensor or variable.
      true_fn: makes the branch for a true predicate.
      false_fn: makes the other branch.
      name: the prefix of the names.

    Raises:
      TypeError: a function cannot be called.
    """
    if not callable(true_fn):
        raise TypeError("`true_fn` must be callable.")
    if not callable(false_fn):
        raise TypeError("`false_fn` must be callable.")
    known = smart_constant_value(pred)
    if known is None:
        return cond(pred, true_fn=true_fn, false_fn=false_fn, name=name)
    return true_fn() if known else false_fn()


def smart_case(
    pred_fn_pairs: Any,
    default: Callable[[], Any] | None = None,
    exclusive: bool = False,
    name: str = "smart_case",
) -> Any:
    """As `tf.case`, with the branch chosen while the graph is built where a predicate is known.

    Args:
      pred_fn_pairs: pairs of a predicate and a function.
      default: the function for no true predicate.
      exclusive: whether at most one predicate may be true.
      name: the prefix of the names.
    """
    pairs = list(pred_fn_pairs.items() if isinstance(pred_fn_pairs, dict) else pred_fn_pairs)
    known = [smart_constant_value(pred) for pred, _ in pairs]
    if None not in known:
        for value, (_, function) in zip(known, pairs, strict=True):
            if value:
                return function()
        if default is not None:
            return default()
    return case(pairs, default=default, exclusive=exclusive, name=name)
