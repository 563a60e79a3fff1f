"""The body of a `Defun` while Python code builds it: what it takes from outside can be asked for.

Source: TensorFlow 1.15, python/framework/function.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph.func_graph import FuncGraph
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.identities import guarantee_const
from tensormill.variables.resource_variable import ResourceVariable

__all__ = ["DefunGraph", "get_extra_args", "get_extra_inputs", "get_extra_vars", "innermost_device"]


class DefunGraph(FuncGraph):
    """The body of a `Defun`.

    Its random seed is its own, and operations of it cannot wait for operations outside.

    Attributes:
      extra_args: the placeholders that stand for `captured`.
      extra_vars: the variables that it asked for.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, shares_collections=True, **options)
        self.seed = None
        self.extra_args: list[Tensor] = []
        self.extra_vars: list[Any] = []

    def control_dependencies(self, control_inputs: Any) -> Any:
        """Make operations of the block run after `control_inputs`, which must be in the body.

        Raises:
          ValueError: one of them is outside.
        """
        return Graph.control_dependencies(self, control_inputs)

    def _take_as_input(self, tensor: Tensor, name: str | None) -> Tensor:
        argument = super()._take_as_input(tensor, name)
        self.extra_args.append(argument)
        if not _is_guaranteed_constant(tensor):
            return argument
        with self.control_dependencies(None):
            return guarantee_const(argument)

    def take_variable(self, make: Callable[[], Any], takes_value: bool) -> Any:
        """Return a variable of the outer graph, as the body sees it.

        Args:
          make: makes or finds the variable.
          takes_value: read a resource variable outside, and hand its value in.
        """
        with self.outer_graph.as_default() as outer, outer.name_scope(None):
            variable = make()
            self.extra_vars.append(variable)
            if isinstance(variable, ResourceVariable) and takes_value:
                variable = variable.value()
        return self.capture(variable) if isinstance(variable, Tensor) else variable


def get_extra_vars() -> list[Any]:
    """Return the variables that the body being built has asked for so far, else an empty list."""
    graph = get_default_graph()
    return graph.extra_vars if isinstance(graph, DefunGraph) else []


def get_extra_inputs() -> list[Tensor]:
    """Return the tensors outside that the body being built uses so far, else an empty list."""
    graph = get_default_graph()
    return graph.captured if isinstance(graph, DefunGraph) else []


def get_extra_args() -> list[Tensor]:
    """Return what stands in the body being built for `get_extra_inputs()`."""
    graph = get_default_graph()
    return graph.extra_args if isinstance(graph, DefunGraph) else []


def innermost_device() -> Any:
    """Return the device, or device function, of the innermost open scope; None without one."""
    scopes = get_default_graph()._thread_scopes.open.devices
    if not scopes:
        return None
    return scopes[-1].name if scopes[-1].function is None else scopes[-1].function


def _is_guaranteed_constant(tensor: Tensor) -> bool:
    """Return whether a tensor is that of a GuaranteeConst, or depends on nothing else."""
    known: dict[Operation, bool] = {}
    pending = [tensor.op]
    while pending:
        op = pending[-1]
        if op.type == "GuaranteeConst" or not op.input_tensors:
            known[pending.pop()] = op.type == "GuaranteeConst"
            continue
        missing = [t.op for t in op.input_tensors if t.op not in known]
        if not missing or op in known:
            known[pending.pop()] = all(known.get(t.op, False) for t in op.input_tensors)
            continue
        known[op] = False  # what a loop carries is no constant
        pending.extend(missing)
    return known[tensor.op]
