"""`tf.train.warm_start`: variables that begin with the values of an earlier model.

Source: TensorFlow 1.15, python/training/warm_starting_util.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from typing import Any

from tensormill.graph import errors, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.operation import Operation
from tensormill.train.checkpoints.object_based import object_graph_key_mapping
from tensormill.train.checkpoints.remapping import load_and_remap_matrix_initializer
from tensormill.train.checkpoints.saveables import op_list_to_dict
from tensormill.train.checkpoints.state_file import latest_checkpoint
from tensormill.train.checkpoints.variable_loading import init_from_checkpoint
from tensormill.variables.base import VariableBase
from tensormill.variables.partitioned import PartitionedVariable
from tensormill.variables.store import PartitionInfo

__all__ = [
    "VocabInfo",
    "infer_var_name",
    "parts_of",
    "start_with_vocabulary",
    "var_info",
    "warm_start",
]


class VocabInfo(
    namedtuple(
        "VocabInfo",
        (
            "new_vocab",
            "new_vocab_size",
            "num_oov_buckets",
            "old_vocab",
            "old_vocab_size",
            "backup_initializer",
            "axis",
        ),
    )
):
    """The vocabularies of a variable, whose rows are for words; see `tf.train.warm_start`.

    Attributes:
      new_vocab: the file of the vocabulary that the variable has, a word a line.
      new_vocab_size: how many words it has.
      num_oov_buckets: how many rows follow for words that are not in it.
      old_vocab: the file of the vocabulary of the checkpoint.
      old_vocab_size: how many words of it count, -1 for all.
      backup_initializer: for words that are new; zeros by default.
      axis: 0 where rows are for words, 1 where columns are.

    Raises:
      ValueError: `axis` is neither 0 nor 1.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        new_vocab: Any,
        new_vocab_size: int,
        num_oov_buckets: int,
        old_vocab: Any,
        old_vocab_size: int = -1,
        backup_initializer: Any = None,
        axis: int = 0,
    ) -> VocabInfo:
        if axis not in (0, 1):
            raise ValueError(
                "The only supported values for the axis argument are 0 and 1.  Provided axis: "
                f"{axis}"
            )
        return super().__new__(
            cls,
            new_vocab,
            new_vocab_size,
            num_oov_buckets,
            old_vocab,
            old_vocab_size,
            backup_initializer,
            axis,
        )


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
        names of all variables, a list of variables, or None for those with vocabularies only.
      var_name_to_vocab_info: names of variables to the vocabularies of their rows or columns.
      var_name_to_prev_var_name: names of variables to their names in the checkpoint.

    Raises:
      ValueError: the variables are not given as described, or a name was not used.
    """
    tf_logging.info("Warm-starting from: %s", ckpt_to_initialize_from)
    grouped = _grouped_variables(vars_to_warm_start)
    earlier = var_name_to_prev_var_name or _keys_of_objects(ckpt_to_initialize_from, grouped)
    vocabularies = var_name_to_vocab_info or {}
    for name, variables in grouped.items():
        if name in vocabularies:
            info = vocabularies[name]
            start_with_vocabulary(
                variables,
                info.new_vocab,
                info.new_vocab_size,
                ckpt_to_initialize_from,
                info.old_vocab,
                info.old_vocab_size,
                info.num_oov_buckets,
                earlier.get(name),
                info.backup_initializer,
                info.axis,
            )
    plain = {name: each for name, each in grouped.items() if name not in vocabularies}
    if vars_to_warm_start:
        waiting: dict[str, Any] = {}
        for name, variables in plain.items():
            there = earlier.get(name) or name
            if there in waiting:  # one value for two variables takes two calls
                init_from_checkpoint(ckpt_to_initialize_from, waiting)
                waiting = {}
            waiting[there] = variables[0] if len(variables) == 1 else variables
        if waiting:
            init_from_checkpoint(ckpt_to_initialize_from, waiting)
        tf_logging.info("Warm-started %d variables.", len(grouped))
    for argument, given in (
        ("var_name_to_prev_var_name", earlier),
        ("var_name_to_vocab_info", vocabularies),
    ):
        unused = set(given) - set(grouped)
        if unused:
            raise ValueError(
                f"You provided the following variables in {argument} that were not used: {unused}."
                "  Perhaps you misspelled them?  Here is the list of viable variable names: "
                f"{grouped.keys()}"
            )


def start_with_vocabulary(
    var: Any,
    current_vocab_path: Any,
    current_vocab_size: int,
    prev_ckpt: Any,
    prev_vocab_path: Any,
    previous_vocab_size: int = -1,
    current_oov_buckets: int = 0,
    prev_tensor_name: str | None = None,
    initializer: Any = None,
    axis: int = 0,
) -> None:
    """Let a variable start with a matrix of a checkpoint, in the order of its own vocabulary.

    Args:
      var: a variable, a partitioned one, or the list of its slices.
      current_vocab_path: the file of its vocabulary.
      current_vocab_size: how many words it has.
      prev_ckpt: the checkpoint, or a folder of checkpoints.
      prev_vocab_path: the file of the vocabulary of the matrix.
      previous_vocab_size: how many words of it count, -1 for all.
      current_oov_buckets: how many rows, or columns, follow those of the vocabulary.
      prev_tensor_name: the name of the matrix, by default that of the variable.
      initializer: for words that are new; zeros by default.
      axis: 0 where rows are for words, 1 where columns are.

    Raises:
      ValueError: a file, size or checkpoint is missing, or the axis is not 0 or 1.
      TypeError: `var` is no variable.
    """
    if not (current_vocab_path and current_vocab_size and prev_ckpt and prev_vocab_path):
        raise ValueError(
            "Invalid args: Must provide all of [current_vocab_path, current_vocab_size, "
            "prev_ckpt, prev_vocab_path}."
        )
    if axis not in (0, 1):
        raise ValueError(f"The only supported values for the axis argument are 0 and 1.  {axis}")
    parts = parts_of(var)
    name = prev_tensor_name or infer_var_name(parts)
    rows = sum(part.get_shape().as_list()[0] for part in parts)
    for part in parts:
        shape = part.get_shape().as_list()
        sizes = {"new_row_vocab_size": rows, "new_col_vocab_size": shape[1]}
        which = "row" if axis == 0 else "col"
        sizes[f"new_{which}_vocab_size"] = current_vocab_size
        if axis == 0:
            sizes["old_row_vocab_size"] = previous_vocab_size
        initial = load_and_remap_matrix_initializer(
            checkpoint_filename(prev_ckpt),
            name,
            **sizes,
            **{
                f"old_{which}_vocab_file": prev_vocab_path,
                f"new_{which}_vocab_file": current_vocab_path,
                f"num_{which}_oov_buckets": current_oov_buckets,
            },
            initializer=initializer,
        )
        place = part._get_save_slice_info()
        partition = None if place is None else PartitionInfo(place.full_shape, place.var_offset)
        value = convert_to_tensor(initial(shape=shape, partition_info=partition))
        made = part.assign(value)
        part._initializer_op = made if isinstance(made, Operation) else made.op
        part._initial_value = value


def parts_of(var: Any) -> list[Any]:
    """Return the slices of a variable, itself where it is whole.

    Raises:
      TypeError: it is no variable.
    """
    if isinstance(var, VariableBase):
        return [var]
    if isinstance(var, PartitionedVariable):
        return list(var._get_variable_list())
    if isinstance(var, list) and _is_variable(var):
        return var
    raise TypeError(
        "var MUST be one of the following: a Variable, list of Variable or PartitionedVariable, "
        f"but is {type(var)}"
    )


def var_info(var: Any, prev_tensor_name: str | None = None) -> tuple[str, Any]:
    """Return the name of a variable in a checkpoint, and the variable or its slices."""
    parts = parts_of(var)
    return prev_tensor_name or infer_var_name(parts), var if isinstance(
        var, VariableBase
    ) else parts


def infer_var_name(var: Any) -> str:
    """Return the name of a variable, or of the one that a list has the slices of.

    Raises:
      TypeError: the list is of several variables.
    """
    found = op_list_to_dict(var)
    if len(found) > 1:
        raise TypeError(
            f"`var` = {var} passed as arg violates the constraints.  name_to_var_dict = {found}"
        )
    (name,) = found
    return str(name)


def checkpoint_filename(source: Any) -> str:
    """Return a checkpoint, or the latest one of a folder."""
    return str(latest_checkpoint(source) or source)


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
        name = infer_var_name([variable])
        grouped.setdefault(name, []).append(variable)
    return grouped


def _is_variable(item: Any) -> bool:
    parts = item if isinstance(item, list) else [item]
    return all(isinstance(part, VariableBase) for part in parts)


def _keys_of_objects(source: Any, names: Iterable[str]) -> dict[str, str]:
    """Return the keys in a checkpoint by object; nothing for one by name."""
    try:
        keys = object_graph_key_mapping(checkpoint_filename(source))
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
