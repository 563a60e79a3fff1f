"""`Bijector`: a map of samples with an inverse, and how much both stretch volumes.

Source: TensorFlow 1.15, python/ops/distributions/bijector_impl.py.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies, name_scope
from tensormill.graph.shapes import TensorShape, as_shape, broadcast_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import rank
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.assertions import assert_greater_equal
from tensormill.ops.filling import ones
from tensormill.ops.reduction import reduce_sum
from tensormill.ops.sequences import range_of

__all__ = ["Bijector", "static_event_ndims"]


@dataclass
class _Known:
    """What was computed for one pair of values.

    Attributes:
      x: the value before the map.
      y: the value after it.
      stretches: event_ndims -> the inverse's logarithm of the determinant.
    """

    x: Tensor | None = None
    y: Tensor | None = None
    stretches: dict[Any, Any] = field(default_factory=dict)


def static_event_ndims(event_ndims: Any) -> int | None:
    """Return a number of dimensions where it is known.

    Raises:
      ValueError: it is not a whole number.
    """
    value = np.asarray(
        constant_value(event_ndims) if isinstance(event_ndims, Tensor) else event_ndims
    )
    if value.dtype == object:
        return None
    if value.dtype.kind not in "iu":
        raise ValueError(f"Expected integer dtype, got dtype {dtypes.as_dtype(value.dtype)!r}")
    if value.ndim != 0:
        raise ValueError(f"Expected scalar value, got {value}")
    return int(value)


def _snake_case(name: str) -> str:
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z0-9])([A-Z])", r"\1_\2", name).lower()


class Bijector:
    """The base of bijectors.

    A subclass has `_forward` and `_inverse`, and one of `_forward_log_det_jacobian` and
    `_inverse_log_det_jacobian` for events of the least number of dimensions.

    Args:
      graph_parents: the tensors that it is made of.
      is_constant_jacobian: whether volumes are stretched everywhere alike.
      validate_args: whether arguments are checked in the step.
      dtype: of the values; any if None.
      forward_min_event_ndims: the least number of dimensions of a value before the map.
      inverse_min_event_ndims: of one after it; either is the other by default.
      name: the name of the nodes.

    Raises:
      ValueError: a number is negative, or neither is given.
      TypeError: a number is not an int.
    """

    def __init__(
        self,
        graph_parents: Sequence[Any] | None = None,
        is_constant_jacobian: bool = False,
        validate_args: bool = False,
        dtype: Any = None,
        forward_min_event_ndims: int | None = None,
        inverse_min_event_ndims: int | None = None,
        name: str | None = None,
    ) -> None:
        if forward_min_event_ndims is None and inverse_min_event_ndims is None:
            raise ValueError(
                "Must specify at least one of `forward_min_event_ndims` and "
                "`inverse_min_event_ndims`."
            )
        counts = {
            "forward_min_event_ndims": forward_min_event_ndims,
            "inverse_min_event_ndims": inverse_min_event_ndims,
        }
        given = next(count for count in counts.values() if count is not None)
        for role, count in counts.items():
            count = given if count is None else count
            if not isinstance(count, int):
                raise TypeError(f"Expected {role} to be of type int, got {type(count).__name__}")
            if count < 0:
                raise ValueError(f"{role} must be a non-negative integer.")
            counts[role] = count
        self._graph_parents = list(graph_parents or [])
        self._forward_min_event_ndims = counts["forward_min_event_ndims"]
        self._inverse_min_event_ndims = counts["inverse_min_event_ndims"]
        self._is_constant_jacobian = is_constant_jacobian
        self._constant_stretches: dict[int, Any] = {}
        self._validate_args = validate_args
        self._dtype = dtype
        self._from_x: dict[Any, _Known] = {}
        self._from_y: dict[Any, _Known] = {}
        self._name = name or _snake_case(type(self).__name__.lstrip("_"))
        for i, parent in enumerate(self._graph_parents):
            if not isinstance(parent, Tensor):
                raise ValueError(f"Graph parent item {i} is not a Tensor; {parent}.")

    @property
    def graph_parents(self) -> list[Any]:
        """The tensors that it is made of."""
        return self._graph_parents

    @property
    def forward_min_event_ndims(self) -> Any:
        """The least number of dimensions of a value before the map."""
        return self._forward_min_event_ndims

    @property
    def inverse_min_event_ndims(self) -> Any:
        """The least number of dimensions of a value after the map."""
        return self._inverse_min_event_ndims

    @property
    def is_constant_jacobian(self) -> bool:
        """Whether volumes are stretched everywhere alike."""
        return self._is_constant_jacobian

    @property
    def _is_injective(self) -> bool:
        """Whether no two values have the same image; else inverses are tuples."""
        return True

    @property
    def validate_args(self) -> bool:
        """Whether arguments are checked in the step."""
        return self._validate_args

    @property
    def dtype(self) -> Any:
        """The dtype of the values; None for any."""
        return self._dtype

    @property
    def name(self) -> str:
        """The name of the nodes."""
        return self._name

    @contextlib.contextmanager
    def _name_scope(self, name: str | None = None, values: Any = None) -> Iterator[str]:
        with name_scope(self._name), name_scope(name, values=values) as scope:
            yield scope

    def _checked(self, value: Any, name: str) -> Tensor:
        value = convert_to_tensor(value, name=name)
        if self.dtype is not None and self.dtype.base_dtype != value.dtype.base_dtype:
            raise TypeError(f"Input had dtype {self.dtype} but expected {value.dtype}.")
        return value

    def _forward_event_shape(self, input_shape: Any) -> Any:
        return input_shape

    def _inverse_event_shape(self, output_shape: Any) -> Any:
        return output_shape

    def _forward_event_shape_tensor(self, input_shape: Any) -> Any:
        return input_shape

    def _inverse_event_shape_tensor(self, output_shape: Any) -> Any:
        return output_shape

    def forward_event_shape(self, input_shape: Any) -> TensorShape:
        """Return the static shape of the image of an event."""
        return as_shape(self._forward_event_shape(as_shape(input_shape)))

    def inverse_event_shape(self, output_shape: Any) -> TensorShape:
        """Return the static shape of an event, given that of its image."""
        return as_shape(self._inverse_event_shape(as_shape(output_shape)))

    def forward_event_shape_tensor(
        self, input_shape: Any, name: str = "forward_event_shape_tensor"
    ) -> Tensor:
        """Return the shape of the image of an event."""
        with self._name_scope(name, [input_shape]):
            sizes = convert_to_tensor(input_shape, dtypes.int32, name="input_shape")
            return convert_to_tensor(self._forward_event_shape_tensor(sizes))

    def inverse_event_shape_tensor(
        self, output_shape: Any, name: str = "inverse_event_shape_tensor"
    ) -> Tensor:
        """Return the shape of an event, given that of its image."""
        with self._name_scope(name, [output_shape]):
            sizes = convert_to_tensor(output_shape, dtypes.int32, name="output_shape")
            return convert_to_tensor(self._inverse_event_shape_tensor(sizes))

    def _forward(self, x: Any) -> Any:
        raise NotImplementedError("forward not implemented.")

    def _inverse(self, y: Any) -> Any:
        raise NotImplementedError("inverse not implemented")

    def _forward_log_det_jacobian(self, x: Any) -> Any:
        raise NotImplementedError("forward_log_det_jacobian not implemented.")

    def _inverse_log_det_jacobian(self, y: Any) -> Any:
        raise NotImplementedError("inverse_log_det_jacobian not implemented.")

    def forward(self, x: Any, name: str = "forward", **kwargs: Any) -> Any:
        """Return the image of `x`."""
        with self._name_scope(name, [x]):
            x = self._checked(x, "x")
            if not self._is_injective:
                return self._forward(x, **kwargs)
            known = self._known(kwargs, x=x)
            if known.y is None:
                known.y = self._forward(x, **kwargs)
                self._remember(known, kwargs)
            return known.y

    def inverse(self, y: Any, name: str = "inverse", **kwargs: Any) -> Any:
        """Return what has the image `y`: a tuple where there are several such values."""
        with self._name_scope(name, [y]):
            y = self._checked(y, "y")
            if not self._is_injective:
                return self._inverse(y, **kwargs)
            known = self._known(kwargs, y=y)
            if known.x is None:
                known.x = self._inverse(y, **kwargs)
                self._remember(known, kwargs)
            return known.x

    def inverse_log_det_jacobian(
        self, y: Any, event_ndims: Any, name: str = "inverse_log_det_jacobian", **kwargs: Any
    ) -> Any:
        """Return the logarithm of how much the inverse stretches volumes at `y`.

        Args:
          y: the value.
          event_ndims: how many of its last dimensions are of one event.
          name: the name of the nodes.
          **kwargs: what the subclass takes besides.
        """
        with self._name_scope(name, [y]):
            key = _key(event_ndims)
            if key in self._constant_stretches:
                return self._constant_stretches[key]
            y = self._checked(y, "y")
            with control_dependencies(
                self._check_event_ndims(self.inverse_min_event_ndims, event_ndims)
            ):
                if not self._is_injective:
                    return self._stretches_of_fibers(y, event_ndims, kwargs)
                known = self._known(kwargs, y=y)
                if key not in known.stretches:
                    known.stretches[key] = self._inverse_stretch(known, event_ndims, kwargs)
                    self._remember(known, kwargs)
                if self.is_constant_jacobian:
                    self._constant_stretches[key] = known.stretches[key]
                return known.stretches[key]

    def forward_log_det_jacobian(
        self, x: Any, event_ndims: Any, name: str = "forward_log_det_jacobian", **kwargs: Any
    ) -> Any:
        """Return the logarithm of how much the map stretches volumes at `x`.

        Args:
          x: the value.
          event_ndims: how many of its last dimensions are of one event.
          name: the name of the nodes.
          **kwargs: what the subclass takes besides.

        Raises:
          NotImplementedError: two values may have the same image.
        """
        if not self._is_injective:
            raise NotImplementedError(
                "forward_log_det_jacobian cannot be implemented for non-injective transforms."
            )
        with (
            self._name_scope(name, [x]),
            control_dependencies(
                self._check_event_ndims(self.forward_min_event_ndims, event_ndims)
            ),
        ):
            key = _key(event_ndims)
            if key in self._constant_stretches:
                return -1.0 * self._constant_stretches[key]
            x = self._checked(x, "x")
            known = self._known(kwargs, x=x)
            if key not in known.stretches:
                known.stretches[key] = self._forward_stretch(known, event_ndims, kwargs)
                self._remember(known, kwargs)
            if self.is_constant_jacobian:
                self._constant_stretches[key] = known.stretches[key]
            return -known.stretches[key]

    def _inverse_stretch(self, known: _Known, event_ndims: Any, kwargs: dict[str, Any]) -> Any:
        try:
            stretch = self._inverse_log_det_jacobian(known.y, **kwargs)
            return self._summed(known.y, stretch, self.inverse_min_event_ndims, event_ndims)
        except NotImplementedError as error:
            x = self._inverse(known.y, **kwargs) if known.x is None else known.x
            stretch = _or(error, lambda: -self._forward_log_det_jacobian(x, **kwargs))
            known.x = x
            return self._summed(x, stretch, self.forward_min_event_ndims, event_ndims)

    def _forward_stretch(self, known: _Known, event_ndims: Any, kwargs: dict[str, Any]) -> Any:
        """Return the negative stretch of the map, which is that of the inverse at the image."""
        try:
            stretch = -self._forward_log_det_jacobian(known.x, **kwargs)
            return self._summed(known.x, stretch, self.forward_min_event_ndims, event_ndims)
        except NotImplementedError as error:
            y = self._forward(known.x, **kwargs) if known.y is None else known.y
            stretch = _or(error, lambda: self._inverse_log_det_jacobian(y, **kwargs))
            known.y = y
            return self._summed(y, stretch, self.inverse_min_event_ndims, event_ndims)

    def _stretches_of_fibers(self, y: Tensor, event_ndims: Any, kwargs: Any) -> tuple[Any, ...]:
        try:
            stretches = self._inverse_log_det_jacobian(y, **kwargs)
            least, at = self.inverse_min_event_ndims, [y] * len(stretches)
        except NotImplementedError as error:
            at = self._inverse(y, **kwargs)
            made = _or(error, lambda: [self._forward_log_det_jacobian(x, **kwargs) for x in at])
            stretches, least = [-each for each in made], self.forward_min_event_ndims
        return tuple(
            self._summed(value, each, least, event_ndims)
            for value, each in zip(at, stretches, strict=True)
        )

    def _summed(self, value: Any, stretch: Any, least: int, event_ndims: Any) -> Tensor:
        """Return stretches summed over the dimensions of an event beyond the least number."""
        ndims = static_event_ndims(event_ndims)
        count = rank(value)
        sizes = shape_of(value)[count - event_ndims : count - least]
        whole = ones(sizes, stretch.dtype) * stretch
        if ndims is None:
            return reduce_sum(whole, axis=range_of(-(event_ndims - least), 0))
        made: Tensor = reduce_sum(whole, axis=list(range(-(ndims - least), 0)))
        if value.dims is not None and stretch.dims is not None:
            own = tuple(value.dims)[len(value.dims) - ndims : len(value.dims) - least]
            joined = broadcast_dims(stretch.dims, own)
            if joined is not None:
                made.set_shape(joined[: len(joined) - (ndims - least)])
        return made

    def _check_event_ndims(self, least: int, event_ndims: Any) -> list[Any]:
        """Return what checks the number of dimensions of events in the step.

        Raises:
          ValueError: it is known to be too small.
        """
        ndims = static_event_ndims(event_ndims)
        if ndims is None:
            return [assert_greater_equal(event_ndims, least)] if self.validate_args else []
        if ndims < least:
            raise ValueError(f"event_ndims ({ndims}) must be larger than min_event_ndims ({least})")
        return []

    def _known(self, kwargs: dict[str, Any], x: Any = None, y: Any = None) -> _Known:
        table, value = (self._from_x, x) if y is None else (self._from_y, y)
        found = table.get((id(value), _frozen(kwargs)))
        return _Known(x, y) if found is None else found

    def _remember(self, known: _Known, kwargs: dict[str, Any]) -> None:
        # The record holds both values, so that their identities stay theirs.
        others = _frozen(kwargs)
        if known.x is not None:
            self._from_x[id(known.x), others] = known
        if known.y is not None:
            self._from_y[id(known.y), others] = known


def _or(first: NotImplementedError, rule: Callable[[], Any]) -> Any:
    """Return what a rule gives, or fail as the rule before it did."""
    try:
        return rule()
    except NotImplementedError:
        raise first from None


def _key(event_ndims: Any) -> Any:
    return id(event_ndims) if isinstance(event_ndims, Tensor) else int(event_ndims)


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple((key, _frozen(value[key])) for key in sorted(value))
    if isinstance(value, list | tuple):
        return tuple(_frozen(each) for each in value)
    return id(value) if isinstance(value, Tensor) else value
