"""`tf.gfile`: files and folders, with TensorFlow's names and errors."""

from __future__ import annotations

import glob as _glob
import os
import shutil
import weakref
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from tensormill.graph import errors
from tensormill.graph.os_errors import tensorflow_errors
from tensormill.platform.strings import path_to_str

__all__ = [
    "Copy",
    "DeleteRecursively",
    "Exists",
    "FastGFile",
    "FileStatistics",
    "GFile",
    "Glob",
    "IsDirectory",
    "ListDirectory",
    "MakeDirs",
    "MkDir",
    "Open",
    "Remove",
    "Rename",
    "Stat",
    "Walk",
]


class GFile:
    """A file, opened when it is first used; a context manager and an iterator over lines.

    A mode with "+" reads from the start, wherever it writes; "r+" and "w+" begin a new file at the
    first write.

    Args:
      name: the path.
      mode: "r", "w", "a", with "b" for bytes and "+" for both ways.
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode not in ("r", "w", "a", "rb", "wb", "ab", "r+", "w+", "a+", "rb+", "wb+", "ab+"):
            raise errors.invalid_argument(f"mode is not 'r' or 'w' or 'a': {mode}")
        self._name = path_to_str(name)
        self._mode = mode
        self._reader: IO[Any] | None = None
        self._writer: IO[Any] | None = None

    @property
    def name(self) -> str:
        """The path."""
        return self._name

    @property
    def mode(self) -> str:
        """How the file is opened."""
        return self._mode

    def _open_for(self, how: str) -> IO[Any]:
        is_text = "b" not in self._mode
        with tensorflow_errors(self._name):
            file = open(  # noqa: SIM115
                self._name,
                how + ("" if is_text else "b"),
                encoding="utf-8" if is_text else None,
                newline="" if is_text else None,
            )
        # A file that the program forgets to close is closed with its object.
        weakref.finalize(self, file.close)
        return file

    def _reading(self) -> IO[Any]:
        self._check("reading", "r+")
        self.flush()
        if self._reader is None:
            self._reader = self._open_for("r")
        return self._reader

    def _writing(self) -> IO[Any]:
        self._check("writing", "wa+")
        if self._writer is None:
            self._writer = self._open_for("a" if "a" in self._mode else "w")
        return self._writer

    def read(self, n: int = -1) -> Any:
        """Return the next `n` characters (bytes), or all that are left."""
        file = self._reading()
        with tensorflow_errors(self._name):
            return file.read(n)

    def readline(self) -> Any:
        """Return the next line with its end, empty at the end of the file."""
        return self._reading().readline()

    def readlines(self) -> list[Any]:
        """Return the lines that are left."""
        return list(self)

    def write(self, file_content: Any) -> None:
        """Append to the file: str, or bytes in a binary mode."""
        file = self._writing()
        if "b" in self._mode and isinstance(file_content, str):
            file_content = file_content.encode()
        elif "b" not in self._mode and isinstance(file_content, bytes):
            file_content = file_content.decode()
        with tensorflow_errors(self._name):
            file.write(file_content)

    def _check(self, action: str, allowed: str) -> None:
        if not any(letter in self._mode for letter in allowed):
            raise errors.permission_denied(f"File isn't open for {action}")

    def seek(self, offset: int | None = None, whence: int = 0, position: int | None = None) -> None:
        """Move to a position, from the start (0), here (1) or the end (2).

        Args:
          offset: how far.
          whence: from where.
          position: the old name of `offset`.

        Raises:
          TypeError: neither is given, or both are.
          InvalidArgumentError: `whence` is another number.
        """
        wanted = offset if position is None else position
        if wanted is None or None not in (offset, position):
            raise TypeError("seek() requires offset, or its old name position, and not both")
        if whence not in (0, 1, 2):
            raise errors.invalid_argument(
                f"Invalid whence argument: {whence}. Valid values are 0, 1, or 2."
            )
        # Files of text move to what is counted from the start alone.
        start = (0, self.tell, self.size)[whence]
        self._reading().seek(wanted + (start() if callable(start) else start))

    def tell(self) -> int:
        """Return the position of what is read next; in a file to write only, of what is written."""
        reads = any(letter in self._mode for letter in "r+")
        return (self._reading() if reads else self._writing()).tell()

    def size(self) -> int:
        """Return the size of the file in bytes."""
        self.flush()
        return Stat(self._name).length

    def seekable(self) -> bool:
        """Return True: `seek` works."""
        return True

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._writer is not None:
            with tensorflow_errors(self._name):
                self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        files = (self._reader, self._writer)
        self._reader = self._writer = None
        with tensorflow_errors(self._name):
            for file in files:
                if file is not None:
                    file.close()

    def __enter__(self) -> GFile:
        """Return the file."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        line = self.readline()
        if not line:
            raise StopIteration
        return line


