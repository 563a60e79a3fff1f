"""Variables set from a checkpoint, by name, in the manner of `tf.contrib.framework`.

Source: TensorFlow 1.15, contrib/framework/python/ops/variables.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import tf_logging
from tensormill.ops.basics import placeholder
from tensormill.ops.grouping import group
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.checkpoints.variable_loading import load_checkpoint
from tensormill.variables.assignments import assign

__all__ = ["assign_from_checkpoint", "assign_from_checkpoint_fn"]


def _by_name(var_list: Any) -> dict[str, list[Any]]:
    if isinstance(var_list, dict):
        return {n: list(v) if isinstance(v, (list, tuple)) else [v] for n, v in var_list.items()}
    return {var.op.name: [var] for var in var_list}


def assign_from_checkpoint(
    model_path: str, var_list: Any, ignore_missing_vars: bool = False
) -> tuple[Any, dict[Any, Any]]:
    """Return an operation that gives variables the values of a checkpoint, and what to feed.

    Args:
      model_path: the checkpoint.
      var_list: the variables, or a dict of them (or lists of slices) by name in the checkpoint.
      ignore_missing_vars: whether variables that the checkpoint lacks keep their values.

    Raises:
      ValueError: a variable is missing, or of another shape.
    """
    reader = load_checkpoint(model_path)
    feeds: dict[Any, Any] = {}
    assignments = []
    for name, variables in _by_name(var_list).items():
        if not reader.has_tensor(name):
            message = f"Checkpoint is missing variable [{name}]"
            if not ignore_missing_vars:
                raise ValueError(message)
            tf_logging.warning(message)
            continue
        value = np.asarray(reader.get_tensor(name))
        for var in variables:
            fed = placeholder(var.dtype.base_dtype, shape=var.get_shape(), name=var.op.name)
            assignments.append(assign(var, fed))
            part = value
            info = getattr(var, "_save_slice_info", None)
            if info is not None:
                cut = [
                    slice(start, start + size)
                    for start, size in zip(info.var_offset, info.var_shape, strict=True)
                ]
                part = value[tuple(cut)]
            if not var.get_shape().is_compatible_with(part.shape):
                raise ValueError(
                    f"Total size of new array must be unchanged for {name} lh_shape: "
                    f"[{value.shape}], rh_shape: [{var.get_shape()}]"
                )
            feeds[fed] = part
    return group(*assignments), feeds


def assign_from_checkpoint_fn(
    model_path: str,
    var_list: Any,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[[Any], None] | None:
    """Return a function of a session that restores variables; None where none are there.

    Args:
      model_path: the checkpoint.
      var_list: the variables, or a dict of them by name in the checkpoint.
      ignore_missing_vars: whether variables that the checkpoint lacks keep their values.
      reshape_variables: whether values of other shapes are reshaped.

    Raises:
      ValueError: there are no variables.
    """
    if not var_list:
        raise ValueError("var_list cannot be empty")
    if ignore_missing_vars:
        reader = load_checkpoint(model_path)
        by_name = var_list if isinstance(var_list, dict) else {v.op.name: v for v in var_list}
        present = {}
        for name, var in by_name.items():
            if reader.has_tensor(name):
                present[name] = var
            else:
                tf_logging.warning("Variable %s missing in checkpoint %s", name, model_path)
        var_list = present
    if not var_list:
        tf_logging.warning("No Variables to restore")
        return None
    saver = Saver(var_list, reshape=reshape_variables)

    def restore(session: Any) -> None:
        saver.restore(session, model_path)

    return restore
