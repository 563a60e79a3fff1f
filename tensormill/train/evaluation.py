"""Evaluations: a restored model run over its input, step after step, and its final values.

Source: TensorFlow 1.15, python/training/evaluation.py.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.ops.identities import identity
from tensormill.ops.summaries import merge_all
from tensormill.summary.file_writer_cache import FileWriterCache
from tensormill.train.checkpoints.variable_loading import checkpoints_iterator
from tensormill.train.global_step import get_or_create_global_step
from tensormill.train.monitored.control_hooks import FinalOpsHook
from tensormill.train.monitored.monitored_session import MonitoredSession
from tensormill.train.monitored.session_creators import ChiefSessionCreator
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)
from tensormill.variables.assignments import assign_add
from tensormill.variables.initializers import Zeros
from tensormill.variables.store import get_variable

__all__ = [
    "StopAfterNEvalsHook",
    "SummaryAtEndHook",
    "evaluate_once",
    "evaluate_repeatedly",
    "get_or_create_eval_step",
]

_FREQUENT_UP_TO = 20
_LOG_LINES = 10


def get_or_create_eval_step() -> Any:
    """Return the variable that counts the steps of an evaluation.

    Raises:
      ValueError: the graph has several.
    """
    steps = get_default_graph().get_collection(GraphKeys.EVAL_STEP)
    if len(steps) > 1:
        raise ValueError("Multiple tensors added to tf.GraphKeys.EVAL_STEP")
    if steps:
        return steps[0]
    return get_variable(
        "eval_step",
        shape=[],
        dtype=dtypes.int64,
        initializer=Zeros(),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.EVAL_STEP],
    )


class StopAfterNEvalsHook(SessionRunHook):
    """Ends an evaluation after so many steps, and tells how far it is.

    Args:
      num_evals: how many steps; None goes on to the end of the input.
      log_progress: whether to tell.
    """

    def __init__(self, num_evals: int | None, log_progress: bool = True) -> None:
        self._num_evals = num_evals
        self._log_progress = log_progress
        is_short = num_evals is None or num_evals < _FREQUENT_UP_TO
        self._log_frequency = 1 if is_short else (num_evals or 0) // _LOG_LINES
        self._evals_completed: Any = None

    def _set_evals_completed_tensor(self, updated_eval_step: Any) -> None:
        self._evals_completed = updated_eval_step

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs | None:
        """Ask for the number of steps."""
        return SessionRunArgs({"evals_completed": self._evals_completed})

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Tell the number of steps, and stop after the last."""
        done, wanted = run_values.results["evals_completed"], self._num_evals
        if self._log_progress:
            if wanted is None:
                tf_logging.info("Evaluation [%d]", done)
            elif done % self._log_frequency == 0 or done == wanted:
                tf_logging.info("Evaluation [%d/%d]", done, wanted)
        if wanted is not None and done >= wanted:
            run_context.request_stop()


class SummaryAtEndHook(SessionRunHook):
    """Writes the summaries at the end of an evaluation, at the global step of the model.

    Args:
      log_dir: the folder of the events; not needed with a writer.
      summary_writer: a FileWriter.
      summary_op: the summaries, by default all of the graph.
      feed_dict: what they are fed.
    """

    def __init__(
        self,
        log_dir: Any = None,
        summary_writer: Any = None,
        summary_op: Any = None,
        feed_dict: Any = None,
    ) -> None:
        self._summary_op = summary_op
        self._replace_summary_op = summary_op is None
        self._feed_dict = feed_dict
        self._summary_writer = summary_writer
        self._log_dir = log_dir
        if log_dir is None and summary_writer is None:
            raise ValueError("One of log_dir or summary_writer should be used.")

    def begin(self) -> None:
        """Find the summaries and the writer."""
        if self._replace_summary_op:
            self._summary_op = merge_all()
        self._global_step = get_or_create_global_step()
        if self._summary_writer is None:
            self._summary_writer = FileWriterCache.get(self._log_dir)

    def end(self, session: Any) -> None:
        """Write them."""
        step = session.run(self._global_step)
        if self._summary_op is not None:
            self._summary_writer.add_summary(session.run(self._summary_op, self._feed_dict), step)
            self._summary_writer.flush()


