"""Bijectors made of others, of functions, and of the order of entries.

Source: TensorFlow 1.15, contrib/distributions/python/ops/bijectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tensormill.distributions.bijectors.base import Bijector, static_event_ndims
from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank, reshape, size
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.filling import zeros
from tensormill.ops.gathering import gather
from tensormill.ops.joining import concat
from tensormill.ops.transposition import invert_permutation

__all__ = ["Chain", "ConditionalBijector", "Inline", "Invert", "Permute", "Reshape"]


class ConditionalBijector(Bijector):
    """The base of bijectors whose methods take further arguments, by name."""


def _least_event_ndims(bijectors: Sequence[Bijector], is_forward: bool) -> int:
    """Return the least number of dimensions that events must have before a chain of maps."""
    least = adjusted = 0
    for each in reversed(bijectors) if is_forward else bijectors:
        before, after = each.forward_min_event_ndims, each.inverse_min_event_ndims
        if not is_forward:
            before, after = after, before
        least += max(before - adjusted, 0)
        adjusted = max(before, adjusted) - (before - after)
    return least


class Chain(Bijector):
    """One map after the other; the last of the list comes first.

    Args:
      bijectors: the maps.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      NotImplementedError: one of them is not injective.
      ValueError: their dtypes differ.
    """

    def __init__(
        self,
        bijectors: Sequence[Bijector] | None = None,
        validate_args: bool = False,
        name: str | None = None,
    ) -> None:
        self._bijectors = () if bijectors is None else bijectors
        for each in self._bijectors:
            if not each._is_injective:
                raise NotImplementedError(
                    f"Invert is not implemented for non-injective bijector ({each.name})"
                )
        found = {each.dtype for each in self._bijectors} - {None}
        if len(found) > 1:
            raise ValueError(f"incompatible dtypes: {list(found)}")
        names = ["chain", *(each.name for each in self._bijectors)]
        super().__init__(
            graph_parents=[parent for each in self._bijectors for parent in each.graph_parents],
            forward_min_event_ndims=_least_event_ndims(self._bijectors, is_forward=True),
            inverse_min_event_ndims=_least_event_ndims(self._bijectors, is_forward=False),
            is_constant_jacobian=all(each.is_constant_jacobian for each in self._bijectors),
            validate_args=validate_args,
            dtype=next(iter(found), None),
            name=name or ("_of_".join(names) if self._bijectors else "identity"),
        )

    @property
    def bijectors(self) -> Any:
        """The maps."""
        return self._bijectors

    def _forward_event_shape(self, input_shape: Any) -> Any:
        for each in reversed(self.bijectors):
            input_shape = each.forward_event_shape(input_shape)
        return input_shape

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        for each in reversed(self.bijectors):
            input_shape = each.forward_event_shape_tensor(input_shape)
        return input_shape

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        for each in self.bijectors:
            output_shape = each.inverse_event_shape(output_shape)
        return output_shape

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        for each in self.bijectors:
            output_shape = each.inverse_event_shape_tensor(output_shape)
        return output_shape

    def _forward(self, x: Any, **kwargs: Any) -> Any:
        for each in reversed(self.bijectors):
            x = each.forward(x, **kwargs.get(each.name, {}))
        return x

    def _inverse(self, y: Any, **kwargs: Any) -> Any:
        for each in self.bijectors:
            y = each.inverse(y, **kwargs.get(each.name, {}))
        return y

    def _inverse_log_det_jacobian(self, y: Any, **kwargs: Any) -> Any:
        y = convert_to_tensor(y, name="y")
        total: Any = cast(0.0, y.dtype.base_dtype)
        event = _Event(y, self.inverse_min_event_ndims)
        for each in self.bijectors:
            others = kwargs.get(each.name, {})
            total = total + each.inverse_log_det_jacobian(y, event_ndims=event.ndims, **others)
            event.follow(each.inverse_event_shape, each.inverse_event_shape_tensor)
            y = each.inverse(y, **others)
        return total

    def _forward_log_det_jacobian(self, x: Any, **kwargs: Any) -> Any:
        x = convert_to_tensor(x, name="x")
        total: Any = cast(0.0, x.dtype.base_dtype)
        event = _Event(x, self.forward_min_event_ndims)
        for each in reversed(self.bijectors):
            others = kwargs.get(each.name, {})
            total = total + each.forward_log_det_jacobian(x, event_ndims=event.ndims, **others)
            event.follow(each.forward_event_shape, each.forward_event_shape_tensor)
            x = each.forward(x, **others)
        return total


class _Event:
    """The shape of an event on its way through a chain of maps."""

    def __init__(self, value: Tensor, ndims: int) -> None:
        self.ndims: Any = ndims
        dims = value.dims
        self._is_static = dims is not None and None not in dims
        if dims is not None and self._is_static:
            self._shape: Any = list(dims)[len(dims) - ndims :]
        else:
            self._shape = shape_of(value)[rank(value) - ndims :]

    def follow(self, static: Callable[[Any], Any], dynamic: Callable[[Any], Any]) -> None:
        if self._is_static:
            self._shape = static(self._shape)
            self.ndims = self._shape.ndims
            return
        self._shape = dynamic(self._shape)
        count = size(self._shape)
        known = static_event_ndims(count)
        self.ndims = count if known is None else known


class Invert(Bijector):
    """The inverse of a map as a map.

    Args:
      bijector: the map.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      NotImplementedError: the map is not injective.
    """

    def __init__(
        self, bijector: Bijector, validate_args: bool = False, name: str | None = None
    ) -> None:
        if not bijector._is_injective:
            raise NotImplementedError("Invert is not implemented for non-injective bijectors.")
        self._bijector = bijector
        super().__init__(
            graph_parents=bijector.graph_parents,
            forward_min_event_ndims=bijector.inverse_min_event_ndims,
            inverse_min_event_ndims=bijector.forward_min_event_ndims,
            is_constant_jacobian=bijector.is_constant_jacobian,
            validate_args=validate_args,
            dtype=bijector.dtype,
            name=name or f"invert_{bijector.name}",
        )

    @property
    def bijector(self) -> Bijector:
        """The map that is inverted."""
        return self._bijector

    def _forward_event_shape(self, input_shape: Any) -> Any:
        return self.bijector._inverse_event_shape(input_shape)

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        return self.bijector._inverse_event_shape_tensor(input_shape)

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        return self.bijector._forward_event_shape(output_shape)

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        return self.bijector._forward_event_shape_tensor(output_shape)

    def _forward(self, x: Any, **kwargs: Any) -> Any:
        return self.bijector._inverse(x, **kwargs)

    def _inverse(self, y: Any, **kwargs: Any) -> Any:
        return self.bijector._forward(y, **kwargs)

    def _inverse_log_det_jacobian(self, y: Any, **kwargs: Any) -> Any:
        return self.bijector._forward_log_det_jacobian(y, **kwargs)

    def _forward_log_det_jacobian(self, x: Any, **kwargs: Any) -> Any:
        return self.bijector._inverse_log_det_jacobian(x, **kwargs)


class Inline(Bijector):
    """A map made of functions.

    Args:
      forward_fn: the map.
      inverse_fn: its inverse.
      inverse_log_det_jacobian_fn: how much the inverse stretches.
      forward_log_det_jacobian_fn: how much the map stretches.
      forward_event_shape_fn: the static shape of the image of an event; the same if None.
      forward_event_shape_tensor_fn: likewise, in the step.
      inverse_event_shape_fn: the static shape of an event, given that of its image.
      inverse_event_shape_tensor_fn: likewise, in the step.
      is_constant_jacobian: as for `Bijector`, like the others.
      validate_args: likewise.
      forward_min_event_ndims: likewise.
      inverse_min_event_ndims: likewise.
      name: the name of the nodes.
    """

    def __init__(
        self,
        forward_fn: Any = None,
        inverse_fn: Any = None,
        inverse_log_det_jacobian_fn: Any = None,
        forward_log_det_jacobian_fn: Any = None,
        forward_event_shape_fn: Any = None,
        forward_event_shape_tensor_fn: Any = None,
        inverse_event_shape_fn: Any = None,
        inverse_event_shape_tensor_fn: Any = None,
        is_constant_jacobian: bool = False,
        validate_args: bool = False,
        forward_min_event_ndims: int | None = None,
        inverse_min_event_ndims: int | None = None,
        name: str = "inline",
    ) -> None:
        super().__init__(
            forward_min_event_ndims=forward_min_event_ndims,
            inverse_min_event_ndims=inverse_min_event_ndims,
            is_constant_jacobian=is_constant_jacobian,
            validate_args=validate_args,
            name=name,
        )
        self._functions = {
            "forward_fn": forward_fn,
            "inverse_fn": inverse_fn,
            "inverse_log_det_jacobian_fn": inverse_log_det_jacobian_fn,
            "forward_log_det_jacobian_fn": forward_log_det_jacobian_fn,
        }
        self._shapes = {
            "forward": forward_event_shape_fn,
            "forward_tensor": forward_event_shape_tensor_fn,
            "inverse": inverse_event_shape_fn,
            "inverse_tensor": inverse_event_shape_tensor_fn,
        }

    def _called(self, name: str, value: Any, kwargs: dict[str, Any]) -> Any:
        if not callable(self._functions[name]):
            raise NotImplementedError(f"{name} is not a callable function.")
        return self._functions[name](value, **kwargs)

    def _shaped(self, name: str, shape: Any) -> Any:
        return shape if self._shapes[name] is None else self._shapes[name](shape)

    def _forward_event_shape(self, input_shape: Any) -> Any:
        return self._shaped("forward", input_shape)

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        return self._shaped("forward_tensor", input_shape)

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        return self._shaped("inverse", output_shape)

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        return self._shaped("inverse_tensor", output_shape)

    def _forward(self, x: Any, **kwargs: Any) -> Any:
        return self._called("forward_fn", x, kwargs)

    def _inverse(self, y: Any, **kwargs: Any) -> Any:
        return self._called("inverse_fn", y, kwargs)

    def _inverse_log_det_jacobian(self, y: Any, **kwargs: Any) -> Any:
        return self._called("inverse_log_det_jacobian_fn", y, kwargs)

    def _forward_log_det_jacobian(self, x: Any, **kwargs: Any) -> Any:
        return self._called("forward_log_det_jacobian_fn", x, kwargs)


class Permute(Bijector):
    """Another order of the entries of vectors.

    Args:
      permutation: a vector of the numbers 0, 1, ... in the new order.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      TypeError: it is not of integers.
      ValueError: a number is missing, or there twice.
    """

    def __init__(
        self, permutation: Any, validate_args: bool = False, name: str | None = None
    ) -> None:
        with name_scope(name, "permute", values=[permutation]):
            self._permutation = convert_to_tensor(permutation, name="permutation")
        if not self._permutation.dtype.is_integer:
            raise TypeError(
                f"permutation.dtype ({self._permutation.dtype.name}) should be `int`-like."
            )
        known = constant_value(self._permutation)
        if known is not None and sorted(known.tolist()) != list(range(known.size)):
            raise ValueError(
                "Permutation over `d` must contain exactly one of each of `{0, 1, ..., d}`."
            )
        super().__init__(
            forward_min_event_ndims=1,
            is_constant_jacobian=True,
            validate_args=validate_args,
            name=name or "permute",
        )

    @property
    def permutation(self) -> Any:
        """The new order."""
        return self._permutation

    def _forward(self, x: Any) -> Any:
        return gather(x, self.permutation, axis=-1)

    def _inverse(self, y: Any) -> Any:
        # The op refuses what is no permutation.
        return gather(y, invert_permutation(self.permutation), axis=-1)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return constant(0.0, dtype=y.dtype.base_dtype)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return constant(0.0, dtype=x.dtype.base_dtype)


class Reshape(Bijector):
    """Another shape of events.

    Args:
      event_shape_out: the shape after the map; one size may be -1.
      event_shape_in: the shape before it; likewise.
      validate_args: whether arguments are checked in the step.
      name: the name of the nodes.

    Raises:
      TypeError: a shape is not of integers.
      ValueError: a shape is no vector.
    """

    def __init__(
        self,
        event_shape_out: Any,
        event_shape_in: Any = (-1,),
        validate_args: bool = False,
        name: str | None = None,
    ) -> None:
        with name_scope(name, "reshape", values=[event_shape_out, event_shape_in]):
            self._out = convert_to_tensor(
                event_shape_out, name="event_shape_out", preferred_dtype=dtypes.int32
            )
            self._in = convert_to_tensor(
                event_shape_in, name="event_shape_in", preferred_dtype=dtypes.int32
            )
        for shape in (self._out, self._in):
            _check_shape(shape)
        super().__init__(
            forward_min_event_ndims=0,
            is_constant_jacobian=True,
            validate_args=validate_args,
            name=name or "reshape",
        )

    def _reshaped(self, x: Tensor, before: Tensor, after: Tensor) -> Tensor:
        known, dims = constant_value(before), x.dims
        count = None if not before.dims else before.dims[0]
        if known is not None and dims is not None and None not in dims[len(dims) - known.size :]:
            own = np.array(dims[len(dims) - known.size :])
            if not np.array_equal(own[known >= 0], known[known >= 0]):
                raise ValueError(
                    f"Input `event_shape` does not match `event_shape_in` ({own} vs {known})."
                )
        if count is not None and dims is not None and len(dims) == count:
            return reshape(x, after)
        kept = shape_of(x)[: rank(x) - (shape_of(before)[0] if count is None else count)]
        return reshape(x, concat([kept, after], axis=0))

    def _forward(self, x: Any) -> Any:
        return self._reshaped(x, self._in, self._out)

    def _inverse(self, y: Any) -> Any:
        return self._reshaped(y, self._out, self._in)

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        return constant(0.0, dtype=y.dtype)

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        return constant(0.0, dtype=x.dtype)

    def _forward_event_shape(self, input_shape: Any) -> Any:
        return self._forward(zeros(input_shape)).get_shape()

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        return self._inverse(zeros(output_shape)).get_shape()

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        return shape_of(self._forward(zeros(input_shape)))

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        return shape_of(self._inverse(zeros(output_shape)))


def _check_shape(shape: Tensor) -> None:
    if not shape.dtype.is_integer:
        raise TypeError(f"{shape} dtype ({shape.dtype.name}) should be `int`-like.")
    if shape.dims is not None and len(shape.dims) > 1:
        raise ValueError(f"`{shape}` rank ({len(shape.dims)}) should be <= 1.")
