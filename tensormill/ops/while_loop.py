"""`tf.while_loop`: a loop, made of Enter, Merge, Switch, NextIteration and Exit nodes.

Source: TensorFlow 1.15, python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.constants import constant
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.shapes import Dims, TensorShape, as_dims
from tensormill.graph.tensor import Tensor
from tensormill.ops.basics import identity_op
from tensormill.ops.composite_values import (
    as_tensors,
    components,
    flat_components,
    pack_components,
)
from tensormill.ops.control_flow import exit as exit_op
from tensormill.ops.control_flow import loop_cond, merge
from tensormill.ops.control_flow_context import switch_ref_or_tensor
from tensormill.ops.while_context import WhileContext, add_back_edge

__all__ = ["while_loop"]


def while_loop(
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any = None,
    parallel_iterations: int = 10,
    back_prop: bool = True,
    swap_memory: bool = False,
    name: str | None = None,
    maximum_iterations: Any = None,
    return_same_structure: bool = False,
) -> Any:
    """Repeat `body` while `cond` is true, and return the loop variables after the loop.

    Args:
      cond: takes the loop variables, returns a scalar bool tensor.
      body: takes the loop variables, returns as many in the same structure.
      loop_vars: the initial values, in any nested structure of tensors, TensorArrays, sparse
        tensors.
      shape_invariants: the shapes that hold in every iteration, where they are not those of the
        initial values.
      parallel_iterations: how many iterations may run at once.
      back_prop: whether gradients may be taken through the loop.
      swap_memory: whether values kept for gradients may leave a GPU.
      name: the prefix of the names.
      maximum_iterations: a scalar integer; the loop ends after as many iterations.
      return_same_structure: return a structure of one variable as it is.

    Raises:
      TypeError: `cond` or `body` cannot be called, or the structure of what `body` returns differs.
      ValueError: there are no loop variables, or one changes its shape.
    """
    with name_scope(name, "while", flat_components(loop_vars) if loop_vars else []):
        if not loop_vars:
            raise ValueError("No loop variables provided")
        if not callable(cond):
            raise TypeError("cond must be callable.")
        if not callable(body):
            raise TypeError("body must be callable.")
        if parallel_iterations < 1:
            raise TypeError("parallel_iterations must be a positive integer.")
        single = len(loop_vars) == 1
        if maximum_iterations is None:
            loop = WhileContext(None, parallel_iterations, back_prop, swap_memory)
            return _build(loop, cond, body, loop_vars, shape_invariants, return_same_structure)
        maximum_iterations = convert_to_tensor(maximum_iterations, name="maximum_iterations")
        if maximum_iterations.dims not in ((), None):
            raise ValueError(
                f"'maximum_iterations' must be a scalar. Received shape: {maximum_iterations.shape}"
            )
        counter = constant(0, maximum_iterations.dtype, name="iteration_counter")
        both = OP_DEFS["LogicalAnd"].builder
        if single and not return_same_structure:
            inner = loop_vars[0]
            counted_cond = lambda i, v: both(i < maximum_iterations, cond(v))  # noqa: E731
            counted_body = lambda i, v: (i + 1, body(v))  # noqa: E731
            shape_invariants = shape_invariants and shape_invariants[0]
        else:
            inner = loop_vars
            counted_cond = lambda i, v: both(i < maximum_iterations, cond(*v))  # noqa: E731
            counted_body = lambda i, v: (i + 1, body(*v))  # noqa: E731
        if shape_invariants is not None:
            shape_invariants = (TensorShape([]), shape_invariants)
        loop = WhileContext(maximum_iterations, parallel_iterations, back_prop, swap_memory)
        result = _build(
            loop,
            counted_cond,
            counted_body,
            (counter, inner),
            shape_invariants,
            return_same_structure,
        )
        return result[1]


def _build(
    loop: WhileContext,
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    shape_invariants: Any,
    return_same_structure: bool,
) -> Any:
    if loop.outer_context is None:
        get_default_graph().add_to_collection(GraphKeys.WHILE_CONTEXT, loop)
    loop_vars = as_tensors(loop_vars)
    flat = flat_components(loop_vars)
    invariants = _invariants(loop_vars, flat, shape_invariants)
    loop.Enter()
    try:
        given, exits = _build_inside(loop, cond, body, loop_vars, flat, invariants)
    finally:
        loop.Exit()
    result = pack_components(given, exits)
    if return_same_structure:
        return result
    return result[0] if len(exits) == 1 else result


def _invariants(loop_vars: Any, flat: list[Tensor], shape_invariants: Any) -> list[Dims]:
    """Return the shape that each loop variable keeps."""
    if shape_invariants is None:
        return [tensor.dims for tensor in flat]
    nest.assert_same_structure(loop_vars, shape_invariants, check_types=False)
    found: list[Dims] = []
    for leaf, shape in zip(nest.flatten(loop_vars), nest.flatten(shape_invariants), strict=True):
        parts = components(leaf)
        if parts is None:
            found.append(as_dims(shape))
        elif hasattr(leaf, "_component_invariants"):
            found.extend(leaf._component_invariants(as_dims(shape)))
        else:
            found.extend(part.dims for part in parts)
    return found


def _build_inside(
    loop: WhileContext,
    cond: Callable[..., Any],
    body: Callable[..., Any],
    loop_vars: Any,
    flat: list[Tensor],
    invariants: list[Dims],
) -> tuple[Any, list[Tensor]]:
    entered = loop.enter_variables(flat, invariants)
    merged = [merge([tensor, tensor])[0] for tensor in entered]
    loop.pivot_for_pred = merged[0]
    decision = convert_to_tensor(cond(*pack_components(loop_vars, merged)))
    loop.pivot = loop_cond(decision, name="LoopCond")
    switched = [switch_ref_or_tensor(tensor, loop.pivot) for tensor in merged]
    in_body = [identity_op(pair[1]) for pair in switched]
    loop.pivot_for_body = in_body[0]
    packed = pack_components(loop_vars, in_body)
    given = body(*packed)
    if not nest.is_nested(given):
        given = [given]
    nest.assert_same_structure(list(packed), list(given))
    given = as_tensors(given)
    values = flat_components(given)
    if len(merged) != len(values):
        raise ValueError("Number of inputs and outputs of body must match loop_vars")
    for variable, value in zip(merged, values, strict=True):
        if variable.dtype.base_dtype != value.dtype.base_dtype:
            raise TypeError(
                f"Loop variable {variable.op.input_tensors[0].op.input_tensors[0].name} has dtype "
                f"{variable.dtype.base_dtype.name}, the body returns {value.dtype.base_dtype.name}"
            )
        add_back_edge(variable, value)
    exits = [exit_op(pair[0]) for pair in switched]
    loop.loop_exits = exits
    loop.ExitResult(exits)
    return given, exits
