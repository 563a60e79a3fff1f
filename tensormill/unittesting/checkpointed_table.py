"""`saver_test_utils.CheckpointedOp`: a table that takes part in checkpoints by itself."""

from __future__ import annotations

from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.variables.saveable_object import SaveableObject, SaveSpec

__all__ = ["CheckpointedOp"]


class CheckpointedOp:
    """A mutable table from strings to floats; its graph's savers save it.

    Attributes:
      table_ref: the handle of the table.
      name: the prefix of its two entries in a checkpoint.
      saveable: what saves and restores it.
    """

    def __init__(self, name: str, table_ref: Any = None) -> None:
        if table_ref is None:
            table_ref = OP_DEFS["MutableHashTableV2"].builder(
                key_dtype=dtypes.string, value_dtype=dtypes.float32, name=name
            )
        self.table_ref = table_ref
        self.name = name
        self.saveable = CheckpointedOp.CustomSaveable(self, name)
        get_default_graph().add_to_collection(GraphKeys.SAVEABLE_OBJECTS, self.saveable)

    def insert(self, keys: Any, values: Any) -> Operation:
        """Return the operation that puts entries in."""
        made: Operation = OP_DEFS["LookupTableInsertV2"].builder(self.table_ref, keys, values)
        return made

    def lookup(self, keys: Any, default: Any) -> Tensor:
        """Return the values of keys."""
        found: Tensor = OP_DEFS["LookupTableFindV2"].builder(self.table_ref, keys, default)
        return found

    def keys(self) -> Tensor:
        """Return all keys."""
        return self._export()[0]

    def values(self) -> Tensor:
        """Return all values, in the order of `keys`."""
        return self._export()[1]

    def _export(self) -> list[Tensor]:
        exported: list[Tensor] = OP_DEFS["LookupTableExportV2"].builder(
            self.table_ref, Tkeys=dtypes.string, Tvalues=dtypes.float32
        )
        return exported

    class CustomSaveable(SaveableObject):
        """Saves the keys and the values of a table under two names."""

        def __init__(self, table: CheckpointedOp, name: str) -> None:
            keys, values = table._export()
            specs = [SaveSpec(keys, "", f"{name}-keys"), SaveSpec(values, "", f"{name}-values")]
            super().__init__(table, specs, name)

        def restore(self, restored_tensors: Any, restored_shapes: Any) -> Any:
            """Return the operation that replaces the entries of the table."""
            return OP_DEFS["LookupTableImportV2"].builder(self.op.table_ref, *restored_tensors)
