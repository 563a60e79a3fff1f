"""`Tensor`: one output of an operation, a place in the graph through which values flow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tensormill.graph import autograph_status
from tensormill.graph.dtypes import DType
from tensormill.graph.object_identity import Reference
from tensormill.graph.operators import OperatorOverloads
from tensormill.graph.shapes import Dims, TensorShape, as_dims, merge_dims
from tensormill.graph.stacks import get_default_session

if TYPE_CHECKING:
    from tensormill.graph.graph import Graph
    from tensormill.graph.operation import Operation

__all__ = [
    "OperatorNotAllowedInGraphError",
    "Tensor",
    "TensorLike",
    "is_dense_tensor_like",
    "is_tensor",
    "session_for",
]


class OperatorNotAllowedInGraphError(TypeError):
    """Python asks for the value of a tensor, which it has only while a step runs."""


class TensorLike:
    """What `tf.is_tensor` accepts: tensors, variables, sparse tensors."""

    __slots__ = ()


class Tensor(OperatorOverloads, TensorLike):
    """The output `value_index` of the operation `op`.

    Attributes:
      op: the operation that produces the tensor.
      value_index: which of its outputs it is.
      dtype: the dtype; a `_ref` dtype for a reference to a mutable buffer.
      dims: the static shape as a tuple of sizes, None where unknown; None for an unknown rank.
    """

    __slots__ = (
        # Programs keep notes of their own on tensors (`tensor.aliases = [...]`).
        "__dict__",
        "__weakref__",
        "_consumers",
        "_handle_data",
        "_keras_mask",
        "assign",
        "dims",
        "dtype",
        "op",
        "value_index",
    )
    assign: Callable[..., Tensor]
    """Writes to the slice; set on slices of variables only."""
    __array_priority__ = 100

    def __init__(self, op: Operation, value_index: int, dtype: DType, dims: Dims = None) -> None:
        self.op = op
        self.value_index = value_index
        self.dtype = dtype
        self.dims = dims
        self._consumers: list[Operation] | None = None
        self._handle_data: Any = None

    @property
    def _value_index(self) -> int:
        return self.value_index

    @property
    def graph(self) -> Graph:
        """The graph that holds the tensor."""
        return self.op.graph

    @property
    def name(self) -> str:
        """`"operation:index"`."""
        return f"{self.op.name}:{self.value_index}"

    @property
    def device(self) -> str:
        """The device that the producing operation asks for."""
        return self.op.device

    @property
    def shape(self) -> TensorShape:
        """The static shape."""
        return TensorShape.from_dims(self.dims)

    def get_shape(self) -> TensorShape:
        """Return the static shape."""
        return TensorShape.from_dims(self.dims)

    def set_shape(self, shape: Any) -> None:
        """Merge `shape` into the static shape.

        Raises:
          ValueError: the two are incompatible.
        """
        self.dims = merge_dims(self.dims, as_dims(shape))

    def _shape_tuple(self) -> Dims:
        return self.dims

    def _shape_as_list(self) -> list[int | None] | None:
        return None if self.dims is None else list(self.dims)

    @property
    def _shape(self) -> TensorShape:
        return TensorShape.from_dims(self.dims)

    def _rank(self) -> int | None:
        return None if self.dims is None else len(self.dims)

    def consumers(self) -> list[Operation]:
        """Return the operations that take this tensor as an input, one entry an input."""
        return list(self._consumers) if self._consumers else []

    def eval(self, feed_dict: Any = None, session: Any = None) -> Any:
        """Run the tensor in `session`, or in the default session, and return its value.

        Raises:
          ValueError: there is no session to run it in, or it runs another graph.
        """
        return session_for(self, session).run(self, feed_dict)

    def experimental_ref(self) -> Reference:
        """Return what stands for the tensor itself in sets and dictionaries."""
        return Reference(self)

    def _as_node_def_input(self) -> str:
        return self.name.removesuffix(":0")

    def _as_tf_output(self) -> tuple[str, int]:
        return (self.op.name, self.value_index)

    def __iter__(self) -> Iterator[Any]:
        raise OperatorNotAllowedInGraphError(
            autograph_status.refusal(
                "iterating over `tf.Tensor`",
                "It has no value while the graph is built. Use `tf.unstack` for the list of its "
                "slices, or `tf.map_fn` to call a function for each of them.",
            )
        )

    def __len__(self) -> int:
        raise TypeError(
            f"len is not well defined for a symbolic Tensor ({self.name}). Please call `x.shape` "
            "rather than `len(x)` for shape information."
        )

    def __bool__(self) -> bool:
        raise OperatorNotAllowedInGraphError(
            autograph_status.refusal(
                "using a `tf.Tensor` as a Python `bool`",
                "Use `if t is not None:` instead of `if t:` to test if a tensor is defined, and "
                "use TensorFlow ops such as tf.cond to execute subgraphs conditioned on the value "
                "of a tensor.",
            )
        )

    __nonzero__ = __bool__

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise NotImplementedError(
            f"Cannot convert a symbolic tf.Tensor ({self.name}) to a numpy array. This error may "
            "indicate that you're trying to pass a Tensor to a NumPy call, which is not supported."
        )

    def __copy__(self) -> Tensor:
        return self

    def __str__(self) -> str:
        shape = f", shape={TensorShape.from_dims(self.dims)}" if self.dims is not None else ""
        device = f", device={self.device}" if self.device else ""
        return f'Tensor("{self.name}"{shape}, dtype={self.dtype.name}{device})'

    def __repr__(self) -> str:
        return f"<tf.Tensor '{self.name}' shape={self.shape} dtype={self.dtype.name}>"


def session_for(element: Any, session: Any) -> Any:
    """Return the session in which to run a tensor or operation: the given one, or the default one.

    Raises:
      ValueError: there is none, or it runs another graph.
    """
    verb, kind, method = (
        ("evaluate", "tensor", "eval")
        if isinstance(element, Tensor)
        else ("execute", "operation", "run")
    )
    if session is None:
        session = get_default_session()
        which = "the default session"
        hint = f" Pass an explicit session to `{method}(session=sess)`."
        if session is None:
            raise ValueError(
                f"Cannot {verb} {kind} using `{method}()`: No default session is registered. Use "
                f"`with sess.as_default()` or pass an explicit session to `{method}(session=sess)`"
            )
    else:
        which, hint = "the given session", ""
    if session.graph is not element.graph:
        raise ValueError(
            f"Cannot use {which} to {verb} {kind}: the {kind}'s graph is different from the "
            "session's "
            f"graph.{hint}"
        )
    return session


def is_tensor(x: Any) -> bool:
    """Return whether `x` stands for a tensor: a tensor, variable, or sparse tensor."""
    return isinstance(x, TensorLike)


def is_dense_tensor_like(value: Any) -> bool:
    """Return whether `value` is a tensor or a variable (not a sparse tensor)."""
    return isinstance(value, TensorLike) and not getattr(value, "is_composite", False)
