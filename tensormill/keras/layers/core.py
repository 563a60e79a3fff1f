"""Dense layers, dropout, and layers that change shapes.

Source: TensorFlow 1.15, python/keras/layers/core.py.
"""

from __future__ import annotations

import math
import sys
import types
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.keras import activations, constraints, initializers, regularizers
from tensormill.keras.backend.networks import in_train_phase
from tensormill.keras.engine.layer import InputSpec, Layer
from tensormill.keras.layers.settings import WeightSettings
from tensormill.keras.objects import deserialize_keras_object
from tensormill.keras.utils.functions import func_dump, func_load

__all__ = [
    "Activation",
    "ActivityRegularization",
    "Dense",
    "Dropout",
    "Flatten",
    "Lambda",
    "Masking",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]


class Dense(WeightSettings, Layer):
    """`activation(inputs * kernel + bias)`, along the last axis."""

    def __init__(
        self, units: int, activation: Any = None, use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform", bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None, bias_regularizer: Any = None,
        activity_regularizer: Any = None, kernel_constraint: Any = None,
        bias_constraint: Any = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        if "input_shape" not in kwargs and "input_dim" in kwargs:
            kwargs["input_shape"] = (kwargs.pop("input_dim"),)
        super().__init__(activity_regularizer=regularizers.get(activity_regularizer), **kwargs)
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.supports_masking = True
        self.input_spec = InputSpec(min_ndim=2)
        self.kernel: Any = None
        self.bias: Any = None

    def build(self, input_shape: Any) -> None:
        """Make the kernel, [inputs, units], and the bias, [units].

        Raises:
          ValueError: the last size of the input is not known.
        """
        dtype = tf.as_dtype(self.dtype or "float32")
        if not (dtype.is_floating or dtype.is_complex):
            raise TypeError(
                f"Unable to build `Dense` layer with non-floating point dtype {self.dtype}"
            )
        dims = tf.TensorShape(input_shape).as_list()
        if dims[-1] is None:
            raise ValueError(
                "The last dimension of the inputs to `Dense` should be defined. Found `None`."
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: dims[-1]})
        self.kernel = self.add_kernel("kernel", (dims[-1], self.units))
        if self.use_bias:
            self.bias = self.add_bias((self.units,))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the outputs, [..., units]."""
        inputs = tf.cast(inputs, self.dtype) if inputs.dtype.name != self.dtype else inputs
        dims = inputs.get_shape().as_list()
        if len(dims) > 2:
            outputs = tf.tensordot(inputs, self.kernel, [[len(dims) - 1], [0]])
            outputs.set_shape([*dims[:-1], self.units])
        else:
            outputs = tf.matmul(inputs, self.kernel)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, self.bias)
        return self.activation(outputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input with `units` as its last size."""
        return tf.TensorShape([*tf.TensorShape(input_shape).as_list()[:-1], self.units])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        config = {"units": self.units, "activation": activations.serialize(self.activation)}
        return {**super().get_config(), **config, **self.weight_config()}


class Activation(Layer):
    """Applies an activation."""

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.activation = activations.get(activation)

    def call(self, inputs: Any) -> Any:
        """Return the activations."""
        return self.activation(inputs)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "activation": activations.serialize(self.activation)}


