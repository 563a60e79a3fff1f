"""Gradients through while loops: a second loop that runs the iterations of the first one backwards.

Values of the forward loop that the gradients need are pushed on stacks in each iteration and popped
in reverse. `WhileLoopGradients` is what a backpropagation asks at each step; one `GradLoopState` a
forward loop holds the pair of loops together.

Source: TensorFlow 1.15, python/ops/control_flow_state.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.constant_value import constant_value
from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape_internal
from tensormill.ops.control_flow import control_trigger, next_iteration
from tensormill.ops.control_flow_context import (
    CondContext,
    is_loop_constant_enter,
    is_loop_exit,
    is_switch,
    loop_start_error,
    output_context,
    switch_ref_or_tensor,
    while_context_of,
)
from tensormill.ops.filling import zeros
from tensormill.ops.gradient_zeros import zeros_for_output, zeros_like
from tensormill.ops.while_context import WhileContext

__all__ = ["GradLoopState", "WhileLoopGradients", "find_loops"]

_FORWARDED = frozenset(["Switch", "RefSwitch", "Identity", "RefIdentity"])


class GradLoopState:
    """A forward loop and the loop of its gradients.

    Attributes:
      outer_grad_state: the same for the loop around, or None.
      forward_context: the forward loop.
      forward_index: the number of the iteration, inside the forward loop.
      grad_context: the loop of the gradients.
      history_map: name of a forward tensor to its value inside the loop of the gradients.
      switch_map: Switch of the forward loop to the Merge that carries its gradient.
      pending_exits_count: how many exits of the forward loop have no gradient yet.
    """

    def __init__(self, forward_context: Any, outer_grad_state: GradLoopState | None) -> None:
        self.outer_grad_state = outer_grad_state
        self.forward_context = forward_context
        self.history_map: dict[str, Tensor] = {}
        self.switch_map: dict[Operation, Tensor] = {}
        self.unused_exits: list[Tensor] = []
        self.deferred_exits: list[Tensor] = []
        self.forward_loop_exits: list[Tensor] = list(forward_context.loop_exits)
        self.pending_exits_count = len(self.forward_loop_exits)
        self._forward_sync: Operation | None = None
        self._grad_sync: Operation | None = None
        outer = (
            outer_grad_state.forward_context
            if outer_grad_state is not None
            else forward_context.outer_context
        )
        _enter(outer)
        count, self.forward_index = forward_context.AddForwardLoopCounter(outer_grad_state)
        _exit(outer)
        if outer_grad_state is None:
            _enter(outer)
            self.grad_context = self._new_grad_context()
            self.grad_index = self.grad_context.AddBackpropLoopCounter(count, None)
            _exit(outer)
        else:
            outer.AddName(count.name)
            history = outer_grad_state.AddForwardAccumulator(count)
            around = outer_grad_state.grad_context
            around.Enter()
            self.grad_context = self._new_grad_context()
            real_count = outer_grad_state.AddBackpropAccumulatedValue(history, count)
            self.grad_index = self.grad_context.AddBackpropLoopCounter(real_count, outer_grad_state)
            around.Exit()

    def _new_grad_context(self) -> WhileContext:
        forward = self.forward_context
        return WhileContext(
            maximum_iterations=forward.maximum_iterations,
            parallel_iterations=forward.parallel_iterations,
            back_prop=forward.back_prop,
            swap_memory=forward.swap_memory,
            name=forward.name,
            grad_state=self,
        )

    @property
    def forward_sync(self) -> Operation:
        """What each iteration of the forward loop waits for: the pushes of the one before."""
        if self._forward_sync is None:
            with control_dependencies(None):
                self._forward_sync = control_trigger(name="f_sync")
            self._forward_sync._set_control_flow_context(self.forward_context)
            self.forward_index.op._add_control_input(self._forward_sync)
        return self._forward_sync

    @property
    def grad_sync(self) -> Operation:
        """What each iteration of the gradients waits for: the pops of the one before."""
        if self._grad_sync is None:
            with control_dependencies(None):
                self._grad_sync = control_trigger(name="b_sync")
            self._grad_sync._set_control_flow_context(self.grad_context)
            self.grad_index.op._add_control_input(self._grad_sync)
            if self.grad_context.outer_context is not None:
                self.grad_context.outer_context.AddInnerOp(self._grad_sync)
        return self._grad_sync

    def AddForwardAccumulator(self, value: Tensor, dead_branch: bool = False) -> Tensor:
        """Push `value` on a stack in each iteration of the forward loop; return the stack.

        Args:
          value: a tensor of the forward loop.
          dead_branch: the tensor is on the branch of a cond that was not taken.
        """
        current = get_default_graph()._get_control_flow_context()
        swap = self.forward_context.swap_memory
        with control_dependencies(None):
            _enter(current)
            with get_default_graph().colocate_with(value.op):
                limit = constant(-1, dtypes.int32)
                stack: Tensor = OP_DEFS["StackV2"].builder(
                    limit, elem_type=value.dtype.base_dtype, name="f_acc"
                )
            _exit(current)
            inside = self.forward_context.AddValue(stack)
            context = output_context(value.op)
            push_on = OP_DEFS["StackPushV2"].builder
            if context is self.forward_context:
                context.Enter()
                push: Tensor = push_on(inside, value, swap_memory=swap)
                context.Exit()
                self.forward_index.op._add_control_input(push.op)
            else:
                if not isinstance(context, CondContext):
                    raise TypeError(f"value_ctxt is not a CondContext: {context}")
                where = context.outer_context if dead_branch else context
                where.Enter()
                push = push_on(inside, value, swap_memory=swap)
                where.Exit()
                if dead_branch:
                    push.op._set_control_flow_context(context)
                self.forward_sync._add_control_input(push.op)
            push.op._add_control_input(self.forward_index.op.input_tensors[0].op)
        return stack

    def AddBackpropAccumulatedValue(
        self, history_value: Tensor, value: Tensor, dead_branch: bool = False
    ) -> Tensor:
        """Pop what was pushed of `value` in the matching iteration.

        Only where its branch was taken.
        """
        branch_context = self._branch_of(value, history_value)
        with control_dependencies(None):
            self.grad_context.Enter()
            if branch_context is not None:
                pred = self._pred_inside(branch_context)
                branch = branch_context.branch
                side = 1 - branch if dead_branch else branch
                history_value = switch_ref_or_tensor(history_value, pred)[side]
            pop: Tensor = OP_DEFS["StackPopV2"].builder(
                history_value, elem_type=value.dtype.base_dtype
            )
            pop.dims = value.dims
            self.grad_context.Exit()
        if self.grad_context.parallel_iterations > 1:
            self.grad_sync._add_control_input(pop.op)
        return pop

    @staticmethod
    def _branch_of(value: Tensor, history_value: Tensor) -> CondContext | None:
        outer = history_value.op._get_control_flow_context()
        context = value.op._get_control_flow_context()
        while context is not None and context is not outer:
            if isinstance(context, CondContext):
                return context
            context = context.outer_context
        return None

    def _pred_inside(self, context: CondContext) -> Tensor:
        state: GradLoopState | None = self
        while state is not None:
            pred = state.history_map.get(context.pred.name)
            if pred is not None:
                return pred
            state = state.outer_grad_state
        return context.pred

    def GetRealValue(self, value: Tensor) -> Tensor:
        """Return the value that a forward tensor had in the matching iteration.

        Called inside the loop of gradients.
        """
        known = self.history_map.get(value.name)
        if known is not None:
            return known
        current = value
        state: GradLoopState = self
        real: Tensor | None = None
        history: Tensor | None = None
        while real is None:
            enter = _constant_enter(current)
            if enter is not None:
                current = enter.input_tensors[0]
                if state.outer_grad_state is None:
                    real = self.grad_context.AddValue(current)
                    break
                state = state.outer_grad_state
            elif current.op.type == "Const":
                real = constant(constant_value(current), current.dtype)
            else:
                self.grad_context.Exit()
                history = state.AddForwardAccumulator(current)
                self.grad_context.Enter()
                break
        if real is None:
            assert history is not None
            real = state.AddBackpropAccumulatedValue(history, current)
            if state is not self:
                real = self.grad_context.AddValue(real)
        self.history_map[value.name] = real
        return real


def _constant_enter(value: Tensor) -> Operation | None:
    op = value.op
    while op.type in _FORWARDED:
        op = op.input_tensors[0].op
    return op if is_loop_constant_enter(op) else None


def _enter(context: Any) -> None:
    if context is not None:
        context.Enter()


def _exit(context: Any) -> None:
    if context is not None:
        context.Exit()


class WhileLoopGradients:
    """The loops between the xs and ys of one `tf.gradients`, each with its state."""

    def __init__(self) -> None:
        self._states: dict[Any, GradLoopState] = {}

    def add_loop(self, op: Operation, between: list[Operation], members: set[Operation]) -> None:
        """Make the loop of gradients for the forward loop that `op`, an Exit, belongs to."""
        forward = while_context_of(op)
        if forward in self._states:
            return
        outer = forward.outer_context
        around = None if outer is None else outer.GetWhileContext()
        state = GradLoopState(forward, None if around is None else self._states.get(around))
        self._states[forward] = state
        for tensor in state.forward_loop_exits:
            if tensor.op not in members:
                members.add(tensor.op)
                between.append(tensor.op)

    def _state_of(self, op: Operation, before: bool) -> GradLoopState | None:
        if before and is_loop_exit(op):
            context = op._get_control_flow_context().outer_context
            forward = None if context is None else context.GetWhileContext()
        else:
            forward = while_context_of(op)
        return None if forward is None else self._states.get(forward)

    def process_unused_exits(
        self, pending: dict[Operation, int], started: set[Operation]
    ) -> list[Tensor]:
        """Return the exits that nothing uses, of loops all of whose other exits are there."""
        found = []
        for state in self._states.values():
            for tensor in state.forward_loop_exits:
                if pending.get(tensor.op, 0) == 0:
                    state.pending_exits_count -= 1
                    if tensor.op not in started:
                        state.unused_exits.append(tensor)
                    if state.pending_exits_count == 0:
                        found.extend(state.unused_exits)
            for tensor in state.forward_context.loop_enters:
                if pending.get(tensor.op, 0) == 0:
                    pending[tensor.op] = 1
        return found

    def enter(self, op: Operation, before: bool) -> None:
        """Enter the loop of gradients that belongs to the loop around `op`."""
        state = self._state_of(op, before)
        if state is not None:
            state.grad_context.Enter()

    def leave(self, op: Operation, before: bool) -> None:
        """Leave it again."""
        state = self._state_of(op, before)
        if state is not None:
            state.grad_context.Exit()

    def check(self, op: Operation, targets: Sequence[Operation]) -> None:
        """Refuse gradients with respect to tensors inside of a loop.

        Raises:
          ValueError: an x of the gradients is inside a loop that `op` leaves.
        """
        if not is_loop_exit(op):
            return
        for target in targets:
            if while_context_of(target) is while_context_of(op):
                raise loop_start_error(target)

    def is_ready(self, op: Operation, pending_count: int) -> bool:
        """Return whether `op` can be visited though some gradients of it are still to come."""
        return pending_count > 0 and _is_loop_switch(op)

    def defer(
        self, output: Tensor, has_gradient: Callable[[Operation], bool]
    ) -> tuple[list[Tensor], list[Tensor]] | None:
        """Hold an exit back until all exits of its loop are there."""
        if not is_loop_exit(output.op):
            return None
        state = self._state_of(output.op, before=False)
        if state is None:
            return None
        state.deferred_exits.append(output)
        state.pending_exits_count -= 1
        if state.pending_exits_count > 0:
            return [], []
        some_gradient = False
        ready = []
        for tensor in state.deferred_exits:
            if has_gradient(tensor.op):
                some_gradient = True
                ready.append(tensor)
            else:
                state.unused_exits.append(tensor)
        if some_gradient:
            return ready + state.unused_exits, list(state.unused_exits)
        return list(state.unused_exits), []

    def zeros_for_exit(self, output: Tensor) -> Tensor:
        """Return zeros for the value of a loop variable after the loop."""
        forward = output.op._get_control_flow_context()
        outer = forward.outer_context
        around = None if outer is None else outer.GetWhileContext()
        state = None if around is None else self._states.get(around)
        if state is None:
            if is_fully_defined(output.dims):
                return zeros(output.dims, output.dtype)
            return zeros_like(output)
        if is_fully_defined(output.dims):
            state.grad_context.Enter()
            result = zeros(output.dims, output.dtype)
            state.grad_context.Exit()
            return result
        outer.Enter()
        shape = shape_internal(output, optimize=False)
        outer.Exit()
        history = state.AddForwardAccumulator(shape)
        state.grad_context.Enter()
        real_shape = state.AddBackpropAccumulatedValue(history, shape)
        result = zeros(real_shape, output.dtype)
        state.grad_context.Exit()
        return result

    def zeros_for_output(self, op: Operation, index: int) -> Tensor | None:
        """Return zeros for an output that has no gradient; called inside the loop of gradients."""
        if _is_loop_switch(op):
            return None
        forward = while_context_of(op)
        state = None if forward is None else self._states.get(forward)
        if state is None:
            return zeros_for_output(op, index)
        is_dead = is_switch(op)
        context: Any = op._get_control_flow_context()
        value = op.outputs[index]
        if is_fully_defined(value.dims):
            if value.dtype != dtypes.resource:
                result = constant(0, value.dtype, shape=value.dims)
            elif value._handle_data is None:
                return None
            else:
                result = _zeros_for_handle(value)
            if is_dead:
                pred = state.history_map[context.pred.name]
                result = switch_ref_or_tensor(result, pred)[1 - context.branch]
            return result
        if is_dead:
            context.outer_context.Enter()
            switched = switch_ref_or_tensor(op.input_tensors[0], context.pred)[1 - context.branch]
            shape = shape_internal(switched, optimize=False)
            context.outer_context.Exit()
            switched.op._set_control_flow_context(context)
            shape.op._set_control_flow_context(context)
        else:
            context.Enter()
            shape = shape_internal(value, optimize=False)
            context.Exit()
        state.grad_context.Exit()
        history = state.AddForwardAccumulator(shape, dead_branch=is_dead)
        state.grad_context.Enter()
        real_shape = state.AddBackpropAccumulatedValue(history, shape, is_dead)
        return zeros(real_shape, value.dtype)

    def finish(self) -> None:
        """Close back edges of gradients that no iteration changes: their next value is zero."""
        for state in self._states.values():
            for merged in state.switch_map.values():
                first, second = merged.op.input_tensors
                if first is not second:
                    continue
                if is_fully_defined(first.dims):
                    state.grad_context.Enter()
                    value = constant(0, first.dtype, shape=first.dims)
                    following = next_iteration(value)
                    state.grad_context.Exit()
                else:
                    outer = state.grad_context.outer_context
                    _enter(outer)
                    value = zeros(
                        shape_internal(first.op.input_tensors[0], optimize=False), first.dtype
                    )
                    _exit(outer)
                    state.grad_context.Enter()
                    following = next_iteration(value)
                    state.grad_context.Exit()
                merged.op._update_input(1, following)


def _zeros_for_handle(handle: Tensor) -> Tensor:
    """Return zeros in the shape of the variable behind a handle: a constant if it is known."""
    dtype, dims = handle._handle_data
    return zeros(dims, dtype) if is_fully_defined(dims) else zeros_like(handle)


def _is_loop_switch(op: Operation) -> bool:
    if not is_switch(op):
        return False
    context = op._get_control_flow_context()
    return context is not None and context.IsWhileContext() and not _is_cond_switch(op)


def _is_cond_switch(op: Operation) -> bool:
    """Return whether a Switch belongs to a branch: what consumes it does."""
    if not op.outputs:
        return False
    found = None
    for output in op.outputs:
        for consumer in output.consumers():
            context = consumer._get_control_flow_context()
            if consumer.type in ("Enter", "RefEnter"):
                context = context.outer_context
            is_branch = context is not None and context.IsCondContext()
            found = is_branch if found is None else found and is_branch
    return bool(found)


def find_loops(
    between: list[Operation], members: set[Operation], colocate: bool
) -> WhileLoopGradients | None:
    """Return the gradients of the loops among the operations between xs and ys.

    None where there are none.
    """
    loops: WhileLoopGradients | None = None
    for op in between:
        if not is_loop_exit(op) or while_context_of(op) is None:
            continue
        if loops is None:
            loops = WhileLoopGradients()
        if colocate:
            with get_default_graph().colocate_with(op):
                loops.add_loop(op, between, members)
        else:
            loops.add_loop(op, between, members)
    return loops
