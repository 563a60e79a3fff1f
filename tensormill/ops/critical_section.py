"""`tf.CriticalSection`: a part of a graph that one step at a time executes.

Source: TensorFlow 1.15, python/ops/critical_section_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tensormill.graph import nest
from tensormill.graph.default_scopes import (
    add_to_collection,
    colocate_with,
    control_dependencies,
    get_collection,
    name_scope,
)
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.grouping import group
from tensormill.ops.grouping import tuple_of as joined
from tensormill.ops.identities import identity
from tensormill.ops.mutexes import consume_mutex_lock_op, mutex_lock_op, mutex_v2_op

__all__ = ["CRITICAL_SECTIONS", "CRITICAL_SECTION_EXECUTIONS", "CriticalSection"]

CRITICAL_SECTIONS = "critical_sections"
CRITICAL_SECTION_EXECUTIONS = "critical_section_executions"


@dataclass(frozen=True, eq=False)
class _Execution:
    """One execution in a section: its lock, and the resources that it uses."""

    lock: Operation
    handle: Tensor
    resources: list[Tensor]
    is_exclusive: bool


class CriticalSection:
    """A section that one step at a time executes, whichever of its executions that is.

    Args:
      name: of the operation.
      shared_name: finds the same section in other graphs of the session.
    """

    def __init__(self, name: str | None = None, shared_name: str | None = None) -> None:
        with name_scope(name, "CriticalSection", []) as scope, control_dependencies(None):
            self._handle: Tensor = mutex_v2_op(shared_name=shared_name or scope, name=scope)
        add_to_collection(CRITICAL_SECTIONS, self)

    @property
    def name(self) -> str:
        """The name of the mutex behind it."""
        return self._handle.op.name

    def execute(
        self, fn: Callable[[], Any], exclusive_resource_access: bool = True, name: str | None = None
    ) -> Any:
        """Call `fn`, and let the operations that it makes run in the section.

        Args:
          fn: makes operations and returns tensors or operations in any structure.
          exclusive_resource_access: refuse it where another section uses the same resources.
          name: of the scope of what is made besides.

        Returns:
          What `fn` returned; to run any part of it runs all of it.

        Raises:
          ValueError: `fn` uses this section itself, or resources that another one uses.
        """
        with name_scope(name, "critical_section_execute", []):
            lock: Tensor = mutex_lock_op(self._handle)
            graph = get_default_graph()
            before = set(graph.get_operations())
            with control_dependencies([lock]):
                made = fn()
            created = [op for op in graph.get_operations() if op not in before]
            _run_arguments_first(created, lock.op)
            resources = {t for op in created for t in op.inputs if t.dtype.name == "resource"}
            if any(map(self._is_own_handle, resources)):
                raise ValueError(
                    "The function fn attempts to directly access the CriticalSection in which it "
                    "would be running.  This is illegal and would cause deadlocks."
                )
            self._check_resources(resources, exclusive_resource_access)
            flat = [_identity(item) for item in nest.flatten(made)]
            with control_dependencies([item for item in flat if item is not None]):
                with colocate_with(self._handle):
                    release = consume_mutex_lock_op.make(lock)
                # Whoever uses one of the values runs all of them.
                together = nest.pack_sequence_as(made, joined(nest.flatten(made)))
            with control_dependencies([release]):
                outputs = nest.map_structure(_identity, together)
            add_to_collection(
                CRITICAL_SECTION_EXECUTIONS,
                _Execution(lock.op, self._handle, list(resources), exclusive_resource_access),
            )
            return outputs

    def _is_own_handle(self, tensor: Tensor) -> bool:
        if tensor.op.type != "MutexV2":
            return False
        own = self._handle.op
        same_names = all(
            tensor.op.attrs[key] == own.attrs[key] for key in ("shared_name", "container")
        )
        return same_names and tensor.op.device == own.device

    def _check_resources(self, resources: set[Tensor], is_exclusive: bool) -> None:
        for other in get_collection(CRITICAL_SECTION_EXECUTIONS):
            if self._is_own_handle(other.handle) or not (is_exclusive or other.is_exclusive):
                continue
            shared = resources.intersection(other.resources)
            if shared:
                raise ValueError(
                    f"This execution would access resources: {list(shared)}.  Either this lock "
                    f"(CriticalSection: {self._handle}) or lock '{other.lock.name}' "
                    f"(CriticalSection: {other.handle}) requested exclusive resource access of "
                    "this resource.  Did you mean to call execute with keyword argument "
                    "exclusive_resource_access=False?"
                )


def _run_arguments_first(created: Iterable[Operation], lock: Operation) -> None:
    """Let what the operations need from outside run before the lock is asked for."""
    own = {*created, lock, *lock.control_inputs, *(tensor.op for tensor in lock.inputs)}
    outside: dict[Operation, None] = {}
    for op in created:
        for source in (*(tensor.op for tensor in op.inputs), *op.control_inputs):
            if source not in own:
                outside[source] = None
    if outside:
        lock._add_control_input(group(*outside))


def _identity(item: Any) -> Any:
    if isinstance(item, Operation):
        return group(item)
    return item if item is None else identity(item)
