"""`Model`: a network that can be trained.

Source: TensorFlow 1.15, python/keras/engine/training.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import optimizers
from tensormill.keras.backend.state import floatx
from tensormill.keras.backend.values import Function
from tensormill.keras.engine import loops, model_files
from tensormill.keras.engine.batches import is_source
from tensormill.keras.engine.data_arguments import (
    as_list,
    loss_weights_by_output,
    metrics_by_output,
    split_arrays,
)
from tensormill.keras.engine.endpoints import Endpoint, by_output
from tensormill.keras.engine.model_data import ModelData, check_source_arguments
from tensormill.layers.learning_phase import symbolic_learning_phase

__all__ = ["Model"]


class Model(ModelData):
    """A network with `compile`, `fit`, `evaluate` and `predict`.

    Made of inputs and outputs (`Model(inputs=..., outputs=...)`), or a subclass whose `call` says
    what it does.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.optimizer: Any = None
        self.loss: Any = None
        self.stop_training = False
        self.history: Any = None
        self._compile_settings: dict[str, Any] = {}
        self._endpoints: list[Endpoint] | None = None
        self._functions: dict[str, Function] = {}
        self.total_loss: Any = None
        self._trained_weights: list[Any] = []

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        sample_weight_mode: Any = None,
        weighted_metrics: Any = None,
        target_tensors: Any = None,
        distribute: Any = None,
        **kwargs: Any,
    ) -> None:
        """Say how the model is trained.

        Args:
          optimizer: an optimizer, one of `tf.train`, or its name.
          loss: a loss, a function of (labels, predictions), or its name; a list or a dictionary by
            output where there are several.
          metrics: what to report, likewise in lists.
          loss_weights: by what the loss of each output is multiplied.
          sample_weight_mode: "temporal" where elements have a weight for each step of time.
          weighted_metrics: what to report with the weights of elements.
          target_tensors: tensors in the place of placeholders for labels.
          distribute: not supported.
          **kwargs: what to pass on to the session's `run`: `options`, `run_metadata`;
            `sample_weight_tensors` in the place of placeholders for the weights of elements.

        Raises:
          ValueError: what is given does not fit the outputs.
        """
        many = isinstance(optimizer, (list, tuple))
        self.optimizer = (
            [optimizers.get(each) for each in optimizer] if many else optimizers.get(optimizer)
        )
        self.loss = loss or {}
        self.loss_weights = loss_weights
        self.sample_weight_mode = sample_weight_mode
        kwargs.pop("run_eagerly", None)
        self._session_settings = {
            key: kwargs[key] for key in ("options", "run_metadata") if key in kwargs
        }
        self._compile_settings = {
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "target_tensors": target_tensors,
            "sample_weight_tensors": kwargs.get("sample_weight_tensors"),
        }
        self._endpoints = None
        self._functions.clear()
        if self.built and self.outputs:
            self._make_endpoints()

    def _make_endpoints(self) -> None:
        """Make the placeholders of labels, the total loss and the metrics."""
        names = self.output_names
        weights = loss_weights_by_output(self.loss_weights, names)
        given = self._compile_settings
        targets = by_output(as_list(given["target_tensors"]), names, "target_tensors")
        weighings = by_output(as_list(given["sample_weight_tensors"]), names, "sample_weights")
        modes = by_output(self.sample_weight_mode, names, "sample_weight_mode")
        if not self.loss:
            losses: list[Any] = [None] * len(names)
        else:
            losses = by_output(self.loss, names, "loss")
        self._endpoints = [
            Endpoint(*each)
            for each in zip(self.outputs, names, losses, targets, modes, weighings, strict=True)
        ]
        metrics = metrics_by_output(given["metrics"], names, "metrics")
        weighted = metrics_by_output(given["weighted_metrics"], names, "weighted_metrics")
        with tf.name_scope("metrics"):
            for endpoint, plain, heavy in zip(self._endpoints, metrics, weighted, strict=True):
                if endpoint.loss is not None:
                    endpoint.add_metrics(plain, False)
                    endpoint.add_metrics(heavy, True)
        self._make_total_loss(weights)

    def _make_total_loss(self, weights: list[Any]) -> None:
        assert self._endpoints is not None
        total: Any = None
        self._output_losses: list[tuple[str, Any]] = []
        with tf.name_scope("loss"):
            for endpoint, weight in zip(self._endpoints, weights, strict=True):
                if endpoint.loss is None:
                    continue
                loss = endpoint.total()
                self._output_losses.append((f"{endpoint.name}_loss", loss))
                loss = (1.0 if weight is None else weight) * loss
                total = loss if total is None else total + loss
            for penalty in self.losses:
                total = tf.cast(penalty, floatx()) if total is None else total + penalty
        if total is None:
            raise ValueError("The model cannot be compiled because it has no loss to optimize.")
        self.total_loss = total
        # What is trained is settled here: to freeze layers afterwards changes other models alone.
        self._trained_weights = list(self.trainable_weights)
        if len(self._output_losses) == 1:
            self._output_losses = []

    @property
    def metrics_names(self) -> list[str]:
        """What the numbers that training reports are called.

        Raises:
          RuntimeError: the model is not compiled.
        """
        self._assert_compiled()
        names = ["loss", *(name for name, _ in self._output_losses)]
        names += [label for label, _ in self._labelled_metrics()]
        return names

    @property
    def metrics(self) -> list[Any]:
        """The metrics that the model was compiled with, and those of layers."""
        compiled = [metric for endpoint in self._endpoints or [] for _, metric in endpoint.metrics]
        return compiled + self._added_metrics()

    def _labelled_metrics(self) -> list[tuple[str, Any]]:
        """Return the metrics with their names, each of which is another one."""
        labels = {"loss", *(name for name, _ in self._output_losses)}
        found = []
        is_one = len(self.output_names) == 1
        for endpoint in self._endpoints or []:
            for label, metric in endpoint.metrics:
                start = label if is_one else f"{endpoint.name}_{label}"
                own, number = start, 0
                while own in labels:
                    number += 1
                    own = f"{start}_{number}"
                labels.add(own)
                found.append((own, metric))
        return found + [(metric.name, metric) for metric in self._added_metrics()]

    def reset_metrics(self) -> None:
        """Set the state of all metrics to zeros."""
        for metric in self.metrics:
            metric.reset_states()

    def _assert_compiled(self) -> None:
        if self.optimizer is None:
            raise RuntimeError(
                "You must compile your model before training/testing. Use `model.compile(optimizer,"
                " loss)`."
            )
        if self._endpoints is None:
            self._make_endpoints()

    @property
    def targets(self) -> list[Any]:
        """The placeholders of the labels."""
        return [each.target for each in self._endpoints or [] if each.target is not None]

    @property
    def sample_weights(self) -> list[Any]:
        """The placeholders of the weights of elements."""
        return [each.sample_weight for each in self._endpoints or [] if each.loss is not None]

    def _function(self, kind: str) -> Function:
        """Return what computes a batch: "train", "test" or "predict"."""
        if kind not in self._functions:
            make = {
                "train": self._make_train, "test": self._make_test, "predict": self._make_predict,
            }[kind]  # fmt: skip
            self._functions[kind] = make()
        return self._functions[kind]

    @property
    def train_function(self) -> Function | None:
        """What trains with a batch; None before it was made."""
        return self._functions.get("train")

    @property
    def test_function(self) -> Function | None:
        """What tests with a batch; None before it was made."""
        return self._functions.get("test")

    @property
    def predict_function(self) -> Function | None:
        """What gives the outputs for a batch; None before it was made."""
        return self._functions.get("predict")

    def _make_train_function(self) -> None:
        self._assert_compiled()
        self._function("train")

    def _make_test_function(self) -> None:
        self._assert_compiled()
        self._function("test")

    def _make_predict_function(self) -> None:
        self._function("predict")

    def _feeds(self, with_labels: bool) -> list[Any]:
        feeds = self._feed_inputs
        if with_labels:
            feeds += [each.target for each in self._feed_endpoints]
            feeds += self.sample_weights
        phase = symbolic_learning_phase()
        return [*feeds, phase] if phase is not None else feeds

    def _reports(self, after: Any) -> list[Any]:
        """Return the loss and the metrics, these after their updates."""
        reports = [self.total_loss, *(loss for _, loss in self._output_losses)]
        for _, metric in self._labelled_metrics():
            updates = [each for each in metric._updates if each.graph is tf.get_default_graph()]
            with tf.control_dependencies([*updates, *after]):
                reports.append(tf.identity(metric.result()))
        return reports

    def _check_trainable_weights_consistency(self) -> None:
        """Say where layers were frozen since the model was compiled."""
        weights = self._trained_weights
        if [id(each) for each in weights] != [id(each) for each in self.trainable_weights]:
            tf.logging.warning(
                "Discrepancy between trainable weights and collected trainable weights, did you "
                "set `model.trainable` without calling `model.compile` after ?"
            )

    def _training_updates(self) -> list[Any]:
        """Return the operations of a step.

        Raises:
          ValueError: there are several optimizers.
        """
        if isinstance(self.optimizer, list):
            raise ValueError("The `optimizer` in `compile` should be a single optimizer.")
        weights = self._trained_weights
        return list(self.optimizer.get_updates(self.total_loss, weights)) if weights else []

    def _make_train(self) -> Function:
        self._check_trainable_weights_consistency()
        updates = list(self.updates)
        with tf.name_scope("training"):
            # What moves with a step sees the loss of before it.
            steps = self._training_updates()
        reports = self._reports([])
        return Function(
            self._feeds(True), reports, updates=updates + steps, name="train_function",
            **self._session_settings,
        )  # fmt: skip

    def _make_test(self) -> Function:
        return Function(
            self._feeds(True), self._reports([]), updates=self.state_updates, name="test_function",
            **self._session_settings,
        )  # fmt: skip

    def _make_predict(self) -> Function:
        settings = getattr(self, "_session_settings", {})
        return Function(
            self._feeds(False), list(self.outputs), updates=self.state_updates,
            name="predict_function", **settings,
        )  # fmt: skip

    def run_batch(self, kind: str, arrays: list[Any]) -> list[Any]:
        """Return the reports, or the outputs, of one batch.

        Args:
          kind: "train", "test" or "predict".
          arrays: the inputs, and for training and testing the labels and the weights.
        """
        phase = [] if symbolic_learning_phase() is None else [kind == "train"]
        return list(self._function(kind)([*self._fed(arrays), *phase]))

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int = 1,
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_freq: Any = 1,
        max_queue_size: int = 10,
        workers: int = 1,
        use_multiprocessing: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Train the model.

        Args:
          x: the inputs: an array, a list or a dictionary of them; or a data set, an iterator, a
            generator or a `Sequence`, which give the labels too.
          y: the labels.
          batch_size: 32 by default.
          epochs: the number of the last epoch.
          verbose: 0 for silence, 1 for a bar, 2 for a line an epoch.
          callbacks: what to call between batches and epochs.
          validation_split: the share of the data, at its end, to validate with.
          validation_data: (inputs, labels) or (inputs, labels, weights) to validate with.
          shuffle: whether to shuffle the data before each epoch; "batch" keeps batches together.
          class_weight: weights by class.
          sample_weight: weights by element.
          initial_epoch: the number of the first epoch.
          steps_per_epoch: how many batches an epoch has.
          validation_steps: how many batches a validation has.
          validation_freq: after how many epochs to validate, or after which.
          max_queue_size: taken and ignored.
          workers: taken and ignored.
          use_multiprocessing: taken and ignored.
          **kwargs: `nb_epoch`, the older name of `epochs`.

        Returns:
          the `History` of what was reported.
        """
        epochs = kwargs.pop("nb_epoch", epochs)
        if kwargs:
            raise TypeError(f"Unrecognized keyword arguments: {kwargs}")
        if self.optimizer is None:
            self._assert_compiled()
        self._check_call_args("fit")
        if is_source(x):
            check_source_arguments(x, y, sample_weight, validation_split, batch_size)
        if not is_source(x):
            self._meet(x)
        elif not self.inputs:
            x = self._meet_source(x)
        self._assert_compiled()
        if validation_split and validation_data is None:
            x, y, sample_weight, validation_data = split_arrays(
                x, y, sample_weight, validation_split
            )
        batches = self._batches(
            x, y, sample_weight, class_weight, batch_size, steps_per_epoch, "steps_per_epoch",
            epochs,
        )  # fmt: skip
        validation = self._validation(validation_data, batch_size, validation_steps)
        return loops.fit(
            self, batches, validation, epochs=epochs, initial_epoch=initial_epoch, verbose=verbose,
            callbacks=callbacks, shuffle=shuffle, steps=batches.steps,
            validation_freq=validation_freq,
        )  # fmt: skip

    def _validation(self, data: Any, batch_size: Any, steps: Any) -> Any:
        if data is None:
            return None
        if is_source(data):
            return self._batches(data, None, None, None, batch_size, steps, "validation_steps")
        if len(data) not in (2, 3):
            raise ValueError(
                "When passing a `validation_data` argument, it must contain either 2 items (x_val, "
                f"y_val), or 3 items (x_val, y_val, val_sample_weights). Received: {len(data)}"
            )
        weights = data[2] if len(data) == 3 else None
        return self._batches(data[0], data[1], weights, None, batch_size, steps, "validation_steps")

    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: int = 1,
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None,
        max_queue_size: int = 10, workers: int = 1, use_multiprocessing: bool = False,
    ) -> Any:  # fmt: skip
        """Return the loss and the metrics for data; of one number that number alone."""
        if self.optimizer is None:
            self._assert_compiled()
        self._check_call_args("evaluate")
        if is_source(x):
            check_source_arguments(x, y, sample_weight, 0.0, batch_size)
            x = x if self.inputs else self._meet_source(x)
        else:
            self._meet(x)
        self._assert_compiled()
        batches = self._batches(x, y, sample_weight, None, batch_size, steps)
        results = loops.evaluate(self, batches, steps, verbose, callbacks)
        return results[0] if len(results) == 1 else results

    def predict(
        self, x: Any, batch_size: int | None = None, verbose: int = 0, steps: int | None = None,
        callbacks: Any = None, max_queue_size: int = 10, workers: int = 1,
        use_multiprocessing: bool = False,
    ) -> Any:  # fmt: skip
        """Return the outputs for data, as an array for each output."""
        self._check_call_args("predict")
        if is_source(x):
            check_source_arguments(x, None, None, 0.0, batch_size)
            x = x if self.inputs else self._meet_source(x)
        batches = self._prediction_batches(x, batch_size, steps)
        results = loops.predict(self, batches, steps, verbose, callbacks)
        return results[0] if len(results) == 1 else results

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None,
        reset_metrics: bool = True,
    ) -> Any:  # fmt: skip
        """Train with one batch and return its loss and metrics."""
        return self._on_batch("train", x, y, sample_weight, class_weight, reset_metrics)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, reset_metrics: bool = True
    ) -> Any:
        """Return the loss and the metrics of one batch."""
        return self._on_batch("test", x, y, sample_weight, None, reset_metrics)

    def _on_batch(self, kind: str, x: Any, y: Any, weights: Any, classes: Any, resets: bool) -> Any:
        x, y, weights = self._one_batch(x, y, weights)
        self._assert_compiled()
        results = self.run_batch(kind, self._standardized(x, y, weights, classes))
        if resets:
            self.reset_metrics()
        return results[0] if len(results) == 1 else results

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch."""
        x, _, _ = self._one_batch(x, None, None)
        results = self.run_batch("predict", self._inputs_of(x))
        return results[0] if len(results) == 1 else results

    def fit_generator(self, generator: Any, steps_per_epoch: Any = None, **kwargs: Any) -> Any:
        """Train with what a generator gives; see `fit`."""
        return self.fit(generator, steps_per_epoch=steps_per_epoch, **kwargs)

    def evaluate_generator(self, generator: Any, steps: Any = None, **kwargs: Any) -> Any:
        """Evaluate with what a generator gives; see `evaluate`."""
        kwargs.setdefault("verbose", 0)
        return self.evaluate(generator, steps=steps, **kwargs)

    def predict_generator(self, generator: Any, steps: Any = None, **kwargs: Any) -> Any:
        """Return the outputs for what a generator gives; see `predict`."""
        return self.predict(generator, steps=steps, **kwargs)

    def save(
        self, filepath: Any, overwrite: bool = True, include_optimizer: bool = True,
        save_format: str | None = None,
    ) -> None:  # fmt: skip
        """Write the model, its weights and how it is trained to an HDF5 file."""
        model_files.save(self, filepath, overwrite, include_optimizer, save_format)
