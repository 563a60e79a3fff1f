"""Rows of a table by number.

Source: TensorFlow 1.15, python/keras/layers/embeddings.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras import constraints, initializers, regularizers
from tensormill.keras.backend.state import floatx
from tensormill.keras.engine.layer import Layer

__all__ = ["Embedding"]


class Embedding(Layer):
    """Rows of a table by number.

    Args:
      input_dim: how many rows there are.
      output_dim: the length of a row.
      embeddings_initializer: gives the first table.
      embeddings_regularizer: a function of the table that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      embeddings_constraint: what is applied to the table after an update.
      mask_zero: whether the number 0 is masked.
      input_length: how many numbers an element has, where that is known.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, input_dim: int, output_dim: int, embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None, activity_regularizer: Any = None,
        embeddings_constraint: Any = None, mask_zero: bool = False, input_length: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        if "input_shape" not in kwargs and "batch_input_shape" not in kwargs:
            length = input_length if isinstance(input_length, (list, tuple)) else (input_length,)
            kwargs["input_shape"] = tuple(length)
        kwargs["dtype"] = kwargs.pop("dtype", None) or floatx()
        super().__init__(activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.input_length = input_length
        self.embeddings: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the table."""
        self.embeddings = self.add_weight(
            "embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.built = True

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where the number is not 0."""
        return tf.not_equal(inputs, 0) if self.mask_zero else None

    def call(self, inputs: Any) -> Any:
        """Return the rows."""
        if inputs.dtype.base_dtype not in (tf.int32, tf.int64):
            inputs = tf.cast(inputs, tf.int32)
        return tf.nn.embedding_lookup(self.embeddings, inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the rows for numbers of a shape.

        Raises:
          ValueError: it is not what `input_length` says.
        """
        dims: list[Any] = tf.TensorShape(input_shape).as_list()
        if self.input_length is None:
            return tf.TensorShape([*dims, self.output_dim])
        given = self.input_length
        lengths = list(given) if isinstance(given, (list, tuple)) else [given]
        fits = len(lengths) == len(dims) - 1 and all(
            None in (size, length) or size == length
            for size, length in zip(dims[1:], lengths, strict=True)
        )
        if not fits:
            raise ValueError(
                f'"input_length" is {given}, but received input has shape {tuple(dims)}'
            )
        sizes = [
            length if size is None else size for size, length in zip(dims[1:], lengths, strict=True)
        ]
        return tf.TensorShape([dims[0], *sizes, self.output_dim])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {
            "input_dim": self.input_dim, "output_dim": self.output_dim,
            "embeddings_initializer": initializers.serialize(self.embeddings_initializer),
            "embeddings_regularizer": regularizers.serialize(self.embeddings_regularizer),
            "embeddings_constraint": constraints.serialize(self.embeddings_constraint),
            "mask_zero": self.mask_zero, "input_length": self.input_length,
        }  # fmt: skip
        return {**super().get_config(), **own}
