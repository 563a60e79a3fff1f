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

__all__ = ["get_file"]

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
      archive_format: taken and ignored.
      cache_dir: by default the folder of Keras, `~/.keras` or KERAS_HOME.

    Raises:
      OSError: it cannot be fetched, or its bytes are others.
    """
    folder = os.path.join(cache_dir or keras_home(), cache_subdir)
    os.makedirs(folder, exist_ok=True)
    target = os.path.join(folder, fname)
    path = f"{target}.tar.gz" if untar else target
    wanted = file_hash or md5_hash
    if not os.path.exists(path) or (wanted and not _has_hash(path, wanted, hash_algorithm)):
        print("Downloading data from", origin)  # noqa: T201 - as TensorFlow does
        _fetch(origin, path)
        if wanted and not _has_hash(path, wanted, hash_algorithm):
            os.remove(path)
            raise OSError(f"{origin} does not have the hash {wanted}")
    if untar or extract:
        if not (untar and os.path.exists(target)):
            _unpack(path, folder)
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


def _has_hash(path: str, wanted: str, algorithm: str) -> bool:
    is_long = algorithm == "sha256" or (algorithm == "auto" and len(wanted) == 64)
    digest = hashlib.sha256() if is_long else hashlib.md5()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest() == wanted


def _unpack(path: str, folder: str) -> None:
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            archive.extractall(folder)
