"""`tf.contrib.learn.monitors`: what watches a training.

Source: TensorFlow 1.15, contrib/learn/python/learn/monitors.py.
"""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from tensorboard.compat.proto.event_pb2 import SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.graph import tf_logging
from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection
from tensormill.graph.graph import get_default_graph
from tensormill.learn.monitoring import (
    BaseMonitor,
    EveryN,
    RunHookAdapterForMonitors,
    output_of,
    replace_monitors_with_hooks,
)
from tensormill.learn.validation_monitor import ValidationMonitor
from tensormill.summary.file_writer import FileWriter
from tensormill.summary.file_writer_cache import FileWriterCache
from tensormill.train.monitored.logging_hooks import NanLossDuringTrainingError

__all__ = [
    "BaseMonitor",
    "CaptureVariable",
    "CheckpointSaver",
    "EveryN",
    "GraphDump",
    "LoggingTrainable",
    "NanLoss",
    "NanLossDuringTrainingError",
    "PrintTensor",
    "RunHookAdapterForMonitors",
    "StepCounter",
    "StopAtStep",
    "SummarySaver",
    "ValidationMonitor",
    "get_default_monitors",
    "replace_monitors_with_hooks",
]


class StopAtStep(BaseMonitor):
    """Stops after so many steps, or at a step.

    Args:
      num_steps: how many.
      last_step: which.

    Raises:
      ValueError: both are given, or none.
    """

    def __init__(self, num_steps: int | None = None, last_step: int | None = None) -> None:
        super().__init__()
        if num_steps is None and last_step is None:
            raise ValueError("One of num_steps or last_step must be specified.")
        if num_steps is not None and last_step is not None:
            raise ValueError("Only one of num_steps or last_step can be specified.")
        self._num_steps = num_steps
        self._last_step = last_step

    @property
    def run_on_all_workers(self) -> bool:
        """Whether workers that are not the chief call it too."""
        return True

    def step_begin(self, step: int) -> list[Any]:
        """Find the last step."""
        super().step_begin(step)
        if self._last_step is None and self._num_steps is not None:
            self._last_step = step + self._num_steps - 1
        return []

    def step_end(self, step: int, output: Any) -> bool:
        """Return whether it was the last."""
        super().step_end(step, output)
        return self._last_step is not None and step >= self._last_step


class PrintTensor(EveryN):
    """Logs tensors every so many steps.

    Args:
      tensor_names: their names, or a dict of names by what is logged for them.
      every_n: how many.
      first_n: and after each of the first steps.
    """

    def __init__(self, tensor_names: Any, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        is_dict = isinstance(tensor_names, dict)
        self._tensor_names = tensor_names if is_dict else {item: item for item in tensor_names}

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Ask for the tensors."""
        return list(self._tensor_names.values())

    def every_n_step_end(self, step: int, outputs: Any) -> None:
        """Log them."""
        tf_logging.info("Step %d: %s", step, _listed(self._tensor_names, outputs))


class LoggingTrainable(EveryN):
    """Logs trainable variables every so many steps.

    Args:
      scope: a regular expression for the start of their names.
      every_n: how many.
      first_n: and after each of the first steps.
    """

    def __init__(self, scope: str | None = None, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._scope = scope
        self._names: dict[str, str] = {}

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Ask for their values."""
        found = get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=self._scope)
        self._names = {variable.name: variable.value().name for variable in found}
        return list(self._names.values())

    def every_n_step_end(self, step: int, outputs: Any) -> None:
        """Log them."""
        tf_logging.info("Logging Trainable: Step %d: %s", step, _listed(self._names, outputs))


def _listed(names: dict[Any, Any], outputs: Any) -> str:
    return ", ".join(
        f"{tag} = {output_of(outputs, name)}" for tag, name in names.items() if name in outputs
    )


class SummarySaver(EveryN):
    """Writes summaries every so many steps.

    Args:
      summary_op: gives the summaries.
      save_steps: how many.
      output_dir: the folder, where there is no writer.
      summary_writer: the writer; by default one for the estimator's folder.
      scaffold: names the summaries, where `summary_op` is None.
    """

    def __init__(
        self,
        summary_op: Any,
        save_steps: int = 100,
        output_dir: Any = None,
        summary_writer: Any = None,
        scaffold: Any = None,
    ) -> None:
        super().__init__(every_n_steps=save_steps)
        self._summary_op = summary_op
        self._scaffold = scaffold
        self._summary_writer = summary_writer
        if summary_writer is None and output_dir:
            self._summary_writer = FileWriter(output_dir)

    def set_estimator(self, estimator: Any) -> None:
        """Keep the estimator, and write into its folder."""
        super().set_estimator(estimator)
        if self._summary_writer is None:
            self._summary_writer = FileWriter(estimator.model_dir)

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Ask for the summaries."""
        if self._summary_op is None and self._scaffold is not None:
            self._summary_op = self._scaffold.summary_op
        return [] if self._summary_op is None else [self._summary_op]

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Write them."""
        if self._summary_op is not None and self._summary_writer:
            self._summary_writer.add_summary(output_of(outputs, self._summary_op), step)
        return False

    def end(self, session: Any = None) -> None:
        """End the run."""
        super().end(session=session)
        if self._summary_writer:
            self._summary_writer.flush()


