"""`tfdbg.GradientsDebugger`: finds the gradient tensors of tensors while they are made.

Source: TensorFlow 1.15, python/debug/lib/debug_gradients.py.
"""

from __future__ import annotations

import re
import uuid
from types import TracebackType
from typing import Any

from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.debugging import (
    GRADIENT_LISTENERS,
    debug_gradient_identity_op,
    debug_gradient_ref_identity_op,
)
from tensormill.variables.base import VariableBase

__all__ = ["GradientsDebugger", "clear_gradient_debuggers", "gradient_values_from_dump"]


class GradientsDebugger:
    """Notes the gradient of each tensor that it was told to watch.

    Args:
      y_tensor: the tensor that is differentiated; it says in which graph.
    """

    def __init__(self, y_tensor: Tensor | None = None) -> None:
        self._ending = f"gradient_debug_{uuid.uuid4().hex}"
        self._y_tensor = y_tensor
        self._graph: Graph | None = None if y_tensor is None else y_tensor.graph
        self._is_active = False
        self._gradients: dict[str, Any] = {}
        GRADIENT_LISTENERS[self._ending] = self._listen

    @property
    def y_tensor(self) -> Tensor | None:
        """The tensor that is differentiated, or None."""
        return self._y_tensor

    @property
    def graph(self) -> Graph | None:
        """The graph of the gradients, or None where none is known yet."""
        return self._graph

    def __enter__(self) -> GradientsDebugger:
        self._is_active = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_active = False

    def identify_gradient(self, input_tensor: Tensor) -> Tensor:
        """Return a tensor of the same value, to be used instead, whose gradient is noted.

        Raises:
          ValueError: this debugger watches the tensor already.
        """
        is_ref = input_tensor.dtype._is_ref_dtype
        builder = debug_gradient_ref_identity_op if is_ref else debug_gradient_identity_op
        name = f"{input_tensor.op.name}_{input_tensor.value_index}/{self._ending}"
        with input_tensor.graph.as_default(), input_tensor.graph.name_scope(None):
            made: Tensor = builder(input_tensor, name=name)
        if made.op.name != name:
            raise ValueError(f"The graph already contains an op named {name}")
        return made

    def watch_gradients_by_tensors(self, graph: Graph, tensors: Any) -> GradientsDebugger:
        """Watch tensors whose consumers are there already.

        Args:
          graph: holds them.
          tensors: tensors or variables, or a list of them.

        Returns:
          The debugger, for a with-statement around what makes gradients.
        """
        listed = tensors if isinstance(tensors, list) else [tensors]
        names = "|".join(re.escape(tensor.name) for tensor in listed)
        return self.watch_gradients_by_tensor_names(graph, f"({names})$")

    def watch_gradients_by_tensor_names(
        self, graph: Graph, tensor_name_regex: str
    ) -> GradientsDebugger:
        """Watch all tensors whose names begin as a regular expression says."""
        pattern = re.compile(tensor_name_regex)
        with graph.as_default():
            watched = [
                output
                for op in graph.get_operations()
                for output in op.outputs
                if pattern.match(output.name)
            ]
            for tensor in watched:
                instead = self.identify_gradient(tensor)
                for consumer in tensor.consumers():
                    if consumer is not instead.op:
                        _replace_input(consumer, tensor, instead)
        return self

    def _listen(self, op: Operation, gradient: Any) -> None:
        if len(GRADIENT_LISTENERS) == 1 or self._is_active:
            self.register_gradient_tensor(op.input_tensors[0].name, gradient)

    def register_gradient_tensor(self, x_tensor_name: str, gradient_tensor: Any) -> None:
        """Note a gradient.

        Raises:
          ValueError: it is of another graph.
        """
        if self._graph is None:
            self._graph = gradient_tensor.graph
        elif self._graph is not gradient_tensor.graph:
            raise ValueError(
                f"The graph of the value ({gradient_tensor.graph}) is not the same as the graph "
                f"{self._graph}"
            )
        self._gradients[x_tensor_name] = gradient_tensor

    def gradient_tensor(self, x_tensor: Any) -> Any:
        """Return the gradient of a tensor, a variable, or what has that name.

        Raises:
          TypeError: it is none of these.
          LookupError: no gradient of it was made.
        """
        if not isinstance(x_tensor, (Tensor, VariableBase, str)):
            raise TypeError(
                "x_tensor must be a str or tf.Tensor or tf.Variable, but instead has type "
                f"{type(x_tensor)}"
            )
        name = x_tensor if isinstance(x_tensor, str) else x_tensor.name
        if name not in self._gradients:
            raise LookupError(
                f"This GradientsDebugger has not received any gradient tensor for x-tensor {name}"
            )
        return self._gradients[name]

    def gradient_tensors(self) -> dict[str, Any]:
        """Return all gradients by the names of the tensors."""
        return self._gradients


def _replace_input(consumer: Operation, tensor: Tensor, instead: Tensor) -> None:
    for index, given in enumerate(consumer.input_tensors):
        if given is tensor:
            consumer._update_input(index, instead)


def clear_gradient_debuggers() -> None:
    """Forget all debuggers: they are told of no more gradients."""
    GRADIENT_LISTENERS.clear()


def gradient_values_from_dump(grad_debugger: GradientsDebugger, x_tensor: Any, dump: Any) -> Any:
    """Return the values of the gradient of a tensor that a step has written.

    Args:
      grad_debugger: has the gradient.
      x_tensor: the tensor, or its name.
      dump: a DebugDumpDir.

    Raises:
      LookupError: no gradient of it was made.
      ValueError: the dump is of another graph.
    """
    if dump.python_graph and grad_debugger.graph and dump.python_graph is not grad_debugger.graph:
        raise ValueError(
            f"This GradientsDebugger instance has a graph ({grad_debugger.graph}) that differs "
            f"from the graph of the DebugDumpDir object ({dump.python_graph})."
        )
    gradient = grad_debugger.gradient_tensor(x_tensor)
    try:
        return dump.get_tensors(gradient.op.name, gradient.value_index, "DebugIdentity")
    except ValueError:  # the step did not compute it
        return []
