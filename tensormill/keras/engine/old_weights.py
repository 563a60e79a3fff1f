"""Weights of older files in the form that layers have them now.

Source: TensorFlow 1.15, python/keras/saving/hdf5_format.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tensormill.keras.engine.window_connections import convert_kernel

__all__ = ["preprocess_weights_for_loading"]

_CELLS = ("LSTM", "CuDNNLSTM", "GRU", "CuDNNGRU")
_CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose", "ConvLSTM2D")
# Where each gate of the first version's is among the gates of today: input, forget, candidate,
# output.
_GATES_OF_LSTM = (0, 2, 1, 3)
_GATES_OF_GRU = (0, 1, 2)


def preprocess_weights_for_loading(
    layer: Any, weights: Any, original_keras_version: Any = None, original_backend: Any = None
) -> list[Any]:
    """Return the weights of a file as a layer takes them.

    Args:
      layer: the layer.
      weights: arrays, in the order of the file.
      original_keras_version: the version that wrote it; "1" has other layouts.
      original_backend: what Keras ran on; "theano" turns kernels around.

    Raises:
      ValueError: the weights are of a GRU of another kind.
    """
    kind = type(layer).__name__
    weights = list(weights)

    def inner(sublayer: Any, own: Any) -> list[Any]:
        return preprocess_weights_for_loading(
            sublayer, own, original_keras_version, original_backend
        )

    if kind == "Bidirectional":
        half = len(weights) // 2
        parts = weights[:half], weights[half:]
        weights = inner(layer.forward_layer, parts[0]) + inner(layer.backward_layer, parts[1])
    elif kind == "TimeDistributed":
        weights = inner(layer.layer, weights)
    elif kind in ("Model", "Sequential"):
        weights = _of_model(layer, weights, inner)
    if original_keras_version == "1":
        weights = _of_first_version(layer, kind, weights)
    if kind in _CONVOLUTIONS:
        count = 2 if kind == "ConvLSTM2D" else 1
        if original_backend == "theano":
            weights[:count] = [convert_kernel(each) for each in weights[:count]]
        if tuple(layer.weights[0].get_shape().as_list()) != weights[0].shape:
            weights[:count] = [np.transpose(each, (3, 2, 0, 1)) for each in weights[:count]]
    if kind in _CELLS and len(weights) == 3:
        weights = _of_cells(layer, kind, weights)
    return weights


def _of_model(model: Any, weights: list[Any], inner: Any) -> list[Any]:
    """Return the weights of the layers of a model: those that are trained, then the others."""
    count = len(model.trainable_weights)
    trained, others = weights[:count], weights[count:]
    new_trained, new_others = [], []
    for layer in model.layers:
        if not layer.weights:
            continue
        first, second = len(layer.trainable_weights), len(layer.non_trainable_weights)
        made = inner(layer, trained[:first] + others[:second])
        new_trained += made[:first]
        new_others += made[first:]
        trained, others = trained[first:], others[second:]
    return new_trained + new_others


def _joined(weights: list[Any], gates: tuple[int, ...]) -> list[Any]:
    """Return kernel, recurrent kernel and bias of weights that stand gate by gate."""
    return [
        np.concatenate([weights[3 * gate + role] for gate in gates], axis=-1) for role in range(3)
    ]


def _of_first_version(layer: Any, kind: str, weights: list[Any]) -> list[Any]:
    is_first = getattr(layer, "data_format", None) == "channels_first"
    if kind == "Conv1D":
        if weights[0].shape[:2] != (layer.kernel_size[0], 1) or weights[0].shape[3] != (
            layer.filters
        ):
            weights[0] = np.transpose(weights[0], (2, 3, 1, 0))
        weights[0] = weights[0][:, 0, :, :]
    elif kind == "Conv2D" and is_first:
        weights[0] = np.transpose(weights[0], (2, 3, 1, 0))
    elif kind == "Conv2DTranspose":
        weights[0] = np.transpose(weights[0], (2, 3, 0, 1) if is_first else (0, 1, 3, 2))
    elif kind == "Conv3D" and is_first:
        weights[0] = np.transpose(weights[0], (2, 3, 4, 1, 0))
    elif kind == "GRU" and len(weights) == 9:
        weights = _joined(weights, _GATES_OF_GRU)
    elif kind in ("LSTM", "ConvLSTM2D") and len(weights) == 12:
        weights = _joined(weights, _GATES_OF_LSTM)
        if kind == "ConvLSTM2D" and is_first:
            weights[:2] = [np.transpose(each, (2, 3, 1, 0)) for each in weights[:2]]
    return weights


def _of_cells(layer: Any, kind: str, weights: list[Any]) -> list[Any]:
    """Return the weights of a LSTM or a GRU of those of its layer or of that of cuDNN.

    Raises:
      ValueError: they are of no such layer, or of a GRU whose reset gate stands elsewhere.
    """
    kernel, recurrent, bias = weights
    gates = 4 if kind.endswith("LSTM") else 3
    width = gates * recurrent.shape[0]
    kinds: dict[tuple[int, ...], str]
    fitting: tuple[str, ...]
    if gates == 4:
        kinds = {(2 * width,): "CuDNNLSTM", (width,): "LSTM"}
        fitting = ("CuDNNLSTM", "LSTM")
    else:
        kinds = {
            (2 * width,): "CuDNNGRU",
            (2, width): "GRU(reset_after=True)",
            (width,): "GRU(reset_after=False)",
        }
        fitting = tuple(kinds.values())[:2] if layer.reset_after else ("GRU(reset_after=False)",)
    source = kinds.get(bias.shape)
    if source is None:
        raise ValueError(f"Invalid bias shape: {bias.shape}")
    if source not in fitting:
        target = f"GRU(reset_after={layer.reset_after})" if kind == "GRU" else kind
        raise ValueError(f"{source} is not compatible with {target}")
    if not source.startswith("CuDNN"):
        return weights
    # It keeps what goes into one unit together, and biases of the inputs and the states apart.
    kernels = [each.T.reshape(each.shape, order="F") for each in np.hsplit(kernel, gates)]
    recurrents = [each.T for each in np.hsplit(recurrent, gates)]
    biases = bias.reshape(2, -1)
    return [
        np.hstack(kernels),
        np.hstack(recurrents),
        biases.sum(axis=0) if gates == 4 else biases,
    ]