Open = GFile
FastGFile = GFile


@dataclass(frozen=True)
class FileStatistics:
    """The size in bytes and the time of the last change, in nanoseconds since 1970."""

    length: int
    mtime_nsec: int
    is_directory: bool


def Exists(filename: Any) -> bool:
    """Return whether there is a file or folder of that name."""
    return os.path.exists(path_to_str(filename))


def IsDirectory(dirname: Any) -> bool:
    """Return whether there is a folder of that name."""
    return os.path.isdir(path_to_str(dirname))


def Glob(filename: Any) -> list[str]:
    """Return the paths that match a pattern, or any of several patterns."""
    patterns: Iterable[Any] = (
        [filename] if isinstance(filename, (str, bytes, os.PathLike)) else filename
    )
    return [path for pattern in patterns for path in sorted(_glob.glob(path_to_str(pattern)))]


def ListDirectory(dirname: Any) -> list[str]:
    """Return the names in a folder.

    Raises:
      NotFoundError: there is no such folder.
    """
    path = path_to_str(dirname)
    if not os.path.isdir(path):
        raise errors.not_found(f"Could not find directory {path}")
    return os.listdir(path)


def MkDir(dirname: Any) -> None:
    """Make a folder in one that exists."""
    path = path_to_str(dirname)
    with tensorflow_errors(path):
        os.mkdir(path)


def MakeDirs(dirname: Any) -> None:
    """Make a folder and those above it; one that exists is fine."""
    path = path_to_str(dirname)
    with tensorflow_errors(path):
        os.makedirs(path, exist_ok=True)


def Remove(filename: Any) -> None:
    """Delete a file."""
    path = path_to_str(filename)
    with tensorflow_errors(path):
        os.remove(path)


def DeleteRecursively(dirname: Any) -> None:
    """Delete a folder with all that is in it."""
    path = path_to_str(dirname)
    with tensorflow_errors(path):
        if os.path.isdir(path):
            shutil.rmtree(path)
        else:
            os.remove(path)


def Copy(oldpath: Any, newpath: Any, overwrite: bool = False) -> None:
    """Copy a file.

    Raises:
      AlreadyExistsError: there is a file at the new path, and not `overwrite`.
    """
    old, new = path_to_str(oldpath), path_to_str(newpath)
    if not overwrite and os.path.exists(new):
        raise errors.already_exists("file already exists")
    with tensorflow_errors(old):
        shutil.copyfile(old, new)


def Rename(oldname: Any, newname: Any, overwrite: bool = False) -> None:
    """Move a file or folder.

    Raises:
      AlreadyExistsError: there is a file at the new path, and not `overwrite`.
    """
    old, new = path_to_str(oldname), path_to_str(newname)
    if not overwrite and os.path.exists(new):
        raise errors.already_exists("file already exists")
    with tensorflow_errors(old):
        os.replace(old, new)


def Stat(filename: Any) -> FileStatistics:
    """Return the size and the time of the last change of a file."""
    path = path_to_str(filename)
    with tensorflow_errors(path):
        found = os.stat(path)
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(path))


def Walk(top: Any, in_order: bool = True) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield (folder, names of its folders, names of its files) for a folder and all below it."""
    yield from os.walk(path_to_str(top), topdown=in_order)