class CaptureVariable(EveryN):
    """Keeps the values of a tensor every so many steps.

    Args:
      var_name: its name, with ":0".
      every_n: how many.
      first_n: and after each of the first steps.
    """

    def __init__(self, var_name: str, every_n: int = 100, first_n: int = 1) -> None:
        super().__init__(every_n, first_n)
        self._var_name = var_name
        self._values: dict[int, Any] = {}

    @property
    def values(self) -> dict[int, Any]:
        """The values by step."""
        return self._values

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Ask for the value."""
        return [self._var_name]

    def every_n_step_end(self, step: int, outputs: Any) -> None:
        """Keep it."""
        self._values[step] = output_of(outputs, self._var_name)


def get_default_monitors(
    loss_op: Any = None,
    summary_op: Any = None,
    save_summary_steps: int = 100,
    output_dir: Any = None,
    summary_writer: Any = None,
) -> list[EveryN]:
    """Return monitors that log the loss and write summaries, where these are given."""
    monitors: list[EveryN] = []
    if loss_op is not None:
        monitors.append(PrintTensor(tensor_names={"loss": loss_op.name}))
    if summary_op is not None:
        monitors.append(SummarySaver(summary_op, save_summary_steps, output_dir, summary_writer))
    return monitors


class GraphDump(BaseMonitor):
    """Keeps almost all tensors of a graph at every step.

    Args:
      ignore_ops: the ops whose outputs are left out; by default `IGNORE_OPS`.
    """

    IGNORE_OPS = (
        "Const", "Assign", "Identity", "Placeholder", "RandomUniform", "Cast", "RestoreSlice"
    )  # fmt: skip

    def __init__(self, ignore_ops: Any = None) -> None:
        super().__init__()
        self._ignore_ops = ignore_ops or self.IGNORE_OPS
        self._tensors: list[Any] = []
        self._data: dict[int, Any] = {}

    @property
    def data(self) -> dict[int, Any]:
        """What was kept, by step."""
        return self._data

    def begin(self, max_steps: int | None = None) -> None:
        """Find the tensors."""
        super().begin(max_steps=max_steps)
        self._tensors = [
            op.outputs[0]
            for op in get_default_graph().get_operations()
            if op.type not in self._ignore_ops and op.outputs
        ]

    def step_begin(self, step: int) -> list[Any]:
        """Ask for them."""
        super().step_begin(step)
        return self._tensors

    def step_end(self, step: int, output: Any) -> None:
        """Keep them."""
        super().step_end(step, output)
        self._data[step] = output

    def compare(
        self, other_dump: GraphDump, step: int, atol: float = 1e-06
    ) -> tuple[list[str], dict[str, Any]]:
        """Return the names of tensors that are the same at a step, and how others differ.

        Args:
          other_dump: what is compared with.
          step: the step.
          atol: by how much floats may differ.

        Raises:
          ValueError: the other has not all of the tensors.
        """
        matched, different = [], {}
        others = other_dump.data.get(step, {})
        for key, value in self.data.get(step, {}).items():
            if not isinstance(key, str):
                continue
            if key not in others:
                raise ValueError(f"{key} missing at step {step}.")
            other = others[key]
            if isinstance(value, str):
                continue
            if isinstance(value, np.ndarray):
                if np.allclose(value, other, atol=atol):
                    matched.append(key)
                else:
                    different[key] = value - other
            elif value == other:
                matched.append(key)
            else:
                different[key] = (value, other)
        return matched, different


class CheckpointSaver(BaseMonitor):
    """Saves checkpoints every so many steps or seconds.

    Args:
      checkpoint_dir: the folder.
      save_secs: how many seconds.
      save_steps: how many steps.
      saver: saves them.
      checkpoint_basename: the start of the files' names.
      scaffold: has the saver, where there is none.

    Raises:
      ValueError: both steps and seconds are given, or neither.
    """

    def __init__(
        self,
        checkpoint_dir: str,
        save_secs: float | None = None,
        save_steps: int | None = None,
        saver: Any = None,
        checkpoint_basename: str = "model.ckpt",
        scaffold: Any = None,
    ) -> None:
        super().__init__()
        if save_steps is None and save_secs is None:
            raise ValueError("Either save_steps or save_secs should be provided")
        if save_steps is not None and save_secs is not None:
            raise ValueError("Can not provide both save_steps and save_secs.")
        self._saver = saver
        self._scaffold = scaffold
        self._summary_writer = FileWriterCache.get(checkpoint_dir)
        self._save_path = os.path.join(checkpoint_dir, checkpoint_basename)
        self._save_secs = save_secs
        self._save_steps = save_steps
        self._last_saved_time = 0.0
        self._last_begin_step: int | None = None
        self._last_saved_step: int | None = None

    def begin(self, max_steps: int | None = None) -> None:
        """Forget what was saved in the last run."""
        super().begin(max_steps)
        self._last_begin_step = self._last_saved_step = None

    def step_begin(self, step: int) -> list[Any]:
        """Begin a step."""
        super().step_begin(step)
        self._last_begin_step = step
        return []

    def post_step(self, step: int, session: Any) -> None:
        """Save, where it is time."""
        super().post_step(step, session)
        saved = self._last_saved_step
        if (
            saved is None
            or (self._save_steps is not None and step >= saved + self._save_steps)
            or (
                self._save_secs is not None
                and time.time() >= self._last_saved_time + self._save_secs
            )
        ):
            self._save(step, session)

    def end(self, session: Any = None) -> None:
        """Save the last step."""
        super().end(session)
        if self._last_begin_step is not None:
            self._save(self._last_begin_step, session)

    def _save(self, step: int, session: Any) -> None:
        if step == self._last_saved_step:
            return
        tf_logging.info("Saving checkpoints for %d into %s.", step, self._save_path)
        self._last_saved_time = time.time()
        self._last_saved_step = step
        saver = self._scaffold.saver if self._saver is None else self._saver
        saver.save(session, self._save_path, global_step=step)
        log = SessionLog(status=SessionLog.CHECKPOINT, checkpoint_path=self._save_path)
        self._summary_writer.add_session_log(log, step)


class StepCounter(EveryN):
    """Writes the steps a second.

    Args:
      every_n_steps: how often.
      output_dir: the folder, where there is no writer.
      summary_writer: the writer; by default that of the estimator's folder.
    """

    def __init__(
        self, every_n_steps: int = 100, output_dir: Any = None, summary_writer: Any = None
    ) -> None:
        super().__init__(every_n_steps=every_n_steps)
        self._last: tuple[int, float] | None = None
        self._summary_writer = summary_writer
        if summary_writer is None and output_dir:
            self._summary_writer = FileWriterCache.get(output_dir)

    def set_estimator(self, estimator: Any) -> None:
        """Keep the estimator, and write into its folder."""
        super().set_estimator(estimator)
        if self._summary_writer is None:
            self._summary_writer = FileWriterCache.get(estimator.model_dir)

    def every_n_step_end(self, step: int, outputs: Any) -> None:
        """Write the rate."""
        now = time.time()
        if self._last is not None and self._summary_writer:
            rate = (step - self._last[0]) / (now - self._last[1])
            value = Summary.Value(tag="global_step/sec", simple_value=rate)
            self._summary_writer.add_summary(Summary(value=[value]), step)
        self._last = step, now


class NanLoss(EveryN):
    """Stops where the loss is not a number any more.

    Args:
      loss_tensor: the loss.
      every_n_steps: how often it is looked at.
      fail_on_nan_loss: whether that is an error.
    """

    def __init__(
        self, loss_tensor: Any, every_n_steps: int = 100, fail_on_nan_loss: bool = True
    ) -> None:
        super().__init__(every_n_steps=every_n_steps)
        self._loss_tensor = loss_tensor
        self._fail_on_nan_loss = fail_on_nan_loss

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Ask for the loss."""
        return [self._loss_tensor]

    def every_n_step_end(self, step: int, outputs: Any) -> bool:
        """Return whether it is not a number; raise where that is an error."""
        if not np.isnan(output_of(outputs, self._loss_tensor)):
            return False
        if self._fail_on_nan_loss:
            tf_logging.error("Model diverged with loss = NaN.")
            raise NanLossDuringTrainingError
        tf_logging.warning("Model diverged with loss = NaN.")
        return True
