"""The bodies of a graph's functions as the passes need them, each made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.graph import dtypes, errors
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.function_body import FunctionBody, make_body
from tensormill.graph.function_library import FunctionLibrary
from tensormill.graph.graph import Graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.gradient_zeros import is_trainable, zeros_like
from tensormill.ops.gradients import gradients
from tensormill.runtime.passes.prune import producers_first

__all__ = ["FunctionBodies", "OrderedBody"]


@dataclass(slots=True, eq=False)
class OrderedBody:
    """A body with what a call has to run.

    Attributes:
      inputs: the placeholders of the arguments.
      outputs: what the function returns.
      effects: what runs in each call.
      order: the operations that outputs and effects need, producers first, without the arguments.
    """

    inputs: list[Tensor]
    outputs: list[Tensor]
    effects: list[Operation]
    order: list[Operation]


class FunctionBodies:
    """The bodies of the functions of one library."""

    def __init__(self, library: FunctionLibrary) -> None:
        self.library = library
        self._bodies: dict[Any, OrderedBody] = {}
        self._gradients: dict[Any, OrderedBody] = {}
        self._counted: dict[Any, tuple[OrderedBody, OrderedBody, OrderedBody]] = {}

    def body(self, ref: FunctionRef) -> OrderedBody:
        """Return the body of a function.

        Raises:
          NotFoundError: there is no such function.
          InvalidArgumentError: its body is not sound.
        """
        key = _key(ref)
        found = self._bodies.get(key)
        if found is None:
            found = self._bodies[key] = _ordered(self._make(ref))
        return found

    def gradient(self, ref: FunctionRef) -> OrderedBody:
        """Return what computes the gradients of a function.

        Its arguments are those of the function and a gradient for each of its results.

        Raises:
          LookupError: an operation of the body has no gradient.
          NotFoundError: there is no such function.
        """
        named = self.library.gradients.get(ref.name)
        if named is not None:
            return self.body(FunctionRef(named, ref.attrs))
        key = _key(ref)
        found = self._gradients.get(key)
        if found is None:
            found = self._gradients[key] = _ordered(_differentiated(self._make(ref)))
        return found

    def counted(self, ref: FunctionRef) -> tuple[OrderedBody, OrderedBody, OrderedBody]:
        """Return how a loop begins that calls a function for each number, its condition and body.

        All take the number, the limit, the step and the other arguments of the function; the first
        returns them as they are, where such a loop can be.

        Raises:
          NotFoundError: there is no such function.
          InvalidArgumentError: its first argument is not an int32, or it gives back something else
            than it takes.
        """
        key = _key(ref)
        found = self._counted.get(key)
        if found is None:
            begin, condition, body = map(_ordered, _counted(self._make(ref)))
            found = self._counted[key] = begin, condition, body
        return found

    def _make(self, ref: FunctionRef) -> FunctionBody:
        function = self.library.get(ref.name)
        if function is None:
            raise errors.not_found(f"Function {ref.name} is not defined.")
        try:
            return make_body(function, self.library, ref.attrs)
        except (TypeError, ValueError, KeyError) as error:
            raise errors.invalid_argument(f"function '{ref.name}': {error}") from error


def _key(ref: FunctionRef) -> Any:
    attrs = ((n, v.name if isinstance(v, FunctionRef) else v) for n, v in ref.attrs.items())
    return ref.name, tuple(attrs)


def _ordered(body: FunctionBody) -> OrderedBody:
    roots = [*(tensor.op for tensor in body.outputs), *body.effects]
    arguments = {tensor.op for tensor in body.inputs}
    order = [op for op in producers_first(roots) if op not in arguments]
    return OrderedBody(body.inputs, body.outputs, body.effects, order)


def _differentiated(body: FunctionBody) -> FunctionBody:
    graph = body.graph
    for x in body.inputs:
        if x.dtype is dtypes.resource and x._handle_data is None:
            x._handle_data = (_variable_dtype(x), None)
    with graph.as_default():
        grads = [_placeholder_like(tensor) for tensor in body.outputs]
        smooth = [index for index, tensor in enumerate(body.outputs) if is_trainable(tensor.dtype)]
        found: Sequence[Any] = gradients(
            [body.outputs[i] for i in smooth], body.inputs, [grads[i] for i in smooth]
        )
        results = [
            zeros_like(x) if gradient is None else _dense(gradient)
            for x, gradient in zip(body.inputs, found, strict=True)
        ]
    return FunctionBody(graph, [*body.inputs, *grads], results, [])


def _variable_dtype(handle: Tensor) -> dtypes.DType:
    """Return the dtype of the variable behind an argument, as far as the body tells it.

    Where it does not, nobody asks for the gradient of the variable.
    """
    found: dtypes.DType = next(
        (op.attrs["dtype"] for op in handle.consumers() if "dtype" in op.attrs), dtypes.float32
    )
    return found


def _counted(body: FunctionBody) -> tuple[FunctionBody, FunctionBody, FunctionBody]:
    taken, returned = ([t.dtype for t in side] for side in (body.inputs, body.outputs))
    if taken != [dtypes.int32, *returned]:
        raise errors.invalid_argument(
            f"For loop body takes {[d.name for d in taken]} and returns "
            f"{[d.name for d in returned]}. Expected: an int32 and what it returns."
        )
    types = [dtypes.int32] * 3 + returned
    with Graph().as_default() as graph:
        given = [OP_DEFS["Placeholder"].builder(dtype=dtype) for dtype in types]
        number, limit, step = given[:3]
        ahead = (limit - number) * OP_DEFS["Sign"].builder(step)
        is_there = OP_DEFS["Equal"].builder(number, limit)
        valid = OP_DEFS["LogicalOr"].builder(OP_DEFS["Greater"].builder(ahead, 0), is_there)
        check = OP_DEFS["Assert"].builder(
            valid, ["Invalid start/limit/delta: ", number, limit, step]
        )
        begin = FunctionBody(graph, given, given, [check])
    with Graph().as_default() as graph:
        given = [OP_DEFS["Placeholder"].builder(dtype=dtype) for dtype in types]
        number, limit, step = given[:3]
        ahead = (limit - number) * OP_DEFS["Sign"].builder(step)
        condition = FunctionBody(graph, given, [OP_DEFS["Greater"].builder(ahead, 0)], [])
    with body.graph.as_default():
        number = body.inputs[0]
        limit, step = (_placeholder_like(number) for _ in range(2))
        results = [number + step, limit, step, *body.outputs]
    inputs = [number, limit, step, *body.inputs[1:]]
    return begin, condition, FunctionBody(body.graph, inputs, results, body.effects)


def _placeholder_like(tensor: Tensor) -> Tensor:
    made: Tensor = OP_DEFS["Placeholder"].builder(dtype=tensor.dtype, shape=tensor.dims)
    return made


def _dense(gradient: Any) -> Tensor:
    """Return a gradient as one tensor, added up where it is made of slices."""
    if isinstance(gradient, Tensor):
        return gradient
    dense: Tensor = OP_DEFS["Identity"].builder(gradient)
    return dense