class Dropout(Layer):
    """Sets a share of the inputs to 0 in training, and scales the others up."""

    def __init__(
        self, rate: Any, noise_shape: Any = None, seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.noise_shape = noise_shape
        self.seed = seed
        self.supports_masking = True

    def _get_noise_shape(self, inputs: Any) -> Any:
        if self.noise_shape is None:
            return None
        actual = tf.shape(inputs)
        return [
            actual[axis] if size is None else size for axis, size in enumerate(self.noise_shape)
        ]

    def call(self, inputs: Any, training: Any = None) -> Any:
        """Return the inputs, in training with some set to 0."""

        def dropped() -> Any:
            shape = self._get_noise_shape(inputs)
            return tf.nn.dropout(inputs, rate=self.rate, noise_shape=shape, seed=self.seed)

        return in_train_phase(dropped, lambda: tf.identity(inputs), training=training)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return tf.TensorShape(input_shape)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        own = {"rate": self.rate, "noise_shape": self.noise_shape, "seed": self.seed}
        return {**super().get_config(), **own}


class _SpatialDropout(Dropout):
    """Sets whole channels to 0."""

    _rank = 1

    def __init__(self, rate: Any, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(rate, **kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(ndim=self._rank + 2)

    def _get_noise_shape(self, inputs: Any) -> Any:
        actual = tf.shape(inputs)
        if self.data_format == "channels_first":
            return [actual[0], actual[1], *[1] * self._rank]
        return [actual[0], *[1] * self._rank, actual[self._rank + 1]]


class SpatialDropout1D(_SpatialDropout):
    """Sets whole channels of sequences to 0."""


class SpatialDropout2D(_SpatialDropout):
    """Sets whole channels of images to 0."""

    _rank = 2


class SpatialDropout3D(_SpatialDropout):
    """Sets whole channels of volumes to 0."""

    _rank = 3


class Flatten(Layer):
    """Puts all axes but that of the batch into one."""

    def __init__(self, data_format: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.data_format = data_format or "channels_last"
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, inputs: Any) -> Any:
        """Return [batch, all else]."""
        rank = inputs.get_shape().ndims
        if self.data_format == "channels_first" and rank is not None and rank > 1:
            inputs = tf.transpose(inputs, [0, *range(2, rank), 1])
        dims = inputs.get_shape().as_list()
        known = None if None in dims[1:] else int(np.prod(dims[1:]))
        outputs = tf.reshape(inputs, (dims[0] or tf.shape(inputs)[0], -1))
        outputs.set_shape([dims[0], known])
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "data_format": self.data_format}


class Reshape(Layer):
    """Gives elements another shape; -1 stands for what is left."""

    def __init__(self, target_shape: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.target_shape = tuple(target_shape)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs.

        Raises:
          ValueError: the elements do not have as many entries.
        """
        dims = tf.TensorShape(input_shape).as_list()
        if self.target_shape.count(-1) > 1:
            raise ValueError("Can only specify one unknown dimension.")
        if None in dims[1:]:
            target = [None if size == -1 else size for size in self.target_shape]
            return tf.TensorShape([dims[0], *target])
        given = math.prod(size for size in dims[1:] if size is not None)
        known = math.prod(size for size in self.target_shape if size != -1)
        fits = known != 0 and given % known == 0 if -1 in self.target_shape else given == known
        if not fits:
            raise ValueError("total size of new array must be unchanged")
        target = [given // known if size == -1 else size for size in self.target_shape]
        return tf.TensorShape([dims[0], *target])

    def call(self, inputs: Any) -> Any:
        """Return the elements in their new shape."""
        dims = inputs.get_shape().as_list()
        target = list(self.target_shape)
        if -1 in target and None not in dims[1:]:
            rest = -int(np.prod(target)) or 1
            target[target.index(-1)] = int(np.prod(dims[1:])) // rest
        outputs = tf.reshape(inputs, (tf.shape(inputs)[0], *target))
        outputs.set_shape([dims[0], *(None if size == -1 else size for size in target)])
        return outputs

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "target_shape": self.target_shape}


class Permute(Layer):
    """Gives the axes of elements another order, counted from 1."""

    def __init__(self, dims: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(dims) != list(range(1, len(dims) + 1)):
            raise ValueError(
                f"Invalid permutation `dims` for Permute Layer: {dims}. The set of indices in "
                "`dims` must be consecutive and start from 1."
            )
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, inputs: Any) -> Any:
        """Return the elements with their axes in the new order."""
        return tf.transpose(inputs, perm=(0, *self.dims))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "dims": self.dims}


class RepeatVector(Layer):
    """Makes [batch, n, depth] of [batch, depth]."""

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.n = n
        self.input_spec = InputSpec(ndim=2)

    def call(self, inputs: Any) -> Any:
        """Return the repeated vectors."""
        return tf.tile(tf.expand_dims(inputs, 1), [1, self.n, 1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "n": self.n}


class Lambda(Layer):
    """Applies a function of the program.

    Args:
      function: the function of the inputs.
      output_shape: the shape of an element of the output, where it would not be known.
      mask: the mask of the output, or a function of (inputs, mask) that gives it.
      arguments: further arguments of the function.
      **kwargs: as in `Layer`.
    """

    def __init__(
        self, function: Any, output_shape: Any = None, mask: Any = None, arguments: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.function = function
        self.arguments = dict(arguments or {})
        self.mask = mask
        self._output_shape = output_shape
        self.supports_masking = mask is not None
        names = getattr(getattr(function, "__code__", None), "co_varnames", ())
        count = getattr(getattr(function, "__code__", None), "co_argcount", 0)
        self._parameters = set(names[:count])

    def _takes(self, argument: str) -> bool:
        return argument in self._parameters

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """Return what the function gives."""
        arguments = dict(self.arguments)
        for name, value in (("mask", mask), ("training", training)):
            if name in self._parameters and name not in arguments:
                arguments[name] = value
        outputs = self.function(inputs, **arguments)
        return outputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the outputs: as it was said, else found by a call."""
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            made = self._output_shape(input_shape)
            return [tf.TensorShape(s) for s in made] if _is_nested(made) else tf.TensorShape(made)
        first = input_shape[0] if _is_nested(input_shape) else input_shape
        batch = tf.TensorShape(first).as_list()[0]
        given = self._output_shape
        if _is_nested(given):
            return [tf.TensorShape([batch, *shape]) for shape in given]
        return tf.TensorShape([batch, *given])

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the mask of the outputs."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor; Python functions as their code."""
        function, kind, module = _written(self.function)
        shape, shape_kind, shape_module = _written(self._output_shape)
        config = {
            **super().get_config(),
            "function": function, "module": module, "function_type": kind,
            "output_shape": shape, "output_shape_type": shape_kind,
            "output_shape_module": shape_module,
        }  # fmt: skip
        if self.mask is not None:
            config["mask"], config["mask_type"], config["mask_module"] = _written(self.mask)
        return {**config, "arguments": self.arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        """Return the layer of these settings.

        The code of a function is run when the layer is called: load only what you trust.
        """
        config = dict(config)
        for role, module in (
            ("function", "module"), ("output_shape", "output_shape_module"),
            ("mask", "mask_module"),
        ):  # fmt: skip
            if role in config:
                kind = config.pop(f"{role}_type", "raw")
                config[role] = _read(config[role], kind, config.pop(module, None), custom_objects)
        arrays = config.get("arguments") or {}
        for key, value in arrays.items():
            if isinstance(value, dict) and value.get("type") == "ndarray":
                arrays[key] = np.array(value["value"])
        return cls(**config)


def _written(value: Any) -> tuple[Any, str, Any]:
    """Return a function or another setting as plain data, of which kind, and its module."""
    if isinstance(value, types.FunctionType):
        return func_dump(value), "lambda", value.__module__
    if callable(value):
        return value.__name__, "function", getattr(value, "__module__", None)
    return value, "raw", None


def _read(value: Any, kind: str, module: Any, custom_objects: Any) -> Any:
    """Return what `_written` wrote.

    Raises:
      TypeError: there is no such kind.
    """
    if kind == "lambda":
        known = getattr(sys.modules.get(module), "__dict__", {})
        return func_load(value, globs={**globals(), **known, **(custom_objects or {})})
    if kind == "function" or (kind == "raw" and isinstance(value, str)):
        return deserialize_keras_object(value, custom_objects=custom_objects)
    if kind == "raw":
        return tuple(value) if isinstance(value, list) else value
    raise TypeError("Unknown function type:", kind)


def _is_nested(shape: Any) -> bool:
    """Return whether something is several shapes."""
    return isinstance(shape, (list, tuple)) and any(
        isinstance(each, (list, tuple, tf.TensorShape)) for each in shape
    )


class ActivityRegularization(Layer):
    """Adds a loss of its inputs."""

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(activity_regularizer=regularizers.L1L2(l1=l1, l2=l2), **kwargs)
        self.supports_masking = True
        self.l1 = l1
        self.l2 = l2

    def call(self, inputs: Any) -> Any:
        """Return the inputs."""
        return tf.identity(inputs)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "l1": self.l1, "l2": self.l2}


class Masking(Layer):
    """Masks the steps of time whose entries all have one value."""

    def __init__(self, mask_value: Any = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True
        self.mask_value = mask_value

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where an entry has another value."""
        return tf.reduce_any(tf.not_equal(inputs, self.mask_value), axis=-1)

    def call(self, inputs: Any) -> Any:
        """Return the inputs, 0 where they are masked."""
        kept = tf.reduce_any(tf.not_equal(inputs, self.mask_value), axis=-1, keepdims=True)
        return inputs * tf.cast(kept, inputs.dtype)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "mask_value": self.mask_value}
