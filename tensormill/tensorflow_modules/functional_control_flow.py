"""`functional_ops.If`, `While`, `For`, and gradients: what is made of `Defun`s.

Source: TensorFlow 1.15, python/ops/functional_ops.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tensormill.functional.defun import Defun
from tensormill.graph import dtypes, errors
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.func_graph import FuncGraph
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import floordiv
from tensormill.ops.elementwise_unary import abs as abs_of
from tensormill.ops.functional import (
    for_op,
    if_op,
    partitioned_call_op,
    stateful_partitioned_call_op,
    symbolic_gradient,
    while_op,
)

__all__ = ["For", "Gradient", "If", "While", "partitioned_call"]


def If(
    cond: Any, inputs: Sequence[Any], then_branch: Any, else_branch: Any, name: str | None = None
) -> list[Tensor]:
    """Return what one of two functions gives for the inputs.

    Args:
      cond: a scalar; a number is true where it is not zero, a string where it is not empty.
      inputs: the arguments of the functions.
      then_branch: the function for a true condition.
      else_branch: the function for a false one, with outputs of the same dtypes.
      name: the name of the node.
    """
    output_types = [arg.type for arg in then_branch.definition.signature.output_arg]
    made: list[Tensor] = if_op(
        cond,
        list(inputs),
        Tout=output_types,
        then_branch=then_branch,
        else_branch=else_branch,
        name=name,
    )
    return made


def While(
    input_: Sequence[Any], cond: Any, body: Any, name: str | None = None, hostmem: Any = None
) -> list[Tensor]:
    """Call `body` with what it gave before, as long as `cond` gives true for it.

    Args:
      input_: the first arguments.
      cond: a function without captured inputs that returns a scalar.
      body: a function that returns as many values as it takes, of the same dtypes.
      name: the name of the node.
      hostmem: not used: where a value is, follows from its kernels.

    Raises:
      ValueError: `cond` captures inputs, or takes others than `body`.
    """
    if cond.captured_inputs:
        raise ValueError(
            "While op 'cond' argument must be a function without implicitly captured inputs."
        )
    if cond.declared_input_types != body.declared_input_types:
        raise ValueError(
            "While op 'cond' and 'body' signatures do not match. "
            f"{cond.declared_input_types!r} vs {body.declared_input_types!r}"
        )
    if not body.captured_inputs:
        plain: list[Tensor] = while_op(list(input_), cond=cond, body=body, name=name)
        return plain
    count = len(body.declared_input_types)
    passing = _passing_captured(body)
    captured = passing.captured_inputs
    types = [*body.declared_input_types, *(tensor.dtype for tensor in captured)]

    @Defun(*types, func_name=f"{cond.name}_Wrapper")
    def condition(*args: Any) -> Any:
        return cond(*args[:count])

    made: list[Tensor] = while_op([*input_, *captured], cond=condition, body=passing, name=name)
    return made[:count]


def _passing_captured(body: Any) -> Any:
    """Return `body` with what it captures among its results, as a loop has to carry it."""

    @Defun(*body.declared_input_types, func_name=f"{body.name}_Wrapper")
    def passing(*args: Any) -> Any:
        given = _as_tuple(body(*args))
        graph = get_default_graph()
        assert isinstance(graph, FuncGraph)
        return (*given, *graph.inputs[len(args) :])

    return passing


def _as_tuple(given: Any) -> tuple[Any, ...]:
    """Return what a call gave as a tuple: nothing for the operation of one without outputs."""
    if isinstance(given, Operation):
        return ()
    return (given,) if isinstance(given, Tensor) else tuple(given)


def For(
    start: Any,
    limit: Any,
    delta: Any,
    inputs: Sequence[Any],
    body: Any,
    name: str | None = None,
    hostmem: Any = None,
    rewrite_with_while: bool | None = None,
) -> list[Tensor]:
    """Call `body(i, ...)` for each number from `start` to below `limit`, with what it gave before.

    Args:
      start: the first number.
      limit: the loop ends before it.
      delta: from one number to the next; may be negative.
      inputs: the first arguments after the number.
      body: a function of an int32 and the inputs, that returns new inputs.
      name: the name of the node.
      hostmem: not used.
      rewrite_with_while: whether the loop is made of a While.

    Raises:
      InvalidArgumentError: `start`, `limit` or `delta` is no scalar, or `body` returns more or
        fewer values than there are inputs.
    """
    given = len(body.definition.signature.output_arg)
    if given != len(inputs):
        raise errors.invalid_argument(
            f"For loop body returned {given} arguments. Expected: {len(inputs)}"
        )
    start, limit, delta = (
        _as_scalar(each, name)
        for each, name in ((start, "start"), (limit, "limit"), (delta, "delta"))
    )
    if rewrite_with_while:
        return _for_of_while(start, limit, delta, inputs, body, name)
    captured = body.captured_inputs
    passing = _passing_captured(body) if captured else body
    made: list[Tensor] = for_op(start, limit, delta, [*inputs, *captured], body=passing, name=name)
    return made[: len(inputs)]


def _for_of_while(
    start: Any, limit: Any, delta: Any, inputs: Sequence[Any], body: Any, name: str | None
) -> list[Tensor]:
    step = abs_of(delta)
    count = floordiv(abs_of(limit - start) + step - 1, step)
    types = [dtypes.int32] * 4 + list(body.declared_input_types)[1:]

    @Defun(*types, func_name=f"{body.name}_Cond")
    def condition(i: Any, n: Any, *args: Any) -> Any:
        return i < n

    @Defun(*types, func_name=f"{body.name}_Body")
    def counted(i: Any, n: Any, first: Any, by: Any, *args: Any) -> Any:
        return (i + 1, n, first, by, *_as_tuple(body(first + i * by, *args)))

    made = While([0, count, start, delta, *inputs], condition, counted, name)
    return made[4:]


def _as_scalar(value: Any, name: str) -> Tensor:
    """Return a bound of a loop.

    Raises:
      InvalidArgumentError: it is no scalar.
    """
    tensor = convert_to_tensor(value, dtypes.int32, name=name)
    if tensor.dims:
        raise errors.invalid_argument(f"{name} must be a scalar, not of shape {tensor.shape}")
    return tensor


def Gradient(inputs: Sequence[Any], f: Any, name: str | None = None) -> list[Tensor]:
    """Return the gradients of a function with regard to its arguments.

    Args:
      inputs: the arguments of `f`, then the gradients with regard to its results.
      f: the function.
      name: the name of the node.
    """
    types = [arg.type for arg in f.definition.signature.input_arg]
    return symbolic_gradient(input=inputs, Tout=types, f=f, name=name)


def partitioned_call(
    args: Sequence[Any],
    f: Any,
    tout: Any = None,
    executing_eagerly: bool | None = None,
    config: Any = None,
    executor_type: str | None = None,
) -> Any:
    """Return the results of a function, by a node that keeps its devices.

    Args:
      args: the arguments, captured inputs included.
      f: the function.
      tout: the dtypes of the results, by default those of the function.
      executing_eagerly: not used: a node is made.
      config: a serialized ConfigProto, which the node keeps.
      executor_type: the node keeps it.

    Returns:
      A list, or the operation where there is no result.
    """
    if tout is None:
        tout = [arg.type for arg in f.definition.signature.output_arg]
    call = stateful_partitioned_call_op if f.stateful_ops else partitioned_call_op
    op = call.make(
        [convert_to_tensor(arg) for arg in args],
        Tout=list(tout),
        f=f,
        config_proto=config or b"",
        executor_type=executor_type or "",
    )
    return list(op.outputs) or op
