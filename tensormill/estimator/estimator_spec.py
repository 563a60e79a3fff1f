"""`tf.estimator.EstimatorSpec`: what a model function gives back.

Source: TensorFlow Estimator 1.15, python/estimator/model_fn.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

from tensormill.estimator.export_outputs import get_export_outputs
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph import nest
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor, is_dense_tensor_like
from tensormill.ops.array_shapes import reshape
from tensormill.ops.grouping import group
from tensormill.train.monitored.scaffold import Scaffold
from tensormill.train.monitored.session_run_hook import SessionRunHook
from tensormill.variables.base import VariableBase

__all__ = ["AVERAGE_LOSS_METRIC_KEY", "LOSS_METRIC_KEY", "EstimatorSpec", "call_logit_fn"]

LOSS_METRIC_KEY = "loss"
AVERAGE_LOSS_METRIC_KEY = "average_loss"


class EstimatorSpec(
    namedtuple(
        "EstimatorSpec",
        (
            "mode",
            "predictions",
            "loss",
            "train_op",
            "eval_metric_ops",
            "export_outputs",
            "training_chief_hooks",
            "training_hooks",
            "scaffold",
            "evaluation_hooks",
            "prediction_hooks",
        ),
    )
):
    """What a model function gives back: the parts of the model that one mode needs.

    Args:
      mode: a key of `ModeKeys`.
      predictions: a tensor or a dict of tensors; needed in PREDICT.
      loss: a scalar tensor; needed in TRAIN and EVAL.
      train_op: an operation or tensor that makes a step; needed in TRAIN.
      eval_metric_ops: pairs of the value and the update of metrics, by name.
      export_outputs: what an exported model answers with, `ExportOutput` by the signature's name.
      training_chief_hooks: hooks of the training on the chief.
      training_hooks: hooks of the training on every worker.
      scaffold: says how to initialize and save.
      evaluation_hooks: hooks of the evaluation.
      prediction_hooks: hooks of the prediction.

    Raises:
      ValueError: what the mode needs is missing, or is not of the default graph.
      TypeError: something is of another type.
    """

    def __new__(  # noqa: D102 - described above
        cls,
        mode: str,
        predictions: Any = None,
        loss: Any = None,
        train_op: Any = None,
        eval_metric_ops: Any = None,
        export_outputs: Any = None,
        training_chief_hooks: Any = None,
        training_hooks: Any = None,
        scaffold: Any = None,
        evaluation_hooks: Any = None,
        prediction_hooks: Any = None,
    ) -> EstimatorSpec:
        train_op = checked_train_op(train_op, mode)
        loss = checked_loss(loss, mode)
        predictions = checked_predictions(predictions, mode)
        if mode == ModeKeys.PREDICT:
            export_outputs = get_export_outputs(export_outputs, predictions)
        training_hooks = checked_hooks(training_hooks)
        evaluation_hooks = checked_hooks(evaluation_hooks)
        prediction_hooks = checked_hooks(prediction_hooks)
        training_chief_hooks = checked_hooks(training_chief_hooks)
        eval_metric_ops = _checked_metrics(eval_metric_ops)
        scaffold = scaffold or Scaffold()
        if not isinstance(scaffold, Scaffold):
            raise TypeError(f"scaffold must be tf.train.Scaffold. Given: {scaffold}")
        return super().__new__(
            cls,
            mode,
            predictions,
            loss,
            train_op,
            eval_metric_ops,
            export_outputs,
            training_chief_hooks,
            training_hooks,
            scaffold,
            evaluation_hooks,
            prediction_hooks,
        )

    def _replace(self, **kwds: Any) -> EstimatorSpec:
        """Return a copy with other fields, checked again.

        Raises:
          ValueError: another mode is asked for.
        """
        if "mode" in kwds and kwds["mode"] != self.mode:
            raise ValueError("mode of EstimatorSpec cannot be changed.")
        return EstimatorSpec(**{**self._asdict(), **kwds})


def _check_graph(element: Any, what: str, named: str) -> None:
    if element.graph is not get_default_graph():
        raise ValueError(
            f'{what} with "{named}" must be from the default graph. Possible causes of this error '
            f"include: \n\n1) {what} was created outside the context of the default graph.\n\n2) "
            "The object passed through to EstimatorSpec was not created in the most recent call "
            'to "model_fn".'
        )


def _checked_tensor(value: Any, name: str) -> Any:
    if not is_dense_tensor_like(value):
        raise TypeError(f"{name} must be Tensor, given: {value}")
    return value


def checked_train_op(train_op: Any, mode: str) -> Any:
    if train_op is None:
        if mode == ModeKeys.TRAIN:
            raise ValueError("Missing train_op.")
        return None
    if not (isinstance(train_op, Operation) or is_dense_tensor_like(train_op)):
        raise TypeError(f"train_op must be Operation or Tensor, given: {train_op}")
    if isinstance(train_op, VariableBase):
        train_op = train_op.op
    _check_graph(train_op, "train_op", train_op.name)
    return train_op


def checked_loss(loss: Any, mode: str) -> Any:
    if loss is None:
        if mode in (ModeKeys.TRAIN, ModeKeys.EVAL):
            raise ValueError("Missing loss.")
        return None
    shape = _checked_tensor(loss, "loss").get_shape()
    if shape.num_elements() not in (None, 1):
        raise ValueError(f"Loss must be scalar, given: {loss}")
    if not shape.is_compatible_with(TensorShape([])):
        loss = reshape(loss, [])
    _check_graph(loss, "loss", loss.name)
    return loss


def checked_predictions(predictions: Any, mode: str) -> Any:
    if predictions is None:
        if mode == ModeKeys.PREDICT:
            raise ValueError("Missing predictions.")
        return {}
    if not isinstance(predictions, dict):
        _checked_tensor(predictions, "predictions")
        _check_graph(predictions, "prediction values", predictions.name)
        return predictions
    for key, value in predictions.items():
        _checked_tensor(value, f"predictions[{key}]")
        _check_graph(value, "prediction values", f"{key}: {value.name}")
    return dict(predictions)


def checked_hooks(hooks: Any) -> tuple[SessionRunHook, ...]:
    hooks = tuple(hooks or [])
    for hook in hooks:
        if not isinstance(hook, SessionRunHook):
            raise TypeError(f"All hooks must be SessionRunHook instances, given: {hook}")
    return hooks


def _checked_metrics(metrics: Any) -> dict[str, Any]:
    if metrics is None:
        return {}
    if not isinstance(metrics, dict):
        raise TypeError(f"eval_metric_ops must be a dict, given: {metrics}")
    metrics = {key: _as_ops(key, value) for key, value in metrics.items()}
    for key, value in metrics.items():
        if not isinstance(value, tuple) or len(value) != 2:
            raise TypeError(
                "Values of eval_metric_ops must be (metric_value, update_op) tuples, given: "
                f"{value} for key: {key}"
            )
        for each in nest.flatten(value):
            _check_graph(each, "eval_metric_ops", f"{key}: {each.name}")
    return metrics


def _as_ops(key: str, value: Any) -> Any:
    """Return the result and the update of a metric of Keras, and anything else as it is."""
    if not hasattr(value, "update_state"):
        return value
    if not value.updates:
        raise ValueError(
            f'Please call update_state(...) on the "{key}" metric before it is given to an '
            "EstimatorSpec."
        )
    return value.result(), group(*value.updates)


def call_logit_fn(
    logit_fn: Callable[..., Any], features: Any, mode: str, params: Any, config: Any
) -> Any:
    """Return the logits of a function, which is given those arguments that it takes.

    Raises:
      ValueError: it returned neither a tensor nor a dict of tensors by name.
    """
    known = {"mode": mode, "params": params, "config": config}
    wanted = {name: known[name] for name in fn_args(logit_fn) if name in known}
    made = logit_fn(features=features, **wanted)
    is_dict = isinstance(made, dict) and all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in made.items()
    )
    if not (is_dict or isinstance(made, Tensor)):
        raise ValueError(
            "logit_fn should return a Tensor or a dictionary mapping strings to Tensors.  "
            f"logit_fn returned: {made}"
        )
    return made
