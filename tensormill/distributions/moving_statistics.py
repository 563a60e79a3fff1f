"""Means and variances that move with values, kept in variables.

Source: TensorFlow 1.15, contrib/distributions/python/ops/moving_stats.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.elementwise_unary import log, log1p, square
from tensormill.ops.filling import ones_like
from tensormill.ops.joining import concat
from tensormill.ops.reduction import reduce_logsumexp
from tensormill.variables.assignments import assign_add, assign_sub
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import variable_scope
from tensormill.variables.store import get_variable

__all__ = ["assign_log_moving_mean_exp", "assign_moving_mean_variance", "moving_mean_variance"]


def _float_type(role: str, holder: Any) -> Any:
    dtype = holder.dtype.base_dtype
    if not dtype.is_floating:
        raise TypeError(f"{role}.base_dtype({dtype.name}) does not have float type `dtype`.")
    return dtype


def assign_moving_mean_variance(
    mean_var: Any, variance_var: Any, value: Any, decay: Any, name: str | None = None
) -> tuple[Any, Any]:
    """Move a mean and a variance towards a value.

    Args:
      mean_var: the variable with the mean.
      variance_var: the variable with the variance.
      value: the value.
      decay: how much of the old ones stays.
      name: the name of the nodes.

    Returns:
      both after they were moved.

    Raises:
      TypeError: the variables have different dtypes, or are no floats.
    """
    values = [variance_var, mean_var, value, decay]
    with (
        name_scope(name, "assign_moving_mean_variance", values),
        colocate_with(variance_var),
        colocate_with(mean_var),
    ):
        dtype = _float_type("mean_var", mean_var)
        other = variance_var.dtype.base_dtype
        if dtype != other:
            raise TypeError(
                f"mean_var.base_dtype({dtype.name}) != variance_var.base_dtype({other.name})"
            )
        value = convert_to_tensor(value, dtype=dtype, name="value")
        decay = convert_to_tensor(decay, dtype=dtype, name="decay")
        delta = value - mean_var
        with control_dependencies([delta]):
            mean = assign_add(mean_var, (1.0 - decay) * delta)
            change = (1.0 - decay) * (variance_var - decay * square(delta))
            return mean, assign_sub(variance_var, change)


def assign_log_moving_mean_exp(
    log_mean_exp_var: Any, log_value: Any, decay: Any, name: str | None = None
) -> Any:
    """Move the logarithm of a mean towards the logarithm of a value.

    Args:
      log_mean_exp_var: the variable with the logarithm of the mean.
      log_value: the logarithm of the value.
      decay: how much of the old mean stays.
      name: the name of the nodes.

    Raises:
      TypeError: the variable is no float.
    """
    values = [log_mean_exp_var, log_value, decay]
    with (
        name_scope(name, "assign_log_moving_mean_exp", values),
        colocate_with(log_mean_exp_var),
    ):
        dtype = _float_type("log_mean_exp_var", log_mean_exp_var)
        log_value = convert_to_tensor(log_value, dtype=dtype, name="log_value")
        decay = convert_to_tensor(decay, dtype=dtype, name="decay")
        delta: Tensor = (log_value - log_mean_exp_var)[None, ...]
        shares = concat([log(decay) * ones_like(delta), delta + log1p(-decay)], axis=0)
        return log_mean_exp_var.assign_add(reduce_logsumexp(shares, axis=0))


def moving_mean_variance(
    value: Any, decay: Any, collections: Any = None, name: str | None = None
) -> tuple[Any, Any]:
    """Move a mean and a variance, in variables made here, towards a value.

    Args:
      value: the value.
      decay: how much of the old ones stays.
      collections: those of the variables; that of all variables by default.
      name: the variable scope; "moving_mean_variance" by default.

    Raises:
      TypeError: the value is no float.
    """
    with variable_scope(name, "moving_mean_variance", [value, decay]):
        value = convert_to_tensor(value, name="value")
        decay = convert_to_tensor(decay, dtype=_float_type("value", value), name="decay")
        variance, mean = (
            get_variable(
                f"moving_{what}",
                shape=value.get_shape(),
                dtype=value.dtype,
                initializer=Zeros(),
                trainable=False,
                collections=[GraphKeys.GLOBAL_VARIABLES] if collections is None else collections,
            )
            for what in ("variance", "mean")
        )
        return assign_moving_mean_variance(mean, variance, value, decay)
