"""Checkpoints by object (`tf.train.Checkpoint`): which of their keys holds which variable."""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.trackable_object_graph_pb2 import TrackableObjectGraph

from tensormill.graph import errors
from tensormill.train.checkpoints.reader import NewCheckpointReader
from tensormill.train.checkpoints.saveables import (
    all_saveable_objects,
    op_list_to_dict,
    validate_and_slice_inputs,
)
from tensormill.variables.saveable_object import SaveableObject

__all__ = ["OBJECT_GRAPH_KEY", "object_graph_key_mapping", "renamed_saveables"]

OBJECT_GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
"""The key under which such a checkpoint describes its objects."""


def object_graph_key_mapping(checkpoint_path: str) -> dict[str, str]:
    """Return the keys of a checkpoint by the names of variables.

    Raises:
      NotFoundError: it is no checkpoint by object.
    """
    reader = NewCheckpointReader(checkpoint_path)
    objects = TrackableObjectGraph.FromString(reader.get_tensor(OBJECT_GRAPH_KEY))
    return {
        attribute.full_name: attribute.checkpoint_key
        for node in objects.nodes
        for attribute in node.attributes
    }


def renamed_saveables(var_list: Any, names_to_keys: dict[str, str]) -> list[SaveableObject]:
    """Return saveable objects that are named as the keys of a checkpoint.

    Raises:
      NotFoundError: the checkpoint lacks a variable.
    """
    if var_list is None:
        var_list = all_saveable_objects()
    if not isinstance(var_list, dict):
        var_list = op_list_to_dict(var_list)
    saveables = validate_and_slice_inputs(var_list)
    current = {spec.name for saveable in saveables for spec in saveable.specs}
    missing = current - names_to_keys.keys()
    if missing:
        extra = names_to_keys.keys() - current
        raise errors.NotFoundError(
            None,
            None,
            f"\n\nExisting variables not in the checkpoint: {', '.join(sorted(missing))}\n\n"
            "Variables names when this checkpoint was written which don't exist now: "
            f"{', '.join(sorted(extra))}\n\n({len(current & names_to_keys.keys())} variable "
            "name(s) did match)\n\nCould not find some variables in the checkpoint (see names "
            "above). Saver was attempting to load an object-based checkpoint (saved using "
            "tf.train.Checkpoint or tf.keras.Model.save_weights) using variable names.",
        )
    for saveable in saveables:
        for spec in saveable.specs:
            spec.name = names_to_keys[spec.name]
    return saveables
