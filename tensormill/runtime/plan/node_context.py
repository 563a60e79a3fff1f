"""What kernels are told of a node when a plan is made."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import torch

from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.graph.shapes import Dims
from tensormill.runtime.node import Node

__all__ = ["NodeContext", "attr_parameters", "node_context"]


@dataclass(slots=True)
class NodeContext:
    """The `KernelContext` of one node."""

    node_name: str
    op_type: str
    attrs: dict[str, Any]
    input_dims: list[Dims]
    output_dims: list[Dims]
    input_dtypes: list[DType]
    output_dtypes: list[DType]
    torch_device: torch.device
    resources: Any
    session_handle: str
    constants: dict[str, Any] = field(default_factory=dict)
    device_name: str = ""
    find_function: Callable[[FunctionRef], Any] | None = None
    input_names: tuple[str, ...] = ()

    def constant(self, name: str) -> np.ndarray[Any, Any] | None:
        """Return the value of an input that is a constant in the plan, or None."""
        return self.constants.get(name)

    def function(self, ref: FunctionRef) -> Any:
        """Return a function of the graph, compiled when it is first called."""
        assert self.find_function is not None
        return self.find_function(ref)


def node_context(
    node: Node,
    torch_device: torch.device,
    resources: Any,
    session_handle: str,
    find_function: Callable[[FunctionRef], Any] | None = None,
) -> NodeContext:
    """Return what a kernel factory sees of a node."""
    return NodeContext(
        node.name,
        node.op_type,
        node.attrs,
        [source.output_dims[i] for source, i in node.inputs],
        node.output_dims,
        [source.output_dtypes[i] for source, i in node.inputs],
        node.output_dtypes,
        torch_device,
        resources,
        session_handle,
        _constant_inputs(node),
        node.device,
        find_function,
        tuple(source.name for source, _ in node.inputs),
    )


def _constant_inputs(node: Node) -> dict[str, Any]:
    found = {}
    at = 0
    for arg in node.op_def.inputs:
        if not arg.is_list:
            source = node.inputs[at][0]
            if source.op_type == "Const":
                found[arg.name] = source.attrs["value"].array
        at += arg.count(node.attrs)
    return found


@cache
def _keyword_only(function: Callable[..., Any]) -> tuple[str, ...]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


_NO_ATTRS = frozenset({"step", "done", "may_change", "alone"})


@cache
def attr_parameters(function: Callable[..., Any]) -> tuple[tuple[str, ...], bool]:
    """Return the attributes that a kernel takes by name, and whether it takes the step."""
    module = getattr(function, "__module__", None) or ""
    foreign = isinstance(function, np.ufunc) or module.startswith(("torch", "_operator", "numpy"))
    names = () if foreign else _keyword_only(function)
    return tuple(n for n in names if n not in _NO_ATTRS), "step" in names
