"""`tf.TensorArray`: tensors by number, which loops read and write one at a time.

Every write gives a new `TensorArray` with a new flow, a scalar that orders what comes after it.

Source: TensorFlow 1.15, python/ops/tensor_array_ops.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph import dtypes, tf_logging
from tensormill.graph.constant_value import constant_value
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, device, name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import Dims, TensorShape, are_compatible, as_dims, merge_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.basics import identity_op
from tensormill.ops.casting import cast
from tensormill.ops.sequences import range_of
from tensormill.ops.tensor_array import (
    tensor_array_close_v3,
    tensor_array_concat_v3,
    tensor_array_gather_v3,
    tensor_array_grad_v3,
    tensor_array_read_v3,
    tensor_array_scatter_v3,
    tensor_array_size_v3,
    tensor_array_split_v3,
    tensor_array_v3,
    tensor_array_write_v3,
)

__all__ = ["TensorArray"]


class TensorArray:
    """Tensors of one dtype by number, each to be written once, that loops may carry along.

    Args:
      dtype: of the elements.
      size: how many there are; int32 scalar, needed without `handle`.
      dynamic_size: a write behind the end makes the array longer; False by default.
      clear_after_read: an element can be read once and is gone then; True by default.
      tensor_array_name: the name in messages.
      handle: an array that is there already; then none of the former arguments is allowed.
      flow: what orders the next operation after the last one; needed with `handle`.
      infer_shape: all elements must have one shape.
      element_shape: what is known of the shape of each element.
      colocate_with_first_write_call: be where the first element that is written is.
      name: the prefix of the names.

    Raises:
      ValueError: arguments that exclude each other were given, or needed ones were not.
      TypeError: `handle` is not a tensor.
    """

    def __init__(
        self,
        dtype: Any,
        size: Any = None,
        dynamic_size: bool | None = None,
        clear_after_read: bool | None = None,
        tensor_array_name: str | None = None,
        handle: Tensor | None = None,
        flow: Tensor | None = None,
        infer_shape: bool = True,
        element_shape: Any = None,
        colocate_with_first_write_call: bool = True,
        name: str | None = None,
    ) -> None:
        _check_arguments(
            handle, size, tensor_array_name, element_shape, dynamic_size, clear_after_read
        )
        self._dynamic_size = bool(dynamic_size)
        self._dtype = dtypes.as_dtype(dtype).base_dtype
        # Both lists have at most one entry and are shared by all arrays that a write made.
        self._first_written: list[Tensor] | None = [] if colocate_with_first_write_call else None
        self._element_dims: list[Dims] = [as_dims(element_shape)]
        self._infer_shape = infer_shape
        self._size = size
        with name_scope(name, "TensorArray", [handle, size, flow]) as scope:
            if handle is not None:
                if flow is None:
                    raise ValueError("flow must not be None if handle is not None.")
                self._handle, self._flow = handle, flow
                return
            options: dict[str, Any] = {
                "dtype": self._dtype,
                "element_shape": as_dims(element_shape),
                "identical_element_shapes": infer_shape,
                "dynamic_size": self._dynamic_size,
                "clear_after_read": clear_after_read is None or clear_after_read,
                "tensor_array_name": tensor_array_name or "",
                "name": scope,
            }
            if colocate_with_first_write_call:
                with device(None), colocate_with(None, ignore_existing=True):
                    self._handle, self._flow = tensor_array_v3(size, **options)
            else:
                self._handle, self._flow = tensor_array_v3(size, **options)

    @property
    def flow(self) -> Tensor:
        """The scalar that orders what comes next after what was done to the array."""
        return self._flow

    @property
    def dtype(self) -> dtypes.DType:
        """The dtype of the elements."""
        return self._dtype

    @property
    def handle(self) -> Tensor:
        """The tensor that refers to the array."""
        return self._handle

    @property
    def element_shape(self) -> TensorShape:
        """What is known of the shape of each element."""
        return TensorShape.from_dims(self._element_dims[0])

    @property
    def dynamic_size(self) -> bool:
        """Whether a write behind the end makes the array longer."""
        return self._dynamic_size

    def _component_tensors(self) -> list[Tensor]:
        return [self._flow]

    def _from_components(self, tensors: list[Tensor]) -> TensorArray:
        return self._with_flow(tensors[0])

    @staticmethod
    def _component_invariants(dims: Dims) -> list[Dims]:
        return [()]

    def _with_flow(self, flow: Tensor) -> TensorArray:
        made = TensorArray(
            self._dtype,
            handle=self._handle,
            flow=flow,
            infer_shape=self._infer_shape,
            colocate_with_first_write_call=self._first_written is not None,
        )
        made._dynamic_size = self._dynamic_size
        made._size = self._size
        made._first_written = self._first_written
        made._element_dims = self._element_dims
        return made

    def identity(self) -> TensorArray:
        """Return the same array, ordered after the control dependencies that are open."""
        return self._with_flow(identity_op(self._flow))

    def read(self, index: Any, name: str | None = None) -> Tensor:
        """Return the element with the number `index`, an int32 scalar."""
        value: Tensor = tensor_array_read_v3(
            self._handle, index, self._flow, dtype=self._dtype, name=name
        )
        value.set_shape(self._element_dims[0])
        return value

    def stack(self, name: str | None = None) -> Tensor:
        """Return all elements, which must have one shape, as a tensor [size, *element_shape]."""
        with (
            colocate_with(self._handle),
            name_scope(name, "TensorArrayStack", [self._handle]),
        ):
            value = self.gather(range_of(0, self.size()), name=name)
            element = self._element_dims[0]
            if element is not None and not self._dynamic_size and self._size is not None:
                size = self._size
                known = constant_value(size) if isinstance(size, Tensor) else size
                value.set_shape((None if known is None else int(known), *element))
            return value

    def gather(self, indices: Any, name: str | None = None) -> Tensor:
        """Return the elements with the numbers `indices`, an int32 vector, as one tensor."""
        element = self._element_dims[0]
        value: Tensor = tensor_array_gather_v3(
            self._handle,
            indices,
            self._flow,
            dtype=self._dtype,
            name=name,
            element_shape=element,
        )
        if element is not None:
            value.set_shape((None, *element))
        return value

    def concat(self, name: str | None = None) -> Tensor:
        """Return all elements joined along their first axis; their other sizes must agree."""
        element = self._element_dims[0]
        value, _ = tensor_array_concat_v3(
            self._handle,
            self._flow,
            dtype=self._dtype,
            name=name,
            element_shape_except0=None if element is None else element[1:],
        )
        if element is not None:
            rows = None
            if self._infer_shape:
                size = constant_value(self.size())
                if size is not None and element[0] is not None:
                    rows = int(size) * element[0]
            value.set_shape((rows, *element[1:]))
        result: Tensor = value
        return result

    def size(self, name: str | None = None) -> Tensor:
        """Return the number of elements, an int32 scalar."""
        if not self._dynamic_size and self._size is not None:
            return convert_to_tensor(self._size, dtype=dtypes.int32)
        size: Tensor = tensor_array_size_v3(self._handle, self._flow, name=name)
        return size

    def write(self, index: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array after `value` became the element with the number `index`.

        Raises:
          ValueError: the shape of `value` does not fit.
        """
        with name_scope(name, "TensorArrayWrite", [self._handle, index, value]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_dtype(value)
            self._note_element_dims(value.dims)
            with self._beside_first_written(value):
                flow = tensor_array_write_v3(self._handle, index, value, self._flow, name=name)
            return self._with_flow(flow)

    def unstack(self, value: Any, name: str | None = None) -> TensorArray:
        """Return the array after the rows of `value` became its elements."""
        with name_scope(name, "TensorArrayUnstack", [self._handle, value]):
            rows = shape_of(value)[0]
            return self.scatter(range_of(0, rows), value, name=name)

    def scatter(self, indices: Any, value: Any, name: str | None = None) -> TensorArray:
        """Return the array after the rows of `value` became the elements `indices`.

        Raises:
          ValueError: the shape of `value` does not fit.
        """
        with name_scope(name, "TensorArrayScatter", [self._handle, value, indices]):
            value = convert_to_tensor(value, preferred_dtype=self._dtype, name="value")
            self._check_dtype(value)
            self._note_element_dims(None if value.dims is None else value.dims[1:])
            with self._beside_first_written(value):
                flow = tensor_array_scatter_v3(self._handle, indices, value, self._flow, name=name)
            return self._with_flow(flow)

    def split(self, value: Any, lengths: Any, name: str | None = None) -> TensorArray:
        """Return the array after pieces of `value`, cut along its first axis, became its elements.

        Args:
          value: a tensor of at least one axis.
          lengths: an integer vector with the length of each piece.
          name: the prefix of the names.

        Raises:
          ValueError: the shape of `value` does not fit.
        """
        with name_scope(name, "TensorArraySplit", [self._handle, value, lengths]):
            value = convert_to_tensor(value, dtype=self._dtype, name="value")
            with self._beside_first_written(value):
                lengths = cast(lengths, dtypes.int64)
                known = constant_value(lengths)
                if value.dims and known is not None and len(set(known.tolist())) == 1:
                    self._note_element_dims((int(known[0]), *value.dims[1:]))
                flow = tensor_array_split_v3(self._handle, value, lengths, self._flow, name=name)
            return self._with_flow(flow)

    def close(self, name: str | None = None) -> Operation:
        """Return the operation that lets go of all elements."""
        operation: Operation = tensor_array_close_v3(self._handle, name=name)
        return operation

    def grad(self, source: str, flow: Tensor | None = None, name: str | None = None) -> TensorArray:
        """Return the array that sums the gradients of this array's elements.

        Args:
          source: tells apart the calls of `tf.gradients`, which have an array each.
          flow: what the new array is made after; by default the flow of this array.
          name: the prefix of the names.
        """
        if flow is None:
            flow = self._flow
        with (
            name_scope(name, "TensorArrayGrad", [self._handle]),
            colocate_with(self._handle),
        ):
            handle, _ = tensor_array_grad_v3(self._handle, flow, source=source, name=name)
            with control_dependencies([handle]):
                flow = identity_op(flow, name="gradient_flow")
            made = TensorArray(
                self._dtype,
                handle=handle,
                flow=flow,
                infer_shape=self._infer_shape,
                colocate_with_first_write_call=False,
            )
            made._element_dims = self._element_dims
            return made

    def _check_dtype(self, value: Tensor) -> None:
        if value.dtype.base_dtype != self._dtype:
            tf_logging.error(
                "Error: Input value %s has dtype %s, but expected dtype %s. This leads to "
                "undefined behavior and will be an error in future versions of TensorFlow.",
                value,
                value.dtype,
                self._dtype,
            )

    def _note_element_dims(self, dims: Dims) -> None:
        """Refuse an element of another shape; let what is known of it be known of all."""
        known = self._element_dims[0]
        if not are_compatible(known, dims):
            raise ValueError(
                f"Inconsistent shapes: saw {TensorShape.from_dims(dims)} but expected "
                f"{TensorShape.from_dims(known)} "
            )
        if self._infer_shape:
            self._element_dims[0] = merge_dims(known, dims)

    @contextmanager
    def _beside_first_written(self, value: Tensor) -> Iterator[None]:
        first = self._first_written
        if first is None:
            yield
            return
        if not first:
            first.append(value)
        with colocate_with(first[0]):
            yield


def _check_arguments(
    handle: Any,
    size: Any,
    tensor_array_name: Any,
    element_shape: Any,
    dynamic_size: Any,
    clear_after_read: Any,
) -> None:
    if handle is None:
        if size is None:
            raise ValueError("Argument `size` must be provided if handle is not provided.")
        return
    if tensor_array_name:
        raise ValueError(
            "Cannot provide both `handle` and `tensor_array_name` arguments at the same time."
        )
    if not isinstance(handle, Tensor):
        raise TypeError(
            f"Expected `handle` to be a Tensor, but got `{handle}` of type `{type(handle)}` "
            "instead."
        )
    others = (
        ("size", size),
        ("element_shape", element_shape),
        ("dynamic_size", dynamic_size),
        ("clear_after_read", clear_after_read),
    )
    for name, value in others:
        if value is not None:
            article = "a `handle`" if name == "size" else "`handle`"
            raise ValueError(
                f"Cannot provide both {article} and `{name}` arguments at the same time."
            )
