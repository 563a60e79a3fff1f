"""Backpropagation: from the gradients of some tensors to those of others, operation by operation.

The order in which operations are visited is TensorFlow's, since it decides the names of the new
nodes. Nothing here recurses, so a chain may be as long as memory allows. Loops are left to a
`LoopGradients`.

Source: TensorFlow 1.15, python/ops/gradients_util.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any, Protocol

from tensormill.graph import gradient_registry
from tensormill.graph.compilation_scopes import compiled_like
from tensormill.graph.control_primitives import SWITCHES
from tensormill.graph.graph import Graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.control_flow_context import loop_start_error
from tensormill.ops.functional import gradient_of_call
from tensormill.ops.gradient_aggregation import Gradient, aggregate
from tensormill.ops.gradient_zeros import is_trainable, zeros_for_output
from tensormill.ops.grouping import tuple_of

__all__ = ["Backpropagation", "LoopFinder", "LoopGradients"]


class LoopGradients(Protocol):
    """What the gradients of while loops do at each step of a backpropagation."""

    def process_unused_exits(
        self, pending: dict[Operation, int], started: set[Operation]
    ) -> list[Tensor]:
        """Return the outputs of loops that nothing uses but that need a gradient of zeros."""

    def zeros_for_exit(self, output: Tensor) -> Tensor:
        """Return zeros for the output of a loop."""

    def zeros_for_output(self, op: Operation, index: int) -> Gradient | None:
        """Return zeros for an output of an operation that may stand in a loop."""

    def enter(self, op: Operation, before: bool) -> None:
        """Enter the loop of gradients that belongs to the loop around `op`."""

    def leave(self, op: Operation, before: bool) -> None:
        """Leave it again."""

    def check(self, op: Operation, targets: Sequence[Operation]) -> None:
        """Refuse gradients that cannot be taken from inside a loop."""

    def is_ready(self, op: Operation, pending_count: int) -> bool:
        """Return whether `op` can be visited though some gradients of it are still to come."""

    def defer(
        self, output: Tensor, has_gradient: Callable[[Operation], bool]
    ) -> tuple[list[Tensor], list[Tensor]] | None:
        """Note that an output of a loop is ready.

        Returns what can be visited now, and which of it gets zeros; or None where `output` is not
        the output of a loop.
        """

    def finish(self) -> None:
        """Close the loops of gradients when everything was visited."""


LoopFinder = Callable[[list[Operation], set[Operation], bool], LoopGradients | None]
"""Returns the gradients of the loops between xs and ys, adding their exits to both collections."""


class Backpropagation:
    """The gradients that one call of `tf.gradients` has found so far.

    Attributes:
      graph: the graph that holds the tensors and takes the new nodes.
      colocate: put the gradients of an operation on its device.
      gated: let no gradient of an operation be used before all of them are computed.
      aggregation_method: how several gradients of one tensor are summed.
    """

    def __init__(
        self,
        graph: Graph,
        ys: Sequence[Tensor],
        xs: Sequence[Tensor],
        stop_tensors: Sequence[Tensor],
        *,
        colocate: bool,
        gated: bool,
        aggregation_method: int | None,
        find_loops: LoopFinder | None = None,
    ) -> None:
        self.graph = graph
        self._scope = graph.get_name_scope()
        self.colocate = colocate
        self.gated = gated
        self.aggregation_method = aggregation_method
        self._gradients: dict[Operation, list[Any]] = {}
        self._sources = [y.op for y in ys]
        self._targets = [x.op for x in xs]
        reached = _reached_from(self._targets)
        self._reachable_sources = {op for op in self._sources if op in reached}
        between = _between(self._sources, reached)
        members = set(between)
        self._loops = find_loops(between, members, colocate) if find_loops is not None else None
        self._pending = _count_uses(between, members)
        self._stops = self._find_stops(stop_tensors)
        self._queue: deque[Operation] = deque()

    def _find_stops(self, stop_tensors: Sequence[Tensor]) -> set[Operation]:
        """Return what is not differentiated: targets with no target before them, and stops."""
        stops = {
            op
            for op in self._targets
            if not any(self._pending.get(t.op, 0) > 0 for t in op.input_tensors)
        }
        stops.update(t.op for t in stop_tensors)
        return stops

    def add(self, tensor: Tensor, gradient: Gradient) -> None:
        """Add a gradient of `tensor` to those that will be summed."""
        op = tensor.op
        known = self._gradients.get(op)
        if known is None:
            known = self._gradients[op] = [[] for _ in op.outputs]
        slot = known[tensor.value_index]
        if type(slot) is list:
            slot.append(gradient)
        else:
            known[tensor.value_index] = gradient  # the back edge of a loop

    def gradient_of(self, tensor: Tensor) -> Any:
        """Return the summed gradient of a target, or None."""
        known = self._gradients.get(tensor.op)
        return None if known is None else known[tensor.value_index]

    def run(self) -> None:
        """Visit every operation between sources and targets, once all its gradients are known."""
        self._start()
        queue, loops = self._queue, self._loops
        while queue:
            op = queue.popleft()
            with self._beside(op):
                if loops is not None:
                    loops.enter(op, before=True)
                incoming = self._aggregated(op)
                if loops is not None:
                    loops.leave(op, before=True)
                function = None
                if op not in self._stops and any(g is not None for g in incoming):
                    function = gradient_function_of(op)
                if loops is not None:
                    loops.enter(op, before=False)
                    loops.check(op, self._targets)
                if function is not None:
                    self._check_loop_switch(op)
                    self._differentiate(op, function, incoming)
                if loops is not None:
                    loops.leave(op, before=False)
            self._release_inputs(op)
        if loops is not None:
            loops.finish()

    def _check_loop_switch(self, op: Operation) -> None:
        """Refuse to leave the loop in whose body the gradients are, through one of its variables.

        Raises:
          ValueError: `op` is the Switch of such a variable.
        """
        if op.type not in SWITCHES or op.input_tensors[1].op.type != "LoopCond":
            return
        around = self.graph._get_control_flow_context()
        while around is not None and around is not op._control_flow_context:
            around = around.outer_context
        if around is None:
            return
        pending, seen = deque([op]), {op}
        while pending:
            reached = pending.popleft()
            if reached in self._targets:
                raise loop_start_error(reached)
            sources = dict.fromkeys(tensor.op for tensor in reached.input_tensors)
            pending.extend(source for source in sources if source not in seen)
            seen.update(sources)

    def _start(self) -> None:
        started: set[Operation] = set()
        for op in self._sources:
            is_ready = self._pending.get(op, 0) == 0
            if is_ready and op not in started and op in self._reachable_sources:
                started.add(op)
                self._queue.append(op)
        if self._loops is None:
            return
        for output in self._loops.process_unused_exits(self._pending, started):
            if is_trainable(output.dtype):
                self.add(output, self._loops.zeros_for_exit(output))
                self._queue.append(output.op)

    @contextmanager
    def _colocated(self, op: Operation) -> Iterator[None]:
        with self.graph.colocate_with(op):
            yield

    def _beside(self, op: Operation) -> Any:
        return self._colocated(op) if self.colocate else nullcontext()

    def _aggregated(self, op: Operation) -> list[Any]:
        known = self._gradients.get(op)
        if known is None:
            return [None] * len(op.outputs)
        for index, terms in enumerate(known):
            if type(terms) is list:
                known[index] = aggregate(terms, op, self.aggregation_method)
        return known  # zeros that are filled in are remembered, as in TensorFlow

    def _differentiate(
        self, op: Operation, function: Callable[..., Any], incoming: list[Any]
    ) -> None:
        """Call the gradient function of `op` and add what it returns to its inputs."""
        for index, gradient in enumerate(incoming):
            if gradient is None and is_trainable(op.outputs[index].dtype):
                if self._loops is not None:
                    incoming[index] = self._loops.zeros_for_output(op, index)
                else:
                    incoming[index] = zeros_for_output(op, index)
        with self.graph.name_scope(op.name + "_grad"), self.graph._original_op(op):
            with compiled_like(op, self._scope):
                made = function(op, *incoming)
            outgoing = list(made) if isinstance(made, (list, tuple)) else [made]
            if len(outgoing) != len(op.input_tensors):
                raise ValueError(
                    f"Num gradients {len(outgoing)} generated for op {op.node_def} do not match "
                    f"num inputs {len(op.input_tensors)}"
                )
            if self.gated and sum(g is not None for g in outgoing) > 1:
                with (
                    self.graph.device(None),
                    self.graph.colocate_with(None, ignore_existing=True),
                ):
                    outgoing = tuple_of(outgoing)
        for index, (tensor, gradient) in enumerate(zip(op.input_tensors, outgoing, strict=True)):
            if gradient is not None:
                _merge_shape(op, index, tensor, gradient)
                self.add(tensor, gradient)

    def _release_inputs(self, op: Operation) -> None:
        """Queue the inputs of `op` for which this was the last gradient to come."""
        pending, loops = self._pending, self._loops
        for tensor in op.input_tensors:
            source = tensor.op
            count = pending[source] = pending.get(source, 0) - 1
            if count == 0 or (loops is not None and loops.is_ready(source, count)):
                deferred = None if loops is None else loops.defer(tensor, self._has_gradient)
                if deferred is None:
                    self._queue.append(source)
                else:
                    self._visit_exits(*deferred)

    def _visit_exits(self, exits: list[Tensor], unused: list[Tensor]) -> None:
        assert self._loops is not None
        for output in unused:
            if is_trainable(output.dtype):
                self.add(output, self._loops.zeros_for_exit(output))
        self._queue.extend(output.op for output in exits)

    def _has_gradient(self, op: Operation) -> bool:
        return any(
            any(term is not None for term in g) if type(g) is list else g is not None
            for g in self._gradients.get(op, ())
        )


def gradient_function_of(op: Operation) -> Callable[..., Any] | None:
    """Return the gradient function of `op`, or None where it has no gradient on purpose.

    Raises:
      LookupError: none was registered.
    """
    if op.op_schema.is_function and op._gradient_function is None:
        return gradient_of_call
    try:
        return gradient_registry.lookup(op)
    except LookupError:
        raise LookupError(
            f"No gradient defined for operation'{op.name}' (op type: {op.type}). In general every "
            "operation must have an associated `@tf.RegisterGradient` for correct autodiff, which "
            "this op is lacking. If you want to pretend this operation is a constant in your "
            "program, you may insert `tf.stop_gradient`. This can be useful to silence the error "
            "in cases where you know gradients are not needed, e.g. the forward pass of "
            "tf.custom_gradient. Please see more details in "
            "https://www.tensorflow.org/api_docs/python/tf/custom_gradient."
        ) from None


def _reached_from(targets: Iterable[Operation]) -> set[Operation]:
    """Return every operation that the targets influence through tensors that can have gradients."""
    reached: set[Operation] = set()
    pending = list(targets)
    while pending:
        op = pending.pop()
        if op in reached:
            continue
        reached.add(op)
        for tensor in op.outputs:
            if tensor._consumers is not None and is_trainable(tensor.dtype):
                pending.extend(tensor._consumers)
    return reached


def _between(sources: Iterable[Operation], reached: set[Operation]) -> list[Operation]:
    """Return the reached operations that influence the sources, breadth first from the sources."""
    found: dict[Operation, None] = {}
    queue = deque(sources)
    while queue:
        op = queue.popleft()
        if op in reached and op not in found:
            found[op] = None
            queue.extend(tensor.op for tensor in op.input_tensors)
    return list(found)


def _count_uses(between: list[Operation], members: set[Operation]) -> dict[Operation, int]:
    """Return how many inputs of the operations between take a tensor of each operation."""
    uses: dict[Operation, int] = {}
    for op in between:
        for tensor in op.input_tensors:
            if tensor.op in members:
                uses[tensor.op] = uses.get(tensor.op, 0) + 1
    return uses


def _merge_shape(op: Operation, index: int, tensor: Tensor, gradient: Any) -> None:
    if isinstance(gradient, IndexedSlices) or gradient.dims == tensor.dims is not None:
        return
    if tensor.dtype.name == "resource":
        return
    try:
        gradient.set_shape(tensor.get_shape())
    except ValueError:
        raise ValueError(
            "Incompatible shapes between op input and calculated input gradient. Forward "
            f"operation: {op.name}. Input index: {index}. Original input shape: {tensor.shape}. "
            f"Calculated input gradient shape: {gradient.shape}"
        ) from None
