"""Variables, their values and functions of placeholders, as Keras has them.

Source: TensorFlow 1.15, python/keras/backend.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import tensormill.api as tf
from tensormill.graph import nest
from tensormill.keras.backend.state import floatx, get_session, track_variable

__all__ = [
    "Function",
    "batch_get_value",
    "batch_set_value",
    "constant",
    "count_params",
    "eval",
    "function",
    "get_value",
    "get_variable_shape",
    "gradients",
    "int_shape",
    "is_keras_tensor",
    "is_placeholder",
    "is_sparse",
    "moving_average_update",
    "ndim",
    "placeholder",
    "print_tensor",
    "set_value",
    "stop_gradient",
    "to_dense",
    "update",
    "update_add",
    "update_sub",
    "variable",
]


def variable(value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None) -> Any:
    """Return a variable with an initial value; `get_session` initialises it."""
    made = tf.Variable(
        value,
        dtype=tf.as_dtype(dtype or floatx()),
        name=name,
        constraint=constraint,
        use_resource=True,
    )
    track_variable(made)
    return made


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """Return a constant, in `floatx` by default."""
    return tf.constant(value, dtype=dtype or floatx(), shape=shape, name=name or "Const")


def placeholder(
    shape: Any = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Any:
    """Return a placeholder of a shape, or of a rank.

    Args:
      shape: the shape, None for sizes that are not known.
      ndim: the rank, where there is no shape.
      dtype: the dtype; `floatx` by default.
      sparse: whether it is a sparse tensor.
      name: the name.
      ragged: whether it is a ragged tensor, in every dimension whose size is not known.

    Raises:
      ValueError: it is to be both sparse and ragged.
    """
    if sparse and ragged:
        raise ValueError("Cannot set both sparse and ragged to True when creating a placeholder.")
    if shape is None and ndim is not None:
        shape = (None,) * ndim
    if ragged:
        rank = next((i for i in reversed(range(len(shape))) if shape[i] is None), 0)
        return tf.ragged.placeholder(dtype or floatx(), rank, shape[rank + 1 :], name=name)
    if sparse:
        return tf.sparse_placeholder(dtype or floatx(), shape=shape, name=name)
    return tf.placeholder(dtype or floatx(), shape=shape, name=name)


def is_placeholder(x: Any) -> bool:
    """Return whether a tensor is a placeholder."""
    return isinstance(x, tf.Tensor) and x.op.type == "Placeholder"


def is_keras_tensor(x: Any) -> bool:
    """Return whether a tensor comes from a layer of Keras or from `Input`.

    Raises:
      ValueError: it is no tensor.
    """
    if not isinstance(x, (tf.Tensor, tf.Variable, tf.SparseTensor)):
        raise ValueError(
            f"Unexpectedly found an instance of type `{type(x)}`. Expected a symbolic tensor "
            "instance."
        )
    return hasattr(x, "_keras_history")


def is_sparse(tensor: Any) -> bool:
    """Return whether a tensor is sparse."""
    return isinstance(tensor, tf.SparseTensor)


def to_dense(tensor: Any) -> Any:
    """Return a sparse tensor as a dense one, others as they are."""
    return tf.sparse_tensor_to_dense(tensor) if is_sparse(tensor) else tensor


def int_shape(x: Any) -> tuple[int | None, ...] | None:
    """Return the static shape as a tuple, None where the rank is not known."""
    shape = x.get_shape()
    return None if shape.ndims is None else tuple(shape.as_list())


def ndim(x: Any) -> int | None:
    """Return the number of axes, None where it is not known."""
    return x.get_shape().ndims


def get_variable_shape(x: Any) -> Any:
    """Return the static shape."""
    return int_shape(x)


def count_params(x: Any) -> int:
    """Return the number of entries of a variable."""
    return int(np.prod(x.get_shape().as_list()))


def eval(x: Any) -> Any:
    """Return the value of a tensor or variable."""
    return get_value(to_dense(x))


def get_value(x: Any) -> Any:
    """Return the value of a variable or tensor; arrays and numbers as they are."""
    if not isinstance(x, (tf.Tensor, tf.Variable)):
        return x
    return x.eval(session=get_session((x,)))


def batch_get_value(tensors: Sequence[Any]) -> list[Any]:
    """Return the values of several variables in one step."""
    return list(get_session(tensors).run(list(tensors))) if tensors else []


def set_value(x: Any, value: Any) -> None:
    """Set a variable."""
    batch_set_value([(x, value)])


def batch_set_value(tuples: Sequence[tuple[Any, Any]]) -> None:
    """Set several variables in one step, from pairs (variable, value)."""
    if not tuples:
        return
    ops, feeds = [], {}
    for target, value in tuples:
        array = np.asarray(value, dtype=target.dtype.base_dtype.as_numpy_dtype)
        if not hasattr(target, "_keras_assignment"):
            with target.graph.as_default(), tf.control_dependencies(None):
                given = tf.placeholder(target.dtype.base_dtype, shape=[None] * array.ndim)
                target._keras_assignment = (given, target.assign(given).op)
        given, op = target._keras_assignment
        ops.append(op)
        feeds[given] = array
    get_session(ops).run(ops, feed_dict=feeds)


def update(x: Any, new_x: Any) -> Any:
    """Return the assignment of a new value."""
    return tf.assign(x, new_x)


def update_add(x: Any, increment: Any) -> Any:
    """Return the addition to a variable."""
    return tf.assign_add(x, increment)


def update_sub(x: Any, decrement: Any) -> Any:
    """Return the subtraction from a variable."""
    return tf.assign_sub(x, decrement)


def moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    """Return the update of a moving average that starts at its initial value."""
    with tf.name_scope("AssignMovingAvg") as scope, tf.colocate_with(x):
        decay = tf.cast(1.0 - momentum, x.dtype.base_dtype, name="decay")
        return tf.assign_sub(x, (x - tf.cast(value, x.dtype.base_dtype)) * decay, name=scope)


def print_tensor(x: Any, message: str = "") -> Any:
    """Return a tensor that is printed whenever it is computed."""
    return tf.Print(x, [x], message)


def gradients(loss: Any, variables: Any) -> list[Any]:
    """Return the gradients of a loss by variables."""
    return tf.gradients(loss, variables)


def stop_gradient(variables: Any) -> Any:
    """Return tensors that count as constants for gradients; of a list, a list."""
    if isinstance(variables, (list, tuple)):
        return [tf.stop_gradient(each) for each in variables]
    return tf.stop_gradient(variables)


class Function:
    """A step of the session as a function of the values of placeholders.

    Args:
      inputs: the placeholders, in the structure in which values are given.
      outputs: the tensors, in the structure that the function returns.
      updates: operations that run along, or pairs (variable, new value).
      name: a name, for the reader alone.
      **session_kwargs: what `session.run` takes: `feed_dict`, `fetches`, `options`,
        `run_metadata`.

    Attributes:
      fetches: what is computed besides, and given to `fetch_callbacks`.
      fetch_callbacks: what to call with the value of a fetch.
    """

    def __init__(
        self,
        inputs: Any,
        outputs: Any,
        updates: Any = None,
        name: str | None = None,
        **session_kwargs: Any,
    ) -> None:
        self._inputs = nest.flatten(inputs)
        self._structure = outputs
        self.outputs = nest.flatten(outputs)
        self.name = name
        self.feed_dict = dict(session_kwargs.pop("feed_dict", None) or {})
        self.fetches = list(session_kwargs.pop("fetches", None) or [])
        self.fetch_callbacks: dict[Any, Any] = {}
        self.run_options = session_kwargs.pop("options", None)
        self.run_metadata = session_kwargs.pop("run_metadata", None)
        if session_kwargs:
            raise ValueError(f"Some keys in session_kwargs are not supported: {session_kwargs}")
        assignments = [
            tf.assign(*each) if isinstance(each, tuple) else each for each in updates or []
        ]
        # What is updated is updated after the outputs were computed.
        with tf.control_dependencies([each for each in self.outputs if each is not None]):
            self.updates_op = tf.group(*assignments, name="updates") if assignments else None
        self._callables: dict[Any, Any] = {}

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs for values of the inputs."""
        session = get_session(inputs if isinstance(inputs, (list, tuple)) else (inputs,))
        is_flat = isinstance(inputs, (list, tuple)) and len(inputs) == len(self._inputs)
        values = list(inputs) if is_flat else nest.flatten(inputs)
        fetches = [*self.outputs, *self.fetches]
        if self.updates_op is not None:
            fetches.append(self.updates_op)
        is_plain = not (self.feed_dict or self.run_options or self.run_metadata)
        pairs = [
            (tensor, value)
            for tensor, value in zip(self._inputs, values, strict=True)
            if value is not None
        ]
        if is_plain and all(isinstance(tensor, tf.Tensor) for tensor, _ in pairs):
            results = self._callable(session, fetches, [tensor for tensor, _ in pairs])(
                *(value for _, value in pairs)
            )
        else:
            feeds = {**self.feed_dict, **dict(pairs)}
            results = session.run(
                fetches, feed_dict=feeds, options=self.run_options, run_metadata=self.run_metadata
            )
        count = len(self.outputs)
        for fetch, value in zip(self.fetches, results[count:], strict=False):
            if fetch in self.fetch_callbacks:
                self.fetch_callbacks[fetch](value)
        return nest.pack_sequence_as(self._structure, results[:count])

    def _callable(self, session: Any, fetches: list[Any], fed: list[Any]) -> Any:
        key = (session, *(tensor.name for tensor in fed), *map(id, self.fetches))
        if key not in self._callables:
            self._callables = {key: session.make_callable(fetches, feed_list=fed)}
        return self._callables[key]


def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function:
    """Return a function of placeholders that computes outputs and runs updates."""
    return Function(inputs, outputs, updates=updates, name=name, **kwargs)
