"""Weights of elements and of classes, and whether labels are those that a loss takes.

Source: TensorFlow 1.15, python/keras/engine/training_utils.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tensormill.keras import losses
from tensormill.keras.engine.data_checks import is_tensor
from tensormill.keras.utils.functions import check_for_unexpected_keys

__all__ = [
    "check_loss_and_target_compatibility",
    "standardize_class_weights",
    "standardize_sample_or_class_weights",
    "standardize_sample_weights",
    "standardize_weights",
]

# The losses whose labels have the shape of the output.
_LIKE_OUTPUT = (
    losses.mean_squared_error,
    losses.binary_crossentropy,
    losses.categorical_crossentropy,
)


def standardize_sample_or_class_weights(
    x_weight: Any, output_names: list[str], weight_type: str
) -> list[Any]:
    """Return the weights of each output.

    Args:
      x_weight: those of the one output, a list, or a dictionary by name.
      output_names: the names of the outputs.
      weight_type: "sample_weight" or "class_weight", for messages.

    Raises:
      ValueError: the number or a name is another.
      TypeError: there are several outputs and one value.
    """
    if x_weight is None or (isinstance(x_weight, (list, tuple)) and not len(x_weight)):
        return [None] * len(output_names)
    if len(output_names) == 1:
        if isinstance(x_weight, (list, tuple)) and len(x_weight) == 1:
            return list(x_weight)
        if isinstance(x_weight, dict) and output_names[0] in x_weight:
            return [x_weight[output_names[0]]]
        return [x_weight]
    if isinstance(x_weight, (list, tuple)):
        if len(x_weight) != len(output_names):
            raise ValueError(
                f"Provided `{weight_type}` was a list of {len(x_weight)} elements, but the model "
                f"has {len(output_names)} outputs. You should provide one `{weight_type}` array "
                "per model output."
            )
        return list(x_weight)
    if isinstance(x_weight, Mapping):
        check_for_unexpected_keys(weight_type, x_weight, output_names)
        return [x_weight.get(name) for name in output_names]
    raise TypeError(
        f"The model has multiple outputs, so `{weight_type}` should be either a list or a dict. "
        f"Provided `{weight_type}` type not understood: {x_weight}"
    )


def standardize_class_weights(class_weight: Any, output_names: list[str]) -> list[Any]:
    """Return the class weights of each output; see `standardize_sample_or_class_weights`."""
    return standardize_sample_or_class_weights(class_weight, output_names, "class_weight")


def standardize_sample_weights(sample_weight: Any, output_names: list[str]) -> list[Any]:
    """Return the weights of elements by output; see `standardize_sample_or_class_weights`."""
    return standardize_sample_or_class_weights(sample_weight, output_names, "sample_weight")


def _check_axes(y: Any, sample_weight: Any, mode: Any) -> None:
    """Refuse weights of elements that have not the axes which the mode wants.

    Raises:
      ValueError: they have others, or there is no such mode.
    """
    found = f"Found a sample_weight array with shape {np.shape(sample_weight)}. "
    if mode is None or mode == "samplewise":
        if sample_weight is not None and len(sample_weight.shape) != 1:
            raise ValueError(
                f"{found}In order to use timestep-wise sample weights, you should specify "
                'sample_weight_mode="temporal" in compile(). If you just mean to use sample-wise '
                "weights, make sure your sample_weight array is 1D."
            )
        return
    if mode != "temporal":
        raise ValueError(f'"sample_weight_mode should be None or "temporal". Found: {mode}')
    if len(y.shape) < 3:
        raise ValueError(
            f"Found a sample_weight array for an input with shape {y.shape}. Timestep-wise sample "
            'weighting (use of sample_weight_mode="temporal") is restricted to outputs that are at '
            "least 3D, i.e. that have a time dimension."
        )
    if sample_weight is not None and len(sample_weight.shape) != 2:
        raise ValueError(
            f"{found}In order to use timestep-wise sample weighting, you should pass a 2D "
            "sample_weight array."
        )


def standardize_weights(
    y: Any, sample_weight: Any = None, class_weight: Any = None, sample_weight_mode: Any = None
) -> Any:
    """Return the weights of elements times those of their classes; None where there are none.

    Args:
      y: the labels.
      sample_weight: the weights of elements.
      class_weight: weight by class.
      sample_weight_mode: None, or "temporal" for a weight for each step of time.

    Raises:
      ValueError: the axes or sizes are others, or a class has no weight.
    """
    if isinstance(sample_weight, tuple):
        sample_weight = sample_weight[0]
    if isinstance(sample_weight, list):
        sample_weight = np.asarray(sample_weight)
    _check_axes(y, sample_weight, sample_weight_mode)
    if sample_weight is not None:
        shape = sample_weight.shape
        if len(shape) > len(y.shape):
            raise ValueError(
                f"Found a sample_weight with shape{shape}.Expected sample_weight with rank less "
                f"than or equal to {len(y.shape)}"
            )
        if not (is_tensor(sample_weight) or is_tensor(y)) and y.shape[: len(shape)] != shape:
            raise ValueError(
                f"Found a sample_weight array with shape {shape} for an input with shape "
                f"{y.shape}. sample_weight cannot be broadcast."
            )
    if not isinstance(class_weight, dict):
        return sample_weight
    own = _of_classes(y, class_weight)
    return own if sample_weight is None else own * sample_weight


def _of_classes(y: Any, class_weight: dict[Any, Any]) -> Any:
    if len(y.shape) > 2:
        raise ValueError("`class_weight` not supported for 3+ dimensional targets.")
    if len(y.shape) == 2:
        classes = np.argmax(y, axis=1) if y.shape[1] > 1 else np.reshape(y, y.shape[0])
    else:
        classes = y
    missing = set(np.asarray(classes).tolist()) - set(class_weight)
    if missing:
        raise ValueError(
            f"`class_weight` must contain all classes in the data. The classes {missing} exist in "
            "the data but not in `class_weight`."
        )
    return np.asarray([class_weight[each] for each in classes])


def check_loss_and_target_compatibility(targets: Any, loss_fns: Any, output_shapes: Any) -> None:
    """Refuse labels that a loss cannot take.

    Raises:
      ValueError: the loss wants labels in the shape of the output, or one-hot rows.
    """
    for labels, loss, shape in zip(targets, loss_fns, output_shapes, strict=False):
        if labels is None or loss is None or is_tensor(labels):
            continue
        if losses.is_categorical_crossentropy(loss) and labels.shape[-1] == 1:
            raise ValueError(
                f"You are passing a target array of shape {labels.shape} while using as loss "
                "`categorical_crossentropy`. `categorical_crossentropy` expects targets to be "
                "binary matrices (1s and 0s) of shape (samples, classes). If your targets are "
                "integer classes, you can convert them with `to_categorical`, or use the loss "
                "`sparse_categorical_crossentropy` instead, which does expect integer targets."
            )
        function = getattr(loss, "fn", None)
        if function not in _LIKE_OUTPUT or shape is None:
            continue
        for given, size in zip(labels.shape[1:], tuple(shape)[1:], strict=False):
            if size is not None and given != size:
                name = loss.name or function.__name__
                raise ValueError(
                    f"A target array with shape {labels.shape} was passed for an output of shape "
                    f"{tuple(shape)} while using as loss `{name}`. This loss expects targets to "
                    "have the same shape as the output."
                )
