"""Resources of a graph that need to be made before they are used, as variables do.

Source: TensorFlow 1.15, python/ops/resources.py.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import add_to_collection, device, get_collection, name_scope
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import no_op
from tensormill.ops.elementwise_unary import logical_not
from tensormill.ops.grids import boolean_mask
from tensormill.ops.grouping import group
from tensormill.ops.joining import stack

__all__ = [
    "initialize_resources",
    "local_resources",
    "register_resource",
    "report_uninitialized_resources",
    "shared_resources",
]

_REPORTING_DEVICE = "TF_DEVICE_FOR_UNINITIALIZED_VARIABLE_REPORTING"


class _Resource(NamedTuple):
    handle: Any
    create: Any
    is_initialized: Any


def register_resource(
    handle: Any, create_op: Any, is_initialized_op: Any, is_shared: bool = True
) -> None:
    """Let a resource be made with the variables of the graph.

    Args:
      handle: the tensor that stands for it.
      create_op: makes it.
      is_initialized_op: a tensor that says whether it is made.
      is_shared: the workers share it.
    """
    key = GraphKeys.RESOURCES if is_shared else GraphKeys.LOCAL_RESOURCES
    add_to_collection(key, _Resource(handle, create_op, is_initialized_op))


def shared_resources() -> list[Any]:
    """Return the resources that the workers share."""
    return get_collection(GraphKeys.RESOURCES)


def local_resources() -> list[Any]:
    """Return the resources of this worker alone."""
    return get_collection(GraphKeys.LOCAL_RESOURCES)


def report_uninitialized_resources(
    resource_list: list[Any] | None = None, name: str = "report_uninitialized_resources"
) -> Tensor:
    """Return a 1-D string tensor with the names of the resources that are not made yet."""
    if resource_list is None:
        resource_list = shared_resources() + local_resources()
    with name_scope(name), device(os.environ.get(_REPORTING_DEVICE, "/cpu:0")):
        if not resource_list:
            return constant([], dtype=dtypes.string)
        missing = logical_not(stack([resource.is_initialized for resource in resource_list]))
        names = constant([resource.handle.name for resource in resource_list])
        return boolean_mask(names, missing)


def initialize_resources(resource_list: list[Any], name: str = "init") -> Operation:
    """Return an operation that makes resources."""
    if resource_list:
        return group(*[resource.create for resource in resource_list], name=name)
    nothing: Operation = no_op(name=name)
    return nothing
