"""`slim.evaluation`: metrics of checkpoints, with summaries.

Source: TensorFlow 1.15, contrib/slim/python/slim/evaluation.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.ops.summaries import merge_all
from tensormill.train import evaluation
from tensormill.train.checkpoints.saver import Saver
from tensormill.train.monitored.scaffold import Scaffold

__all__ = ["evaluate_once", "evaluation_loop"]

_ALL_SUMMARIES = object()


def evaluate_once(
    master: str,
    checkpoint_path: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _ALL_SUMMARIES,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    session_config: Any = None,
    hooks: Any = None,
) -> Any:
    """Evaluate a checkpoint, and write the summaries.

    Args:
      master: the target of the session.
      checkpoint_path: the checkpoint.
      logdir: the folder of the events.
      num_evals: how often `eval_op` is run.
      initial_op: what is run first, by default what initializes local variables and tables.
      initial_op_feed_dict: what that is fed.
      eval_op: updates the metrics.
      eval_op_feed_dict: what that is fed.
      final_op: gives the values of the metrics.
      final_op_feed_dict: what that is fed.
      summary_op: the summaries, by default all; None writes none.
      summary_op_feed_dict: what they are fed.
      variables_to_restore: what is restored, by default all variables.
      session_config: a ConfigProto.
      hooks: called around each step.

    Returns:
      The value of `final_op`.
    """
    return evaluation.evaluate_once(
        checkpoint_path,
        master=master,
        scaffold=_scaffold(initial_op, initial_op_feed_dict, variables_to_restore),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        hooks=_hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks),
        config=session_config,
    )


def evaluation_loop(
    master: str,
    checkpoint_dir: str,
    logdir: str,
    num_evals: int = 1,
    initial_op: Any = None,
    initial_op_feed_dict: Any = None,
    init_fn: Any = None,
    eval_op: Any = None,
    eval_op_feed_dict: Any = None,
    final_op: Any = None,
    final_op_feed_dict: Any = None,
    summary_op: Any = _ALL_SUMMARIES,
    summary_op_feed_dict: Any = None,
    variables_to_restore: Any = None,
    eval_interval_secs: float = 60,
    max_number_of_evaluations: int | None = None,
    session_config: Any = None,
    timeout: float | None = None,
    timeout_fn: Any = None,
    hooks: Any = None,
) -> Any:
    """Evaluate each checkpoint that appears in a folder.

    Args:
      master: the target of the session.
      checkpoint_dir: the folder of the checkpoints.
      logdir: the folder of the events.
      num_evals: how often `eval_op` is run for each.
      initial_op: what is run first, by default what initializes local variables and tables.
      initial_op_feed_dict: what that is fed.
      init_fn: called with the session when the variables are there.
      eval_op: updates the metrics.
      eval_op_feed_dict: what that is fed.
      final_op: gives the values of the metrics.
      final_op_feed_dict: what that is fed.
      summary_op: the summaries, by default all; None writes none.
      summary_op_feed_dict: what they are fed.
      variables_to_restore: what is restored, by default all variables.
      eval_interval_secs: the least time between the beginnings of two evaluations.
      max_number_of_evaluations: how many evaluations; None goes on until the timeout.
      session_config: a ConfigProto.
      timeout: how long to wait for a checkpoint; None waits for ever.
      timeout_fn: called when nothing came for so long; what is true ends the loop.
      hooks: called around each step.

    Returns:
      The last value of `final_op`.
    """
    return evaluation.evaluate_repeatedly(
        checkpoint_dir,
        master=master,
        scaffold=_scaffold(initial_op, initial_op_feed_dict, variables_to_restore, init_fn),
        eval_ops=eval_op,
        feed_dict=eval_op_feed_dict,
        final_ops=final_op,
        final_ops_feed_dict=final_op_feed_dict,
        eval_interval_secs=eval_interval_secs,
        hooks=_hooks(num_evals, logdir, summary_op, summary_op_feed_dict, hooks),
        config=session_config,
        max_number_of_evaluations=max_number_of_evaluations,
        timeout=timeout,
        timeout_fn=timeout_fn,
    )


def _scaffold(
    initial_op: Any, feed_dict: Any, variables_to_restore: Any, init_fn: Any = None
) -> Scaffold:
    def initialize(scaffold: Any, session: Any) -> None:
        init_fn(session)

    return Scaffold(
        init_op=initial_op,
        init_feed_dict=feed_dict,
        init_fn=None if init_fn is None else initialize,
        saver=None if variables_to_restore is None else Saver(variables_to_restore),
    )


def _hooks(num_evals: int, logdir: str, summary_op: Any, feed_dict: Any, hooks: Any) -> list[Any]:
    wanted: list[Any] = [evaluation.StopAfterNEvalsHook(num_evals)]
    if summary_op is _ALL_SUMMARIES:
        summary_op = merge_all()
    if summary_op is not None:
        wanted.append(
            evaluation.SummaryAtEndHook(logdir, summary_op=summary_op, feed_dict=feed_dict)
        )
    return wanted + list(hooks or [])
