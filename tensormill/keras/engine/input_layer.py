"""`Input` and `InputLayer`: where data enters a model.

Source: TensorFlow 1.15, python/keras/engine/input_layer.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.state import floatx, get_uid
from tensormill.keras.backend.values import placeholder
from tensormill.keras.engine.layer import Layer
from tensormill.keras.engine.node import Node

__all__ = ["Input", "InputLayer"]


class InputLayer(Layer):
    """Holds a placeholder, or a tensor that the data comes from.

    Args:
      input_shape: the shape of an element of the batch.
      batch_size: the size of the batch.
      dtype: the dtype.
      input_tensor: a tensor to use in the place of a placeholder.
      sparse: whether the placeholder is sparse.
      name: the name; by default "input_1" and so on.
      ragged: whether the placeholder is ragged.
      **kwargs: `batch_input_shape`.

    Raises:
      ValueError: two shapes are given, or it is to be both sparse and ragged.
    """

    def __init__(
        self,
        input_shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        input_tensor: Any = None,
        sparse: bool = False,
        name: str | None = None,
        ragged: bool = False,
        **kwargs: Any,
    ) -> None:
        if sparse and ragged:
            raise ValueError("Cannot set both sparse and ragged to True in a Keras input.")
        if "batch_input_shape" in kwargs and input_shape:
            raise ValueError(
                "Only provide the input_shape OR batch_input_shape argument to InputLayer, not "
                "both at the same time."
            )
        if "batch_input_shape" in kwargs:
            whole = tuple(kwargs.pop("batch_input_shape"))
            batch_size, input_shape = whole[0], whole[1:]
        if kwargs:
            raise ValueError("Unrecognized keyword arguments:", kwargs.keys())
        if dtype is None:
            dtype = floatx() if input_tensor is None else input_tensor.dtype.base_dtype
        super().__init__(dtype=dtype, name=name or f"input_{get_uid('input')}")
        self.built = True
        self.sparse = sparse
        self.ragged = ragged
        self.batch_size = batch_size
        self.is_placeholder = input_tensor is None
        if input_tensor is None:
            shape = None if input_shape is None else tuple(tf.TensorShape(input_shape).as_list())
            self._batch_input_shape: Any = None if shape is None else (batch_size, *shape)
            input_tensor = placeholder(
                self._batch_input_shape, dtype=self.dtype, sparse=sparse, ragged=ragged,
                name=self.name,
            )  # fmt: skip
        else:
            dims = input_tensor.get_shape()
            self._batch_input_shape = None if dims.ndims is None else tuple(dims.as_list())
        input_tensor._keras_mask = None
        Node(self, input_tensor, {}, input_tensor)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {
            "batch_input_shape": self._batch_input_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
        }


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    name: str | None = None,
    dtype: Any = None,
    sparse: bool = False,
    tensor: Any = None,
    ragged: bool = False,
    **kwargs: Any,
) -> Any:
    """Return a tensor that stands for the data which a model is given.

    Args:
      shape: the shape of an element of the batch.
      batch_size: the size of the batch.
      name: the name of the layer.
      dtype: the dtype.
      sparse: whether the tensor is sparse.
      tensor: a tensor to use in the place of a placeholder.
      ragged: whether the tensor is ragged.
      **kwargs: `batch_shape`, the shape with that of the batch.

    Raises:
      ValueError: no shape is given, or two.
    """
    if "batch_shape" in kwargs:
        batch_shape = kwargs.pop("batch_shape")
        if shape and batch_shape:
            raise ValueError(
                "Only provide the `shape` OR `batch_shape` argument to Input, not "
                "both at the same time."
            )
        batch_size, shape = batch_shape[0], tuple(batch_shape[1:])
    if kwargs:
        raise ValueError("Unrecognized keyword arguments:", kwargs.keys())
    if shape is None and tensor is None:
        raise ValueError(
            "Please provide to Input either a `shape` or a `tensor` argument. Note that `shape` "
            "does not include the batch dimension."
        )
    if isinstance(shape, int):
        shape = (shape,)
    layer = InputLayer(shape, batch_size, dtype, tensor, sparse, name, ragged)
    return layer._inbound_nodes[0].outputs
