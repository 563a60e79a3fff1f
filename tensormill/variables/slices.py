"""`SaveSliceInfo`: which part of a larger variable a variable is, for checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensorboard.compat.proto.variable_pb2 import SaveSliceInfoDef

from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope

__all__ = ["SaveSliceInfo"]


class SaveSliceInfo:
    """The place of a variable inside the whole of which it is a slice.

    Attributes:
      full_name: the name of the whole.
      full_shape: its shape.
      var_offset: where the slice begins.
      var_shape: the shape of the slice.
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Sequence[int] | None = None,
        var_offset: Sequence[int] | None = None,
        var_shape: Sequence[int] | None = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ) -> None:
        """Describe a slice, by its parts or by a SaveSliceInfoDef message."""
        if save_slice_info_def:
            full_name = prepend_name_scope(save_slice_info_def.full_name, import_scope)
            full_shape = list(save_slice_info_def.full_shape)
            var_offset = list(save_slice_info_def.var_offset)
            var_shape = list(save_slice_info_def.var_shape)
        self.full_name = full_name
        self.full_shape = full_shape
        self.var_offset = var_offset
        self.var_shape = var_shape

    @property
    def spec(self) -> str:
        """The slice as a checkpoint names it: `"4 5 0,2:0,5"`."""
        sizes = " ".join(str(size) for size in self.full_shape or ())
        parts = zip(self.var_offset or (), self.var_shape or (), strict=True)
        return f"{sizes} {':'.join(f'{offset},{size}' for offset, size in parts)}"

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the slice as a SaveSliceInfoDef message; None if it is outside the scope."""
        name = self.full_name or ""
        if export_scope is not None and not name.startswith(export_scope):
            return None
        return SaveSliceInfoDef(
            full_name=strip_name_scope(name, export_scope),
            full_shape=self.full_shape,
            var_offset=self.var_offset,
            var_shape=self.var_shape,
        )
