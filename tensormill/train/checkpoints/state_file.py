"""The file `checkpoint` beside checkpoints, and which checkpoints there are.

Source: TensorFlow 1.15, python/training/checkpoint_management.py.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable
from typing import Any

from google.protobuf import text_format
from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.graph import errors, tf_logging
from tensormill.platform import gfile
from tensormill.proto.checkpoint_state_pb2 import CheckpointState

__all__ = [
    "CheckpointState",
    "checkpoint_exists",
    "generate_checkpoint_state_proto",
    "get_checkpoint_mtimes",
    "get_checkpoint_state",
    "latest_checkpoint",
    "meta_graph_filename",
    "remove_checkpoint",
    "update_checkpoint_state",
    "update_checkpoint_state_internal",
]

DEFAULT_NAME = "checkpoint"


def generate_checkpoint_state_proto(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> Any:
    """Return a CheckpointState message.

    Args:
      save_dir: the folder of the checkpoints; paths in a relative one become relative to it.
      model_checkpoint_path: the latest checkpoint.
      all_model_checkpoint_paths: all that are kept, the oldest first.
      all_model_checkpoint_timestamps: when they were written, in seconds since 1970.
      last_preserved_timestamp: when one was last kept for good.

    Raises:
      ValueError: there are not as many times as paths.
    """
    paths = list(all_model_checkpoint_paths or [])
    if not paths or paths[-1] != model_checkpoint_path:
        tf_logging.info(
            "%s is not in all_model_checkpoint_paths. Manually adding it.", model_checkpoint_path
        )
        paths.append(model_checkpoint_path)
    times = all_model_checkpoint_timestamps
    if times and len(times) != len(paths):
        raise ValueError(
            "Checkpoint timestamps, if provided, must match checkpoint paths (got paths "
            f"{paths} and timestamps {times})"
        )
    if not os.path.isabs(save_dir):
        model_checkpoint_path = _relative(model_checkpoint_path, save_dir)
        paths = [_relative(path, save_dir) for path in paths]
    return CheckpointState(
        model_checkpoint_path=model_checkpoint_path,
        all_model_checkpoint_paths=paths,
        all_model_checkpoint_timestamps=times,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def _relative(path: str, folder: str) -> str:
    return path if os.path.isabs(path) else os.path.relpath(path, folder or ".")


def update_checkpoint_state(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the file `checkpoint` of a folder (see `generate_checkpoint_state_proto`).

    Raises:
      RuntimeError: the path of the checkpoint is that of the file.
    """
    update_checkpoint_state_internal(
        save_dir,
        model_checkpoint_path,
        all_model_checkpoint_paths,
        latest_filename,
        all_model_checkpoint_timestamps=all_model_checkpoint_timestamps,
        last_preserved_timestamp=last_preserved_timestamp,
    )


def update_checkpoint_state_internal(
    save_dir: str,
    model_checkpoint_path: str,
    all_model_checkpoint_paths: list[str] | None = None,
    latest_filename: str | None = None,
    save_relative_paths: bool = False,
    all_model_checkpoint_timestamps: list[float] | None = None,
    last_preserved_timestamp: float | None = None,
) -> None:
    """Write the file `checkpoint`; `save_relative_paths` makes absolute paths relative."""
    latest, paths = model_checkpoint_path, list(all_model_checkpoint_paths or [])
    if save_relative_paths:
        latest, *paths = (
            os.path.relpath(path, save_dir) if os.path.isabs(path) else path
            for path in (latest, *paths)
        )
    state = generate_checkpoint_state_proto(
        save_dir, latest, paths, all_model_checkpoint_timestamps, last_preserved_timestamp
    )
    path = os.path.join(save_dir, latest_filename or DEFAULT_NAME)
    if path == state.model_checkpoint_path:
        raise RuntimeError(
            f"Save path '{model_checkpoint_path}' conflicts with path used for checkpoint state. "
            " Please use a different save path."
        )
    unfinished = f"{path}.tmp{secrets.token_hex(16)}"
    with gfile.GFile(unfinished, "w") as file:
        file.write(text_format.MessageToString(state))
    gfile.Rename(unfinished, path, overwrite=True)


def get_checkpoint_state(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> Any:
    """Return what the file `checkpoint` of a folder says, None if there is none to be read.

    Raises:
      ValueError: it names no checkpoint.
    """
    folder = os.fspath(checkpoint_dir)
    path = os.path.join(folder, latest_filename or DEFAULT_NAME)
    if not gfile.Exists(path):
        return None
    state = CheckpointState()
    try:
        with gfile.GFile(path) as file:
            text_format.Merge(file.read(), state)
    except (errors.OpError, text_format.ParseError, UnicodeDecodeError) as error:
        tf_logging.warning("%s: %s", type(error).__name__, error)
        tf_logging.warning("%s: Checkpoint ignored", path)
        return None
    if not state.model_checkpoint_path:
        raise ValueError(f"Invalid checkpoint state loaded from {folder}")
    state.model_checkpoint_path = os.path.join(folder, state.model_checkpoint_path)
    for number, kept in enumerate(state.all_model_checkpoint_paths):
        state.all_model_checkpoint_paths[number] = os.path.join(folder, kept)
    return state


def latest_checkpoint(
    checkpoint_dir: str | os.PathLike[str], latest_filename: str | None = None
) -> str | None:
    """Return the path of the latest checkpoint in a folder, without its endings, or None."""
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is None:
        return None
    path: str = state.model_checkpoint_path
    if checkpoint_exists(path):
        return path
    tf_logging.error("Couldn't match files for checkpoint %s", path)
    return None


def _files_of(prefix: str) -> list[str]:
    """Return the file by which a checkpoint is known to exist, of either format."""
    return gfile.Glob(f"{prefix}.index") or gfile.Glob(prefix)


def checkpoint_exists(checkpoint_prefix: str) -> bool:
    """Return whether there is a checkpoint, of either format."""
    return bool(_files_of(checkpoint_prefix))


def get_checkpoint_mtimes(checkpoint_prefixes: Iterable[str]) -> list[float]:
    """Return when checkpoints were written, in seconds since 1970; those missing are left out."""
    found = (_files_of(prefix) for prefix in checkpoint_prefixes)
    return [gfile.Stat(files[0]).mtime_nsec / 1e9 for files in found if files]


def remove_checkpoint(
    checkpoint_prefix: str,
    checkpoint_format_version: int = SaverDef.V2,
    meta_graph_suffix: str = "meta",
) -> None:
    """Delete the files of a checkpoint."""
    patterns = [meta_graph_filename(checkpoint_prefix, meta_graph_suffix)]
    if checkpoint_format_version == SaverDef.V2:
        patterns += [f"{checkpoint_prefix}.index", f"{checkpoint_prefix}.data-?????-of-?????"]
    else:
        patterns.append(checkpoint_prefix)
    for path in gfile.Glob(patterns):
        try:
            gfile.Remove(path)
        except errors.NotFoundError:
            tf_logging.warning(
                "Hit NotFoundError when deleting '%s', possibly because another process/thread "
                "is also deleting/moving the same file",
                path,
            )


def meta_graph_filename(checkpoint_filename: str, meta_graph_suffix: str = "meta") -> str:
    """Return the path of the meta graph of a checkpoint.

    >>> meta_graph_filename("model.ckpt-3-?????-of-00002")
    'model.ckpt-3.meta'
    """
    return f"{re.sub(r'-[0-9?]+-of-[0-9]+$', '', checkpoint_filename)}.{meta_graph_suffix}"
