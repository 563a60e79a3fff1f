"""Assigning values of a checkpoint to variables, as `tf.contrib.framework` does.

Source: TensorFlow 1.15, contrib/framework/python/ops/variables.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import placeholder
from tensormill.ops.grouping import group
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.saver import Saver

__all__ = ["assign_from_checkpoint", "assign_from_checkpoint_fn"]


def _by_name(var_list: Any) -> dict[str, list[Any]]:
    """Return variables by their name in a checkpoint, the slices of one together."""
    if isinstance(var_list, dict):
        return {n: list(v) if isinstance(v, (list, tuple)) else [v] for n, v in var_list.items()}
    named: dict[str, list[Any]] = {}
    for variable in var_list:
        info = variable._get_save_slice_info()
        named.setdefault(variable.op.name if info is None else info.full_name, []).append(variable)
    return named


def assign_from_checkpoint(
    model_path: Any, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Operation, dict[Tensor, Any]]:
    """Return an operation that assigns values of a checkpoint, and what to feed for it.

    Args:
      model_path: the checkpoint.
      var_list: variables, or a dict of them by their name in the checkpoint.
      ignore_missing_vars: leave variables alone that are not there.

    Raises:
      ValueError: a variable is not there, or has another shape.
    """
    reader = NewCheckpointReader(model_path)
    assignments, feeds = [], {}
    for name, variables in _by_name(var_list).items():
        if not reader.has_tensor(name):
            text = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(text)
            tf_logging.warning(text)
            continue
        value = reader.get_tensor(name)
        for variable in variables:
            part, info = value, variable._get_save_slice_info()
            if info is not None:
                part = value[
                    tuple(
                        slice(start, start + size)
                        for start, size in zip(info.var_offset, info.var_shape, strict=True)
                    )
                ]
            if not variable.shape.is_compatible_with(part.shape):
                raise ValueError(
                    f"Total size of new array must be unchanged for {name} lh_shape: "
                    f"[{variable.shape}], rh_shape: [{part.shape}]"
                )
            holder = placeholder(variable.dtype.base_dtype, variable.shape)
            assignments.append(variable.assign(holder))
            feeds[holder] = part.reshape(variable.shape.as_list())
    return group(*assignments), feeds


def assign_from_checkpoint_fn(
    model_path: Any,
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[[Any], None] | None:
    """Return a function that assigns values of a checkpoint in a session.

    Args:
      model_path: the checkpoint.
      var_list: variables, or a dict of them by their name in the checkpoint.
      ignore_missing_vars: leave variables alone that are not there.
      reshape_variables: give values the shape of their variable.

    Returns:
      Called with the session; None where there is nothing to assign.

    Raises:
      ValueError: there are no variables.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = NewCheckpointReader(model_path)
        named = var_list
        if not isinstance(var_list, dict):
            named = {variable.op.name: variable for variable in var_list}
        for name in named:
            if not reader.has_tensor(name):
                tf_logging.warning("Variable %s missing in checkpoint %s", name, model_path)
        var_list = {name: v for name, v in named.items() if reader.has_tensor(name)}
    if not var_list:
        tf_logging.warning("No Variables to restore")
        return None
    saver = Saver(var_list, reshape=reshape_variables)

    def callback(session: Any) -> None:
        saver.restore(session, model_path)

    return callback
