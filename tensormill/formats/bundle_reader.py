"""`BundleReader`: reads a checkpoint, tensor by tensor or slice by slice."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from tensormill.formats.bundle_files import (
    CHUNK_BYTES,
    HEADER_KEY,
    data_path,
    index_path,
    length_checksum,
    variant_checksum,
)
from tensormill.formats.checksums import crc32c, mask, unmask
from tensormill.formats.damage import DamagedFileError, TruncatedFileError
from tensormill.formats.slice_files import read_extents
from tensormill.formats.slice_keys import WHOLE, slice_key
from tensormill.formats.slice_specs import extents_text
from tensormill.formats.slices import (
    Extents,
    MissingSliceError,
    closed_extents,
    copy_overlap,
    covers,
)
from tensormill.formats.table import TableReader
from tensormill.formats.varints import read_varint
from tensormill.proto.tensor_bundle_pb2 import BundleEntryProto, BundleHeaderProto

__all__ = ["BundleReader"]

Array = np.ndarray[Any, Any]


class BundleReader:
    """An open checkpoint; a context manager.

    Args:
      prefix: the path without its endings.

    Attributes:
      num_shards: the number of data files.

    Raises:
      FileNotFoundError: there is no index of that name.
      DamagedFileError: the index is damaged, or of a later version.
    """

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._shards: dict[int, IO[bytes]] = {}
        self._index = open(index_path(prefix), "rb")  # noqa: SIM115
        try:
            self._table = TableReader(self._index)
            content = self._table.get(HEADER_KEY)
            if content is None:
                raise DamagedFileError("failed to seek to header entry")
            header = BundleHeaderProto.FromString(content)
            if header.endianness != BundleHeaderProto.LITTLE:
                raise DamagedFileError("the bytes of its numbers are big-endian")
        except TruncatedFileError:
            self.close()
            raise
        except DamagedFileError as error:
            self.close()
            raise DamagedFileError(
                f"Unable to read file ({index_path(prefix)}). Perhaps the file is corrupt or was "
                "produced by a newer version of TensorFlow with format changes "
                f"(failed to seek to header entry): {error}"
            ) from error
        self.num_shards = header.num_shards

    def __enter__(self) -> BundleReader:
        """Return the reader."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the files."""
        self.close()

    def close(self) -> None:
        """Close the files."""
        self._index.close()
        for file in self._shards.values():
            file.close()

    def entries(self) -> Iterator[tuple[bytes, Any]]:
        """Yield (key, entry) for all tensors and slices; the first stands under the empty key."""
        for key, value in self._table.items():
            yield (
                key,
                BundleEntryProto() if key == HEADER_KEY else BundleEntryProto.FromString(value),
            )

    def names(self) -> list[str]:
        """Return the names of the tensors, those of slices left out, in ascending order."""
        return [key.decode() for key, _ in self._table.items() if key and key[0]]

    def entry(self, name: str) -> Any:
        """Return the entry of a tensor, or None."""
        return self._entry(name.encode())

    def _entry(self, key: bytes) -> Any:
        value = self._table.get(key)
        return None if value is None else BundleEntryProto.FromString(value)

    def read_strings(self, name: str) -> list[bytes]:
        """Return the elements of a tensor of strings that is not partitioned."""
        return self._read_strings(self._entry(name.encode()))

    def read_into(self, name: str, target: Array, extents: Extents | None = None) -> None:
        """Read a tensor of numbers, or a slice of one, from wherever its parts stand.

        Args:
          name: the name of the tensor.
          target: contiguous; its shape is that of what is read, its elements have the size of
            those of the tensor.
          extents: where the slice starts and how long it is, for each dimension; None for the
            whole.

        Raises:
          DamagedFileError: the bytes are damaged.
          MissingSliceError: the checkpoint holds only other slices.
        """
        entry = self._entry(name.encode())
        sizes = [dim.size for dim in entry.shape.dim]
        wanted = closed_extents(extents or [(0, WHOLE)] * len(sizes), sizes)
        if not entry.slices:
            if all(part == (0, size) for part, size in zip(wanted, sizes, strict=True)):
                self._read(entry, _as_bytes(target))
            else:
                self._read_part(entry, [(0, size) for size in sizes], wanted, target)
            return
        parts = [read_extents(item) for item in entry.slices]
        if not covers(wanted, [closed_extents(part, sizes) for part in parts]):
            raise MissingSliceError(
                f"Does not have sufficient slices for partitioned tensor {name} to restore in "
                f"slice_spec: {extents_text(wanted, sizes)}"
            )
        for part in parts:
            closed = closed_extents(part, sizes)
            if closed == wanted:
                self._read(self._entry(slice_key(name, part)), _as_bytes(target))
                return
        for part in parts:
            self._read_part(
                self._entry(slice_key(name, part)), closed_extents(part, sizes), wanted, target
            )

    def _read_part(self, entry: Any, part: Extents, wanted: Extents, target: Array) -> None:
        """Read what a stored slice and a wanted one have in common."""
        shape = [length for _, length in part]
        whole = np.empty(shape, np.dtype((np.void, target.dtype.itemsize)))
        if all(
            start < other + size and other < start + length
            for (start, length), (other, size) in zip(part, wanted, strict=True)
        ):
            self._read(entry, _as_bytes(whole))
            copy_overlap(whole, part, target.view(whole.dtype), wanted)

    def _read(self, entry: Any, target: memoryview) -> None:
        """Fill a target with the bytes of an entry."""
        if entry.size != len(target):
            raise DamagedFileError(
                f"Invalid size in bundle entry: stored size {entry.size}; expected size "
                f"{len(target)}"
            )
        file = self._shard(entry.shard_id)
        file.seek(entry.offset)
        checksum = 0
        for start in range(0, len(target), CHUNK_BYTES):
            chunk = target[start : start + CHUNK_BYTES]
            self._fill(file, entry, chunk)
            checksum = crc32c(chunk, checksum)
        self._check(entry, checksum)

    def _fill(self, file: IO[bytes], entry: Any, chunk: memoryview) -> None:
        filled = 0
        while filled < len(chunk):
            count = file.readinto(chunk[filled:])  # type: ignore[attr-defined]
            if not count:
                raise TruncatedFileError("Read less bytes than requested")
            filled += count

    def _read_strings(self, entry: Any) -> list[bytes]:
        content = bytearray(entry.size)
        file = self._shard(entry.shard_id)
        file.seek(entry.offset)
        self._fill(file, entry, memoryview(content))
        count = math.prod(dim.size for dim in entry.shape.dim)
        lengths = []
        position = 0
        for _ in range(count):
            length, position = read_varint(content, position)
            lengths.append(length)
        checksum, stored = length_checksum(lengths)
        if content[position : position + 4] != stored:
            raise DamagedFileError(
                self._where(entry) + "The length checksum does not match: expected "
                f"{int.from_bytes(content[position : position + 4], 'little')} but actual is "
                f"{int.from_bytes(stored, 'little')}"
            )
        self._check(entry, crc32c(memoryview(content)[position:], checksum))
        position += 4
        strings = []
        for length in lengths:
            strings.append(bytes(content[position : position + length]))
            position += length
        return strings

    def read_variants(self, name: str) -> list[bytes]:
        """Return the messages of the elements of a tensor of variants."""
        entry = self._entry(name.encode())
        content = bytearray(entry.size)
        file = self._shard(entry.shard_id)
        file.seek(entry.offset)
        self._fill(file, entry, memoryview(content))
        position = checksum = 0
        items = []
        for _ in range(math.prod(dim.size for dim in entry.shape.dim)):
            length, position = read_varint(content, position)
            items.append(bytes(content[position : position + length]))
            checksum, stored = variant_checksum(items[-1], checksum)
            position += length
            if content[position : position + 4] != stored:
                raise DamagedFileError(
                    self._where(entry) + f"The checksum of variant {len(items) - 1} does not match"
                )
            position += 4
        self._check(entry, checksum)
        return items

    def _check(self, entry: Any, checksum: int) -> None:
        if mask(checksum) != entry.crc32c:
            raise DamagedFileError(
                self._where(entry) + f"Checksum does not match: stored {unmask(entry.crc32c)} vs. "
                f"calculated on the restored bytes {checksum}"
            )

    def _where(self, entry: Any) -> str:
        size = os.path.getsize(data_path(self._prefix, entry.shard_id, self.num_shards))
        return f"TensorBundle at {self._prefix} shard {entry.shard_id} ({size} bytes): "

    def _shard(self, number: int) -> IO[bytes]:
        file = self._shards.get(number)
        if file is None:
            path = data_path(self._prefix, number, self.num_shards)
            file = self._shards[number] = open(path, "rb", buffering=0)  # noqa: SIM115
        return file


def _as_bytes(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
