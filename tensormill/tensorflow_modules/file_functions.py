"""`tensorflow.python.lib.io.file_io`: the functions of `tf.gfile` under their other names."""

from __future__ import annotations

import secrets
import zlib
from typing import Any

from tensormill.platform.gfile import (
    Copy,
    DeleteRecursively,
    Exists,
    GFile,
    Glob,
    IsDirectory,
    ListDirectory,
    MakeDirs,
    MkDir,
    Remove,
    Rename,
    Stat,
    Walk,
)
from tensormill.platform.strings import path_to_str

__all__ = [
    "FileIO",
    "atomic_write_string_to_file",
    "copy",
    "create_dir",
    "delete_file",
    "delete_recursively",
    "file_crc32",
    "file_exists",
    "filecmp",
    "get_matching_files",
    "is_directory",
    "list_directory",
    "read_file_to_string",
    "recursive_create_dir",
    "rename",
    "stat",
    "walk",
    "write_string_to_file",
]

FileIO = GFile
copy = Copy
create_dir = MkDir
delete_file = Remove
delete_recursively = DeleteRecursively
file_exists = Exists
get_matching_files = Glob
is_directory = IsDirectory
list_directory = ListDirectory
recursive_create_dir = MakeDirs
rename = Rename
stat = Stat
walk = Walk


def read_file_to_string(filename: Any, binary_mode: bool = False) -> Any:
    """Return what a file holds, as bytes or as str."""
    with GFile(filename, "rb" if binary_mode else "r") as file:
        return file.read()


def write_string_to_file(filename: Any, file_content: Any) -> None:
    """Write a file."""
    with GFile(filename, "wb" if isinstance(file_content, bytes) else "w") as file:
        file.write(file_content)


def atomic_write_string_to_file(filename: Any, contents: Any, overwrite: bool = True) -> None:
    """Write a file so that nobody finds a part of it."""
    temporary = f"{path_to_str(filename)}.tmp{secrets.token_hex(8)}"
    write_string_to_file(temporary, contents)
    try:
        Rename(temporary, filename, overwrite)
    except BaseException:
        Remove(temporary)
        raise


def filecmp(filename_a: Any, filename_b: Any) -> bool:
    """Return whether two files hold the same bytes."""
    if Stat(filename_a).length != Stat(filename_b).length:
        return False
    return bool(read_file_to_string(filename_a, True) == read_file_to_string(filename_b, True))


def file_crc32(filename: Any, block_size: int = 1 << 24) -> str:
    """Return the CRC32 of what a file holds, as hexadecimal digits."""
    crc = 0
    with GFile(filename, "rb") as file:
        while block := file.read(block_size):
            crc = zlib.crc32(block, crc)
    return hex(crc & 0xFFFFFFFF)
