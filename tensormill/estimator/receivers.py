"""`tf.estimator.export`: the inputs of an exported model.

Source: TensorFlow Estimator 1.15, python/estimator/export/export.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any

from tensormill.estimator.export_outputs import SINGLE_RECEIVER_NAME
from tensormill.estimator.function_arguments import parse_input_fn_result
from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.graph import Graph
from tensormill.graph.shapes import TensorShape
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.io.example_parsing import parse_example
from tensormill.ops.basics import placeholder

__all__ = [
    "ServingInputReceiver",
    "SupervisedInputReceiver",
    "TensorServingInputReceiver",
    "UnsupervisedInputReceiver",
    "build_parsing_serving_input_receiver_fn",
    "build_raw_serving_input_receiver_fn",
    "build_raw_supervised_input_receiver_fn",
    "build_supervised_input_receiver_fn_from_input_fn",
    "wrap_and_check_input_tensors",
]

SINGLE_FEATURE_NAME = "feature"
SINGLE_LABEL_NAME = "label"
_SINGLE_NAMES = {
    "feature": SINGLE_FEATURE_NAME,
    "label": SINGLE_LABEL_NAME,
    "receiver_tensor": SINGLE_RECEIVER_NAME,
    "receiver_tensors_alternative": SINGLE_RECEIVER_NAME,
}


def wrap_and_check_input_tensors(
    tensors: Any, field_name: str, allow_int_keys: bool = False
) -> dict[Any, Any]:
    """Return inputs as a dict of tensors by name.

    Args:
      tensors: a tensor, or a dict of them.
      field_name: what they are: "feature", "label", "receiver_tensor" …
      allow_int_keys: whether names may be numbers.

    Raises:
      ValueError: they are missing, or of other types.
    """
    if tensors is None:
        raise ValueError(f"{field_name}s must be defined.")
    if not isinstance(tensors, dict):
        tensors = {_SINGLE_NAMES[field_name]: tensors}
    for name, tensor in tensors.items():
        if not isinstance(name, str):
            if not allow_int_keys:
                raise ValueError(f"{field_name} keys must be strings: {name}.")
            if not isinstance(name, int):
                raise ValueError(f"{field_name} keys must be strings or ints: {name}.")
        _check_tensor(tensor, name, field_name)
    return tensors


def _check_tensor(tensor: Any, name: Any, label: str = "feature") -> None:
    if isinstance(tensor, (Tensor, SparseTensor)):
        return
    error = ValueError(f"{label}{f' {name}' if name else ''} must be a Tensor or SparseTensor.")
    if not hasattr(tensor, "tensor"):
        raise error
    try:
        convert_to_tensor(tensor)
    except TypeError:
        raise error from None


class ServingInputReceiver(
    namedtuple(
        "ServingInputReceiver", ("features", "receiver_tensors", "receiver_tensors_alternatives")
    )
):
    """The inputs of a model that is served, and the features that are made of them.

    Args:
      features: what the model function gets: a tensor, or a dict of them.
      receiver_tensors: what a server feeds: a tensor, or a dict of them.
      receiver_tensors_alternatives: what else it may feed, dicts by name, or None.

    Raises:
      ValueError: they are missing or no tensors.
    """

    def __new__(  # noqa: D102 - described above
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> ServingInputReceiver:
        features = wrap_and_check_input_tensors(features, "feature", allow_int_keys=True)
        receiver_tensors = wrap_and_check_input_tensors(receiver_tensors, "receiver_tensor")
        alternatives = receiver_tensors_alternatives
        if alternatives is not None:
            if not isinstance(alternatives, dict):
                raise ValueError(f"receiver_tensors_alternatives must be a dict: {alternatives}.")
            alternatives = {
                name: wrap_and_check_input_tensors(each, "receiver_tensors_alternative")
                for name, each in alternatives.items()
            }
        return super().__new__(cls, features, receiver_tensors, alternatives)


class TensorServingInputReceiver(
    namedtuple(
        "TensorServingInputReceiver",
        ("features", "receiver_tensors", "receiver_tensors_alternatives"),
    )
):
    """As `ServingInputReceiver`, for a model function whose features are one tensor."""

    def __new__(  # noqa: D102 - described above
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> TensorServingInputReceiver:
        if features is None:
            raise ValueError("features must be defined.")
        _check_tensor(features, None)
        made = ServingInputReceiver(features, receiver_tensors, receiver_tensors_alternatives)
        return super().__new__(
            cls,
            made.features[SINGLE_FEATURE_NAME],
            made.receiver_tensors,
            made.receiver_tensors_alternatives,
        )


class UnsupervisedInputReceiver(ServingInputReceiver):
    """The inputs of training or evaluation without labels."""

    def __new__(  # noqa: D102 - described above
        cls, features: Any, receiver_tensors: Any
    ) -> UnsupervisedInputReceiver:
        return super().__new__(cls, features, receiver_tensors)  # type: ignore[return-value]


class SupervisedInputReceiver(
    namedtuple("SupervisedInputReceiver", ("features", "labels", "receiver_tensors"))
):
    """The inputs of training or evaluation with labels."""

    def __new__(  # noqa: D102 - described above
        cls, features: Any, labels: Any, receiver_tensors: Any
    ) -> SupervisedInputReceiver:
        wrap_and_check_input_tensors(features, "feature", allow_int_keys=True)
        wrap_and_check_input_tensors(labels, "label", allow_int_keys=True)
        receiver_tensors = wrap_and_check_input_tensors(receiver_tensors, "receiver_tensor")
        return super().__new__(cls, features, labels, receiver_tensors)


def build_parsing_serving_input_receiver_fn(
    feature_spec: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Return a function that makes the input of serialized examples.

    Args:
      feature_spec: what `tf.parse_example` is to read.
      default_batch_size: the number of examples, None for any.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        examples = placeholder(
            dtype=dtypes.string, shape=[default_batch_size], name="input_example_tensor"
        )
        return ServingInputReceiver(parse_example(examples, feature_spec), {"examples": examples})

    return serving_input_receiver_fn


def _placeholder_like(tensor: Any, batch_size: int | None) -> Tensor:
    shape = TensorShape([batch_size]).concatenate(tensor.get_shape()[1:])
    name = tensor.op.name if isinstance(tensor, Tensor) else None
    return placeholder(dtype=tensor.dtype, shape=shape, name=name)


def _placeholders_like(tensors: Mapping[Any, Any], batch_size: int | None) -> dict[Any, Tensor]:
    return {name: _placeholder_like(tensor, batch_size) for name, tensor in tensors.items()}


def build_raw_serving_input_receiver_fn(
    features: Mapping[str, Any], default_batch_size: int | None = None
) -> Callable[[], ServingInputReceiver]:
    """Return a function that makes an input for each feature.

    Args:
      features: tensors whose dtypes, shapes and names the inputs take.
      default_batch_size: the number of examples, None for any.
    """

    def serving_input_receiver_fn() -> ServingInputReceiver:
        receiver_tensors = _placeholders_like(features, default_batch_size)
        return ServingInputReceiver(receiver_tensors, receiver_tensors)

    return serving_input_receiver_fn


def build_raw_supervised_input_receiver_fn(
    features: Any, labels: Any, default_batch_size: int | None = None
) -> Callable[[], SupervisedInputReceiver]:
    """Return a function that makes an input for each feature and label.

    Raises:
      ValueError: a name is among both.
    """
    by_name = features if isinstance(features, Mapping) else {SINGLE_RECEIVER_NAME: features}
    labels_by_name = labels if isinstance(labels, Mapping) else {SINGLE_LABEL_NAME: labels}
    common = by_name.keys() & labels_by_name.keys()
    if common:
        raise ValueError(
            f"Features and labels must have distinct keys. Found overlapping keys: {common}"
        )

    def supervised_input_receiver_fn() -> SupervisedInputReceiver:
        made = _placeholders_like(by_name, default_batch_size)
        made_labels = _placeholders_like(labels_by_name, default_batch_size)
        return SupervisedInputReceiver(
            made if isinstance(features, Mapping) else made[SINGLE_RECEIVER_NAME],
            made_labels if isinstance(labels, Mapping) else made_labels[SINGLE_LABEL_NAME],
            {**made, **made_labels},
        )

    return supervised_input_receiver_fn


def build_supervised_input_receiver_fn_from_input_fn(
    input_fn: Callable[..., Any], **input_fn_args: Any
) -> Callable[[], SupervisedInputReceiver]:
    """Return a function that makes inputs like the features and labels of an input function."""
    with Graph().as_default():
        features, labels, _ = parse_input_fn_result(input_fn(**input_fn_args))
    return build_raw_supervised_input_receiver_fn(features, labels)
