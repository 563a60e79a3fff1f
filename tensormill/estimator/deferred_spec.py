"""`tf.contrib.tpu.TPUEstimatorSpec`: a spec whose metrics are made by a function, later.

Source: TensorFlow Estimator 1.15, python/estimator/model_fn.py and tpu/tpu_estimator.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.estimator.estimator_spec import (
    EstimatorSpec,
    checked_hooks,
    checked_loss,
    checked_predictions,
    checked_train_op,
)
from tensormill.estimator.export_outputs import get_export_outputs
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph.tensor import Tensor
from tensormill.summary.writers import flush, summary_writer_initializer_op
from tensormill.train.monitored.session_run_hook import (
    SessionRunArgs,
    SessionRunContext,
    SessionRunHook,
)

__all__ = ["DeferredEstimatorSpec", "metrics_of"]


class DeferredEstimatorSpec(
    namedtuple(
        "TPUEstimatorSpec",
        (
            "mode",
            "predictions",
            "loss",
            "train_op",
            "eval_metrics",
            "export_outputs",
            "scaffold_fn",
            "host_call",
            "training_hooks",
            "evaluation_hooks",
            "prediction_hooks",
        ),
    )
):
    """As `EstimatorSpec`; metrics and scaffold are functions, called by `as_estimator_spec`.

    Args:
      mode: a key of `ModeKeys`.
      predictions: see `EstimatorSpec`, as all without a note.
      loss: a scalar.
      train_op: makes a step.
      eval_metrics: a function of tensors that returns metrics, and its arguments: a list or dict.
      export_outputs: what an exported model answers with.
      scaffold_fn: a function that returns a scaffold.
      host_call: a function and its arguments, run with each step.
      training_hooks: hooks of the training.
      evaluation_hooks: hooks of the evaluation.
      prediction_hooks: hooks of the prediction.

    Raises:
      ValueError: what the mode needs is missing, or a function has no pair of its arguments.
      RuntimeError: a list of arguments does not fit its function.
      TypeError: something is of another type.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metrics: Any = None,
        export_outputs: Any = None,
        scaffold_fn: Callable[[], Any] | None = None,
        host_call: Any = None,
        training_hooks: Any = None,
        evaluation_hooks: Any = None,
        prediction_hooks: Any = None,
    ) -> DeferredEstimatorSpec:
        _check_call("eval_metrics", eval_metrics)
        _check_call("host_call", host_call)
        predictions = checked_predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = get_export_outputs(export_outputs, predictions)
        return super().__new__(
            cls,
            mode,
            predictions,
            checked_loss(loss, mode),
            checked_train_op(train_op, mode),
            eval_metrics,
            export_outputs,
            scaffold_fn,
            host_call,
            checked_hooks(training_hooks),
            checked_hooks(evaluation_hooks),
            checked_hooks(prediction_hooks),
        )

    def as_estimator_spec(self) -> EstimatorSpec:
        """Return the `EstimatorSpec`, with metrics and scaffold made now."""
        metrics = None if self.eval_metrics is None else _called(*self.eval_metrics)
        hooks: tuple[SessionRunHook, ...] = ()
        if self.host_call is not None:
            hooks = (_HostCallHook(_called(*self.host_call)),)
        return EstimatorSpec(
            self.mode,
            predictions=self.predictions,
            loss=self.loss,
            train_op=self.train_op,
            eval_metric_ops=metrics,
            export_outputs=self.export_outputs,
            scaffold=self.scaffold_fn() if self.scaffold_fn else None,
            training_hooks=self.training_hooks + hooks,
            evaluation_hooks=self.evaluation_hooks + hooks,
            prediction_hooks=self.prediction_hooks + hooks,
        )


class _HostCallHook(SessionRunHook):
    """Runs what a host call gave with each step; its summaries go to their writers."""

    def __init__(self, fetches: Any) -> None:
        self._fetches = fetches
        self._openings: list[Any] = []
        self._flushes: list[Any] = []

    def begin(self) -> None:
        """Find the writers of summaries."""
        self._openings = list(summary_writer_initializer_op())
        self._flushes = [flush(writer=op.inputs[0]) for op in self._openings]

    def after_create_session(self, session: Any, coord: Any) -> None:
        """Open the writers."""
        session.run(self._openings)

    def before_run(self, run_context: SessionRunContext) -> SessionRunArgs:
        """Ask for what the host call gave."""
        return SessionRunArgs(self._fetches)

    def end(self, session: Any) -> None:
        """Flush the writers."""
        session.run(self._flushes)


def _called(function: Callable[..., Any], arguments: Any) -> Any:
    return function(**arguments) if isinstance(arguments, Mapping) else function(*arguments)


def _check_call(name: str, given: Any) -> None:
    """Refuse what is no pair of a function and its arguments.

    Raises:
      ValueError: it is none, or has another number of arguments.
      TypeError: it is of another type.
    """
    if given is None:
        return
    if not isinstance(given, (tuple, list)):
        raise ValueError(f"{name} should be tuple or list")
    if len(given) != 2:
        raise ValueError(f"{name} should have two elements.")
    function, arguments = given
    if not callable(function):
        raise TypeError(f"{name}[0] should be callable.")
    if not isinstance(arguments, (tuple, list, Mapping)):
        raise ValueError(f"{name}[1] should be tuple or list, or dict.")
    if isinstance(arguments, (tuple, list)) and len(arguments) != len(fn_args(function)):
        raise RuntimeError(
            f"In TPUEstimatorSpec.{name}, length of tensors does not match method args of "
            "metric_fn."
        )


def metrics_of(fn: Callable[..., Any], kwargs: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return a function of tensors and those of its arguments that are tensors."""
    tensors = {key: value for key, value in kwargs.items() if isinstance(value, Tensor)}
    others = {key: value for key, value in kwargs.items() if key not in tensors}
    return (lambda **given: fn(**others, **given)), tensors
