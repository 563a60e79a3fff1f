"""`tf.estimator.export`: what an exported model answers with, and the signatures of that.

Source: TensorFlow 1.15, python/saved_model/model_utils/export_output.py and export_utils.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, ClassVar

from tensormill.estimator.mode_keys import ModeKeys
from tensormill.graph import dtypes, tf_logging
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.saved_model import signature_constants as names
from tensormill.saved_model.signature_def_utils import (
    classification_signature_def,
    is_valid_signature,
    predict_signature_def,
    regression_signature_def,
    supervised_eval_signature_def,
    supervised_train_signature_def,
)

__all__ = [
    "ClassificationOutput",
    "EvalOutput",
    "ExportOutput",
    "PredictOutput",
    "RegressionOutput",
    "TrainOutput",
    "build_all_signature_defs",
    "export_outputs_for_mode",
    "get_export_outputs",
]

SINGLE_RECEIVER_NAME = "input"
_SEPARATOR = "/"


class ExportOutput(ABC):
    """What an exported model answers with."""

    @abstractmethod
    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """Return the SignatureDef of these inputs and the outputs."""


def _as_tensors(outputs: Any, single_name: str, label: str) -> dict[str, Tensor]:
    """Return outputs as a dict of tensors by name."""
    if not isinstance(outputs, Mapping):
        outputs = {single_name: outputs}
    made = {}
    for key, value in outputs.items():
        joined = _SEPARATOR.join(key) if isinstance(key, tuple) else key
        if not isinstance(joined, str):
            raise ValueError(f"{label} output key must be a string; got {joined}.")
        if not isinstance(value, Tensor):
            raise ValueError(f"{label} output value must be a Tensor; got {value}.")
        made[joined] = value
    return made


def _single_examples(receiver_tensors: Mapping[str, Any], kind: str) -> Tensor:
    tensors = list(receiver_tensors.values())
    if len(tensors) != 1 or tensors[0].dtype != dtypes.string:
        raise ValueError(f"{kind} input must be a single string Tensor; got {receiver_tensors}")
    only: Tensor = tensors[0]
    return only


class ClassificationOutput(ExportOutput):
    """Classes and their scores.

    Args:
      scores: a float tensor, or None.
      classes: a tensor of strings, or None.

    Raises:
      ValueError: both are missing, or of other dtypes.
    """

    def __init__(self, scores: Any = None, classes: Any = None) -> None:
        if scores is not None and not (isinstance(scores, Tensor) and scores.dtype.is_floating):
            raise ValueError(f"Classification scores must be a float32 Tensor; got {scores}")
        if classes is not None and not (
            isinstance(classes, Tensor) and classes.dtype == dtypes.string
        ):
            raise ValueError(f"Classification classes must be a string Tensor; got {classes}")
        if scores is None and classes is None:
            raise ValueError("At least one of scores and classes must be set.")
        self.scores = scores
        self.classes = classes

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """Return the SignatureDef of these inputs and the outputs."""
        examples = _single_examples(receiver_tensors, "Classification")
        return classification_signature_def(examples, self.classes, self.scores)


class RegressionOutput(ExportOutput):
    """A number.

    Args:
      value: a float tensor.

    Raises:
      ValueError: it is none.
    """

    def __init__(self, value: Any) -> None:
        if not (isinstance(value, Tensor) and value.dtype.is_floating):
            raise ValueError(f"Regression output value must be a float32 Tensor; got {value}")
        self.value = value

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """Return the SignatureDef of these inputs and the output."""
        examples = _single_examples(receiver_tensors, "Regression")
        return regression_signature_def(examples, self.value)


class PredictOutput(ExportOutput):
    """Any tensors.

    Args:
      outputs: a dict of tensors, or one tensor, which is called "output".

    Raises:
      ValueError: a name is no string, or a value no tensor.
    """

    def __init__(self, outputs: Any) -> None:
        self.outputs = _as_tensors(outputs, "output", "Prediction")

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """Return the SignatureDef of these inputs and the outputs."""
        return predict_signature_def(dict(receiver_tensors), self.outputs)


class _SupervisedOutput(ExportOutput):
    """Loss, predictions and metrics of a model that learns."""

    _signature_def: ClassVar[Any]
    LOSS_NAME = "loss"
    PREDICTIONS_NAME = "predictions"
    METRICS_NAME = "metrics"

    def __init__(self, loss: Any = None, predictions: Any = None, metrics: Any = None) -> None:
        self.loss = self._prefixed(loss, self.LOSS_NAME)
        self.predictions = self._prefixed(predictions, self.PREDICTIONS_NAME)
        self.metrics = None if metrics is None else self._wrapped_metrics(metrics)

    @staticmethod
    def _key(key: str, prefix: str) -> str:
        return key if key.startswith(prefix) else f"{prefix}{_SEPARATOR}{key}"

    def _prefixed(self, outputs: Any, prefix: str) -> dict[str, Tensor] | None:
        if outputs is None:
            return None
        made = _as_tensors(outputs, prefix, prefix)
        return {self._key(key, prefix): value for key, value in made.items()}

    def _wrapped_metrics(self, metrics: Any) -> dict[str, Tensor]:
        if not isinstance(metrics, Mapping):
            metrics = {self.METRICS_NAME: metrics}
        made = {}
        for key, (value, update) in metrics.items():
            joined = _SEPARATOR.join(key) if isinstance(key, tuple) else key
            if not isinstance(joined, str):
                raise ValueError(f"{self.METRICS_NAME} output key must be a string; got {joined}.")
            joined = self._key(joined, self.METRICS_NAME)
            if not isinstance(value, Tensor):
                raise ValueError(f"{joined} output value must be a Tensor; got {value}.")
            if not isinstance(update, (Tensor, Operation)):
                raise ValueError(f"{joined} update_op must be a Tensor or Operation; got {update}.")
            if isinstance(update, Operation):
                with control_dependencies([update]):
                    update = constant([], name="metric_op_wrapper")
            made[f"{joined}{_SEPARATOR}value"] = value
            made[f"{joined}{_SEPARATOR}update_op"] = update
        return made

    def as_signature_def(self, receiver_tensors: Mapping[str, Any]) -> Any:
        """Return the SignatureDef of these inputs and the outputs."""
        make = type(self)._signature_def
        return make(dict(receiver_tensors), self.loss, self.predictions, self.metrics)


class TrainOutput(_SupervisedOutput):
    """Loss, predictions and metrics of a step of training."""

    _signature_def = staticmethod(supervised_train_signature_def)


class EvalOutput(_SupervisedOutput):
    """Loss, predictions and metrics of a step of evaluation."""

    _signature_def = staticmethod(supervised_eval_signature_def)


_SIGNATURE_KEYS = {
    ModeKeys.PREDICT: names.DEFAULT_SERVING_SIGNATURE_DEF_KEY,
    ModeKeys.TRAIN: names.DEFAULT_TRAIN_SIGNATURE_DEF_KEY,
    ModeKeys.EVAL: names.DEFAULT_EVAL_SIGNATURE_DEF_KEY,
}


def export_outputs_for_mode(
    mode: str,
    serving_export_outputs: Any = None,
    predictions: Any = None,
    loss: Any = None,
    metrics: Any = None,
) -> dict[str, ExportOutput]:
    """Return the outputs of a model that was built for `mode`, by the name of their signature.

    Raises:
      ValueError: there is no such mode.
    """
    if mode not in _SIGNATURE_KEYS:
        raise ValueError(
            f"Export output type not found for mode: {mode}. Expected one of: "
            f"{_SIGNATURE_KEYS.keys()}.\nOne likely error is that V1 Estimator Modekeys were "
            "somehow passed to this function. Please ensure that you are using the new ModeKeys."
        )
    if mode == ModeKeys.PREDICT:
        return get_export_outputs(serving_export_outputs, predictions)
    kind = TrainOutput if mode == ModeKeys.TRAIN else EvalOutput
    return {_SIGNATURE_KEYS[mode]: kind(loss=loss, predictions=predictions, metrics=metrics)}


def get_export_outputs(export_outputs: Any, predictions: Any) -> dict[str, ExportOutput]:
    """Return the outputs of predictions, one of them under the default signature's name.

    Raises:
      TypeError: they are no dict of outputs.
      ValueError: there are several, and none is the default.
    """
    default = names.DEFAULT_SERVING_SIGNATURE_DEF_KEY
    if export_outputs is None:
        export_outputs = {default: PredictOutput(predictions)}
    if not isinstance(export_outputs, dict):
        raise TypeError(f"export_outputs must be dict, given: {export_outputs}")
    for value in export_outputs.values():
        if not isinstance(value, ExportOutput):
            raise TypeError(
                f"Values in export_outputs must be ExportOutput objects. Given: {export_outputs}"
            )
    if len(export_outputs) == 1:
        export_outputs.setdefault(default, next(iter(export_outputs.values())))
    elif export_outputs and default not in export_outputs:
        raise ValueError(
            "Multiple export_outputs were provided, but none of them is specified as the default."
            "  Do this by naming one of them with "
            "signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY."
        )
    return export_outputs


def build_all_signature_defs(
    receiver_tensors: Any,
    export_outputs: Any,
    receiver_tensors_alternatives: Any = None,
    serving_only: bool = True,
) -> dict[str, Any]:
    """Return a SignatureDef for each pair of inputs and outputs that fit together.

    Args:
      receiver_tensors: the inputs by name, or one tensor.
      export_outputs: the outputs by the name of their signature.
      receiver_tensors_alternatives: further inputs, by the name that their signatures begin with.
      serving_only: leave out what servers do not understand.

    Raises:
      ValueError: the outputs are no dict.
    """
    if not isinstance(export_outputs, dict):
        raise ValueError(f"export_outputs must be a dict and not{type(export_outputs)}")
    made: dict[str, Any] = {}
    excluded: dict[str, str] = {}
    receivers = {None: receiver_tensors, **(receiver_tensors_alternatives or {})}
    for receiver_name, tensors in receivers.items():
        if not isinstance(tensors, Mapping):
            tensors = {SINGLE_RECEIVER_NAME: tensors}
        for key, output in export_outputs.items():
            name = str(key or "None")
            if receiver_name is not None:
                name = f"{receiver_name or 'None'}:{name}"
            try:
                made[name] = output.as_signature_def(tensors)
            except ValueError as error:
                excluded[name] = str(error)
    _log_signatures(made, excluded)
    if serving_only:
        made = {name: each for name, each in made.items() if is_valid_signature(each)}
    return made


_FRIENDLY_NAMES = {
    names.CLASSIFY_METHOD_NAME: "Classify",
    names.REGRESS_METHOD_NAME: "Regress",
    names.PREDICT_METHOD_NAME: "Predict",
    names.SUPERVISED_TRAIN_METHOD_NAME: "Train",
    names.SUPERVISED_EVAL_METHOD_NAME: "Eval",
}


def _log_signatures(made: dict[str, Any], excluded: dict[str, str]) -> None:
    by_method: dict[str, list[str]] = defaultdict(list)
    for method in _FRIENDLY_NAMES:
        by_method[method] = []
    for name, signature in made.items():
        by_method[signature.method_name].append(name)
    for method, signatures in by_method.items():
        friendly = _FRIENDLY_NAMES.get(method, method)
        tf_logging.info(
            f"Signatures INCLUDED in export for {friendly}: {signatures if signatures else 'None'}"
        )
    if excluded:
        tf_logging.info(
            "Signatures EXCLUDED from export because they cannot be be served via TensorFlow "
            "Serving APIs:"
        )
        for name, message in excluded.items():
            tf_logging.info(f"'{name}' : {message}")
    if not made:
        tf_logging.warn("Export includes no signatures!")
    elif names.DEFAULT_SERVING_SIGNATURE_DEF_KEY not in made:
        tf_logging.warn("Export includes no default signature!")
