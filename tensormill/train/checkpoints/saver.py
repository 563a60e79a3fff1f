"""`tf.train.Saver`: saves variables to checkpoints, keeps the latest ones, and restores.

Source: TensorFlow 1.15, python/training/saver.py.
"""

from __future__ import annotations

import math
import numbers
import os
import threading
import time
from typing import Any

import numpy as np
from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.graph import errors, tf_logging
from tensormill.graph.collection_protos import register_proto_function
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import add_to_collection, get_collection
from tensormill.graph.graph import get_default_graph
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.io.meta_graph_export import export_meta_graph
from tensormill.platform import gfile
from tensormill.platform.strings import as_str, as_text
from tensormill.session.base_session import BaseSession
from tensormill.train.checkpoints import state_file
from tensormill.train.checkpoints.builder import BulkSaverBuilder
from tensormill.train.checkpoints.object_based import object_graph_key_mapping, renamed_saveables
from tensormill.train.checkpoints.saveables import all_saveable_objects
from tensormill.train.global_step import global_step as value_of_global_step

__all__ = ["Saver", "get_saver_or_default", "saver_from_object_based_checkpoint"]

_SECONDS_PER_HOUR = 3600
_STEP_DIGITS = 8


class Saver:
    """Saves variables to numbered checkpoints, and restores them.

    >>> import tensormill as tf, tempfile
    >>> v = tf.Variable(3.0, name="v")
    >>> saver = tf.train.Saver()
    >>> with tempfile.TemporaryDirectory() as folder, tf.Session() as session:
    ...     session.run(v.initializer)
    ...     path = saver.save(session, folder + "/model", global_step=7)
    ...     session.run(v.assign(0.0))
    ...     saver.restore(session, path)
    ...     print(path[-8:], session.run(v))
    0.0
    /model-7 3.0

    Attributes:
      saver_def: the SaverDef that names its nodes.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: str | None = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = SaverDef.V2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: str | None = None,
    ) -> None:
        """Make the nodes that save and restore.

        Args:
          var_list: variables, saveable objects, or a dict of them by the name in the checkpoint;
            by default all global variables and saveable objects.
          reshape: give restored values the shape of their variable.
          sharded: save what is on one device in one shard.
          max_to_keep: how many checkpoints to keep; None or 0 keeps all.
          keep_checkpoint_every_n_hours: how often to keep one for good.
          name: the name scope, by default "save".
          restore_sequentially: not used.
          saver_def: names the nodes of a saver that are there already.
          builder: makes the nodes, by default a `BulkSaverBuilder`.
          defer_build: make no nodes before `build` is called.
          allow_empty: save nothing where there is nothing to save.
          write_version: the format to save in, `SaverDef.V2` or `SaverDef.V1`.
          pad_step_number: write steps with eight digits.
          save_relative_paths: write relative paths to the file `checkpoint`.
          filename: the prefix that the nodes use where none is fed.

        Raises:
          TypeError: `var_list` cannot be saved.
          ValueError: there is nothing to save, or two things of one name.
        """
        if defer_build and var_list:
            raise ValueError(
                "If `var_list` is provided then build cannot be deferred. Either set "
                "defer_build=False or var_list=None."
            )
        self._var_list = var_list
        self._reshape = reshape
        self._sharded = sharded
        self._max_to_keep = max_to_keep
        self._keep_checkpoint_every_n_hours = keep_checkpoint_every_n_hours
        self._name = name
        self._restore_sequentially = restore_sequentially
        self.saver_def = saver_def
        self._builder = builder
        self._is_built = False
        self._allow_empty = allow_empty
        self._is_empty: bool | None = None
        self._write_version = write_version
        self._pad_step_number = pad_step_number
        self._filename = filename
        self._save_relative_paths = save_relative_paths
        self._last_checkpoints: list[tuple[str, float]] = []  # path, time
        self._checkpoints_to_be_deleted: list[tuple[str, float]] = []
        self._saving = threading.RLock()
        self._object_restore_saver: Saver | None = None
        if not defer_build:
            self.build()
        if self.saver_def:
            self._check_saver_def()
            self._write_version = self.saver_def.version

    def build(self) -> None:
        """Make the nodes, if they were not made yet."""
        if self._is_built:
            return
        self._is_built = True
        if not self.saver_def:
            self._builder = self._builder or BulkSaverBuilder(self._write_version)
            if self._var_list is None:
                self._var_list = all_saveable_objects()
            self._is_empty = not self._var_list
            if self._is_empty:
                if self._allow_empty:
                    return
                raise ValueError("No variables to save")
            self.saver_def = self._builder.build(
                self._var_list,
                reshape=self._reshape,
                sharded=self._sharded,
                max_to_keep=self._max_to_keep,
                keep_checkpoint_every_n_hours=self._keep_checkpoint_every_n_hours,
                name=self._name,
                restore_sequentially=self._restore_sequentially,
                filename=self._filename,
            )
        elif self._name:
            # The nodes were imported into a scope.
            for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
                name = getattr(self.saver_def, field)
                setattr(self.saver_def, field, prepend_name_scope(name, self._name))
        self._check_saver_def()
        self._next_checkpoint_time = time.time() + self._hours_s

    @property
    def _hours_s(self) -> float:
        return float(self.saver_def.keep_checkpoint_every_n_hours) * _SECONDS_PER_HOUR

    def _check_saver_def(self) -> None:
        if not isinstance(self.saver_def, SaverDef):
            raise ValueError(f"saver_def must be a saver_pb2.SaverDef: {self.saver_def}")
        for field in ("save_tensor_name", "restore_op_name"):
            if not getattr(self.saver_def, field):
                raise ValueError(f"saver_def must specify the {field}: {self.saver_def}")

    def as_saver_def(self) -> Any:
        """Return the SaverDef that names its nodes."""
        return self.saver_def

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the SaverDef; without a name scope, None if a node is outside of it."""
        if export_scope is None:
            return self.saver_def
        written = SaverDef()
        written.CopyFrom(self.saver_def)
        for field in ("filename_tensor_name", "save_tensor_name", "restore_op_name"):
            name = getattr(written, field)
            if not name.startswith(export_scope):
                return None
            setattr(written, field, strip_name_scope(name, export_scope))
        return written

    @staticmethod
    def from_proto(saver_def: Any, import_scope: str | None = None) -> Saver:
        """Return the saver whose nodes a SaverDef names."""
        return Saver(saver_def=saver_def, name=import_scope)

    @property
    def last_checkpoints(self) -> list[str]:
        """The paths of the checkpoints that were not deleted, the oldest first."""
        return [path for path, _ in self._last_checkpoints]

    def set_last_checkpoints(self, last_checkpoints: list[str]) -> None:
        """Set the paths of the checkpoints that there are; these are never deleted.

        Raises:
          AssertionError: they are no list.
        """
        if not isinstance(last_checkpoints, list):
            raise AssertionError
        self._last_checkpoints = [(path, math.inf) for path in last_checkpoints]

    def set_last_checkpoints_with_time(
        self, last_checkpoints_with_time: list[tuple[str, float]]
    ) -> None:
        """Set the paths of the checkpoints that there are, each with its time.

        Raises:
          AssertionError: they are no list.
        """
        if not isinstance(last_checkpoints_with_time, list):
            raise AssertionError
        self._last_checkpoints = last_checkpoints_with_time

    def recover_last_checkpoints(self, checkpoint_paths: list[str]) -> None:
        """Take over the checkpoints of an earlier run, so far as they are still there."""
        found = []
        for path in checkpoint_paths:
            try:
                times = state_file.get_checkpoint_mtimes([path])
            except errors.NotFoundError:
                continue  # somebody else deletes it
            found += [(path, written) for written in times]
        self.set_last_checkpoints_with_time(found)

    def _record_checkpoint(self, path: str) -> None:
        if not self.saver_def.max_to_keep:
            return
        self._last_checkpoints = [known for known in self._last_checkpoints if known[0] != path]
        self._last_checkpoints.append((path, time.time()))
        if len(self._last_checkpoints) > self.saver_def.max_to_keep:
            self._checkpoints_to_be_deleted.append(self._last_checkpoints.pop(0))

    def _delete_old_checkpoint(self, meta_graph_suffix: str) -> None:
        if not self._checkpoints_to_be_deleted:
            return
        path, written = self._checkpoints_to_be_deleted.pop(0)
        if written > self._next_checkpoint_time:
            self._next_checkpoint_time += self._hours_s
            return
        try:
            state_file.remove_checkpoint(path, self.saver_def.version, meta_graph_suffix)
        except errors.OpError as error:
            tf_logging.warning("Ignoring: %s", error)

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: str | None = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str | None:
        """Save the variables of a session.

        Args:
          sess: the session.
          save_path: the path of the checkpoint, without its endings.
          global_step: a number, a tensor or its name; its value ends the path.
          latest_filename: the name of the file that lists checkpoints, by default "checkpoint".
          meta_graph_suffix: the ending of the meta graph's file.
          write_meta_graph: write the graph beside the checkpoint.
          write_state: write the file that lists checkpoints, and delete old ones.
          strip_default_attrs: leave attributes out of the meta graph that have their default value.
          save_debug_info: not used.

        Returns:
          The path of the checkpoint, without its endings; None where there is nothing to save.

        Raises:
          TypeError: `sess` is no session.
          ValueError: a path does not do, or its folder does not exist.
          RuntimeError: the nodes were not made.
        """
        if not self._is_built:
            raise RuntimeError("`build()` should be called before save if defer_build==True")
        latest_filename = latest_filename or state_file.DEFAULT_NAME
        if self._write_version != SaverDef.V2:
            _warn_of_first_format()
        if os.path.split(latest_filename)[0]:
            raise ValueError("'latest_filename' must not contain path components")
        path = as_str(os.fspath(save_path))
        # A thread that saves now and then and the end of training may meet here: the later one
        # reads its step, and names its checkpoint as the latest, after the earlier one is through.
        with self._saving:
            checkpoint = self._numbered(sess, path, global_step, latest_filename)
            if not isinstance(sess, BaseSession):
                raise TypeError(f"'sess' must be a Session; {sess}")
            saved = None
            if not self._is_empty:
                saved = self._run_save(
                    sess, path, checkpoint, latest_filename, meta_graph_suffix, write_state
                )
            if write_meta_graph:
                meta_graph = state_file.meta_graph_filename(checkpoint, meta_graph_suffix)
                with sess.graph.as_default():
                    self.export_meta_graph(
                        meta_graph,
                        strip_default_attrs=strip_default_attrs,
                        save_debug_info=save_debug_info,
                    )
            return saved

    def _numbered(self, sess: Any, path: str, global_step: Any, latest_filename: str) -> str:
        """Return the path of a checkpoint with its step."""
        if global_step is not None:
            if not isinstance(global_step, (numbers.Integral, np.integer)):
                global_step = value_of_global_step(sess, global_step)
            digits = _STEP_DIGITS if self._pad_step_number else 0
            return f"{path}-{int(global_step):0{digits}d}"
        if os.path.basename(path) == latest_filename and not self._sharded:
            raise ValueError(
                f"'latest_filename' collides with 'save_path': '{latest_filename}' and '{path}'"
            )
        return path

    def _run_save(
        self,
        sess: Any,
        path: str,
        checkpoint: str,
        latest_filename: str,
        meta_graph_suffix: str,
        write_state: bool,
    ) -> str:
        folder = os.path.dirname(path)
        try:
            saved = as_str(
                sess.run(
                    self.saver_def.save_tensor_name,
                    {self.saver_def.filename_tensor_name: checkpoint},
                )
            )
            if write_state:
                self._record_checkpoint(saved)
                state_file.update_checkpoint_state_internal(
                    save_dir=folder,
                    model_checkpoint_path=saved,
                    all_model_checkpoint_paths=self.last_checkpoints,
                    latest_filename=latest_filename,
                    save_relative_paths=self._save_relative_paths,
                )
                self._delete_old_checkpoint(meta_graph_suffix)
        except (errors.FailedPreconditionError, errors.NotFoundError) as error:
            if gfile.IsDirectory(folder or "."):
                raise
            raise ValueError(f"Parent directory of {path} doesn't exist, can't save.") from error
        return saved

    def export_meta_graph(
        self,
        filename: Any = None,
        collection_list: Any = None,
        as_text: bool = False,
        export_scope: str | None = None,
        clear_devices: bool = False,
        clear_extraneous_savers: bool = False,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> Any:
        """Return the default graph with this saver as a MetaGraphDef, and write it to a file.

        See `tf.train.export_meta_graph` for the arguments.
        """
        return export_meta_graph(
            filename=filename,
            graph_def=get_default_graph().as_graph_def(add_shapes=True),
            saver_def=self.saver_def,
            collection_list=collection_list,
            as_text=as_text,
            export_scope=export_scope,
            clear_devices=clear_devices,
            clear_extraneous_savers=clear_extraneous_savers,
            strip_default_attrs=strip_default_attrs,
            save_debug_info=save_debug_info,
        )

    def restore(self, sess: Any, save_path: Any) -> None:
        """Restore the variables of a session; they need not be initialized.

        Args:
          sess: the session.
          save_path: what `save` or `tf.train.latest_checkpoint` returned.

        Raises:
          ValueError: there is no such checkpoint.
          NotFoundError: a variable is not in the checkpoint.
          InvalidArgumentError: a variable has another shape or dtype there.
        """
        if self._is_empty:
            return
        if save_path is None:
            raise ValueError("Can't load save_path when it is None.")
        prefix = as_text(os.fspath(save_path))
        if not state_file.checkpoint_exists(prefix):
            raise ValueError(f"The passed save_path is not a valid checkpoint: {prefix}")
        tf_logging.info("Restoring parameters from %s", prefix)
        try:
            sess.run(self.saver_def.restore_op_name, {self.saver_def.filename_tensor_name: prefix})
        except errors.NotFoundError as error:
            try:
                names_to_keys = object_graph_key_mapping(prefix)
            except errors.NotFoundError:
                raise _explained(
                    error, "a Variable name or other graph key that is missing"
                ) from error
            self._restore_object_based(sess, prefix, names_to_keys)
        except errors.InvalidArgumentError as error:
            raise _explained(error, "a mismatch between the current graph and the graph") from error

    def _restore_object_based(self, sess: Any, prefix: str, names_to_keys: dict[str, str]) -> None:
        tf_logging.warning(
            "Restoring an object-based checkpoint using a name-based saver. This may be somewhat "
            "fragile, and will re-build the Saver. Instead, consider loading object-based "
            "checkpoints using tf.train.Checkpoint()."
        )
        self._object_restore_saver = saver_from_object_based_checkpoint(
            prefix, self._var_list, self._builder, names_to_keys, self._object_restore_saver
        )
        self._object_restore_saver.restore(sess, prefix)


def _warn_of_first_format() -> None:
    stars = "*" * 55
    for line in (
        stars,
        "TensorFlow's V1 checkpoint format has been deprecated.",
        "Consider switching to the more efficient V2 format:",
        "   `tf.train.Saver(write_version=tf.train.SaverDef.V2)`",
        "now on by default.",
        stars,
    ):
        tf_logging.warning(line)


def _explained(error: errors.OpError, reason: str) -> errors.OpError:
    """Return an error that says what is the likely reason."""
    text = (
        f"Restoring from checkpoint failed. This is most likely due to {reason} from the "
        "checkpoint. Please ensure that you have not altered the graph expected based on the "
        f"checkpoint. Original error:\n\n{error.message}"
    )
    return type(error)(error.node_def, error.op, text)  # type: ignore[call-arg]


def saver_from_object_based_checkpoint(
    checkpoint_path: str,
    var_list: Any = None,
    builder: Any = None,
    names_to_keys: dict[str, str] | None = None,
    cached_saver: Saver | None = None,
) -> Saver:
    """Return a saver that reads variables out of a checkpoint by object.

    Args:
      checkpoint_path: of the checkpoint.
      var_list: the variables, None for all that can be saved.
      builder: of the saver's operations.
      names_to_keys: the keys in the checkpoint by the names of variables; None to read them there.
      cached_saver: an earlier one for the same variables, which is returned after the check that
        the checkpoint has them.

    Raises:
      ValueError: it is no checkpoint by object.
      NotFoundError: the checkpoint lacks a variable.
    """
    if names_to_keys is None:
        try:
            names_to_keys = object_graph_key_mapping(checkpoint_path)
        except errors.NotFoundError as error:
            raise ValueError(
                f"Checkpoint in {checkpoint_path} not an object-based checkpoint."
            ) from error
    saveables = renamed_saveables(var_list, names_to_keys)
    return cached_saver or Saver(saveables, builder=builder)


def get_saver_or_default() -> Saver:
    """Return the saver in the collection of savers; where it is empty, one that saves everything.

    Raises:
      RuntimeError: there are several.
    """
    savers = get_collection(GraphKeys.SAVERS)
    if len(savers) > 1:
        raise RuntimeError(
            f"More than one item in collection {GraphKeys.SAVERS}. Please indicate which one to "
            "use by passing it to the constructor."
        )
    if savers:
        return savers[0]
    saver = Saver(sharded=True, allow_empty=True)
    add_to_collection(GraphKeys.SAVERS, saver)
    return saver


register_proto_function(GraphKeys.SAVERS, SaverDef, Saver.to_proto, Saver.from_proto)
