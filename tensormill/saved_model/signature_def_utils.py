"""`tf.saved_model.signature_def_utils`: what goes into and comes out of an exported model.

Source: TensorFlow 1.15, python/saved_model/signature_def_utils_impl.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.meta_graph_pb2 import SignatureDef
from tensorboard.compat.proto.types_pb2 import DT_FLOAT, DT_STRING

from tensormill.graph import errors
from tensormill.graph.graph import get_default_graph
from tensormill.graph.scoped_names import prepend_name_scope
from tensormill.graph.tensor import Tensor
from tensormill.saved_model import signature_constants as names
from tensormill.saved_model.utils import build_tensor_info, build_tensor_info_from_op

__all__ = [
    "build_signature_def",
    "classification_signature_def",
    "is_valid_signature",
    "load_op_from_signature_def",
    "op_signature_def",
    "predict_signature_def",
    "regression_signature_def",
]


def build_signature_def(
    inputs: dict[str, Any] | None = None,
    outputs: dict[str, Any] | None = None,
    method_name: str | None = None,
) -> Any:
    """Return a SignatureDef.

    Args:
      inputs: TensorInfo messages by name.
      outputs: TensorInfo messages by name.
      method_name: what a server does with them.
    """
    signature = SignatureDef(method_name=method_name)
    for name, info in (inputs or {}).items():
        signature.inputs[name].CopyFrom(info)
    for name, info in (outputs or {}).items():
        signature.outputs[name].CopyFrom(info)
    return signature


def predict_signature_def(inputs: dict[str, Any], outputs: dict[str, Any]) -> Any:
    """Return the signature of a model that predicts.

    Args:
      inputs: tensors by name.
      outputs: tensors by name.

    Raises:
      ValueError: there are none.
    """
    if not inputs:
        raise ValueError("Prediction `inputs` cannot be None or empty.")
    if not outputs:
        raise ValueError("Prediction `outputs` cannot be None or empty.")
    return build_signature_def(
        {name: build_tensor_info(tensor) for name, tensor in inputs.items()},
        {name: build_tensor_info(tensor) for name, tensor in outputs.items()},
        names.PREDICT_METHOD_NAME,
    )


def _examples_info(kind: str, examples: Any) -> Any:
    if examples is None:
        raise ValueError(f"{kind} `examples` cannot be None.")
    if not isinstance(examples, Tensor):
        raise ValueError(
            f"Expected {kind.lower()} `examples` to be of type Tensor. Found `examples` of type "
            f"{type(examples)}."
        )
    info = build_tensor_info(examples)
    if info.dtype != DT_STRING:
        raise ValueError(
            f"{kind} input tensors must be of type string. Found tensors "
            + (f"of type {info.dtype}" if kind == "Classification" else f"with type {info.dtype}.")
        )
    return info


def regression_signature_def(examples: Any, predictions: Any) -> Any:
    """Return the signature of a model that estimates numbers from serialized examples.

    Raises:
      ValueError: a tensor is missing or of the wrong dtype.
    """
    inputs = {names.REGRESS_INPUTS: _examples_info("Regression", examples)}
    if predictions is None:
        raise ValueError("Regression `predictions` cannot be None.")
    info = build_tensor_info(predictions)
    if info.dtype != DT_FLOAT:
        raise ValueError(
            f"Regression output tensors must be of type float. Found tensors with type "
            f"{info.dtype}."
        )
    outputs = {names.REGRESS_OUTPUTS: info}
    return build_signature_def(inputs, outputs, names.REGRESS_METHOD_NAME)


def classification_signature_def(examples: Any, classes: Any, scores: Any) -> Any:
    """Return the signature of a model that classifies serialized examples.

    Raises:
      ValueError: a tensor is missing or of the wrong dtype.
    """
    inputs = {names.CLASSIFY_INPUTS: _examples_info("Classification", examples)}
    if classes is None and scores is None:
        raise ValueError("Classification `classes` and `scores` cannot both be None.")
    outputs = {}
    if classes is not None:
        info = build_tensor_info(classes)
        if info.dtype != DT_STRING:
            raise ValueError(
                "Classification classes must be of type string Tensor. Found tensors of type "
                f"{info.dtype}."
            )
        outputs[names.CLASSIFY_OUTPUT_CLASSES] = info
    if scores is not None:
        info = build_tensor_info(scores)
        if info.dtype != DT_FLOAT:
            raise ValueError("Classification scores must be a float Tensor.")
        outputs[names.CLASSIFY_OUTPUT_SCORES] = info
    return build_signature_def(inputs, outputs, names.CLASSIFY_METHOD_NAME)


def supervised_train_signature_def(
    inputs: dict[str, Any],
    loss: dict[str, Any] | None,
    predictions: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
) -> Any:
    """Return the signature of a step of training; all arguments are tensors by name."""
    name = names.SUPERVISED_TRAIN_METHOD_NAME
    return _supervised_signature_def(name, inputs, (loss, predictions, metrics))


def supervised_eval_signature_def(
    inputs: dict[str, Any],
    loss: dict[str, Any] | None,
    predictions: dict[str, Any] | None = None,
    metrics: dict[str, Any] | None = None,
) -> Any:
    """Return the signature of a step of evaluation; all arguments are tensors by name."""
    name = names.SUPERVISED_EVAL_METHOD_NAME
    return _supervised_signature_def(name, inputs, (loss, predictions, metrics))


def _supervised_signature_def(
    method_name: str, inputs: dict[str, Any], outputs: tuple[dict[str, Any] | None, ...]
) -> Any:
    if not inputs:
        raise ValueError(f"{method_name} inputs cannot be None or empty.")
    given = {key: tensor for each in outputs for key, tensor in (each or {}).items()}
    return build_signature_def(
        {key: build_tensor_info(tensor) for key, tensor in inputs.items()},
        {key: build_tensor_info(tensor) for key, tensor in given.items()},
        method_name,
    )


def op_signature_def(op: Any, key: str) -> Any:
    """Return a signature whose one output, under a key, is an operation or a tensor."""
    return build_signature_def(outputs={key: build_tensor_info_from_op(op)})


def load_op_from_signature_def(
    signature_def: Any, key: str, import_scope: str | None = None
) -> Any:
    """Return the operation, or tensor, that is an output of a signature.

    Raises:
      NotFoundError: the signature has no such output, or the graph does not have it.
    """
    if key not in signature_def.outputs:
        raise errors.not_found(f"Key {key} was not found in the outputs of the SignatureDef")
    name = prepend_name_scope(signature_def.outputs[key].name, import_scope)
    try:
        return get_default_graph().as_graph_element(name)
    except KeyError as error:
        raise errors.not_found(f"The SignatureDef could not be loaded: {error}") from error


def is_valid_signature(signature_def: Any) -> bool:
    """Return whether servers understand a SignatureDef."""
    return signature_def is not None and (
        is_valid_predict_signature(signature_def)
        or is_valid_regression_signature(signature_def)
        or is_valid_classification_signature(signature_def)
    )


def _dtypes(infos: Any) -> dict[str, Any]:
    return {name: info.dtype for name, info in infos.items()}


def is_valid_predict_signature(signature_def: Any) -> bool:
    """Return whether a SignatureDef is a sound one of a prediction."""
    return (
        signature_def.method_name == names.PREDICT_METHOD_NAME
        and bool(signature_def.inputs)
        and bool(signature_def.outputs)
    )


def is_valid_regression_signature(signature_def: Any) -> bool:
    """Return whether a SignatureDef is a sound one of a regression."""
    return (
        signature_def.method_name == names.REGRESS_METHOD_NAME
        and _dtypes(signature_def.inputs) == {names.REGRESS_INPUTS: DT_STRING}
        and _dtypes(signature_def.outputs) == {names.REGRESS_OUTPUTS: DT_FLOAT}
    )


def is_valid_classification_signature(signature_def: Any) -> bool:
    """Return whether a SignatureDef is a sound one of a classification."""
    outputs = _dtypes(signature_def.outputs)
    allowed = {names.CLASSIFY_OUTPUT_CLASSES: DT_STRING, names.CLASSIFY_OUTPUT_SCORES: DT_FLOAT}
    return (
        signature_def.method_name == names.CLASSIFY_METHOD_NAME
        and _dtypes(signature_def.inputs) == {names.CLASSIFY_INPUTS: DT_STRING}
        and bool(outputs)
        and outputs.items() <= allowed.items()
    )
