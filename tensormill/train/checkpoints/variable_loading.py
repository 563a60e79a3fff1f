"""Variables that take their first values from a checkpoint, and looking into checkpoints.

Source: TensorFlow 1.15, python/training/checkpoint_utils.py.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tensormill.graph import tf_logging
from tensormill.graph.default_scopes import device
from tensormill.ops import checkpoints as ops
from tensormill.platform import gfile
from tensormill.train.checkpoints.reader import CheckpointReader, NewCheckpointReader
from tensormill.train.checkpoints.saveables import op_list_to_dict, validate_and_slice_inputs
from tensormill.train.checkpoints.state_file import latest_checkpoint
from tensormill.variables.base import VariableBase
from tensormill.variables.store import variable_store

__all__ = [
    "checkpoints_iterator",
    "init_from_checkpoint",
    "list_variables",
    "load_checkpoint",
    "load_variable",
    "wait_for_new_checkpoint",
]


def _checkpoint_path(ckpt_dir_or_file: Any) -> str | None:
    path = os.fspath(ckpt_dir_or_file)
    return latest_checkpoint(path) if gfile.IsDirectory(path) else path


def load_checkpoint(ckpt_dir_or_file: Any) -> CheckpointReader:
    """Return a reader of a checkpoint, or of the latest one in a folder.

    Raises:
      ValueError: there is none in the folder.
    """
    path = _checkpoint_path(ckpt_dir_or_file)
    if path is None:
        raise ValueError(
            f"Couldn't find 'checkpoint' file or checkpoints in given directory {ckpt_dir_or_file}"
        )
    return NewCheckpointReader(path)


def load_variable(ckpt_dir_or_file: Any, name: str) -> Any:
    """Return the value of a variable in a checkpoint as an array."""
    return load_checkpoint(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Return the names and shapes of the variables in a checkpoint, in ascending order."""
    return sorted(load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map().items())


def wait_for_new_checkpoint(
    checkpoint_dir: Any,
    last_checkpoint: str | None = None,
    seconds_to_sleep: float = 1,
    timeout: float | None = None,
) -> str | None:
    """Wait for a checkpoint in a folder that is not `last_checkpoint`, and return its path.

    Args:
      checkpoint_dir: the folder.
      last_checkpoint: what is there already.
      seconds_to_sleep: how long to wait before looking again.
      timeout: how long to wait in all, in seconds; then the result is None.
    """
    tf_logging.info("Waiting for new checkpoint at %s", checkpoint_dir)
    stop_s = None if timeout is None else time.monotonic() + timeout
    pause = threading.Event()
    while True:
        path = latest_checkpoint(checkpoint_dir)
        if path is not None and path != last_checkpoint:
            tf_logging.info("Found new checkpoint at %s", path)
            return path
        if stop_s is not None and time.monotonic() + seconds_to_sleep > stop_s:
            return None
        pause.wait(seconds_to_sleep)


def checkpoints_iterator(
    checkpoint_dir: Any,
    min_interval_secs: float = 0,
    timeout: float | None = None,
    timeout_fn: Callable[[], Any] | None = None,
) -> Iterator[str]:
    """Yield checkpoints as they appear in a folder.

    Args:
      checkpoint_dir: the folder.
      min_interval_secs: how long to wait at least between two.
      timeout: how long to wait for one.
      timeout_fn: called when nothing came for so long; what is true ends the iteration.
    """
    path = None
    pause = threading.Event()
    while True:
        new = wait_for_new_checkpoint(checkpoint_dir, path, timeout=timeout)
        if new is None:
            if not timeout_fn:
                tf_logging.info("Timed-out waiting for a checkpoint.")
                return
            if timeout_fn():
                return
            continue
        started_s = time.monotonic()
        path = new
        yield path
        rest_s = started_s + min_interval_secs - time.monotonic()
        if rest_s > 0:
            pause.wait(rest_s)


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: dict[str, Any]) -> None:
    """Let variables take their first values from a checkpoint.

    Their initializers restore them from now on.

    Args:
      ckpt_dir_or_file: a checkpoint, or a folder whose latest one is used.
      assignment_map: names in the checkpoint to variables or their names, or scopes there to
        scopes here (`"there/": "here/"`).

    Raises:
      ValueError: a name is not in the checkpoint, a shape differs, or a scope has no slash.
    """
    path = _checkpoint_path(ckpt_dir_or_file)
    shapes = load_checkpoint(ckpt_dir_or_file).get_variable_to_shape_map()
    known = variable_store()._variables
    for name, target in sorted(assignment_map.items(), key=lambda item: item[0]):
        variable = target if _is_variable_or_slices(target) else _find(target, known)
        if variable is None:
            for found, full_name in _scope_to_scope(name, target, known, shapes, ckpt_dir_or_file):
                _set_initializers(found, path, full_name)
            continue
        if name not in shapes:
            raise ValueError(
                f"Tensor {name} is not found in {ckpt_dir_or_file} checkpoint {shapes}"
            )
        if isinstance(variable, VariableBase) and not variable.shape.is_compatible_with(
            shapes[name]
        ):
            raise ValueError(
                f"Shape of variable {variable.name} ({variable.shape}) doesn't match with shape "
                f"of tensor {name} ({shapes[name]}) from checkpoint reader."
            )
        _set_initializers(variable, path, name)


def _is_variable_or_slices(target: Any) -> bool:
    if isinstance(target, list):
        return all(isinstance(item, VariableBase) for item in target)
    return isinstance(target, VariableBase)


def _find(name: str, known: dict[str, Any]) -> Any:
    """Return a variable by name, the slices of a partitioned one as a list, or None."""
    if name in known:
        return known[name]
    slices: list[Any] = []
    while f"{name}/part_{len(slices)}" in known:
        slices.append(known[f"{name}/part_{len(slices)}"])
    return slices or None


def _scope_to_scope(
    there: str, here: str, known: dict[str, Any], shapes: dict[str, Any], source: Any
) -> Iterator[tuple[Any, str]]:
    """Yield the variables of a scope with their names in the checkpoint."""
    scope = here.rpartition("/")[0]
    if not there.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope} should map to scope only {there}. "
            "Should be 'scope/': 'other_scope/'."
        )
    names = {
        name.partition("/part_")[0] for name in known if not scope or name.startswith(f"{scope}/")
    }
    for name in sorted(names):
        inner = name[len(scope) + 1 :] if scope else name
        full_name = (inner if there == "/" else there + inner).removesuffix("/")
        if full_name not in shapes:
            raise ValueError(
                f"Tensor {full_name} ({inner} in {there}) is not found in {source} checkpoint"
            )
        yield _find(name, known), full_name


def _set_initializers(variable: Any, path: Any, name: str) -> None:
    if not isinstance(variable, list):
        _set_initializer(variable, path, name, "")
        return
    for part in variable:
        _set_initializer(part, path, name, part._get_save_slice_info().spec)


def _set_initializer(variable: Any, path: Any, name: str, slice_spec: str) -> None:
    # Restoring is for a CPU; the variable need not follow it there.
    with device(variable.device), device("/cpu:0"):
        (restored,) = ops.restore_v2_op(
            path,
            [name],
            [slice_spec],
            dtypes=[variable.dtype.base_dtype],
            name="checkpoint_initializer",
        )
        (saveable,) = validate_and_slice_inputs(op_list_to_dict([variable]))
    variable._initializer_op = saveable.restore([restored], restored_shapes=None)
    if hasattr(variable._initializer_op, "op"):
        variable._initializer_op = variable._initializer_op.op
    restored.set_shape(variable.shape)
    variable._initial_value = restored
