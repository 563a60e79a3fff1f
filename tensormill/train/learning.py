"""`slim.learning.train`: a training loop with a Supervisor around it.

Source: TensorFlow 1.15, contrib/slim/python/slim/learning.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tensormill.graph import errors, tf_logging
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.train.global_step import assert_global_step, get_or_create_global_step
from tensormill.train.monitored.supervisor import Supervisor

__all__ = ["train", "train_step"]

_DEFAULT = 0


def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]
) -> tuple[Any, bool]:
    """Run one step of training.

    Args:
      sess: the session.
      train_op: gives the loss.
      global_step: the number of steps.
      train_step_kwargs: bool tensors "should_log" and "should_stop".

    Returns:
      the loss, and whether training is over.
    """
    begin = time.monotonic()
    loss, step = sess.run([train_op, global_step])
    elapsed_s = time.monotonic() - begin
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        tf_logging.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed_s)
    is_over = "should_stop" in train_step_kwargs and bool(
        sess.run(train_step_kwargs["should_stop"])
    )
    return loss, is_over


def train(
    train_op: Any,
    logdir: str | None,
    train_step_fn: Callable[..., Any] = train_step,
    train_step_kwargs: Any = _DEFAULT,
    log_every_n_steps: int = 1,
    graph: Any = None,
    master: str = "",
    is_chief: bool = True,
    global_step: Any = None,
    number_of_steps: int | None = None,
    init_op: Any = _DEFAULT,
    init_feed_dict: Any = None,
    local_init_op: Any = _DEFAULT,
    init_fn: Callable[[Any], Any] | None = None,
    ready_op: Any = _DEFAULT,
    summary_op: Any = _DEFAULT,
    save_summaries_secs: float = 600,
    summary_writer: Any = _DEFAULT,
    saver: Any = None,
    save_interval_secs: float = 600,
    session_config: Any = None,
    session_wrapper: Callable[[Any], Any] | None = None,
) -> Any:
    """Train until a number of steps, a step that says so, or the end of the input.

    Args:
      train_op: gives the loss, as of `create_train_op`.
      logdir: the folder of checkpoints and summaries; None for none.
      train_step_fn: of session, `train_op`, global step and `train_step_kwargs`; gives the loss and
        whether to stop.
      train_step_kwargs: by default tensors that say when to log and to stop.
      log_every_n_steps: how often the loss is logged.
      graph: the graph; the default graph by default.
      master: the target of the session.
      is_chief: whether this process initializes and saves.
      global_step: the number of steps; that of the graph by default.
      number_of_steps: after how many to stop.
      init_op: as for `Supervisor`, like the others.
      init_feed_dict: likewise.
      local_init_op: likewise.
      init_fn: likewise.
      ready_op: likewise.
      summary_op: likewise.
      save_summaries_secs: likewise.
      summary_writer: likewise.
      saver: likewise.
      save_interval_secs: how often a checkpoint is written.
      session_config: a ConfigProto.
      session_wrapper: makes a session of a session.

    Returns:
      the last loss.

    Raises:
      ValueError: arguments that make no sense together.
    """
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None and summary_op not in (_DEFAULT, None):
        raise ValueError("Cannot provide summary_op because logdir=None")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    graph = graph or get_default_graph()
    with graph.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        assert_global_step(step)
        if train_step_kwargs is _DEFAULT:
            train_step_kwargs = _step_arguments(step, number_of_steps, log_every_n_steps)
        options = {
            "init_op": init_op, "local_init_op": local_init_op, "ready_op": ready_op,
            "summary_op": None if logdir is None else summary_op, "summary_writer": summary_writer,
        }  # fmt: skip
        given = {key: value for key, value in options.items() if value is not _DEFAULT}
        if saver is not None:
            given["saver"] = saver
        supervisor = Supervisor(
            graph=graph,
            is_chief=is_chief,
            logdir=logdir,
            init_feed_dict=init_feed_dict,
            global_step=step,
            save_summaries_secs=save_summaries_secs,
            save_model_secs=save_interval_secs,
            init_fn=init_fn,
            **given,
        )
    loss = None
    with supervisor.managed_session(
        master, start_standard_services=False, config=session_config
    ) as session:
        if is_chief and logdir is not None:
            supervisor.start_standard_services(session)
        supervisor.start_queue_runners(session)
        runner = session if session_wrapper is None else session_wrapper(session)
        try:
            while not supervisor.should_stop():
                loss, is_over = train_step_fn(runner, train_op, step, train_step_kwargs)
                if is_over:
                    tf_logging.info("Stopping Training.")
                    supervisor.request_stop()
                    break
        except errors.OutOfRangeError as error:
            tf_logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
        if logdir is not None and supervisor.is_chief and supervisor.saver is not None:
            tf_logging.info("Finished training! Saving model to disk.")
            supervisor.saver.save(session, supervisor.save_path, global_step=supervisor.global_step)
    return loss


def _step_arguments(step: Any, limit: int | None, log_every: int) -> dict[str, Any]:
    """Return tensors that say after which steps to stop and to log."""
    made: dict[str, Any] = {}
    with name_scope("train_step"):
        value = convert_to_tensor(step)
        if limit:
            made["should_stop"] = OP_DEFS["GreaterEqual"].builder(
                value, convert_to_tensor(limit, dtype=value.dtype)
            )
        rest = OP_DEFS["FloorMod"].builder(value, convert_to_tensor(log_every, dtype=value.dtype))
        made["should_log"] = OP_DEFS["Equal"].builder(rest, convert_to_tensor(0, value.dtype))
    return made
