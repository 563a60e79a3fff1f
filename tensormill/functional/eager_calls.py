"""`py_function`: Python functions whose operations run at once, each time a node calls them.

The function gets tensors of a graph of its own, which has a session: a tensor has a value as soon
as one is asked for. What it returns is computed with what has effects when it returns.

Source: TensorFlow 1.15, python/ops/script_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from tensormill.functional.traced import effects_in_order
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.dtypes import DType, as_dtype
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.filling import zeros
from tensormill.ops.gradients import gradients
from tensormill.ops.scripts import eager_py_func, py_func
from tensormill.session.session import Session
from tensormill.variables.base import VariableBase

__all__ = ["EagerTensor", "py_function"]


class EagerTensor(Tensor):
    """A tensor that has a value: Python may ask for it, and branch on it."""

    def numpy(self) -> Any:
        """Return the value as an array; that of a scalar as a NumPy number, or bytes."""
        graph = self.graph
        assert isinstance(graph, EagerGraph)
        value = graph.values([self])[0]
        return value[()] if isinstance(value, np.ndarray) and not value.ndim else value

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        return np.array(self.numpy(), dtype)

    def __bool__(self) -> bool:
        return bool(self.numpy())

    __nonzero__ = __bool__

    def __int__(self) -> int:
        return int(self.numpy())

    def __float__(self) -> float:
        return float(self.numpy())

    def __complex__(self) -> complex:
        return complex(self.numpy())

    def __index__(self) -> int:
        made: int = self.numpy().__index__()
        return made

    def __len__(self) -> int:
        return len(self.numpy())

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self)):
            yield self[index]

    def __format__(self, spec: str) -> str:
        return format(self.numpy(), spec)

    def __str__(self) -> str:
        return f"tf.Tensor({self.numpy()}, shape={self.shape}, dtype={self.dtype.name})"


class EagerGraph(Graph):
    """The graph of one call, with the session that computes its tensors."""

    tensor_type = EagerTensor

    def __init__(self) -> None:
        super().__init__()
        self._session: Session | None = None

    def values(self, tensors: list[Any], effects: list[Operation] | None = None) -> list[Any]:
        """Return the values of tensors, after the operations that are named have run."""
        if not effects and all(tensor.op.type == "Const" for tensor in tensors):
            return [tensor.op.attrs["value"].array for tensor in tensors]
        if self._session is None:
            self._session = Session(graph=self)
        found: list[Any] = self._session.run([tensors, effects or []])[0]
        return found

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()


class _EagerFunction:
    """What a node calls: NumPy values in, NumPy values out.

    Args:
      function: the function of the program.
      dtypes: the dtypes of its results.
      is_list: whether it returns a list of them.
    """

    def __init__(self, function: Callable[..., Any], dtypes: list[DType], is_list: bool) -> None:
        self._function = function
        self._dtypes = dtypes
        self._is_list = is_list
        self._keeps_calls = False
        self._last_call: tuple[EagerGraph, list[Any], list[Any]] | None = None

    def __call__(self, *values: Any) -> Any:
        graph = EagerGraph()
        try:
            with graph.as_default():
                inputs = [constant(value) for value in values]
                outputs = self._outputs(self._function(*inputs))
                results = graph.values(outputs, effects_in_order(graph.get_operations()))
        except BaseException:
            graph.close()
            raise
        if self._keeps_calls:
            self._last_call = (graph, inputs, outputs)
        else:
            graph.close()
        return results

    def _outputs(self, given: Any) -> list[Any]:
        if given is None:
            return []
        results = list(given) if self._is_list and isinstance(given, (list, tuple)) else [given]
        return [
            _as_output(value, dtype) for value, dtype in zip(results, self._dtypes, strict=True)
        ]

    def gradient(self, op: Operation, grads: list[Any]) -> list[Any]:
        """Return the gradients of a node that calls the function, for its inputs."""
        self._keeps_calls = True
        with control_dependencies([op]):
            made: list[Any] = py_func(
                self._gradient_values, grads, [t.dtype for t in op.input_tensors]
            )
        return made

    def _gradient_values(self, *grads: Any) -> list[Any]:
        assert self._last_call is not None
        (graph, inputs, outputs), self._last_call = self._last_call, None
        try:
            with graph.as_default():
                given = [
                    constant(grad, out.dtype) for grad, out in zip(grads, outputs, strict=True)
                ]
                found = gradients(outputs, inputs, given)
                return graph.values(
                    [
                        zeros([], tensor.dtype) if grad is None else convert_to_tensor(grad)
                        for grad, tensor in zip(found, inputs, strict=True)
                    ]
                )
        finally:
            graph.close()


def _as_output(value: Any, dtype: DType) -> Tensor:
    if isinstance(value, VariableBase):
        raise RuntimeError(
            "Attempting to return a variable from an eagerly executed py_func. Only numeric data "
            "structures like Tensors or NumPy arrays should be returned; to return the value of a "
            "variable, make sure to obtain the Tensor backing it by calling `.read_value()` on "
            f"the variable in question: {value}"
        )
    return convert_to_tensor(value, dtype)


def py_function(func: Callable[..., Any], inp: Any, Tout: Any, name: str | None = None) -> Any:
    """Call a Python function of tensors each time the node runs; its operations run at once.

    Args:
      func: the function; it gets tensors with `numpy()`, and returns one value, or a list of them.
      inp: the tensors whose values it gets.
      Tout: the dtype of its result, or a list of dtypes.
      name: the name of the node.

    Returns:
      A tensor, or a list of them where `Tout` is a list; the operation where that is empty.

    Raises:
      ValueError: `func` cannot be called.
    """
    if not callable(func):
        raise ValueError(f"Expected func to be callable, got func of type {type(func)}")
    is_list = isinstance(Tout, (list, tuple))
    dtypes = [as_dtype(each) for each in (Tout if is_list else [Tout])]
    made: list[Any] | Operation = eager_py_func(
        _EagerFunction(func, dtypes, is_list), inp, dtypes, name
    )
    return made if is_list or isinstance(made, Operation) else made[0]
