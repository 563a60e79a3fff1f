"""Model variables and other variables by scope and name, in the manner of `tf.contrib.framework`.

Source: TensorFlow 1.15, contrib/framework/python/ops/variables.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, device, get_collection
from tensormill.ops.basics import placeholder
from tensormill.ops.grouping import group
from tensormill.variables.arg_scope import add_arg_scope
from tensormill.variables.assignments import assign
from tensormill.variables.creation import Variable
from tensormill.variables.scope import VariableScope
from tensormill.variables.store import get_variable

__all__ = [
    "add_model_variable",
    "assign_from_values",
    "assign_from_values_fn",
    "filter_variables",
    "get_local_variables",
    "get_model_variables",
    "get_trainable_variables",
    "get_unique_variable",
    "get_variable_full_name",
    "get_variables",
    "get_variables_by_name",
    "get_variables_by_suffix",
    "get_variables_to_restore",
    "global_variable",
    "local_variable",
    "model_variable",
    "variable",
]


@add_arg_scope
def variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = "",
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """Return the variable `name` of the variable scope, made where there is none yet.

    Args:
      name: below the scope's name.
      shape: the shape.
      dtype: float32 by default.
      initializer: by default that of the variable scope.
      regularizer: a function of the variable that gives a loss.
      trainable: whether optimizers change it.
      collections: GLOBAL_VARIABLES by default, which is always among them.
      caching_device: where reads are kept.
      device: where it stands; a device or a function.
      partitioner: cuts the variable into slices.
      custom_getter: called instead of the true getter.
      use_resource: whether it is a resource variable.
      synchronization: recorded in the variable.
      aggregation: likewise.
    """
    listed = list(collections if collections is not None else [GraphKeys.GLOBAL_VARIABLES])
    if GraphKeys.GLOBAL_VARIABLES not in listed and GraphKeys.LOCAL_VARIABLES not in listed:
        listed.append(GraphKeys.GLOBAL_VARIABLES)
    listed = list(dict.fromkeys(listed))
    options: dict[str, Any] = {"synchronization": synchronization, "aggregation": aggregation}
    options = {key: value for key, value in options.items() if value is not None}
    with _device_block(device or ""):
        return get_variable(
            name,
            shape=shape,
            dtype=dtype,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=listed,
            caching_device=caching_device,
            partitioner=partitioner,
            custom_getter=custom_getter,
            use_resource=use_resource,
            **options,
        )


_device_block = device


@add_arg_scope
def model_variable(
    name: str,
    shape: Any = None,
    dtype: Any = None,
    initializer: Any = None,
    regularizer: Callable[..., Any] | None = None,
    trainable: bool = True,
    collections: Any = None,
    caching_device: Any = None,
    device: Any = None,
    partitioner: Any = None,
    custom_getter: Any = None,
    use_resource: bool | None = None,
    synchronization: Any = None,
    aggregation: Any = None,
) -> Any:
    """Return a variable as `variable` does, that is listed among the MODEL_VARIABLES too."""
    listed = list(collections or [])
    listed += [GraphKeys.GLOBAL_VARIABLES, GraphKeys.MODEL_VARIABLES]
    return variable(
        name,
        shape=shape,
        dtype=dtype,
        initializer=initializer,
        regularizer=regularizer,
        trainable=trainable,
        collections=listed,
        caching_device=caching_device,
        device=device,
        partitioner=partitioner,
        custom_getter=custom_getter,
        use_resource=use_resource,
        synchronization=synchronization,
        aggregation=aggregation,
    )


def local_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Any:
    """Return a new variable among the LOCAL_VARIABLES, which optimizers leave alone."""
    return Variable(
        initial_value,
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES],
        validate_shape=validate_shape,
        name=name,
        use_resource=use_resource,
    )


def global_variable(
    initial_value: Any,
    validate_shape: bool = True,
    name: str | None = None,
    use_resource: bool | None = None,
) -> Any:
    """Return a new variable among the GLOBAL_VARIABLES, which optimizers leave alone."""
    return Variable(
        initial_value,
        trainable=False,
        collections=[GraphKeys.GLOBAL_VARIABLES],
        validate_shape=validate_shape,
        name=name,
        use_resource=use_resource,
    )


def add_model_variable(var: Any) -> None:
    """List a variable among the MODEL_VARIABLES, once."""
    if all(var is not other for other in get_collection(GraphKeys.MODEL_VARIABLES)):
        add_to_collection(GraphKeys.MODEL_VARIABLES, var)


def get_variables(
    scope: Any = None, suffix: str | None = None, collection: Any = GraphKeys.GLOBAL_VARIABLES
) -> list[Any]:
    """Return the variables of a collection whose names begin and end as asked.

    Args:
      scope: a `VariableScope`, or a regular expression that names begin with.
      suffix: the last part of the name.
      collection: the collection.
    """
    if isinstance(scope, VariableScope):
        scope = scope.name
    if suffix is not None:
        if ":" not in suffix:
            suffix += ":"
        scope = (scope or "") + ".*" + suffix
    return list(get_collection(collection, scope))


def get_model_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """Return model variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.MODEL_VARIABLES)


