"""`BundleWriter`: writes a checkpoint in one pass, and `merge_bundles`: makes one of several."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from tensormill.formats.bundle_files import (
    CHUNK_BYTES,
    HEADER_KEY,
    STRING,
    VARIANT,
    data_path,
    index_path,
    length_checksum,
    variant_checksum,
    write_index,
)
from tensormill.formats.bundle_reader import BundleReader
from tensormill.formats.checksums import crc32c, mask
from tensormill.formats.slice_files import write_extents
from tensormill.formats.slice_keys import slice_key
from tensormill.formats.slices import Extents
from tensormill.formats.varints import encode_varint
from tensormill.proto.tensor_bundle_pb2 import BundleEntryProto

__all__ = ["BundleWriter", "DuplicateKeyError", "merge_bundles"]

_BUFFER_BYTES: Final = 256 * 1024


class DuplicateKeyError(Exception):
    """Two tensors of a bundle have one name."""


class BundleWriter:
    """Writes the single shard and the index of a bundle.

    The bytes of a tensor go to the file as they are given; nothing of it is kept. Use it as a
    context manager: at its end the bundle takes the place of an older one, unless there was an
    error.

    Args:
      prefix: the path without its endings; its folder is made if only that is missing.
    """

    def __init__(self, prefix: str) -> None:
        _make_folder(prefix)
        self._prefix = prefix
        self._unfinished = f"{data_path(prefix, 0, 1)}.tempstate{secrets.randbits(63)}"
        self._file = open(self._unfinished, "wb", buffering=_BUFFER_BYTES)  # noqa: SIM115
        self._offset = 0
        self._entries: dict[bytes, Any] = {}

    def __enter__(self) -> BundleWriter:
        """Return the writer."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Put the bundle into its place; take it away where something went wrong."""
        if kind is None:
            self._finish()
        else:
            self._file.close()
            with contextlib.suppress(FileNotFoundError):
                os.remove(self._unfinished)

    def add(self, name: str, dtype: int, shape: Sequence[int], content: Any) -> None:
        """Write a tensor.

        Args:
          name: its key.
          dtype: the number of its dtype.
          shape: its sizes.
          content: an array with its bytes in row-major order; for strings, a list of bytes; for
            variants, a list of messages.

        Raises:
          DuplicateKeyError: there is a tensor of that name.
        """
        self._add(name.encode(), dtype, shape, content)

    def add_slice(
        self,
        name: str,
        full_shape: Sequence[int],
        extents: Extents,
        dtype: int,
        shape: Sequence[int],
        content: Any,
    ) -> None:
        """Write a slice of a tensor; the slices may come in any order and from any bundle."""
        if all(
            start == 0 and length in (-1, size)
            for (start, length), size in zip(extents, full_shape, strict=True)
        ):
            self.add(name, dtype, shape, content)
            return
        whole = self._entries.get(name.encode())
        if whole is None:
            whole = self._entries[name.encode()] = BundleEntryProto(dtype=dtype)
            _set_shape(whole, full_shape)
        write_extents(whole.slices.add(), extents)
        self._add(slice_key(name, extents), dtype, shape, content)

    def _add(self, key: bytes, dtype: int, shape: Sequence[int], content: Any) -> None:
        if key in self._entries:
            raise DuplicateKeyError(f"Adding duplicate key: {key.decode(errors='replace')}")
        entry = BundleEntryProto(dtype=dtype, offset=self._offset)
        _set_shape(entry, shape)
        if dtype == STRING:
            size, checksum = self._write_strings(content)
        elif dtype == VARIANT:
            size, checksum = self._write_variants(content)
        else:
            flat = np.ascontiguousarray(content).reshape(-1)
            size, checksum = self._write(flat.view(np.uint8).data)
        entry.size = size
        entry.crc32c = mask(checksum)
        self._offset += size
        self._entries[key] = entry

    def _write(self, content: memoryview, checksum: int = 0) -> tuple[int, int]:
        for start in range(0, len(content), CHUNK_BYTES):
            chunk = content[start : start + CHUNK_BYTES]
            checksum = crc32c(chunk, checksum)
            self._file.write(chunk)
        return len(content), checksum

    def _write_strings(self, content: list[bytes]) -> tuple[int, int]:
        lengths = [len(item) for item in content]
        checksum, stored = length_checksum(lengths)
        head = b"".join(map(encode_varint, lengths)) + stored
        self._file.write(head)
        checksum = crc32c(stored, checksum)
        size = len(head)
        for item in content:
            length, checksum = self._write(memoryview(item), checksum)
            size += length
        return size, checksum

    def _write_variants(self, content: list[bytes]) -> tuple[int, int]:
        size = checksum = 0
        for item in content:
            length = encode_varint(len(item))
            checksum, stored = variant_checksum(item, checksum)
            size += self._file.write(length) + self._file.write(item) + self._file.write(stored)
        return size, checksum

    def _finish(self) -> None:
        self._file.close()
        os.replace(self._unfinished, data_path(self._prefix, 0, 1))
        write_index(self._prefix, 1, self._entries.items())


def _set_shape(entry: Any, sizes: Sequence[int]) -> None:
    entry.shape.SetInParent()
    for size in sizes:
        entry.shape.dim.add(size=size)


def merge_bundles(prefixes: Sequence[str], merged_prefix: str) -> None:
    """Make one bundle of several: their shards are renamed, their indices merged and deleted.

    Raises:
      DuplicateKeyError: two bundles hold a tensor of one name.
      DamagedFileError: an index is damaged.
      FileNotFoundError: there is no such bundle.
    """
    merged: dict[bytes, Any] = {}
    shards: list[str] = []
    for prefix in prefixes:
        with BundleReader(prefix) as reader:
            first = len(shards)
            shards += [data_path(prefix, i, reader.num_shards) for i in range(reader.num_shards)]
            for key, entry in reader.entries():
                _merge_entry(merged, key, entry, first, prefix)
    _make_folder(merged_prefix)
    for number, path in enumerate(shards):
        os.replace(path, data_path(merged_prefix, number, len(shards)))
    write_index(merged_prefix, len(shards), merged.items())
    for prefix in prefixes:
        os.remove(index_path(prefix))


def _make_folder(prefix: str) -> None:
    """Make the folder of a bundle; another task may make the same one at this moment."""
    folder = os.path.dirname(prefix)
    if folder and not os.path.exists(folder):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)


def _merge_entry(
    merged: dict[bytes, Any], key: bytes, entry: Any, first_shard: int, prefix: str
) -> None:
    if key == HEADER_KEY:
        return
    known = merged.get(key)
    if known is None:
        entry.shard_id += first_shard
        merged[key] = entry
    elif entry.slices and known.slices:
        known.slices.extend(entry.slices)
    else:
        raise DuplicateKeyError(
            f"Duplicate tensor keyed by {key.decode(errors='replace')} encountered, when merging "
            f"prefix: {prefix}"
        )
