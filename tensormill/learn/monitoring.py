"""What all monitors of `tf.contrib.learn` are, and how they take part in a training as a hook.

Source: TensorFlow 1.15, contrib/learn/python/learn/monitors.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from tensormill.graph.graph import get_default_graph
from tensormill.train.global_step import get_global_step
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
    SessionRunValues,
)

__all__ = [
    "BaseMonitor",
    "EveryN",
    "RunHookAdapterForMonitors",
    "output_of",
    "replace_monitors_with_hooks",
]


class BaseMonitor:
    """Is called around the steps of a training, and may ask for tensors and stop it."""

    def __init__(self) -> None:
        self._begun = False
        self._current_epoch: int | None = None
        self._current_step: int | None = None
        self._max_steps: int | None = None
        self._estimator: Any = None

    @property
    def run_on_all_workers(self) -> bool:
        """Whether workers that are not the chief call it too."""
        return False

    def set_estimator(self, estimator: Any) -> None:
        """Keep the estimator that is trained.

        Raises:
          ValueError: it is None.
        """
        if estimator is None:
            raise ValueError("Missing estimator.")
        self._estimator = estimator

    def begin(self, max_steps: int | None = None) -> None:
        """Begin a run of so many steps at most.

        Raises:
          ValueError: the last one has not ended.
        """
        if self._begun:
            raise ValueError("begin called twice without end.")
        self._max_steps = max_steps
        self._begun = True

    def end(self, session: Any = None) -> None:
        """End the run.

        Raises:
          ValueError: it has not begun.
        """
        if not self._begun:
            raise ValueError("end called without begin.")
        self._max_steps = None
        self._begun = False

    def epoch_begin(self, epoch: int) -> None:
        """Begin an epoch.

        Raises:
          ValueError: the last one has not ended, or it is negative.
        """
        if self._current_epoch is not None:
            raise ValueError("epoch_begin called twice without epoch_end.")
        if epoch < 0:
            raise ValueError(f"Invalid epoch {epoch}.")
        self._current_epoch = epoch

    def epoch_end(self, epoch: int) -> None:
        """End the epoch.

        Raises:
          ValueError: it is another one.
        """
        if self._current_epoch != epoch:
            raise ValueError(f"epoch_end expected {self._current_epoch} but got {epoch}.")
        self._current_epoch = None

    def step_begin(self, step: int) -> list[Any]:
        """Begin a step; return the tensors, or their names, that are to be fetched.

        Raises:
          ValueError: it is negative, or past the last.
        """
        if step < 0 or (self._max_steps is not None and step > self._max_steps):
            raise ValueError(f"Invalid step {step}.")
        self._current_step = step
        return []

    def step_end(self, step: int, output: Any) -> Any:
        """Take what was fetched; return whether the training is to stop.

        Raises:
          ValueError: it is another step.
        """
        if self._current_step != step:
            raise ValueError(f"step_end expected {self._current_step} but got {step}.")
        self._current_step = None
        return False

    def post_step(self, step: int, session: Any) -> None:
        """Do what needs the session, after a step."""


def output_of(outputs: Any, request: Any) -> Any:
    """Return what was fetched for a tensor, by itself or by its name."""
    return outputs[request] if request in outputs else outputs[request.name]


class EveryN(BaseMonitor):
    """Does something every so many steps; subclasses override the methods `every_n_…`.

    Args:
      every_n_steps: how many.
      first_n_steps: and around each of the first steps.
    """

    def __init__(self, every_n_steps: int = 100, first_n_steps: int = 1) -> None:
        super().__init__()
        self._every_n_steps = every_n_steps
        self._first_n_steps = first_n_steps
        self._last_successful_step: int | None = None
        self._last_active_step = 0
        self._every_n_step_begin_called = False

    def every_n_step_begin(self, step: int) -> list[Any]:
        """Return the tensors, or their names, that are to be fetched."""
        return []

    def every_n_step_end(self, step: int, outputs: Any) -> Any:
        """Take what was fetched; return whether the training is to stop."""
        return False

    def every_n_post_step(self, step: Any, session: Any) -> None:
        """Do what needs the session, after such a step and after the last."""

    def step_begin(self, step: int) -> list[Any]:
        """Begin a step, see `BaseMonitor.step_begin`."""
        super().step_begin(step)
        self._every_n_step_begin_called = (
            step <= self._first_n_steps
            or step >= self._every_n_steps + self._last_active_step
            or step == self._max_steps
        )
        return self.every_n_step_begin(step) if self._every_n_step_begin_called else []

    def step_end(self, step: int, output: Any) -> Any:
        """End a step, see `BaseMonitor.step_end`."""
        super().step_end(step, output)
        return self._every_n_step_begin_called and self.every_n_step_end(step, output)

    def post_step(self, step: int, session: Any) -> None:
        """Call `every_n_post_step` where it is time."""
        super().post_step(step, session)
        if self._every_n_step_begin_called:
            self.every_n_post_step(step, session)
            self._last_active_step = step
        self._last_successful_step = step

    def end(self, session: Any = None) -> None:
        """End the run, and call `every_n_post_step` where the last step did not."""
        super().end(session=session)
        if self._last_successful_step != self._last_active_step:
            self.every_n_post_step(self._last_successful_step, session)


class RunHookAdapterForMonitors(SessionRunHook):
    """Calls monitors around the steps of a session.

    Args:
      monitors: the monitors.
    """

    def __init__(self, monitors: Sequence[BaseMonitor]) -> None:
        self._monitors = monitors
        self._last_step: Any = None
        self._global_step: Any = None

    def begin(self) -> None:
        """Find the global step and begin the monitors' runs."""
        self._last_step = None
        self._global_step = get_global_step()
        for monitor in self._monitors:
            monitor.begin(max_steps=None)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for the global step and what the monitors ask for."""
        if self._last_step is None:
            self._last_step = run_context.session.run(self._global_step) + 1
        fetches: dict[Any, Any] = {}
        for monitor in self._monitors:
            wanted = monitor.step_begin(self._last_step)
            if wanted and not isinstance(wanted, list):
                raise ValueError("Monitor.step_begin should return a list.")
            fetches.update((item, _element(item)) for item in wanted or [])
        return SessionRunArgs({"global_step": self._global_step, "monitors": fetches})

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """Hand the monitors what they asked for, and stop where one says so."""
        results = run_values.results
        for monitor in self._monitors:
            if monitor.step_end(self._last_step, results["monitors"]):
                run_context.request_stop()
        for monitor in self._monitors:
            monitor.post_step(self._last_step, run_context.session)
        self._last_step = results["global_step"] + 1

    def end(self, session: Any) -> None:
        """End the monitors' runs."""
        self._last_step = None
        for monitor in self._monitors:
            if "session" in inspect.signature(monitor.end).parameters:
                monitor.end(session=session)
            else:
                monitor.end()


def _element(item: Any) -> Any:
    graph = get_default_graph()
    if isinstance(item, str):
        return graph.as_graph_element(item if ":" in item else f"{item}:0")
    if getattr(item, "graph", None) is not graph:
        raise ValueError(
            f"Passed {item} should have graph attribute that is equal to current graph {graph}."
        )
    return item


def replace_monitors_with_hooks(monitors_or_hooks: Any, estimator: Any) -> list[SessionRunHook]:
    """Return hooks as they are and all monitors as one hook; the monitors know their estimator.

    Args:
      monitors_or_hooks: a list of both, or None.
      estimator: the estimator; where it is not the chief's, few monitors are kept.
    """
    given = monitors_or_hooks or []
    both = list(given) if isinstance(given, (list, tuple)) else [given]
    hooks = [item for item in both if isinstance(item, SessionRunHook)]
    monitors = [item for item in both if not isinstance(item, SessionRunHook)]
    if not estimator.config.is_chief:
        monitors = [monitor for monitor in monitors if monitor.run_on_all_workers]
    for monitor in monitors:
        monitor.set_estimator(estimator)
    if monitors:
        hooks.append(RunHookAdapterForMonitors(monitors))
    return hooks
