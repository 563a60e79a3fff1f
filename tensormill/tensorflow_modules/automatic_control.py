"""Control inputs that keep the order of a program among operations with side effects.

Source: TensorFlow 1.15, python/framework/auto_control_deps.py.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.ops.control_flow import merge
from tensormill.ops.identities import identity
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.tensorflow_modules.control_flow_facts import IsInWhileLoop

__all__ = [
    "ASYNC_STATEFUL_OPS",
    "LEGACY_RANDOM_OPS",
    "AutomaticControlDependencies",
    "automatic_control_dependencies",
    "op_is_stateful",
]

ASYNC_STATEFUL_OPS = [
    "CollectiveGather",
    "CollectiveReduce",
    "CollectiveBcastSend",
    "CollectiveBcastRecv",
    "NcclAllReduce",
]
LEGACY_RANDOM_OPS = [
    "RandomUniform",
    "RandomUniformInt",
    "RandomStandardNormal",
    "ParameterizedTruncatedNormal",
    "TruncatedNormal",
    "RandomShuffle",
    "Multinomial",
    "RandomGamma",
    "RandomGammaGrad",
    "RandomPoisson",
    "RandomPoissonV2",
]
_FREE = frozenset((*ASYNC_STATEFUL_OPS, *LEGACY_RANDOM_OPS))


def op_is_stateful(op: Operation) -> bool:
    """Return whether the order of an operation matters."""
    return op._is_stateful and op.type not in _FREE


def _context(op: Operation) -> Any:
    return op._get_control_flow_context()


class AutomaticControlDependencies:
    """A with-statement whose operations run in the order of their creation, where it matters.

    Those that use the same resource run one after the other, and so do those with other side
    effects; all of them run before what `mark_as_return` returned.

    Attributes:
      ops_which_must_run: the operations with side effects, after the block.
    """

    def __init__(self) -> None:
        self.ops_which_must_run: set[Operation] = set()
        self._returned: list[Any] = []
        self._graph: Any = None
        self._first = 0

    def mark_as_return(self, tensor: Any) -> Any:
        """Return a copy of a tensor, or of what is made of some, that waits for all operations."""
        if isinstance(tensor, (IndexedSlices, SparseTensor)):
            values, indices = identity(tensor.values), identity(tensor.indices)
            self._returned += [values, indices]
            if isinstance(tensor, IndexedSlices):
                return IndexedSlices(values, indices, dense_shape=tensor.dense_shape)
            return SparseTensor(indices, values, dense_shape=tensor.dense_shape)
        if isinstance(tensor, TensorArray):
            flow = identity(tensor.flow)
            self._returned.append(flow)
            return tensor._with_flow(flow)
        tensor = identity(tensor)
        self._returned.append(tensor)
        return tensor

    def __enter__(self) -> AutomaticControlDependencies:
        self._graph = get_default_graph()
        self._first = len(self._graph.get_operations())
        return self

    def __exit__(self, *error: object) -> None:
        if self._graph is not get_default_graph():
            raise RuntimeError("Graph changed while trying to add control dependencies.")
        order = _Order()
        for op in self._graph.get_operations()[self._first :]:
            # A loop runs its operations in an order of its own.
            if not IsInWhileLoop(op):
                order.add(op)
        self.ops_which_must_run |= order.must_run
        for tensor in nest.flatten(self._returned):
            if self.ops_which_must_run:
                _put_after(tensor.op, self.ops_which_must_run)


def _put_after(op: Operation, others: set[Operation]) -> None:
    """Let an operation wait for those others that are in the same branch."""
    context = _context(op)
    op._add_control_inputs([each for each in others if _context(each) is context])


class _Order:
    """What is known of the operations seen so far.

    Attributes:
      must_run: those with side effects.
    """

    def __init__(self) -> None:
        self.must_run: set[Operation] = set()
        # Resource tensor -> the last operation that used it; None -> the last without a resource.
        self._last: dict[int | None, Operation] = {}
        # Output of a Switch of a resource -> the Merge that ends its branches.
        self._merges: dict[int, Operation] = {}

    def add(self, op: Operation) -> None:
        """Give the next operation the control inputs that it needs."""
        if op_is_stateful(op):
            self.must_run.add(op)
        if op.type == "Switch" and op.inputs[0].dtype == dtypes.resource:
            return
        if op.type == "Merge":
            self._end_branches(op)
            return
        waits_for = set()
        resources = {id(t): t for t in op.inputs if t.dtype == dtypes.resource}
        for key, tensor in resources.items():
            if tensor.op.type == "Switch":
                self._add_switch(tensor.op)
            last = self._last.get(key)
            if last is not None and _context(last) is _context(op):
                waits_for.add(last)
            if key in self._merges:
                self._merges[key]._add_control_input(op)
            self._last[key] = op
        if op_is_stateful(op) and not resources and _context(op) is None:
            if None in self._last:
                waits_for.add(self._last[None])
            self._last[None] = op
        _put_after(op, waits_for)

    def _end_branches(self, op: Operation) -> None:
        for earlier in self.must_run:
            op._add_control_input(earlier)
            for tensor in earlier.inputs:
                if id(tensor) in self._last:
                    self._last[id(tensor)] = op
        self.must_run = {op}

    def _add_switch(self, switch: Operation) -> None:
        """End the branches of a resource with a Merge that waits for all that use it there."""
        source = switch.inputs[0]
        if source.dtype == dtypes.resource and source.op.type == "Switch":
            self._add_switch(source.op)
        if id(switch.outputs[0]) in self._merges:
            return
        made = merge(switch.outputs, name="artificial_merge")[0].op
        made._set_control_flow_context(_context(switch).outer_context)
        self.must_run.add(made)
        if id(source) in self._last:
            switch._add_control_input(self._last[id(source)])
        self._last[id(source)] = made
        if id(source) in self._merges:
            self._merges[id(source)]._add_control_input(made)
        for output in switch.outputs:
            self._merges[id(output)] = made


def automatic_control_dependencies(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose operations run in the order of their creation, where it matters."""

    @functools.wraps(f)
    def in_order(*args: Any, **kwargs: Any) -> Any:
        with AutomaticControlDependencies() as block:
            result = f(*args, **kwargs)
            flat = [block.mark_as_return(each) for each in nest.flatten(result)]
            return nest.pack_sequence_as(result, flat)

    return in_order
