"""Checkpoints of TensorFlow's first format: one table that holds the tensors themselves.

Under the empty key stands what the file holds; under the key of each slice its values, as a
TensorProto that lists them.

Source: TensorFlow 1.15, core/util/tensor_slice_writer.cc, tensor_slice_reader.cc.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.formats.bundle_files import HEADER_KEY, replacing
from tensormill.formats.slice_keys import WHOLE, slice_key
from tensormill.formats.table import TableReader, TableWriter
from tensormill.proto.saved_tensor_slice_pb2 import SavedTensorSlices

__all__ = ["SliceFileReader", "SliceFileWriter", "read_extents", "write_extents"]

_FORMAT_VERSION = 1


def write_extents(message: Any, extents: Sequence[tuple[int, int]]) -> None:
    """Write extents into a TensorSliceProto message."""
    for start, length in extents:
        extent = message.extent.add(start=start)
        if length != WHOLE:
            extent.length = length


def read_extents(message: Any) -> list[tuple[int, int]]:
    """Return the extents of a TensorSliceProto message."""
    return [
        (extent.start, extent.length if extent.WhichOneof("has_length") else WHOLE)
        for extent in message.extent
    ]


class SliceFileWriter:
    """Collects tensors and slices, and writes them to one file."""

    def __init__(self) -> None:
        self._index = SavedTensorSlices()
        self._index.meta.versions.producer = _FORMAT_VERSION
        self._metas: dict[str, Any] = {}
        self._values: dict[bytes, bytes] = {}

    def add(
        self,
        name: str,
        dtype: int,
        full_shape: Sequence[int],
        extents: Sequence[tuple[int, int]],
        values: bytes,
    ) -> None:
        """Add a slice, its values as a serialized TensorProto."""
        key = slice_key(name, extents)
        meta = self._metas.get(name)
        if meta is None:
            meta = self._metas[name] = self._index.meta.tensor.add(name=name, type=dtype)
            meta.shape.SetInParent()
            for size in full_shape:
                meta.shape.dim.add(size=size)
        if key not in self._values:
            write_extents(meta.slice.add(), extents)
        saved = SavedTensorSlices()
        saved.data.name = name
        write_extents(saved.data.slice, extents)
        saved.data.data.MergeFromString(values)
        self._values[key] = saved.SerializeToString()

    def write(self, path: str) -> None:
        """Write the file."""
        with replacing(path) as file:
            table = TableWriter(file)
            table.add(HEADER_KEY, self._index.SerializeToString())
            for key, value in sorted(self._values.items()):
                table.add(key, value)
            table.finish()


class SliceFileReader:
    """An open file; a context manager.

    Args:
      path: the file.

    Attributes:
      tensors: what the file holds, by name: messages with `type`, `shape` and `slice`.

    Raises:
      DamagedFileError: it is not a file of this format.
      FileNotFoundError: there is no such file.
    """

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb")  # noqa: SIM115
        try:
            self._table = TableReader(self._file)
            index = SavedTensorSlices.FromString(self._table.get(HEADER_KEY) or b"")
        except BaseException:
            self._file.close()
            raise
        self.tensors: dict[str, Any] = {meta.name: meta for meta in index.meta.tensor}

    def __enter__(self) -> SliceFileReader:
        """Return the reader."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self._file.close()

    def read(self, name: str, extents: Sequence[tuple[int, int]]) -> bytes:
        """Return the values of a slice that the file holds, as a serialized TensorProto."""
        content = self._table.get(slice_key(name, extents))
        saved = SavedTensorSlices.FromString(content or b"")
        return saved.data.data.SerializeToString()
