"""`tf.contrib.learn`: what a served model is fed, and how experiments export models.

Source: TensorFlow 1.15, contrib/learn/python/learn: export_strategy.py, utils/input_fn_utils.py and
utils/saved_model_export_utils.py.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.estimator.estimator import Estimator as CoreEstimator
from tensormill.estimator.export_outputs import (
    ClassificationOutput,
    ExportOutput,
    PredictOutput,
    RegressionOutput,
)
from tensormill.estimator.exporters import delete_old_exports
from tensormill.estimator.receivers import (
    ServingInputReceiver,
    build_parsing_serving_input_receiver_fn,
    build_raw_serving_input_receiver_fn,
)
from tensormill.feature_column.parse_specs import make_parse_example_spec
from tensormill.graph import dtypes
from tensormill.saved_model.signature_constants import DEFAULT_SERVING_SIGNATURE_DEF_KEY

__all__ = [
    "ExportStrategy",
    "InputFnOps",
    "ProblemType",
    "build_default_serving_input_fn",
    "build_parsing_serving_input_fn",
    "export_outputs_of",
    "make_export_strategy",
    "make_parsing_export_strategy",
    "receiver_of",
]

_INPUTS = "default_input_alternative"
_OUTPUTS = "default_output_alternative"
_GENERIC = "output"


class ProblemType:
    """What a model is asked for, which decides what kind of signature answers."""

    UNSPECIFIED = 0
    CLASSIFICATION = 1
    LINEAR_REGRESSION = 2
    LOGISTIC_REGRESSION = 3


class InputFnOps(namedtuple("InputFnOps", ("features", "labels", "default_inputs"))):
    """What an input function for serving gives.

    Attributes:
      features: tensors by name, what the model function gets.
      labels: None.
      default_inputs: the placeholders that a server feeds, by name.
    """


def build_parsing_serving_input_fn(
    feature_spec: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], InputFnOps]:
    """Return an input function of serialized Examples.

    Args:
      feature_spec: what `tf.parse_example` is to read.
      default_batch_size: the number of Examples, None for any.
    """
    make = build_parsing_serving_input_receiver_fn(feature_spec, default_batch_size)
    return lambda: _as_input_fn_ops(make())


def build_default_serving_input_fn(
    features: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], InputFnOps]:
    """Return an input function with a placeholder for each feature.

    Args:
      features: tensors whose dtypes, shapes and names the placeholders take.
      default_batch_size: the number of examples, None for any.
    """
    make = build_raw_serving_input_receiver_fn(features, default_batch_size)
    return lambda: _as_input_fn_ops(make())


def _as_input_fn_ops(receiver: ServingInputReceiver) -> InputFnOps:
    return InputFnOps(receiver.features, None, receiver.receiver_tensors)


def receiver_of(given: Any) -> ServingInputReceiver:
    """Return what an input function for serving gave as a `ServingInputReceiver`.

    Raises:
      ValueError: there are no features, or no inputs for a server.
    """
    if isinstance(given, ServingInputReceiver):
        return given
    features, _, *inputs = given
    if not features:
        raise ValueError("Features must be defined.")
    if not inputs or not inputs[0]:
        raise ValueError("A default input_alternative must be provided.")
    return ServingInputReceiver(features, inputs[0])


def export_outputs_of(
    predictions: Any, alternatives: Any, default_key: str | None, is_fed_examples: bool
) -> dict[str, ExportOutput]:
    """Return what an exported model answers with, by the name of the signature.

    Args:
      predictions: of the model, where there are no alternatives.
      alternatives: pairs of a `ProblemType` and predictions, by the name of their head; or None.
      default_key: the head that answers by default; needed where there are several.
      is_fed_examples: whether a server feeds one tensor of serialized Examples.

    Raises:
      ValueError: there is no such head, or none was named among several.
    """
    if not alternatives:
        if default_key:
            raise ValueError(
                f"Requested default_output_alternative: {default_key}, but available "
                "output_alternatives are: []"
            )
        outputs = predictions if isinstance(predictions, dict) else {_GENERIC: predictions}
        alternatives = {_OUTPUTS: (ProblemType.UNSPECIFIED, outputs)}
    names = sorted(str(key) for key in alternatives)
    if default_key and default_key not in alternatives:
        raise ValueError(
            f"Requested default_output_alternative: {default_key}, but available "
            f"output_alternatives are: {names}"
        )
    if not default_key:
        if len(alternatives) > 1:
            raise ValueError(
                "Please specify a default_output_alternative.  Available output_alternatives are: "
                f"{names}"
            )
        default_key = next(iter(alternatives))
    made = {
        f"{_INPUTS}:{key or 'None'}": _output(problem, outputs, is_fed_examples)
        for key, (problem, outputs) in alternatives.items()
    }
    made[DEFAULT_SERVING_SIGNATURE_DEF_KEY] = made[f"{_INPUTS}:{default_key or 'None'}"]
    return made


def _output(problem: int, outputs: Mapping[str, Any], is_fed_examples: bool) -> ExportOutput:
    classes = outputs.get("classes")
    if classes is not None and classes.dtype != dtypes.string:
        classes = None  # servers know names of classes alone
    scores = outputs.get("scores", outputs.get("probabilities"))
    kinds = (ProblemType.CLASSIFICATION, ProblemType.LOGISTIC_REGRESSION)
    if problem in kinds and is_fed_examples and (classes is not None or scores is not None):
        return ClassificationOutput(scores, classes)
    if problem == ProblemType.LINEAR_REGRESSION and is_fed_examples and len(outputs) == 1:
        return RegressionOutput(next(iter(outputs.values())))
    return PredictOutput(outputs)


class ExportStrategy(namedtuple("ExportStrategy", ("name", "export_fn", "strip_default_attrs"))):
    """How an experiment exports a model.

    Args:
      name: the folder of its exports.
      export_fn: a function of an estimator and a folder (and `checkpoint_path`, `eval_result`,
        `strip_default_attrs`, where it takes them) that returns the path of what it wrote.
      strip_default_attrs: leave out attributes that have their default value.
    """

    def __new__(  # noqa: D102 - described above
        cls, name: str, export_fn: Callable[..., Any], strip_default_attrs: bool | None = None
    ) -> ExportStrategy:
        return super().__new__(cls, name, export_fn, strip_default_attrs)

    def export(
        self, estimator: Any, export_path: Any, checkpoint_path: Any = None, eval_result: Any = None
    ) -> Any:
        """Export a model; return the path.

        Raises:
          ValueError: the function takes a result, and not the checkpoint that it is of.
        """
        names = inspect.getfullargspec(self.export_fn).args
        if "eval_result" in names and "checkpoint_path" not in names:
            raise ValueError("An export_fn accepting eval_result must also accept checkpoint_path.")
        known = {
            "checkpoint_path": checkpoint_path,
            "eval_result": eval_result,
            "strip_default_attrs": self.strip_default_attrs,
        }
        given = {name: value for name, value in known.items() if name in names}
        return self.export_fn(estimator, export_path, **given)


def make_export_strategy(
    serving_input_fn: Callable[[], Any],
    default_output_alternative_key: str | None = None,
    assets_extra: Mapping[str, str] | None = None,
    as_text: bool = False,
    exports_to_keep: int | None = 5,
    strip_default_attrs: bool | None = None,
) -> ExportStrategy:
    """Return a strategy that writes SavedModels.

    Args:
      serving_input_fn: returns an `InputFnOps`; for estimators of `tf.estimator` a
        `ServingInputReceiver`.
      default_output_alternative_key: the head that answers by default.
      assets_extra: files to copy along, by their path below "assets.extra".
      as_text: write the text format of protobuf.
      exports_to_keep: how many exports to keep; None keeps all.
      strip_default_attrs: leave out attributes that have their default value.
    """

    def export_fn(
        estimator: Any,
        export_dir_base: Any,
        checkpoint_path: Any = None,
        strip_default_attrs: bool | None = False,
    ) -> Any:
        options: dict[str, Any] = {
            "assets_extra": assets_extra,
            "as_text": as_text,
            "checkpoint_path": checkpoint_path,
            "strip_default_attrs": bool(strip_default_attrs),
        }
        key = default_output_alternative_key
        if not isinstance(estimator, CoreEstimator):
            options["default_output_alternative_key"] = key
        elif key is not None:
            raise ValueError(
                f"default_output_alternative_key is not supported in core Estimator. Given: {key}"
            )
        made = estimator.export_savedmodel(export_dir_base, serving_input_fn, **options)
        delete_old_exports(export_dir_base, exports_to_keep)
        return made

    return ExportStrategy("Servo", export_fn, strip_default_attrs)


def make_parsing_export_strategy(
    feature_columns: Any,
    default_output_alternative_key: str | None = None,
    assets_extra: Mapping[str, str] | None = None,
    as_text: bool = False,
    exports_to_keep: int | None = 5,
    target_core: bool = False,
    strip_default_attrs: bool | None = None,
) -> ExportStrategy:
    """Return a strategy for models that are fed the serialized Examples of their columns.

    Args:
      feature_columns: the columns of the model.
      default_output_alternative_key: see `make_export_strategy`, as all without a note.
      assets_extra: files to copy along.
      as_text: write the text format of protobuf.
      exports_to_keep: how many exports to keep.
      target_core: whether the estimator is one of `tf.estimator`.
      strip_default_attrs: leave out attributes that have their default value.
    """
    spec = make_parse_example_spec(feature_columns)
    make = (
        build_parsing_serving_input_receiver_fn if target_core else build_parsing_serving_input_fn
    )
    return make_export_strategy(
        make(spec),
        default_output_alternative_key,
        assets_extra,
        as_text,
        exports_to_keep,
        strip_default_attrs,
    )
