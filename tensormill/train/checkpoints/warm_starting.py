"""`tf.train.warm_start`: variables that begin with the values of an earlier model.

Source: TensorFlow 1.15, python/training/warm_starting_util.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tensormill.graph import errors, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.train.checkpoints.object_based import object_graph_key_mapping
from tensormill.train.checkpoints.saveables import op_list_to_dict
from tensormill.train.checkpoints.state_file import latest_checkpoint
from tensormill.train.checkpoints.variable_loading import init_from_checkpoint
from tensormill.variables.base import VariableBase

__all__ = ["warm_start"]


def warm_start(
    ckpt_to_initialize_from: Any,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: dict[str, Any] | None = None,
    var_name_to_prev_var_name: dict[str, str] | None = None,
) -> None:
    """Let variables take their first values from the checkpoint of an earlier model.

    Args:
      ckpt_to_initialize_from: a checkpoint, or a folder whose latest one is used.
      vars_to_warm_start: a regular expression for names of trainable variables, a list of those for
        names of all variables, a list of variables, or None for none of them.
      var_name_to_vocab_info: must be empty: rows are not moved from one vocabulary to another.
      var_name_to_prev_var_name: names of variables to their names in the checkpoint.

    Raises:
      NotImplementedError: there are vocabularies.
      ValueError: the variables are not given as described, or a name was not used.
    """
    if var_name_to_vocab_info:
        raise NotImplementedError(
            "warm_start with var_name_to_vocab_info is not available: rows of variables are not "
            "moved from one vocabulary to another."
        )
    tf_logging.info("Warm-starting from: %s", ckpt_to_initialize_from)
    grouped = _grouped_variables(vars_to_warm_start)
    earlier = var_name_to_prev_var_name or _keys_of_objects(ckpt_to_initialize_from, grouped)
    if vars_to_warm_start:
        waiting: dict[str, Any] = {}
        for name, variables in grouped.items():
            there = earlier.get(name) or name
            if there in waiting:  # one value for two variables takes two calls
                init_from_checkpoint(ckpt_to_initialize_from, waiting)
                waiting = {}
            waiting[there] = variables[0] if len(variables) == 1 else variables
        if waiting:
            init_from_checkpoint(ckpt_to_initialize_from, waiting)
        tf_logging.info("Warm-started %d variables.", len(grouped))
    unused = set(earlier) - set(grouped)
    if unused:
        raise ValueError(
            "You provided the following variables in var_name_to_prev_var_name that were not used: "
            f"{unused}.  Perhaps you misspelled them?  Here is the list of viable variable names: "
            f"{grouped.keys()}"
        )


def _grouped_variables(chosen: Any) -> dict[str, list[Any]]:
    """Return variables by name, the slices of a partitioned one together."""
    if chosen is None or isinstance(chosen, str):
        found = get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=chosen)
    elif not isinstance(chosen, list):
        raise ValueError(
            f"`vars_to_warm_start must be a `list` or `str`.  Given type is {type(chosen)}"
        )
    elif all(isinstance(item, str) for item in chosen):
        found = [
            variable
            for scope in chosen
            for variable in get_collection(GraphKeys.GLOBAL_VARIABLES, scope=scope)
        ]
    elif all(_is_variable(item) for item in chosen):
        found = [part for item in chosen for part in (item if isinstance(item, list) else [item])]
    else:
        raise ValueError(
            "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`.  Given "
            f"types are {[type(item) for item in chosen]}"
        )
    grouped: dict[str, list[Any]] = {}
    for variable in found:
        (name,) = op_list_to_dict([variable])
        grouped.setdefault(name, []).append(variable)
    return grouped


def _is_variable(item: Any) -> bool:
    parts = item if isinstance(item, list) else [item]
    return all(isinstance(part, VariableBase) for part in parts)


def _keys_of_objects(source: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the keys in a checkpoint by object; nothing for one by name."""
    try:
        keys = object_graph_key_mapping(latest_checkpoint(source) or source)
    except errors.NotFoundError:
        return {}
    missing = set(names) - set(keys)
    if missing:
        raise ValueError(
            "Attempting to warm-start from an object-based checkpoint, but found that the "
            "checkpoint did not contain values for all variables. The following variables were "
            f"missing: {missing}"
        )
    return {name: keys[name] for name in names}
