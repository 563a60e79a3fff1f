"""Layers that make one tensor of several.

Source: TensorFlow 1.15, python/keras/layers/merge.py.
"""

from __future__ import annotations

import functools
from typing import Any

import tensormill.api as tf
from tensormill.keras.backend.tensors import batch_dot
from tensormill.keras.engine.layer import Layer

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class _Merge(Layer):
    """The base of these layers."""

    _is_elementwise = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape: Any) -> None:
        """Refuse what is not several inputs.

        Raises:
          ValueError: there are fewer than two.
        """
        if not isinstance(input_shape, (list, tuple)):
            raise ValueError("A merge layer should be called on a list of inputs.")
        if len(input_shape) < 2:
            raise ValueError(
                "A merge layer should be called on a list of at least 2 inputs. Got "
                f"{len(input_shape)} inputs."
            )
        shapes = [tf.TensorShape(shape) for shape in input_shape]
        batches = {shape.as_list()[0] for shape in shapes if shape.ndims}
        if len(batches - {None}) > 1:
            raise ValueError(
                "Can not merge tensors with different batch sizes. Got tensors with shapes : "
                f"{input_shape}"
            )
        if self._is_elementwise:
            inner = [tuple(shape.as_list()[1:]) if shape.ndims else None for shape in shapes]
            functools.reduce(_broadcast_shape, inner)
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the merged inputs, their ranks made equal."""
        rank = max(each.get_shape().ndims for each in inputs)
        spread = []
        for each in inputs:
            for _ in range(rank - each.get_shape().ndims):
                each = tf.expand_dims(each, 1)
            spread.append(each)
        return self._merged(spread)

    def _merged(self, inputs: list[Any]) -> Any:
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return where no input is masked.

        Raises:
          ValueError: there is not a mask, or None, for each input.
        """
        if mask is None:
            return None
        _check_masks(inputs, mask)
        masks = [tf.cast(each, tf.bool) for each in mask if each is not None]
        return functools.reduce(tf.logical_and, masks) if masks else None


def _broadcast_shape(shape1: Any, shape2: Any) -> Any:
    """Return the shape of what an elementwise operation gives, None where it is not known.

    Raises:
      ValueError: there is none.
    """
    if shape1 is None or shape2 is None:
        return None
    if len(shape1) < len(shape2):
        shape1, shape2 = shape2, shape1
    if not shape2:
        return shape1
    made = list(shape1[: -len(shape2)])
    for size, other in zip(shape1[-len(shape2) :], shape2, strict=True):
        if size is None or other is None:
            made.append(None)
        elif size != other and 1 not in (size, other):
            raise ValueError(
                f"Operands could not be broadcast together with shapes {shape1} {shape2}"
            )
        else:
            made.append(other if size == 1 else size)
    return tuple(made)


def _check_masks(inputs: Any, mask: Any) -> None:
    for name, value in (("mask", mask), ("inputs", inputs)):
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"`{name}` should be a list.")
    if len(mask) != len(inputs):
        raise ValueError("The lists `inputs` and `mask` should have the same length.")


class Add(_Merge):
    """The sum."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(lambda x, y: x + y, inputs)


class Subtract(_Merge):
    """The difference of two."""

    def _merged(self, inputs: list[Any]) -> Any:
        if len(inputs) != 2:
            raise ValueError("A `Subtract` layer should be called on exactly 2 inputs")
        return inputs[0] - inputs[1]


class Multiply(_Merge):
    """The product."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(lambda x, y: x * y, inputs)


class Average(_Merge):
    """The mean."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(lambda x, y: x + y, inputs) / len(inputs)


class Maximum(_Merge):
    """The greatest values."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(tf.maximum, inputs)


class Minimum(_Merge):
    """The smallest values."""

    def _merged(self, inputs: list[Any]) -> Any:
        return functools.reduce(tf.minimum, inputs)


