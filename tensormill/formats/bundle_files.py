"""The files of a checkpoint bundle: one index, and the bytes of the tensors in shards.

`PREFIX.index` is a table from names to entries that say where the bytes stand;
`PREFIX.data-00000-of-00001` holds them, one after the other.

Source: TensorFlow 1.15, core/util/tensor_bundle/tensor_bundle.cc.
"""

from __future__ import annotations

import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, Final

from tensormill.formats.checksums import crc32c, mask
from tensormill.formats.table import TableWriter
from tensormill.proto.tensor_bundle_pb2 import BundleHeaderProto

__all__ = [
    "CHUNK_BYTES",
    "HEADER_KEY",
    "STRING",
    "VARIANT",
    "data_path",
    "index_path",
    "length_checksum",
    "replacing",
    "variant_checksum",
    "write_index",
]

HEADER_KEY: Final = b""
CHUNK_BYTES: Final = 4 << 20
"""How much is read, written and checked at a time."""

STRING: Final = 7
VARIANT: Final = 21
"""The numbers of the dtypes whose elements differ in size."""

_FORMAT_VERSION: Final = 1


def index_path(prefix: str) -> str:
    """Return the path of the index of a bundle."""
    return f"{prefix}.index"


def data_path(prefix: str, shard: int, num_shards: int) -> str:
    """Return the path of a shard of a bundle.

    >>> data_path("model", 1, 2)
    'model.data-00001-of-00002'
    """
    return f"{prefix}.data-{shard:05d}-of-{num_shards:05d}"


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` once all is written."""
    unfinished = f"{path}.tempstate{secrets.randbits(63)}"
    try:
        with open(unfinished, "wb") as file:
            yield file
        os.replace(unfinished, path)
    except BaseException:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        raise


def write_index(prefix: str, num_shards: int, entries: Iterable[tuple[bytes, Any]]) -> None:
    """Write the index of a bundle; the entries need not be sorted."""
    header = BundleHeaderProto(num_shards=num_shards)
    header.version.producer = _FORMAT_VERSION
    with replacing(index_path(prefix)) as file:
        table = TableWriter(file)
        table.add(HEADER_KEY, header.SerializeToString())
        for key, entry in sorted(entries, key=lambda item: item[0]):
            table.add(key, entry.SerializeToString())
        table.finish()


def length_checksum(lengths: list[int]) -> tuple[int, bytes]:
    """Return the checksum of the lengths of strings, and its masked form as a file has it."""
    packed = b"".join(
        struct.pack("<Q" if length > 0xFFFFFFFF else "<I", length) for length in lengths
    )
    checksum = crc32c(packed)
    return checksum, struct.pack("<I", mask(checksum))


def variant_checksum(item: bytes, checksum: int) -> tuple[int, bytes]:
    """Return the checksum of a variant and of all before it, and what a file has of it.

    Args:
      item: the message of the variant.
      checksum: that of those before it.
    """
    checksum = crc32c(item, crc32c(struct.pack("<Q", len(item)), checksum))
    stored = struct.pack("<I", mask(checksum))
    return crc32c(stored, checksum), stored