def get_local_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """Return local variables; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.LOCAL_VARIABLES)


def get_trainable_variables(scope: Any = None, suffix: str | None = None) -> list[Any]:
    """Return variables that optimizers change; see `get_variables`."""
    return get_variables(scope, suffix, GraphKeys.TRAINABLE_VARIABLES)


def get_variables_by_suffix(suffix: str, scope: Any = None) -> list[Any]:
    """Return the global variables whose names end with `suffix`."""
    return get_variables(scope=scope, suffix=suffix)


def get_variables_by_name(given_name: str, scope: Any = None) -> list[Any]:
    """Return the global variables whose last part of the name is `given_name`."""
    return get_variables(scope=scope, suffix="/" + given_name + ":|^" + given_name + ":")


def get_unique_variable(var_op_name: str) -> Any:
    """Return the variable of this full name.

    Raises:
      ValueError: there is none, or several.
    """
    candidates = get_variables(scope=var_op_name)
    if not candidates:
        raise ValueError(f"Couldn't find variable {var_op_name}")
    for candidate in candidates:
        if candidate.op.name == var_op_name:
            return candidate
    raise ValueError(f"Variable {var_op_name} does not uniquely identify a variable")


def get_variables_to_restore(
    include: Sequence[str] | None = None, exclude: Sequence[str] | None = None
) -> list[Any]:
    """Return the global variables of some scopes, without those of others.

    Args:
      include: scopes; by default all.
      exclude: scopes.

    Raises:
      TypeError: an argument is not a list or tuple.
    """
    if include is None:
        found = get_variables()
    else:
        if not isinstance(include, (list, tuple)):
            raise TypeError("include is provided but is not a list or a tuple.")
        found = [v for scope in include for v in get_variables(scope)]
    left_out: set[int] = set()
    if exclude is not None:
        if not isinstance(exclude, (list, tuple)):
            raise TypeError("exclude is provided but is not a list or a tuple.")
        left_out = {id(v) for scope in exclude for v in get_variables(scope)}
    return [v for v in found if id(v) not in left_out]


def get_variable_full_name(var: Any) -> str:
    """Return the name of a variable, that of the whole for a slice."""
    info = getattr(var, "_save_slice_info", None)
    return info.full_name if info else var.op.name


def filter_variables(
    var_list: Sequence[Any],
    include_patterns: Sequence[str] | None = None,
    exclude_patterns: Sequence[str] | None = None,
    reg_search: bool = True,
) -> list[Any]:
    """Return the variables whose names fit one of some patterns, and none of others.

    Args:
      var_list: the variables.
      include_patterns: regular expressions; by default all names fit.
      exclude_patterns: regular expressions.
      reg_search: whether a pattern may fit anywhere, not only at the beginning.
    """
    fits = re.search if reg_search else re.match

    def is_in(name: str, patterns: Sequence[str]) -> bool:
        return any(fits(pattern, name) for pattern in patterns)

    found = list(var_list)
    if include_patterns:
        found = [v for v in found if is_in(v.op.name, include_patterns)]
    if exclude_patterns:
        found = [v for v in found if not is_in(v.op.name, exclude_patterns)]
    return found


def assign_from_values(var_names_to_values: dict[str, Any]) -> tuple[Any, dict[Any, Any]]:
    """Return an operation that gives variables values, and what to feed with it.

    Args:
      var_names_to_values: arrays by the full name of the variable.
    """
    feeds: dict[Any, Any] = {}
    assignments = []
    for name, value in var_names_to_values.items():
        var = get_unique_variable(name)
        array = np.asarray(value)
        fed = placeholder(var.dtype.base_dtype, shape=array.shape, name=f"assign/{name}")
        assignments.append(assign(var, fed))
        feeds[fed] = array.reshape(var.get_shape().as_list())
    return group(*assignments), feeds


def assign_from_values_fn(var_names_to_values: dict[str, Any]) -> Callable[[Any], None]:
    """Return a function of a session that gives variables values; see `assign_from_values`."""
    operation, feeds = assign_from_values(var_names_to_values)

    def run(session: Any) -> None:
        session.run(operation, feeds)

    return run
