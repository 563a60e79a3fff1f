"""`tf.train.SessionManager`: sessions that are restored, initialized, or waited for.

Source: TensorFlow 1.15, python/training/session_manager.py.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tensormill.graph import errors, tf_logging
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.session.session import Session
from tensormill.train.checkpoints.state_file import get_checkpoint_state

__all__ = ["SessionManager"]


class SessionManager:
    """Makes sessions whose variables have values.

    The chief initializes or restores them with `prepare_session`; the other workers wait for that
    with `wait_for_session`.
    """

    def __init__(
        self,
        local_init_op: Any = None,
        ready_op: Any = None,
        ready_for_local_init_op: Any = None,
        graph: Graph | None = None,
        recovery_wait_secs: float = 30,
        local_init_run_options: Any = None,
        local_init_feed_dict: Any = None,
    ) -> None:
        """Say what initializes a graph.

        Args:
          local_init_op: initializes what each worker has of its own.
          ready_op: gives the names of what is not initialized; nothing means ready.
          ready_for_local_init_op: the same, before `local_init_op`.
          graph: the graph, by default the default graph.
          recovery_wait_secs: how long to wait before looking again.
          local_init_run_options: RunOptions for `local_init_op`.
          local_init_feed_dict: is fed for `local_init_op`.

        Raises:
          ValueError: there is no `local_init_op` to be ready for.
        """
        if ready_for_local_init_op is not None and local_init_op is None:
            raise ValueError(
                "If you pass a ready_for_local_init_op you must also pass a local_init_op , "
                f"ready_for_local_init_op [{ready_for_local_init_op}]"
            )
        self._local_init_op = local_init_op
        self._ready_op = ready_op
        self._ready_for_local_init_op = ready_for_local_init_op
        self._graph = graph or get_default_graph()
        self._recovery_wait_s = recovery_wait_secs
        self._local_init_run_options = local_init_run_options
        self._local_init_feed_dict = local_init_feed_dict
        self._pause = threading.Event()

    def _restore_checkpoint(
        self,
        sess: Session,
        saver: Any,
        checkpoint_dir: Any,
        checkpoint_filename_with_path: Any,
        wait_for_checkpoint: bool,
        max_wait_secs: float,
    ) -> bool:
        """Restore a session where there is a checkpoint; return whether there was."""
        if checkpoint_dir and checkpoint_filename_with_path:
            raise ValueError(
                "Can not provide both checkpoint_dir and checkpoint_filename_with_path."
            )
        if not saver or not (checkpoint_dir or checkpoint_filename_with_path):
            return False
        if checkpoint_filename_with_path:
            saver.restore(sess, checkpoint_filename_with_path)
            return True
        waited_s = 0.0
        state = get_checkpoint_state(checkpoint_dir)
        while not state or not state.model_checkpoint_path:
            if not wait_for_checkpoint or waited_s >= max_wait_secs:
                return False
            tf_logging.info("Waiting for checkpoint to be available.")
            self._pause.wait(self._recovery_wait_s)
            waited_s += self._recovery_wait_s
            state = get_checkpoint_state(checkpoint_dir)
        saver.restore(sess, state.model_checkpoint_path)
        saver.recover_last_checkpoints(state.all_model_checkpoint_paths)
        return True

    def prepare_session(
        self,
        master: str,
        init_op: Any = None,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
        init_feed_dict: Any = None,
        init_fn: Callable[[Any], Any] | None = None,
    ) -> Session:
        """Return a session that is ready: restored from a checkpoint, else initialized.

        Args:
          master: the target of the session.
          init_op: initializes the variables.
          saver: restores them.
          checkpoint_dir: the folder of checkpoints, of which the latest is restored.
          checkpoint_filename_with_path: the checkpoint to restore.
          wait_for_checkpoint: wait until there is one.
          max_wait_secs: how long to wait for it.
          config: a ConfigProto.
          init_feed_dict: is fed for `init_op`.
          init_fn: called with the session after `init_op`.

        Raises:
          RuntimeError: nothing initializes the variables, or they are not ready afterwards.
        """
        with _closed_on_error(Session(master, graph=self._graph, config=config)) as sess:
            is_restored = self._restore_checkpoint(
                sess,
                saver,
                checkpoint_dir,
                checkpoint_filename_with_path,
                wait_for_checkpoint,
                max_wait_secs,
            )
            if not is_restored:
                if init_op is None and not init_fn and self._local_init_op is None:
                    raise RuntimeError(
                        "Model is not initialized and no init_op or init_fn or local_init_op was "
                        "given"
                    )
                if init_op is not None:
                    sess.run(init_op, feed_dict=init_feed_dict)
                if init_fn:
                    init_fn(sess)
            complaint = self._try_run_local_init_op(sess)
            if complaint is not None:
                raise RuntimeError(
                    "Init operations did not make model ready for local_init.  Init op: "
                    f"{_name_of(init_op)}, init fn: {init_fn}, error: {complaint}"
                )
            complaint = self._model_ready(sess)
            if complaint is not None:
                raise RuntimeError(
                    f"Init operations did not make model ready.  Init op: {_name_of(init_op)}, "
                    f"init fn: {init_fn}, local_init_op: {self._local_init_op}, error: {complaint}"
                )
        return sess

    def recover_session(
        self,
        master: str,
        saver: Any = None,
        checkpoint_dir: Any = None,
        checkpoint_filename_with_path: Any = None,
        wait_for_checkpoint: bool = False,
        max_wait_secs: float = 7200,
        config: Any = None,
    ) -> tuple[Session, bool]:
        """Return a session, and whether a checkpoint made it ready (see `prepare_session`)."""
        with _closed_on_error(Session(master, graph=self._graph, config=config)) as sess:
            is_restored = self._restore_checkpoint(
                sess,
                saver,
                checkpoint_dir,
                checkpoint_filename_with_path,
                wait_for_checkpoint,
                max_wait_secs,
            )
            not_ready_for_local_init = self._try_run_local_init_op(sess)
            if not is_restored:
                return sess, False
            source = checkpoint_dir or checkpoint_filename_with_path
            if not_ready_for_local_init is not None:
                tf_logging.info(
                    "Restoring model from %s did not make model ready for local init: %s",
                    source,
                    not_ready_for_local_init,
                )
                return sess, False
            not_ready = self._model_ready(sess)
            if not_ready is not None:
                tf_logging.info(
                    "Restoring model from %s did not make model ready: %s", source, not_ready
                )
                return sess, False
            tf_logging.info("Restored model from %s", source)
        return sess, True

    def wait_for_session(
        self, master: str, config: Any = None, max_wait_secs: float | None = math.inf
    ) -> Session:
        """Return a session once the variables are ready.

        Raises:
          DeadlineExceededError: they are not after `max_wait_secs`.
        """
        limit_s = math.inf if max_wait_secs is None else max_wait_secs
        deadline_s = time.monotonic() + limit_s
        while True:
            with _closed_on_error(Session(master, graph=self._graph, config=config)) as sess:
                not_ready = None
                not_ready_for_local_init = self._try_run_local_init_op(sess)
                if not_ready_for_local_init is None:
                    not_ready = self._model_ready(sess)
                    if not_ready is None:
                        return sess
            sess.close()
            if time.monotonic() + self._recovery_wait_s > deadline_s:
                raise errors.DeadlineExceededError(
                    None, None, f"Session was not ready after waiting {limit_s:.0f} secs."
                )
            tf_logging.info(
                "Waiting for model to be ready.  Ready_for_local_init_op:  %s, ready: %s",
                not_ready_for_local_init,
                not_ready,
            )
            self._pause.wait(self._recovery_wait_s)

    def _model_ready(self, sess: Session) -> str | None:
        return _complaint(self._ready_op, sess, "Model not ready")

    def _try_run_local_init_op(self, sess: Session) -> str | None:
        """Run `local_init_op`; return why it cannot be run yet, or None."""
        if self._local_init_op is None:
            return None
        complaint = _complaint(
            self._ready_for_local_init_op, sess, "Model not ready for local init"
        )
        if complaint is None:
            tf_logging.info("Running local_init_op.")
            sess.run(
                self._local_init_op,
                feed_dict=self._local_init_feed_dict,
                options=self._local_init_run_options,
            )
            tf_logging.info("Done running local_init_op.")
        return complaint


class _closed_on_error:
    """Closes a session where the block raises."""

    def __init__(self, sess: Session) -> None:
        self._sess = sess

    def __enter__(self) -> Session:
        return self._sess

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is not None:
            self._sess.close()


def _name_of(op: Any) -> Any:
    return None if op is None else getattr(op, "name", op)


def _complaint(ready_op: Any, sess: Session, text: str) -> str | None:
    """Return what is not initialized according to an operation, or None."""
    if ready_op is None:
        return None
    try:
        missing = sess.run(ready_op)
    except errors.FailedPreconditionError as error:
        if "uninitialized" not in str(error):
            tf_logging.warning("%s : error [%s]", text, error)
            raise
        return str(error)
    if missing is None or missing.dtype == np.int32 or missing.size == 0:
        return None
    return "Variables not initialized: " + ", ".join(name.decode() for name in missing)
