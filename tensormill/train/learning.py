"""`slim.learning.train`: a training loop with a Supervisor around it.

Source: TensorFlow 1.15, contrib/slim/python/slim/learning.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.config_pb2 import RunMetadata, RunOptions

from tensormill.graph import errors, tf_logging
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.tensor import Tensor
from tensormill.lookup.initialization import tables_initializer
from tensormill.ops.grouping import group
from tensormill.ops.joining import concat
from tensormill.session.timeline import Timeline
from tensormill.train.global_step import assert_global_step, get_or_create_global_step
from tensormill.train.monitored.supervisor import Supervisor
from tensormill.train.sync_replicas import SyncReplicasOptimizer
from tensormill.variables.initialization import local_variables_initializer

__all__ = ["train", "train_step"]

_DEFAULT = 0
_LOOKS_AGAIN_S = 1.0


def train_step(
    sess: Any, train_op: Any, global_step: Any, train_step_kwargs: dict[str, Any]
) -> tuple[Any, bool]:
    """Run one step of training.

    Args:
      sess: the session.
      train_op: gives the loss.
      global_step: the number of steps.
      train_step_kwargs: bool tensors "should_log", "should_stop" and "should_trace"; the folder
        "logdir" of traces and the "summary_writer" that is told of them.

    Returns:
      the loss, and whether training is over.

    Raises:
      ValueError: steps are to be traced, and there is no folder for it.
    """
    begin = time.monotonic()
    options = metadata = None
    if "should_trace" in train_step_kwargs:
        if "logdir" not in train_step_kwargs:
            raise ValueError(
                "logdir must be present in train_step_kwargs when should_trace is present"
            )
        if sess.run(train_step_kwargs["should_trace"]):
            options, metadata = RunOptions(trace_level=RunOptions.FULL_TRACE), RunMetadata()
    loss, step = sess.run([train_op, global_step], options=options, run_metadata=metadata)
    elapsed_s = time.monotonic() - begin
    if metadata is not None:
        _keep_trace(metadata, step, train_step_kwargs)
    if "should_log" in train_step_kwargs and sess.run(train_step_kwargs["should_log"]):
        tf_logging.info("global step %d: loss = %.4f (%.3f sec/step)", step, loss, elapsed_s)
    is_over = "should_stop" in train_step_kwargs and bool(
        sess.run(train_step_kwargs["should_stop"])
    )
    return loss, is_over


def _keep_trace(metadata: Any, step: int, train_step_kwargs: dict[str, Any]) -> None:
    path = Path(train_step_kwargs["logdir"]) / f"tf_trace-{step}.json"
    tf_logging.info("Writing trace to %s", path)
    path.write_text(Timeline(metadata.step_stats).generate_chrome_trace_format())
    writer = train_step_kwargs.get("summary_writer")
    if writer is not None:
        writer.add_run_metadata(metadata, f"run_metadata-{step}")


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
    startup_delay_steps: int = 0,
    saver: Any = None,
    save_interval_secs: float = 600,
    sync_optimizer: Any = None,
    session_config: Any = None,
    session_wrapper: Callable[[Any], Any] | None = None,
    trace_every_n_steps: int | None = None,
    ignore_live_threads: bool = False,
) -> Any:
    """Train until a number of steps, a step that says so, or the end of the input.

    A step that was aborted, as by a server that started again, is tried again in a new session.

    Args:
      train_op: gives the loss, as of `create_train_op`.
      logdir: the folder of checkpoints and summaries; None for none.
      train_step_fn: of session, `train_op`, global step and `train_step_kwargs`; gives the loss and
        whether to stop.
      train_step_kwargs: by default tensors that say when to log, to stop and to trace.
      log_every_n_steps: how often the loss is logged; 0 for never.
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
      startup_delay_steps: how many steps one that is not the chief waits for.
      saver: likewise.
      save_interval_secs: how often a checkpoint is written.
      sync_optimizer: a `SyncReplicasOptimizer`, or a list of them, whose initializers and tokens
        are to be looked after.
      session_config: a ConfigProto.
      session_wrapper: makes a session of a session.
      trace_every_n_steps: after how many steps one is traced into `logdir`; None for none.
      ignore_live_threads: whether to leave threads alone that do not end.

    Returns:
      the last loss.

    Raises:
      ValueError: arguments that make no sense together.
    """
    if train_op is None:
        raise ValueError("train_op cannot be None.")
    if logdir is None:
        for name, is_given in (
            ("summary_op", summary_op not in (_DEFAULT, None)),
            ("saver", saver is not None),
            ("trace_every_n_steps", trace_every_n_steps is not None),
        ):
            if is_given:
                raise ValueError(f"Cannot provide {name} because logdir=None")
    synchronizers = _synchronizers(sync_optimizer)
    if synchronizers and startup_delay_steps > 0:
        raise ValueError("startup_delay_steps must be zero when sync_optimizer is supplied.")
    if number_of_steps is not None and number_of_steps <= 0:
        raise ValueError("`number_of_steps` must be either None or a positive number.")
    graph = graph or get_default_graph()
    with graph.as_default():
        step = get_or_create_global_step() if global_step is None else global_step
        assert_global_step(step)
        starting = _Starting(synchronizers, is_chief, local_init_op)
        if train_step_kwargs is _DEFAULT:
            train_step_kwargs = _step_arguments(step, number_of_steps, log_every_n_steps)
            if is_chief and trace_every_n_steps is not None:
                train_step_kwargs["should_trace"] = _is_multiple(step, trace_every_n_steps)
                train_step_kwargs["logdir"] = logdir
        options = {
            "init_op": init_op, "ready_op": ready_op, "summary_writer": summary_writer,
            "summary_op": None if logdir is None else summary_op, **starting.options,
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
    if summary_writer is not None:
        train_step_kwargs["summary_writer"] = supervisor.summary_writer
    awaited = 0 if is_chief else min(startup_delay_steps, number_of_steps or startup_delay_steps)
    loss = None
    is_wanted = True
    while is_wanted:
        is_wanted = False
        try:
            with supervisor.managed_session(
                master, start_standard_services=False, config=session_config
            ) as session:
                runner = session if session_wrapper is None else session_wrapper(session)
                if is_chief and logdir is not None:
                    supervisor.start_standard_services(runner)
                _wait_for_step(supervisor, runner, step, awaited)
                threads = supervisor.start_queue_runners(runner)
                starting.give_tokens(supervisor, runner)
                loss = _train_in(
                    supervisor, runner, train_op, step, train_step_fn, train_step_kwargs
                )
                if logdir is not None and is_chief and supervisor.saver is not None:
                    tf_logging.info("Finished training! Saving model to disk.")
                    supervisor.saver.save(
                        session, supervisor.save_path, global_step=supervisor.global_step
                    )
                    supervisor.stop(
                        threads,
                        close_summary_writer=False,  # the end of the session does it
                        ignore_live_threads=ignore_live_threads,
                    )
        except errors.AbortedError:
            tf_logging.info("Retrying training!")
            is_wanted = True
    return loss


def _train_in(
    supervisor: Supervisor,
    session: Any,
    train_op: Any,
    step: Any,
    train_step_fn: Callable[..., Any],
    train_step_kwargs: dict[str, Any],
) -> Any:
    """Run steps in a session until they say that it is over, or the input ends."""
    loss = None
    try:
        while not supervisor.should_stop():
            loss, is_over = train_step_fn(session, train_op, step, train_step_kwargs)
            if is_over:
                tf_logging.info("Stopping Training.")
                supervisor.request_stop()
                break
    except errors.OutOfRangeError as error:
        tf_logging.info("Caught OutOfRangeError. Stopping Training. %s", error)
    return loss


def _synchronizers(sync_optimizer: Any) -> list[SyncReplicasOptimizer]:
    if sync_optimizer is None:
        return []
    found = sync_optimizer if isinstance(sync_optimizer, list) else [sync_optimizer]
    if not all(isinstance(each, SyncReplicasOptimizer) for each in found):
        raise ValueError("`sync_optimizer` must be a tf.train.SyncReplicasOptimizer.")
    return found


class _Starting:
    """What optimizers that synchronize replicas need when a session begins.

    Attributes:
      options: for the supervisor.
    """

    def __init__(
        self, synchronizers: list[SyncReplicasOptimizer], is_chief: bool, local_init_op: Any
    ) -> None:
        self.options = {"local_init_op": local_init_op}
        self._tokens: list[Any] = []
        self._runners: list[Any] = []
        if not synchronizers:
            return
        if local_init_op is _DEFAULT:
            local_init_op = group(local_variables_initializer(), tables_initializer())
        with control_dependencies([] if local_init_op is None else [local_init_op]):
            first = [
                each.chief_init_op if is_chief else each.local_step_init_op
                for each in synchronizers
            ]
            self.options["local_init_op"] = group(*first)
        ready = [each.ready_for_local_init_op for each in synchronizers]
        self.options["ready_for_local_init_op"] = concat(ready, 0) if len(ready) > 1 else ready[0]
        if is_chief:  # before the supervisor finalizes the graph
            self._tokens = [each.get_init_tokens_op() for each in synchronizers]
            self._runners = [each.get_chief_queue_runner() for each in synchronizers]

    def give_tokens(self, supervisor: Supervisor, session: Any) -> None:
        """Let the replicas begin, where this is the chief."""
        if self._tokens:
            supervisor.start_queue_runners(session, self._runners)
            session.run(self._tokens)


def _wait_for_step(supervisor: Supervisor, session: Any, global_step: Any, step: int) -> None:
    """Wait until others have made so many steps."""
    while step > 0 and session.run(global_step) < step:
        if supervisor.coord.wait_for_stop(_LOOKS_AGAIN_S):
            return


def _is_multiple(step: Any, of: int) -> Tensor:
    value = convert_to_tensor(step)
    rest = OP_DEFS["FloorMod"].builder(value, convert_to_tensor(of, dtype=value.dtype))
    made: Tensor = OP_DEFS["Equal"].builder(rest, convert_to_tensor(0, value.dtype))
    return made


def _step_arguments(step: Any, limit: int | None, log_every: int) -> dict[str, Any]:
    """Return tensors that say after which steps to stop and to log."""
    made: dict[str, Any] = {}
    with name_scope("train_step"):
        value = convert_to_tensor(step)
        if limit:
            made["should_stop"] = OP_DEFS["GreaterEqual"].builder(
                value, convert_to_tensor(limit, dtype=value.dtype)
            )
        if log_every > 0:
            made["should_log"] = _is_multiple(value, log_every)
    return made