class Concatenate(_Merge):
    """The inputs joined along an axis."""

    def __init__(self, axis: int = -1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axis = axis

    def build(self, input_shape: Any) -> None:
        """Refuse inputs that cannot be joined.

        Raises:
          ValueError: there are fewer than two, or their shapes differ elsewhere.
        """
        if not isinstance(input_shape, (list, tuple)) or len(input_shape) < 2:
            raise ValueError(
                "A `Concatenate` layer should be called on a list of at least 2 inputs"
            )
        shapes = [tf.TensorShape(shape) for shape in input_shape]
        if all(shape.ndims is not None for shape in shapes):
            rest = [shape.as_list() for shape in shapes]
            for sizes in rest:
                del sizes[self.axis]
            if any(sizes != rest[0] for sizes in rest):
                raise ValueError(
                    "A `Concatenate` layer requires inputs with matching shapes except for the "
                    f"concat axis. Got inputs shapes: {input_shape}"
                )
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return the joined inputs."""
        axis = self.axis % inputs[0].get_shape().ndims
        return tf.concat(list(inputs), axis)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return the joined masks."""
        if mask is None:
            return None
        _check_masks(inputs, mask)
        if all(each is None for each in mask):
            return None
        masks = []
        for tensor, own in zip(inputs, mask, strict=True):
            if own is None:
                masks.append(tf.ones_like(tensor, dtype=tf.bool))
            elif own.get_shape().ndims < tensor.get_shape().ndims:
                spread = tf.expand_dims(tf.cast(own, tf.bool), -1)
                masks.append(tf.logical_and(spread, tf.ones_like(tensor, dtype=tf.bool)))
            else:
                masks.append(tf.cast(own, tf.bool))
        joined = tf.concat(masks, self.axis % inputs[0].get_shape().ndims)
        return tf.reduce_all(joined, axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "axis": self.axis}


class Dot(_Merge):
    """The products of the elements of two batches over axes."""

    def __init__(self, axes: Any, normalize: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(axes, int):
            if not isinstance(axes, (list, tuple)):
                raise TypeError("Invalid type for `axes` - should be a list or an int.")
            if len(axes) != 2:
                raise ValueError("Invalid format for `axes` - should contain two elements.")
            if not all(isinstance(axis, int) for axis in axes):
                raise ValueError('Invalid format for `axes` - list elements should be "int".')
        self.axes = axes
        self.normalize = normalize

    def build(self, input_shape: Any) -> None:
        """Refuse inputs whose sizes along the axes differ.

        Raises:
          ValueError: they differ, or there are not two inputs.
        """
        if not isinstance(input_shape, (list, tuple)) or len(input_shape) != 2:
            raise ValueError("A `Dot` layer should be called on a list of 2 inputs.")
        shapes = [tf.TensorShape(shape) for shape in input_shape]
        if all(shape.ndims is not None for shape in shapes):
            first, second = (shape.as_list() for shape in shapes)
            axes = self._axes(len(first), len(second))
            if first[axes[0]] != second[axes[1]]:
                raise ValueError(
                    f"Dimension incompatibility {first[axes[0]]} != {second[axes[1]]}. Layer "
                    f"shapes: {first}, {second}"
                )
        self.built = True

    def _axes(self, *ranks: int) -> list[int]:
        """Return the axis of each input, from 0."""
        axes = [self.axes] * 2 if isinstance(self.axes, int) else self.axes
        return [axis % rank if axis < 0 else axis for axis, rank in zip(axes, ranks, strict=True)]

    def call(self, inputs: Any) -> Any:
        """Return the products."""
        x, y = inputs
        axes = self._axes(x.get_shape().ndims, y.get_shape().ndims)
        if self.normalize:
            x, y = tf.nn.l2_normalize(x, axis=axes[0]), tf.nn.l2_normalize(y, axis=axes[1])
        return batch_dot(x, y, axes)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return None."""
        return None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "axes": self.axes, "normalize": self.normalize}


def add(inputs: Any, **kwargs: Any) -> Any:
    """Return the sum of the inputs."""
    return Add(**kwargs)(inputs)


def subtract(inputs: Any, **kwargs: Any) -> Any:
    """Return the difference of two inputs."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs: Any, **kwargs: Any) -> Any:
    """Return the product of the inputs."""
    return Multiply(**kwargs)(inputs)


def average(inputs: Any, **kwargs: Any) -> Any:
    """Return the mean of the inputs."""
    return Average(**kwargs)(inputs)


def maximum(inputs: Any, **kwargs: Any) -> Any:
    """Return the greatest values of the inputs."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs: Any, **kwargs: Any) -> Any:
    """Return the smallest values of the inputs."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs: Any, axis: int = -1, **kwargs: Any) -> Any:
    """Return the inputs joined along an axis."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs: Any, axes: Any, normalize: bool = False, **kwargs: Any) -> Any:
    """Return the products of the elements of two batches over axes."""
    return Dot(axes=axes, normalize=normalize, **kwargs)(inputs)
