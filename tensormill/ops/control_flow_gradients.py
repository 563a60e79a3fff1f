"""Gradients of the control-flow primitives.

A Switch for a Merge, a Merge for a Switch, an Exit for an Enter.

Source: TensorFlow 1.15, python/ops/control_flow_grad.py.
"""

from __future__ import annotations

from typing import Any

from tensormill.graph.graph import get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops import control_flow
from tensormill.ops.conditional import merge
from tensormill.ops.control_flow import exit as exit_op
from tensormill.ops.control_flow import switch
from tensormill.ops.control_flow_context import CondContext, output_context, switch_ref_or_tensor
from tensormill.ops.while_context import WhileContext, add_back_edge, enter_loop

__all__: list[str] = []


@control_flow.switch.gradient
@control_flow.ref_switch.gradient
def switch_grad(op: Operation, *grads: Any) -> list[Any]:
    """Merge the gradients of both sides.

    A Switch of a loop is visited twice, the exit side first.
    """
    context = op._get_control_flow_context()
    if isinstance(context, WhileContext):
        return _loop_switch_grad(op, grads)
    if isinstance(context, CondContext):
        if grads[1 - context.branch] is None:
            return [None, None]
        return [merge(list(grads), name="cond_grad")[0], None]
    false_grad = switch(grads[0], op.input_tensors[1])[0]
    true_grad = switch(grads[1], op.input_tensors[1])[1]
    return [merge([false_grad, true_grad])[0], None]


def _loop_switch_grad(op: Operation, grads: tuple[Any, ...]) -> list[Any]:
    loop = get_default_graph()._get_control_flow_context()
    merged = loop.grad_state.switch_map.get(op)
    if merged is not None:
        if grads[1] is not None:
            add_back_edge(merged, grads[1], enforce_shape=False)
        return [None, None]
    if grads[0] is None:
        return [None, None]
    # Both inputs are the gradient from the exit for now; the second visit closes the loop.
    merged = merge([grads[0], grads[0]], name="b_switch")[0]
    loop.grad_state.switch_map[op] = merged
    return [merged, None]


@control_flow.merge.gradient
@control_flow.ref_merge.gradient
def merge_grad(op: Operation, grad: Any, _: Any) -> list[Any]:
    """Give the gradient to the input that was live."""
    context = output_context(op.input_tensors[0].op)
    loop = get_default_graph()._get_control_flow_context()
    if isinstance(context, WhileContext):
        return switch_ref_or_tensor(grad, loop.pivot)
    if isinstance(context, CondContext):
        return switch_ref_or_tensor(grad, _pred_of_branch(context, loop), name="cond_grad")
    equal = OP_DEFS["Equal"].builder
    return [
        switch_ref_or_tensor(grad, equal(op.outputs[1], index))[1]
        for index in range(len(op.input_tensors))
    ]


def _pred_of_branch(context: CondContext, loop: Any) -> Tensor:
    """Return the predicate of a branch.

    Inside a loop of gradients, the one of the matching iteration.
    """
    state = None if loop is None else loop.grad_state
    if state is None:
        return context.pred
    known: Tensor | None = state.history_map.get(context.pred.name)
    if known is None:
        around = state.grad_context
        around.Exit()
        history = state.AddForwardAccumulator(context.pred)
        around.Enter()
        known = state.AddBackpropAccumulatedValue(history, context.pred)
        state.history_map[context.pred.name] = known
    return known


@control_flow.exit.gradient
@control_flow.ref_exit.gradient
def exit_grad(op: Operation, grad: Any) -> Any:
    """Bring the gradient into the loop of gradients.

    Raises:
      TypeError: `op` leaves a loop of gradients itself.
    """
    loop = get_default_graph()._get_control_flow_context()
    if loop is None or not loop.back_prop:
        return None
    if op._get_control_flow_context().grad_state is not None:
        raise TypeError("Second-order gradient for while loops not supported.")
    if isinstance(grad, IndexedSlices):
        parts = [grad.values, grad.indices]
        parts += [] if grad.dense_shape is None else [grad.dense_shape]
        return IndexedSlices(*[_enter_gradient(loop, part) for part in parts])
    return _enter_gradient(loop, grad)


def _enter_gradient(loop: WhileContext, grad: Tensor) -> Tensor:
    loop.AddName(grad.name)
    loop.Enter()
    result = enter_loop(
        grad, loop.name, parallel_iterations=loop.parallel_iterations, name="b_exit"
    )
    loop.loop_enters.append(result)
    loop.Exit()
    return result


@control_flow.next_iteration.gradient
@control_flow.ref_next_iteration.gradient
def next_iteration_grad(op: Operation, grad: Any) -> Any:
    """Pass the gradient on; the NextIteration of the loop of gradients comes with the Switch."""
    return grad


@control_flow.enter.gradient
@control_flow.ref_enter.gradient
def enter_grad(op: Operation, grad: Any) -> Any:
    """Bring the gradient out of the loop.

    That of a value that stays the same is summed over the iterations.
    """
    loop = get_default_graph()._get_control_flow_context()
    if loop is None or not loop.back_prop or loop.grad_state is None:
        return grad
    if op.attrs["is_constant"]:
        if isinstance(grad, IndexedSlices):
            return loop.AddBackpropIndexedSlicesAccumulator(op, grad)
        return loop.AddBackpropAccumulator(op, grad)
    result = exit_op(grad)
    loop.loop_exits.append(result)
    loop.ExitResult([result])
    return result


@control_flow.ref_identity.gradient
def ref_identity_grad(op: Operation, grad: Tensor) -> list[Tensor | None]:
    return [grad]


@control_flow.loop_cond.gradient
def loop_cond_grad(op: Operation, grad: Any) -> None:
    """Stop at the predicate of a loop."""
    return None
