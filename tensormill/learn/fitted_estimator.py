"""`tf.contrib.learn.Estimator`: an estimator that is fitted to arrays or input functions.

Source: TensorFlow 1.15, contrib/learn/python/learn/estimators/estimator.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensormill.estimator.estimator import Estimator as CoreEstimator
from tensormill.estimator.estimator_spec import EstimatorSpec
from tensormill.estimator.function_arguments import fn_args
from tensormill.estimator.inputs import numpy_input_fn
from tensormill.graph import dtypes, tf_logging
from tensormill.learn.metric_spec import metric_of
from tensormill.learn.model_fn_ops import ModelFnOps
from tensormill.learn.monitors import replace_monitors_with_hooks
from tensormill.learn.serving import export_outputs_of, receiver_of

__all__ = ["Estimator", "SKCompat"]


def _check_inputs(x: Any, y: Any, input_fn: Any) -> None:
    if x is None and input_fn is None:
        raise ValueError("Either x or input_fn must be provided.")
    if input_fn is not None and (x is not None or y is not None):
        raise ValueError("Can not provide both input_fn and either x or y.")


def _as_array(values: Any) -> Any:
    """Return values in the dtype that models take them in."""
    if isinstance(values, dict):
        return {key: _as_array(value) for key, value in values.items()}
    array = np.asarray(values)
    if array.dtype == np.float64:
        return array.astype(np.float32)
    return array.astype(np.int64) if array.dtype.kind in "iub" else array


class Estimator:
    """A model function that is fitted.

    Args:
      model_fn: a function of features, labels and, where it takes them, mode, params and config,
        that returns a `ModelFnOps`, or a tuple of predictions, loss and the training operation.
      model_dir: the folder of checkpoints and events.
      config: a `RunConfig`.
      params: what `model_fn` gets as `params`.
      feature_engineering_fn: a function of features and labels that returns others.
    """

    def __init__(
        self,
        model_fn: Callable[..., Any] | None = None,
        model_dir: Any = None,
        config: Any = None,
        params: Any = None,
        feature_engineering_fn: Callable[..., Any] | None = None,
    ) -> None:
        if model_fn is None:
            raise ValueError("model_fn must be provided to Estimator.")
        self._model_fn = model_fn
        self._engineer = feature_engineering_fn
        self._metrics: dict[Any, Any] = {}
        self.params = params
        self._served: tuple[str | None, bool] | None = None

        def core_model_fn(features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
            return self._spec(features, labels, mode, config)

        self._core = CoreEstimator(core_model_fn, model_dir=model_dir, config=config)

    @property
    def model_dir(self) -> str:
        """The folder of checkpoints and events."""
        return self._core.model_dir

    @property
    def config(self) -> Any:
        """A copy of the config."""
        return self._core.config

    def get_variable_value(self, name: str) -> Any:
        """Return the value of a variable in the latest checkpoint."""
        return self._core.get_variable_value(name)

    def get_variable_names(self) -> list[str]:
        """Return the names of the variables in the latest checkpoint."""
        return self._core.get_variable_names()

    def _spec(self, features: Any, labels: Any, mode: str, config: Any) -> EstimatorSpec:
        if self._engineer is not None:
            features, labels = self._engineer(features, labels)
        known = {"mode": mode, "params": self.params, "config": config}
        names = fn_args(self._model_fn)
        made = self._model_fn(
            features, labels, **{name: known[name] for name in names if name in known}
        )
        if isinstance(made, tuple) and not hasattr(made, "_fields"):
            predictions, loss, train_op = made
            made = ModelFnOps(mode, predictions, loss, train_op)
        alternatives = self._output_alternatives(made)
        spec: EstimatorSpec = made.estimator_spec() if isinstance(made, ModelFnOps) else made
        if self._served is not None:
            default_key, is_fed_examples = self._served
            outputs = export_outputs_of(
                spec.predictions, alternatives, default_key, is_fed_examples
            )
            spec = spec._replace(export_outputs=outputs)
        for key, metric in self._metrics.items():
            name, ops = metric_of(key, metric, features, labels, spec.predictions)
            spec.eval_metric_ops[name] = ops
        return spec

    def _output_alternatives(self, made: Any) -> Any:
        """Return what an exported model may answer with, by the name of its head; None for all."""
        return made.output_alternatives if isinstance(made, ModelFnOps) else None

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        monitors: Any = None,
        max_steps: int | None = None,
    ) -> Estimator:
        """Train the model; return the estimator.

        Args:
          x: features, an array or a dict of arrays.
          y: labels.
          input_fn: returns features and labels, instead of both.
          steps: how many steps.
          batch_size: how many examples to a step; by default all.
          monitors: monitors or hooks.
          max_steps: the global step to stop at.

        Raises:
          ValueError: there is no input, or two.
        """
        _check_inputs(x, y, input_fn)
        self._core.train(
            input_fn or _batches(x, y, batch_size, epochs=None, shuffle=True),
            hooks=replace_monitors_with_hooks(monitors, self),
            steps=steps,
            max_steps=max_steps,
        )
        return self

    def partial_fit(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        steps: int = 1,
        batch_size: int | None = None,
        monitors: Any = None,
    ) -> Estimator:
        """Train the model for a few steps more; see `fit`."""
        tf_logging.warning(
            "The current implementation of partial_fit is not optimized for use in a loop. "
            "Consider using fit() instead."
        )
        return self.fit(x, y, input_fn, steps, batch_size, monitors)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        input_fn: Callable[..., Any] | None = None,
        feed_fn: Any = None,
        batch_size: int | None = None,
        steps: int | None = None,
        metrics: dict[Any, Any] | None = None,
        name: str | None = None,
        checkpoint_path: Any = None,
        hooks: Any = None,
        log_progress: bool = True,
    ) -> dict[str, Any]:
        """Return the metrics of the model by name.

        Args:
          x: see `fit`, as the next two.
          y: labels.
          input_fn: returns features and labels.
          feed_fn: not used.
          batch_size: how many examples to a step.
          steps: how many steps; by default to the end of the input.
          metrics: further metrics by name: functions, or `MetricSpec`.
          name: of the evaluation.
          checkpoint_path: by default the latest checkpoint.
          hooks: called around each step.
          log_progress: not used.

        Raises:
          ValueError: there is no input, or two, or `metrics` is no dict.
        """
        _check_inputs(x, y, input_fn)
        if metrics is not None and not isinstance(metrics, dict):
            raise ValueError(f"Metrics argument should be None or dict. Got {metrics}.")
        self._metrics = metrics or {}
        try:
            return self._core.evaluate(
                input_fn or _batches(x, y, batch_size, epochs=1, shuffle=False),
                steps=steps,
                hooks=hooks,
                checkpoint_path=checkpoint_path,
                name=name,
            )
        finally:
            self._metrics = {}

    def predict(
        self,
        x: Any = None,
        input_fn: Callable[..., Any] | None = None,
        batch_size: int | None = None,
        outputs: Any = None,
        as_iterable: bool = True,
        iterate_batches: bool = False,
    ) -> Any:
        """Return an iterator of predictions, or all of them at once.

        Args:
          x: features, an array or a dict of arrays.
          input_fn: returns features, instead.
          batch_size: how many examples to a step.
          outputs: which of several predictions.
          as_iterable: whether to return an iterator.
          iterate_batches: whether it gives batches.

        Raises:
          ValueError: there is no input, or two.
        """
        _check_inputs(x, None, input_fn)
        found = self._core.predict(
            input_fn or _batches(x, None, batch_size, epochs=1, shuffle=False),
            predict_keys=outputs,
            yield_single_examples=not iterate_batches,
        )
        return found if as_iterable else _stacked(found)

    def export_savedmodel(
        self,
        export_dir_base: Any,
        serving_input_fn: Callable[[], Any] | None,
        default_output_alternative_key: str | None = None,
        assets_extra: Any = None,
        as_text: bool = False,
        checkpoint_path: Any = None,
        graph_rewrite_specs: Any = None,
        strip_default_attrs: bool = False,
    ) -> bytes:
        """Write the model as a SavedModel, and return its folder.

        Args:
          export_dir_base: the folder in which the model gets one named by the time.
          serving_input_fn: returns an `InputFnOps`, or a `ServingInputReceiver`.
          default_output_alternative_key: the head that answers by default, where there are several.
          assets_extra: files to copy along, by their path below "assets.extra".
          as_text: write the text format of protobuf.
          checkpoint_path: by default the latest checkpoint.
          graph_rewrite_specs: not used: one graph is written, for serving.
          strip_default_attrs: leave out attributes that have their default value.

        Raises:
          ValueError: there is no function, no checkpoint, or no such head.
        """
        if serving_input_fn is None:
            raise ValueError("serving_input_fn must be defined.")
        make = serving_input_fn

        def receiver_fn() -> Any:
            receiver = receiver_of(make())
            kinds = [each.dtype for each in receiver.receiver_tensors.values()]
            self._served = default_output_alternative_key, kinds == [dtypes.string]
            return receiver

        try:
            return self._core.export_savedmodel(
                export_dir_base,
                receiver_fn,
                assets_extra,
                as_text,
                checkpoint_path,
                strip_default_attrs,
            )
        finally:
            self._served = None


def _batches(
    x: Any, y: Any, batch_size: int | None, epochs: int | None, shuffle: bool
) -> Callable[[], Any]:
    x, y = _as_array(x), None if y is None else _as_array(y)
    first = next(iter(x.values())) if isinstance(x, dict) else x
    size = batch_size or len(first)
    return numpy_input_fn(
        x, y, size, num_epochs=epochs, shuffle=shuffle, queue_capacity=max(1000, 4 * size)
    )


def _stacked(found: Iterator[Any]) -> Any:
    values = list(found)
    if values and isinstance(values[0], dict):
        return {key: np.array([value[key] for value in values]) for key in values[0]}
    return np.array(values)


class SKCompat:
    """An estimator with the methods that scikit-learn's have."""

    def __init__(self, estimator: Estimator) -> None:
        self._estimator = estimator

    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int = 128,
        steps: int | None = None,
        max_steps: int | None = None,
        monitors: Any = None,
    ) -> SKCompat:
        """Train the model; see `Estimator.fit`."""
        self._estimator.fit(
            x, y, steps=steps, batch_size=batch_size, monitors=monitors, max_steps=max_steps
        )
        return self

    def score(
        self,
        x: Any,
        y: Any,
        batch_size: int = 128,
        steps: int | None = None,
        metrics: dict[Any, Any] | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Return the metrics; see `Estimator.evaluate`."""
        return self._estimator.evaluate(
            x, y, batch_size=batch_size, steps=steps, metrics=metrics, name=name
        )

    def predict(self, x: Any, batch_size: int = 128, outputs: Any = None) -> Any:
        """Return all predictions at once; see `Estimator.predict`."""
        return self._estimator.predict(x, batch_size=batch_size, outputs=outputs, as_iterable=False)
