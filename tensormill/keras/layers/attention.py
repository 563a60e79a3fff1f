"""Attention: means of values, weighted by how queries and keys go together.

Source: TensorFlow 1.15, python/keras/layers/dense_attention.py.
"""

from __future__ import annotations

from typing import Any

import tensormill.api as tf
from tensormill.keras.engine.layer import Layer

__all__ = ["AdditiveAttention", "Attention", "BaseDenseAttention"]

# What is taken from the scores of hidden steps.
_HIDDEN = 1e9


class BaseDenseAttention(Layer):
    """The base of these layers; subclasses say what the scores are.

    The inputs are [query, value] or [query, value, key], each [batch, steps, depth].

    Args:
      causal: whether a step sees those before it alone.
      **kwargs: as in `Layer`.
    """

    def __init__(self, causal: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.causal = causal
        self.supports_masking = True

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        """Return the scores, [batch, query steps, value steps]."""
        raise NotImplementedError("`_calculate_scores` must be implemented in a subclass")

    def _apply_scores(self, scores: Any, value: Any, scores_mask: Any = None) -> Any:
        """Return the means of values, weighted by scores where the mask is true."""
        if scores_mask is not None:
            scores -= _HIDDEN * tf.cast(tf.logical_not(scores_mask), scores.dtype)
        return tf.matmul(tf.nn.softmax(scores), value)

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """Return [batch, query steps, depth].

        Raises:
          ValueError: the inputs or masks are not as many.
        """
        self._validate_call_args(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        query_mask, value_mask = (mask or [None, None])[:2]
        scores = self._calculate_scores(query=query, key=key)
        seen = None if value_mask is None else tf.expand_dims(value_mask, -2)
        if self.causal:
            before = tf.cast(tf.matrix_band_part(tf.ones_like(scores), -1, 0), tf.bool)
            seen = before if seen is None else tf.logical_and(seen, before)
        outputs = self._apply_scores(scores=scores, value=value, scores_mask=seen)
        if query_mask is not None:
            outputs *= tf.cast(tf.expand_dims(query_mask, -1), outputs.dtype)
        return outputs

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the queries."""
        self._validate_call_args(inputs, mask)
        return None if not mask or mask[0] is None else tf.convert_to_tensor(mask[0])

    def _validate_call_args(self, inputs: Any, mask: Any) -> None:
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or "
                "[query, value, key]."
            )
        if not 2 <= len(inputs) <= 3:
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or "
                f"[query, value, key]. Given length: {len(inputs)}"
            )
        if mask is None:
            return
        if not isinstance(mask, list):
            raise ValueError(f"{name} layer mask must be a list, namely [query_mask, value_mask].")
        if not 2 <= len(mask) <= len(inputs):
            raise ValueError(
                f"{name} layer mask must be a list of length 2, namely [query_mask, value_mask]. "
                f"Given length: {len(mask)}"
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "causal": self.causal}


class Attention(BaseDenseAttention):
    """Means of values, weighted by the products of queries and keys."""

    def __init__(self, use_scale: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.scale: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the scale."""
        if self.use_scale:
            self.scale = self.add_weight("scale", shape=(), initializer="ones")
        self.built = True

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        scores = tf.matmul(query, key, transpose_b=True)
        return scores if self.scale is None else scores * self.scale

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "use_scale": self.use_scale}


class AdditiveAttention(BaseDenseAttention):
    """Means of values, weighted by sums of `tanh(query + key)`."""

    def __init__(self, use_scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale
        self.scale: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the scale, a weight for each entry."""
        depth = tf.TensorShape(input_shape[1]).as_list()[-1]
        if self.use_scale:
            self.scale = self.add_weight("scale", shape=[depth], initializer="glorot_uniform")
        self.built = True

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        scale = 1.0 if self.scale is None else self.scale
        return tf.reduce_sum(
            scale * tf.tanh(tf.expand_dims(query, -2) + tf.expand_dims(key, -3)), axis=-1
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "use_scale": self.use_scale}
