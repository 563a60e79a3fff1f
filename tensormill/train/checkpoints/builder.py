"""The part of a graph that saves and restores: `BaseSaverBuilder` and `BulkSaverBuilder`.

Source: TensorFlow 1.15, python/training/saver.py.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies, device, name_scope
from tensormill.graph.device_names import DeviceSpec, canonical
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops import checkpoints as ops
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.basics import identity_op
from tensormill.ops.gathering import where
from tensormill.ops.grouping import group, with_dependencies
from tensormill.ops.identities import placeholder_with_default
from tensormill.ops.strings import regex_full_match, string_join
from tensormill.train.checkpoints import saveables as saveable_kinds
from tensormill.variables import saveable_object
from tensormill.variables.partitioned import PartitionedVariable

__all__ = ["BaseSaverBuilder", "BulkSaverBuilder"]

Saveables = list[saveable_object.SaveableObject]
PerDevice = list[tuple[str, Saveables]]


class BaseSaverBuilder:
    """Makes the nodes of a saver, one restoring node for each saveable object.

    Subclasses may make other nodes.

    Args:
      write_version: the format to save in, `SaverDef.V2` or `SaverDef.V1`.
    """

    # Programs make saveable objects of their own with these.
    SaveSpec: ClassVar[type[saveable_object.SaveSpec]] = saveable_object.SaveSpec
    SaveableObject: ClassVar[type[saveable_object.SaveableObject]] = saveable_object.SaveableObject
    VariableSaveable: ClassVar[type[Any]] = saveable_kinds.ReferenceVariableSaveable
    ResourceVariableSaveable: ClassVar[type[Any]] = saveable_kinds.ResourceVariableSaveable

    def __init__(self, write_version: int = SaverDef.V2) -> None:
        self._write_version = write_version

    def save_op(self, filename_tensor: Tensor, saveables: Saveables) -> Operation:
        """Make the operation that saves.

        Args:
          filename_tensor: the prefix of the files.
          saveables: what to save.

        Raises:
          RuntimeError: the format is not known.
        """
        specs = [spec for saveable in saveables for spec in saveable.specs]
        names = [spec.name for spec in specs]
        tensors = [spec.tensor for spec in specs]
        slices = [spec.slice_spec for spec in specs]
        if self._write_version == SaverDef.V1:
            op: Operation = ops.save_slices_op(filename_tensor, names, slices, tensors, name="save")
            return op
        if self._write_version == SaverDef.V2:
            op = ops.save_v2_op(filename_tensor, names, slices, tensors)
            return op
        raise RuntimeError(f"Unexpected write_version: {self._write_version}")

    def sharded_filename(self, filename_tensor: Tensor, shard: int, num_shards: Tensor) -> Tensor:
        """Return the name of a shard."""
        name: Tensor = ops.sharded_filename_op(filename_tensor, shard, num_shards)
        return name

    def _add_save_ops(self, filename_tensor: Tensor, saveables: Saveables) -> Tensor:
        save = self.save_op(filename_tensor, saveables)
        saved: Tensor = with_dependencies([save], filename_tensor)
        return saved

    def _add_sharded_save_ops(self, prefix: Tensor, per_device: PerDevice) -> Tensor:
        if self._write_version != SaverDef.V2:
            return self._add_sharded_save_ops_v1(prefix, per_device)
        with device("CPU"):
            # Files in a folder of their own, until the last step gives them their names.
            suffix = where(
                regex_full_match(prefix, "^s3://.*"),
                constant(".part"),
                constant(f"_temp_{uuid.uuid4().hex}/part"),
            )
            unfinished = string_join([prefix, suffix])
        num_shards = constant(len(per_device), name="num_shards")
        names, saves = [], []
        for shard, (where_it_is, saveables) in enumerate(per_device):
            with device(_on_cpu(where_it_is)):
                names.append(self.sharded_filename(unfinished, shard, num_shards))
                saves.append(self._add_save_ops(names[-1], saveables))
        with (
            control_dependencies([saved.op for saved in saves]),
            device(_on_cpu(per_device[-1][0])),
        ):
            merged = ops.merge_v2_checkpoints_op(names, prefix, delete_old_dirs=True)
            with control_dependencies([merged]):
                done: Tensor = identity_op(prefix)
                return done

    def _add_sharded_save_ops_v1(self, prefix: Tensor, per_device: PerDevice) -> Tensor:
        num_shards = constant(len(per_device), name="num_shards")
        saves = []
        for shard, (where_it_is, saveables) in enumerate(per_device):
            with device(where_it_is):
                name = self.sharded_filename(prefix, shard, num_shards)
                saves.append(self._add_save_ops(name, saveables))
        with control_dependencies([saved.op for saved in saves]):
            names: Tensor = ops.sharded_filespec_op(prefix, num_shards)
            return names

    def restore_op(
        self,
        filename_tensor: Tensor,
        saveable: saveable_object.SaveableObject,
        preferred_shard: int,
    ) -> list[Tensor]:
        """Return the restored tensors of one saveable object."""
        return [
            _restored(filename_tensor, [spec.name], [spec.slice_spec], [spec.dtype])[0]
            for spec in saveable.specs
        ]

    def bulk_restore(
        self,
        filename_tensor: Tensor,
        saveables: Saveables,
        preferred_shard: int,
        restore_sequentially: bool,
    ) -> list[Tensor]:
        """Return the restored tensors of all saveable objects, one after the other."""
        tensors = []
        for saveable in saveables:
            with device(_on_cpu(saveable.device) if saveable.device else None):
                tensors += self.restore_op(filename_tensor, saveable, preferred_shard)
        return tensors

    def _add_restore_ops(
        self,
        filename_tensor: Tensor,
        saveables: Saveables,
        restore_sequentially: bool,
        reshape: bool,
        preferred_shard: int = -1,
        name: str = "restore_all",
    ) -> Operation:
        tensors = iter(
            self.bulk_restore(filename_tensor, saveables, preferred_shard, restore_sequentially)
        )
        assignments = []
        for saveable in saveables:
            shapes = [_shape_of(spec.tensor) for spec in saveable.specs] if reshape else None
            values = [next(tensors) for _ in saveable.specs]
            assignments.append(saveable.restore(values, shapes))
        return group(*assignments, name=name)

    def _add_sharded_restore_ops(
        self,
        filename_tensor: Tensor,
        per_device: PerDevice,
        restore_sequentially: bool,
        reshape: bool,
    ) -> Operation:
        restores = []
        for shard, (where_it_is, saveables) in enumerate(per_device):
            with device(where_it_is):
                restores.append(
                    self._add_restore_ops(
                        filename_tensor,
                        saveables,
                        restore_sequentially,
                        reshape,
                        preferred_shard=shard,
                        name="restore_shard",
                    )
                )
        return group(*restores, name="restore_all")

    def _group_by_devices(self, saveables: Saveables) -> PerDevice:
        """Return saveable objects by their devices, in the order of the devices' names.

        Raises:
          ValueError: the tensors of one object are on several devices.
        """
        per_device: dict[str, Saveables] = {}
        for saveable in saveables:
            devices = {canonical(spec.device or "") for spec in saveable.specs}
            if len(devices) != 1:
                raise ValueError(
                    f"All tensors of a saveable object must be on the same device: {saveable.name}"
                )
            per_device.setdefault(devices.pop(), []).append(saveable)
        return sorted(per_device.items(), key=lambda item: item[0])

    def build(
        self,
        names_to_saveables: Any,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        filename: str | None = "model",
    ) -> Any:
        """Make the nodes of a saver, and return the SaverDef that names them.

        Args:
          names_to_saveables: what to save, by name or as a list.
          reshape: give restored values the shape of their variable.
          sharded: save what is on one device in one shard.
          max_to_keep: how many checkpoints to keep; None or 0 keeps all.
          keep_checkpoint_every_n_hours: how often to keep one for good.
          name: the name scope, by default "save".
          restore_sequentially: not used.
          filename: the prefix where none is fed.
        """
        if not isinstance(names_to_saveables, dict):
            names_to_saveables = saveable_kinds.op_list_to_dict(names_to_saveables)
        saveables = saveable_kinds.validate_and_slice_inputs(names_to_saveables)
        with name_scope(name, "save", [saveable.op for saveable in saveables]):
            prefix = placeholder_with_default(filename or "model", shape=(), name="filename")
            # The name under which programs and servers feed it.
            prefix = placeholder_with_default(prefix, shape=(), name="Const")
            if sharded:
                per_device = self._group_by_devices(saveables)
                saved = self._add_sharded_save_ops(prefix, per_device)
                restored = self._add_sharded_restore_ops(
                    prefix, per_device, restore_sequentially, reshape
                )
            else:
                saved = self._add_save_ops(prefix, saveables)
                restored = self._add_restore_ops(prefix, saveables, restore_sequentially, reshape)
        _join_partitioned_variables()
        return SaverDef(
            filename_tensor_name=prefix.name,
            save_tensor_name=saved.name,
            restore_op_name=restored.name,
            max_to_keep=max_to_keep or 0,
            sharded=sharded,
            keep_checkpoint_every_n_hours=keep_checkpoint_every_n_hours,
            version=self._write_version,
        )


class BulkSaverBuilder(BaseSaverBuilder):
    """Makes one node that restores everything."""

    def bulk_restore(
        self,
        filename_tensor: Tensor,
        saveables: Saveables,
        preferred_shard: int,
        restore_sequentially: bool,
    ) -> list[Tensor]:
        """Return the restored tensors of all saveable objects."""
        specs = [spec for saveable in saveables for spec in saveable.specs]
        with device("cpu:0"):
            return _restored(
                filename_tensor,
                [spec.name for spec in specs],
                [spec.slice_spec for spec in specs],
                [spec.dtype for spec in specs],
            )


def _restored(
    filename_tensor: Tensor, names: list[str], slices: list[str], dtypes: list[Any]
) -> list[Tensor]:
    tensors: list[Tensor] = ops.restore_v2_op(
        filename_tensor, names, slices, dtypes=[dtype.base_dtype for dtype in dtypes]
    )
    return tensors


def _on_cpu(where_it_is: str) -> str:
    spec = DeviceSpec.from_string(where_it_is)
    return spec.replace(device_type="CPU", device_index=0).to_string()


def _shape_of(tensor: Any) -> Any:
    static = tensor.get_shape()
    return static if static.is_fully_defined() else shape_of(tensor)


def _join_partitioned_variables() -> None:
    """Make the tensors that stand for partitioned variables in collections.

    A meta graph names them, and the one who imports it looks for them.
    """
    graph = get_default_graph()
    for key in graph.get_all_collection_keys():
        for item in graph.get_collection(key):
            if isinstance(item, PartitionedVariable):
                try:
                    graph.get_operation_by_name(item.name)
                except KeyError:
                    item.as_tensor()
