"""Files that programs fetch once and keep.

Source: TensorFlow 1.15, python/keras/utils/data_utils.py.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import urllib.request
import zipfile
from typing import Any

from tensormill.keras.backend.state import keras_home

__all__ = ["extract_archive", "get_file", "hash_file", "validate_file"]

_CHUNK_BYTES = 1 << 20


def get_file(
    fname: str,
    origin: str,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: Any = "auto",
    cache_dir: str | None = None,
) -> str:
    """Return the path of a file, which is fetched where it is not there yet.

    Args:
      fname: its name in the folder; an absolute path is used as it is.
      origin: where it is fetched from.
      untar: whether it is a tar archive without its ending, to be unpacked.
      md5_hash: the older form of `file_hash`.
      file_hash: what its bytes must hash to.
      cache_subdir: the folder below `cache_dir`.
      hash_algorithm: "md5", "sha256", or "auto" by the length of the hash.
      extract: whether it is an archive to be unpacked.
      archive_format: see `extract_archive`.
      cache_dir: by default the folder of Keras, `~/.keras` or KERAS_HOME.

    Raises:
      OSError: it cannot be fetched, or its bytes are others.
    """
    folder = os.path.join(cache_dir or keras_home(), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, fname)
    path = f"{target}.tar.gz" if untar else target
    wanted = file_hash or md5_hash
    if not os.path.exists(path) or (wanted and not validate_file(path, wanted, hash_algorithm)):
        print("Downloading data from", origin)  # noqa: T201 - as TensorFlow does
        _fetch(origin, path)
        if wanted and not validate_file(path, wanted, hash_algorithm):
            os.remove(path)
            raise OSError(f"{origin} does not have the hash {wanted}")
    if untar or extract:
        if not (untar and os.path.exists(target)):
            extract_archive(path, folder, "tar" if untar else archive_format)
        return target
    return path


def _fetch(origin: str, path: str) -> None:
    unfinished = f"{path}.{os.getpid()}.part"
    try:
        with urllib.request.urlopen(origin) as source, open(unfinished, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK_BYTES)
        os.replace(unfinished, path)
    finally:
        if os.path.exists(unfinished):
            os.remove(unfinished)


def validate_file(
    fpath: str, file_hash: str, algorithm: str = "auto", chunk_size: int = _CHUNK_BYTES
) -> bool:
    """Return whether the bytes of a file have a hash.

    Args:
      fpath: the file.
      file_hash: the hash.
      algorithm: "md5", "sha256", or "auto" by the length of the hash.
      chunk_size: how many bytes are read at once.
    """
    is_long = algorithm == "sha256" or (algorithm == "auto" and len(file_hash) == 64)
    return hash_file(fpath, "sha256" if is_long else "md5", chunk_size) == file_hash


def hash_file(fpath: str, algorithm: str = "sha256", chunk_size: int = _CHUNK_BYTES) -> str:
    """Return the hash of the bytes of a file: "sha256", else MD5."""
    digest = hashlib.sha256() if algorithm in ("sha256", "auto") else hashlib.md5()
    with open(fpath, "rb") as file:
        while chunk := file.read(chunk_size):
            digest.update(chunk)
    return digest.hexdigest()


def extract_archive(file_path: str, path: str = ".", archive_format: Any = "auto") -> bool:
    """Unpack an archive into a folder; return whether it is one of the formats that are meant.

    Args:
      file_path: the archive.
      path: the folder.
      archive_format: "tar" or "zip", a list of these, "auto" for both, None for none.
    """
    if archive_format is None:
        return False
    wanted = ["tar", "zip"] if archive_format == "auto" else archive_format
    if "tar" in wanted and tarfile.is_tarfile(file_path):
        with tarfile.open(file_path) as archive:
            archive.extractall(path, filter="data")
        return True
    if "zip" in wanted and zipfile.is_zipfile(file_path):
        with zipfile.ZipFile(file_path) as zipped:
            zipped.extractall(path)
        return True
    return False
