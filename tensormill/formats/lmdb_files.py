"""LMDB databases: keys and values in the order of the keys.

The package `lmdb` reads them; it need not be installed for anything else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from tensormill.formats.damage import DamagedFileError

try:
    import lmdb
except ImportError:  # an optional dependency
    lmdb = None  # type: ignore[assignment]

__all__ = ["MissingLibraryError", "read_items"]


class MissingLibraryError(Exception):
    """The package that reads a format is not installed."""


def read_items(path: str) -> Iterator[tuple[bytes, bytes]]:
    """Open a database and return what yields its keys and values.

    Args:
      path: of the database: a folder, or a file of its own.

    Raises:
      DamagedFileError: it is no database.
      FileNotFoundError: there is none.
      MissingLibraryError: the package `lmdb` is not installed.
    """
    if lmdb is None:
        raise MissingLibraryError("LMDB databases need the package lmdb: pip install lmdb")
    if not os.path.exists(path):
        raise FileNotFoundError(2, "No such file or directory", path)
    try:
        environment = lmdb.open(path, subdir=os.path.isdir(path), readonly=True, lock=False)
    except lmdb.Error as error:
        raise DamagedFileError(f"{path} is no LMDB database: {error}") from error
    return _items(environment, path)


def _items(environment: Any, path: str) -> Iterator[tuple[bytes, bytes]]:
    with environment, environment.begin() as transaction:
        try:
            yield from transaction.cursor()
        except lmdb.Error as error:
            raise DamagedFileError(f"{path} cannot be read: {error}") from error