def evaluate_once(
    checkpoint_path: Any,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    hooks: Any = None,
    config: Any = None,
) -> Any:
    """Evaluate the model of the default graph once.

    Args:
      checkpoint_path: the checkpoint to restore; None initializes the variables.
      master: the target of the session.
      scaffold: says how to initialize.
      eval_ops: what each step runs, until the input ends or a hook stops it.
      feed_dict: what each step is fed.
      final_ops: what is run at the end.
      final_ops_feed_dict: what that is fed.
      hooks: called around each step.
      config: a ConfigProto.

    Returns:
      The values of `final_ops`.
    """
    counted, all_hooks = _prepared(eval_ops, hooks)
    creator = ChiefSessionCreator(
        scaffold, master, config, checkpoint_filename_with_path=checkpoint_path
    )
    last = FinalOpsHook(final_ops, final_ops_feed_dict)
    _evaluate(creator, [*all_hooks, last], counted, feed_dict)
    return last.final_ops_values


def evaluate_repeatedly(
    checkpoint_dir: Any,
    master: str = "",
    scaffold: Any = None,
    eval_ops: Any = None,
    feed_dict: Any = None,
    final_ops: Any = None,
    final_ops_feed_dict: Any = None,
    eval_interval_secs: float = 60,
    hooks: Any = None,
    config: Any = None,
    max_number_of_evaluations: int | None = None,
    timeout: float | None = None,
    timeout_fn: Any = None,
) -> Any:
    """Evaluate the model of the default graph for each checkpoint that appears in a folder.

    Args:
      checkpoint_dir: the folder.
      master: the target of the session.
      scaffold: says how to initialize.
      eval_ops: what each step runs, until the input ends or a hook stops it.
      feed_dict: what each step is fed.
      final_ops: what is run at the end of each evaluation.
      final_ops_feed_dict: what that is fed.
      eval_interval_secs: the least time between the beginnings of two evaluations.
      hooks: called around each step.
      config: a ConfigProto.
      max_number_of_evaluations: how many evaluations; None goes on until the timeout.
      timeout: how long to wait for a checkpoint; None waits for ever.
      timeout_fn: called when nothing came for so long; what is true ends the evaluations.

    Returns:
      The values of `final_ops` in the last evaluation.
    """
    counted, all_hooks = _prepared(eval_ops, hooks)
    last = FinalOpsHook(final_ops, final_ops_feed_dict)
    checkpoints = checkpoints_iterator(checkpoint_dir, eval_interval_secs, timeout, timeout_fn)
    for number, path in enumerate(checkpoints, 1):
        creator = ChiefSessionCreator(scaffold, master, config, checkpoint_filename_with_path=path)
        _evaluate(creator, [*all_hooks, last], counted, feed_dict)
        if max_number_of_evaluations is not None and number >= max_number_of_evaluations:
            break
    return last.final_ops_values


def _prepared(eval_ops: Any, hooks: Any) -> tuple[Any, list[Any]]:
    """Return what each step runs, with the count of steps, and the hooks, which are told it."""
    eval_step = get_or_create_eval_step()
    all_hooks = list(hooks or [])
    if eval_ops is not None:
        eval_ops = _counted(eval_ops, assign_add(eval_step, 1, use_locking=True))
        flat = list(eval_ops.values()) if isinstance(eval_ops, Mapping) else eval_ops
        with control_dependencies(flat):
            latest = identity(eval_step.read_value())
        for hook in all_hooks:
            if isinstance(hook, StopAfterNEvalsHook):
                hook._set_evals_completed_tensor(latest)
    return eval_ops, all_hooks


def _evaluate(creator: Any, hooks: list[Any], eval_ops: Any, feed_dict: Any) -> None:
    tf_logging.info("Starting evaluation at " + time.strftime("%Y-%m-%dT%H:%M:%SZ"))
    with MonitoredSession(creator, hooks) as session:
        if eval_ops is not None:
            while not session.should_stop():
                session.run(eval_ops, feed_dict)
    tf_logging.info("Finished evaluation at " + time.strftime("%Y-%m-%d-%H:%M:%S"))


def _counted(eval_ops: Any, counting: Any) -> Any:
    if isinstance(eval_ops, Mapping):
        return {**eval_ops, "update_eval_step": counting}
    if isinstance(eval_ops, (list, tuple)):
        return [*eval_ops, counting]
    return [eval_ops, counting]
