"""Random features whose products are near the values of a kernel.

Source: TensorFlow 1.15, python/keras/layers/kernelized.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras import initializers
from tensormill.keras.engine.layer import InputSpec, Layer

__all__ = ["RandomFourierFeatures"]

_KERNELS = ["laplacian", "gaussian"]


class RandomFourierFeatures(Layer):
    """`cos(inputs * kernel / scale + bias)` with a kernel and a bias that are drawn once.

    Args:
      output_dim: the number of features.
      kernel_initializer: "gaussian" or "laplacian", or what draws the kernel.
      scale: of the kernel; by default as the initializer says.
      trainable: whether training changes the scale.
      name: the name.
      **kwargs: as in `Layer`.

    Raises:
      ValueError: a number is not positive, or there is no such kernel.
    """

    def __init__(
        self, output_dim: int, kernel_initializer: Any = "gaussian", scale: float | None = None,
        trainable: bool = False, name: str | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if output_dim <= 0:
            raise ValueError(f"`output_dim` should be a positive integer. Given: {output_dim}.")
        is_name = isinstance(kernel_initializer, str)
        if is_name and kernel_initializer.lower() not in _KERNELS:
            raise ValueError(
                f"Unsupported kernel type: '{kernel_initializer}'. Supported kernel types: "
                f"{_KERNELS}."
            )
        if scale is not None and scale <= 0.0:
            raise ValueError(f"When provided, `scale` should be a positive float. Given: {scale}.")
        super().__init__(trainable=trainable, name=name, **kwargs)
        self.output_dim = output_dim
        self.kernel_initializer = kernel_initializer
        self.scale = scale

    def build(self, input_shape: Any) -> None:
        """Draw the kernel, [inputs, features], and the bias, and make the scale.

        Raises:
          ValueError: the inputs have not two axes, or the last size is not known.
        """
        dims: list[Any] = tf.TensorShape(input_shape).as_list()
        if len(dims) != 2:
            raise ValueError(f"The rank of the input tensor should be 2. Got {len(dims)} instead.")
        if dims[1] is None:
            raise ValueError(
                "The last dimension of the inputs to `RandomFourierFeatures` should be defined. "
                "Found `None`."
            )
        self.input_spec = InputSpec(ndim=2, axes={1: dims[1]})
        shape = (dims[1], self.output_dim)
        kernel = self.add_weight(
            "unscaled_random_features", shape, initializer=self._drawn(shape), trainable=False
        )
        self.bias = self.add_weight(
            "random_features_bias",
            (self.output_dim,),
            initializer=tf.random_uniform_initializer(0.0, 2 * math.pi),
            trainable=False,
        )
        if self.scale is None:
            self.scale = math.sqrt(dims[1] / 2.0) if self._kind == "gaussian" else 1.0
        scale = self.add_weight(
            "random_features_scale",
            (1,),
            initializer=tf.constant_initializer(self.scale),
            constraint="NonNeg",
        )
        self.kernel = (1.0 / scale) * kernel
        self.built = True

    @property
    def _kind(self) -> str | None:
        named = isinstance(self.kernel_initializer, str)
        return self.kernel_initializer.lower() if named else None

    def _drawn(self, shape: tuple[int, ...]) -> Any:
        """Return what draws the kernel."""
        if self._kind == "gaussian":
            return tf.random_normal_initializer(stddev=1.0)
        if self._kind == "laplacian":
            chances = np.random.uniform(size=shape)
            return tf.constant_initializer(np.tan(np.pi * (chances - 0.5)))
        return self.kernel_initializer

    def call(self, inputs: Any) -> Any:
        """Return the features, [batch, output_dim]."""
        products = tf.matmul(tf.cast(inputs, tf.float32), self.kernel)
        return tf.cos(tf.nn.bias_add(products, self.bias))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return [batch, output_dim].

        Raises:
          ValueError: the last size of the inputs is not known.
        """
        shape = tf.TensorShape(input_shape).with_rank(2)
        if shape.as_list()[-1] is None:
            raise ValueError(
                f"The innermost dimension of input shape must be defined. Given: {shape}"
            )
        return tf.TensorShape([shape.as_list()[0], self.output_dim])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = self.kernel_initializer
        if not isinstance(own, str):
            own = initializers.serialize(own)
        config = {"output_dim": self.output_dim, "kernel_initializer": own, "scale": self.scale}
        return {**super().get_config(), **config}
