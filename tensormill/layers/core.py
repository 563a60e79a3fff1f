"""Dense layers, dropout and flattening.

Source: TensorFlow 1.15, python/layers/core.py and python/keras/layers/core.py.
"""

from __future__ import annotations

import math
from typing import Any

from tensormill.graph.dtypes import float32
from tensormill.graph.shapes import TensorShape, as_dims, with_rank_at_least
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.graph.tensor import Tensor
from tensormill.layers.arguments import activation_function, data_format_name
from tensormill.layers.base import InputSpec, Layer
from tensormill.layers.learning_phase import learning_phase
from tensormill.ops import dropout as dropout_ops
from tensormill.ops.array_shapes import reshape
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.identities import identity
from tensormill.ops.matrix_multiplication import matmul
from tensormill.ops.normalization import bias_add
from tensormill.ops.smart_cond import smart_cond
from tensormill.ops.sparse_math import sparse_tensor_dense_matmul
from tensormill.ops.tensor_contraction import tensordot
from tensormill.ops.transposition import transpose
from tensormill.variables.initializers import Zeros

__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]


class Dense(Layer):
    """`activation(inputs * kernel + bias)`, along the last axis.

    Args:
      units: the number of outputs.
      activation: a function, or None.
      use_bias: whether there is a bias.
      kernel_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      bias_initializer: zeros by default.
      kernel_regularizer: a function of the kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      kernel_constraint: what optimizers apply to the kernel after an update.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      **kwargs: `dtype`, and what the functional form passes on.
    """

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = None,
        bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        trainable: bool = True,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            trainable=trainable, name=name, activity_regularizer=activity_regularizer, **kwargs
        )
        self.units = int(units)
        self.activation = activation_function(activation)
        self.use_bias = use_bias
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self.kernel_regularizer = kernel_regularizer
        self.bias_regularizer = bias_regularizer
        self.kernel_constraint = kernel_constraint
        self.bias_constraint = bias_constraint
        self.kernel: Any = None
        self.bias: Any = None
        self.input_spec = InputSpec(min_ndim=2)

    def build(self, input_shape: Any) -> None:
        """Make the kernel, [inputs, units], and the bias, [units].

        Raises:
          TypeError: the dtype is of no floating or complex numbers.
          ValueError: the last dimension of the input is not known.
        """
        dtype = float32 if self._dtype is None else self._dtype
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(f"Unable to build `Dense` layer with non-floating point dtype {dtype}")
        dims = with_rank_at_least(as_dims(input_shape), 1)
        depth = None if dims is None else dims[-1]
        if depth is None:
            raise ValueError(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: depth})
        self.kernel = self.add_weight(
            "kernel",
            shape=[depth, self.units],
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                "bias",
                shape=[self.units],
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.built = True

    def call(self, inputs: Any) -> Tensor:  # type: ignore[override]
        """Return the outputs, [..., units]; sparse inputs have rank 2."""
        dims = as_dims(inputs.get_shape())
        assert dims is not None
        if len(dims) > 2:
            outputs = tensordot(inputs, self.kernel, [[len(dims) - 1], [0]])
            outputs.set_shape((*dims[:-1], self.units))
        elif isinstance(inputs, SparseTensor):
            outputs = sparse_tensor_dense_matmul(inputs, self.kernel)
        else:
            outputs = matmul(inputs, self.kernel)
        if self.use_bias:
            outputs = bias_add(outputs, self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the input's shape with `units` as its last size."""
        dims = as_dims(input_shape)
        assert dims is not None
        return TensorShape.from_dims((*dims[:-1], self.units))


def dense(
    inputs: Any,
    units: int,
    activation: Any = None,
    use_bias: bool = True,
    kernel_initializer: Any = None,
    bias_initializer: Any = Zeros(),  # noqa: B008 - it has no state
    kernel_regularizer: Any = None,
    bias_regularizer: Any = None,
    activity_regularizer: Any = None,
    kernel_constraint: Any = None,
    bias_constraint: Any = None,
    trainable: bool = True,
    name: Any = None,
    reuse: Any = None,
) -> Tensor:
    """Return `activation(inputs * kernel + bias)` with new variables; see `Dense`.

    Args:
      inputs: [..., depth].
      units: the number of outputs.
      activation: a function, or None.
      use_bias: whether there is a bias.
      kernel_initializer: by default that of the variable scope, or glorot_uniform_initializer.
      bias_initializer: zeros by default.
      kernel_regularizer: a function of the kernel that gives a loss.
      bias_regularizer: a function of the bias that gives a loss.
      activity_regularizer: a function of the output that gives a loss.
      kernel_constraint: what optimizers apply to the kernel after an update.
      bias_constraint: what they apply to the bias.
      trainable: whether optimizers change the variables.
      name: the name of the variable scope.
      reuse: whether to use the variables that another layer of this name has.
    """
    layer = Dense(
        units,
        activation=activation,
        use_bias=use_bias,
        kernel_initializer=kernel_initializer,
        bias_initializer=bias_initializer,
        kernel_regularizer=kernel_regularizer,
        bias_regularizer=bias_regularizer,
        activity_regularizer=activity_regularizer,
        kernel_constraint=kernel_constraint,
        bias_constraint=bias_constraint,
        trainable=trainable,
        name=name,
        _scope=name,
        _reuse=reuse,
    )
    return layer.apply(inputs)


class Dropout(Layer):
    """Sets entries to zero at random in training, and scales the others up.

    Args:
      rate: the probability that an entry is dropped.
      noise_shape: the shape of the random choices, which are broadcast to the input's.
      seed: makes the choices repeatable.
      name: the name of the scope.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self,
        rate: Any = 0.5,
        noise_shape: Any = None,
        seed: int | None = None,
        name: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed

    def _noise_shape(self, inputs: Tensor) -> Any:
        if self.noise_shape is None:
            return None
        sizes = shape_of(inputs)
        return [sizes[axis] if size is None else size for axis, size in enumerate(self.noise_shape)]

    def call(self, inputs: Tensor, training: Any = False) -> Tensor:  # type: ignore[override]
        """Return the inputs with some entries dropped if `training`.

        Args:
          inputs: floats.
          training: a bool or a bool tensor; None for the learning phase of Keras.
        """
        if training is None:
            training = learning_phase()

        def drop() -> Tensor:
            return dropout_ops.dropout(
                inputs, noise_shape=self._noise_shape(inputs), seed=self.seed, rate=self.rate
            )

        return smart_cond(training, drop, lambda: identity(inputs))

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return the input's shape."""
        return TensorShape.from_dims(as_dims(input_shape))


def dropout(
    inputs: Any,
    rate: Any = 0.5,
    noise_shape: Any = None,
    seed: int | None = None,
    training: Any = False,
    name: Any = None,
) -> Tensor:
    """Set entries to zero at random if `training`, and scale the others up.

    Args:
      inputs: floats.
      rate: the probability that an entry is dropped.
      noise_shape: the shape of the random choices, which are broadcast to the input's.
      seed: makes the choices repeatable.
      training: a bool or a bool tensor; without it nothing is dropped.
      name: the name of the scope.
    """
    layer = Dropout(rate, noise_shape=noise_shape, seed=seed, name=name)
    return layer.apply(inputs, training=training)


class Flatten(Layer):
    """Makes each example a vector.

    Args:
      data_format: "channels_last" (the default) or "channels_first", whose channels are moved last.
      **kwargs: as in `Layer`.
    """

    def __init__(self, data_format: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format_name(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Tensor) -> Tensor:  # type: ignore[override]
        """Return the inputs as [batch, n]."""
        dims = as_dims(inputs.get_shape())
        assert dims is not None
        if self.data_format == "channels_first" and len(dims) > 1:
            inputs = transpose(inputs, [0, *range(2, len(dims)), 1])
        batch = dims[0] or shape_of(inputs)[0]
        outputs = reshape(inputs, (batch, -1))
        outputs.set_shape(self.compute_output_shape(dims))
        return outputs

    def compute_output_shape(self, input_shape: Any) -> TensorShape:
        """Return [batch, n], n unknown where a size is."""
        dims = as_dims(input_shape)
        assert dims is not None
        rest = dims[1:]
        size = None if None in rest else math.prod(rest)  # type: ignore[arg-type]
        return TensorShape.from_dims((dims[0], size))


def flatten(inputs: Any, name: Any = None, data_format: str = "channels_last") -> Tensor:
    """Return each example as a vector: [batch, n].

    Args:
      inputs: [batch, ...].
      name: the name of the scope.
      data_format: "channels_last", or "channels_first", whose channels are moved last.
    """
    return Flatten(name=name, data_format=data_format).apply(inputs)
