"""Functions that kernels call: each compiled to a program once, and run on the caller's thread."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch

from tensormill.graph import errors
from tensormill.graph.attr_values import FunctionRef
from tensormill.graph.dtypes import DType
from tensormill.kernels.dataset_base import Element, Iteration, plain_component
from tensormill.kernels.torch_dtypes import to_host, to_tensor
from tensormill.kernels.value_types import as_object_array
from tensormill.runtime.cancellation import CancellationScope
from tensormill.runtime.failures import as_op_error
from tensormill.runtime.node import Edge, Node, NodeGraph
from tensormill.runtime.passes.batched_bodies import batched_body
from tensormill.runtime.passes.function_bodies import FunctionBodies, OrderedBody
from tensormill.runtime.passes.inlining import Place, inline_functions
from tensormill.runtime.passes.prune import ARG
from tensormill.runtime.passes.simplify import simplify
from tensormill.runtime.plan.folding import fold_node
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.plan.program import Program
from tensormill.runtime.plan.straight_line import InstructionFailed
from tensormill.runtime.step import ProgramRun, Step

__all__ = ["CompiledFunction", "FunctionPrograms"]

_step_ids = itertools.count(1 << 40)
_PYTHON_OPS = frozenset(["PyFunc", "PyFuncStateless", "EagerPyFunc"])
_KEEPS_NOTHING = _PYTHON_OPS | frozenset(
    ["Assert", "Print", "PrintV2", "VarHandleOp", "ReadVariableOp", "TensorSliceDataset"]
)
"""Op types that are stateful, and whose kernels remember nothing from call to call."""


class FunctionPrograms:
    """The functions of one library, as one session runs them.

    Attributes:
      bodies: the bodies of the functions.
    """

    def __init__(
        self,
        bodies: FunctionBodies,
        place: Place,
        register: Callable[[NodeGraph, str], Program],
        session_handle: str,
    ) -> None:
        """Prepare for calls.

        Args:
          bodies: the bodies of the functions.
          place: places the operations of bodies.
          register: compiles a graph; of stateful nodes it keeps the kernels apart by the name that
            it is given.
          session_handle: names the session.
        """
        self.bodies = bodies
        self._place = place
        self._register = register
        self._session_handle = session_handle
        self._lock = threading.Lock()
        self._functions: dict[Any, CompiledFunction] = {}  # guarded by _lock
        self._instances = itertools.count()

    def function(self, ref: FunctionRef, device: str) -> CompiledFunction:
        """Return a function that is called on a device."""
        body = self.bodies.body(ref)
        with self._lock:
            key = (id(body), device)
            found = self._functions.get(key)
            if found is None:
                found = self._functions[key] = CompiledFunction(ref.name, body, device, self)
            return found

    def compile(self, name: str, body: OrderedBody, device: str) -> Program:
        """Return a new program of a body."""
        feeds = [
            _feed(tensor.op.name, index, device, tensor) for index, tensor in enumerate(body.inputs)
        ]
        graph = _call_graph(name, body, feeds, device, self._place)
        graph = inline_functions(graph, self.bodies, self._place)
        return self._register(
            simplify(graph, fold_node), f"{name}/instance_{next(self._instances)}"
        )

    def new_step(self, scope: CancellationScope) -> Step:
        """Return the step of one call."""
        return Step(next(_step_ids), self._session_handle, scope)


def _feed(name: str, index: int, device: str, tensor: Any) -> Node:
    dtype = tensor.dtype.base_dtype
    return Node(
        name, ARG, {"T": dtype, "index": index}, [], [], device, [dtype], [tensor.dims], tensor.op
    )


def _call_graph(
    name: str, body: OrderedBody, feeds: list[Node], device: str, place: Place
) -> NodeGraph:
    """Return the nodes of a body between its arguments and its results."""
    edges: dict[Any, Edge] = {
        tensor: (feed, 0) for tensor, feed in zip(body.inputs, feeds, strict=True)
    }
    made: dict[Any, Node] = {}
    back_edges = []
    for op in body.order:
        node = Node(
            op.name,
            op.op_schema,
            op.attrs,
            [],
            [made[c] for c in op.control_input_list if c in made],
            "",
            [t.dtype for t in op.outputs],
            [t.dims for t in op.outputs],
            op,
        )
        for index, tensor in enumerate(op.input_tensors):
            edge = edges.get(tensor)
            if edge is None:
                back_edges.append((node, index, tensor))
                edge = (node, 0)
            node.inputs.append(edge)
        node.device = place(op, device, node.inputs)
        made[op] = node
        edges.update((tensor, (node, i)) for i, tensor in enumerate(op.outputs))
    for node, index, tensor in back_edges:
        node.inputs[index] = edges[tensor]
    return NodeGraph(
        [*feeds, *made.values()],
        feeds,
        [edges[tensor] for tensor in body.outputs],
        [made[op] for op in body.effects],
    )


class CompiledFunction:
    """A function as datasets call it (see `kernels.dataset_base.DatasetFunction`).

    Attributes:
      name: of the function.
      calls_python: the function runs Python code of the user.
    """

    def __init__(self, name: str, body: OrderedBody, device: str, owner: FunctionPrograms) -> None:
        self.name = name
        self._body = body
        self._device = device
        self._owner = owner
        self.calls_python = any(op.type in _PYTHON_OPS for op in body.order)
        self._keeps_state = any(
            op.op_schema.is_stateful and op.type not in _KEEPS_NOTHING for op in body.order
        )
        self._shared: Program | None = None
        # The function of batches, once it was looked for; empty where there is none.
        self._batched: tuple[CompiledFunction, ...] | None = None

    def _program(self) -> Program:
        """Return a program whose stateful kernels belong to the caller, where there are any."""
        if self._keeps_state:
            return self._owner.compile(self.name, self._body, self._device)
        if self._shared is None:
            self._shared = self._owner.compile(self.name, self._body, self._device)
        return self._shared

    def bind(self, captured: Iterable[Any], iteration: Iteration) -> Callable[..., Element]:
        """Return what calls the function with the components of an element."""
        program = self._program()
        further = list(captured)
        count = len(program.feeds) - len(further)
        converters = [_converter(form, dtype) for _, form, dtype, _ in program.feeds]
        fixed = [convert(value) for convert, value in zip(converters[count:], further, strict=True)]
        converters = converters[:count]
        strings = [i for i, (_, _, dtype) in enumerate(program.fetches) if dtype.name == "string"]
        run = self._runner(program, iteration)

        def call(*components: Any) -> Element:
            feeds = [convert(value) for convert, value in zip(converters, components, strict=True)]
            results = run([*feeds, *fixed])
            for index in strings:
                results[index] = plain_component(results[index], program.fetches[index][2])
            return tuple(results)

        return call

    def bind_batched(
        self, captured: Iterable[Any], iteration: Iteration
    ) -> Callable[..., Element] | None:
        """Return what calls the function with the components of a batch, or None."""
        further = list(captured)
        if self._batched is None:
            count = len(self._body.inputs) - len(further)
            body = batched_body(self._body, count, self._owner.bodies.library)
            self._batched = (
                ()
                if body is None
                else (CompiledFunction(f"{self.name}/batched", body, self._device, self._owner),)
            )
        return self._batched[0].bind(further, iteration) if self._batched else None

    def _runner(self, program: Program, iteration: Iteration) -> Callable[[list[Any]], list[Any]]:
        owner = self._owner

        def run_plain(feeds: list[Any]) -> list[Any]:
            try:
                return program.run(feeds)
            except InstructionFailed as failure:
                raise as_op_error(failure) from failure.__cause__

        def run_in_step(feeds: list[Any]) -> list[Any]:
            scope = CancellationScope()
            token = iteration.register(scope.cancel)
            step = owner.new_step(scope)
            try:
                if program.is_blocking:
                    return _wait_for(program, step, feeds, iteration)
                return program.run(feeds, step)
            except InstructionFailed as failure:
                raise as_op_error(failure, step.step_id) from failure.__cause__
            finally:
                iteration.deregister(token)

        return run_in_step if program.is_blocking or program.takes_step else run_plain


def _wait_for(program: Program, step: Step, feeds: list[Any], iteration: Iteration) -> list[Any]:
    finished = threading.Event()
    outcome: list[Any] = []

    def on_done(values: list[Any] | None, error: BaseException | None) -> None:
        outcome.extend((values, error))
        finished.set()

    timed_out = False
    try:
        ProgramRun(program, step, feeds, on_done).start()
        timed_out = not finished.wait(iteration.remaining_s())
        if timed_out:
            step.cancellation.cancel("Timed out waiting for notification")
            finished.wait()
    except BaseException:  # interrupted
        step.cancellation.cancel("The step was interrupted.")
        finished.wait()
        raise
    values, error = outcome
    if timed_out and error is not None:
        raise errors.DeadlineExceededError(
            None, None, "Timed out waiting for notification"
        ) from error
    if error is not None:
        raise error
    result: list[Any] = values
    return result


def _converter(form: Form, dtype: DType) -> Callable[[Any], Any]:
    """Return what brings a component into the form that a program takes."""
    if form is Form.TENSOR:
        return _as_tensor
    if form is Form.HOST:
        return _as_string if dtype.name == "string" else _as_host
    return _as_it_is


def _as_tensor(value: Any) -> Any:
    return value if isinstance(value, torch.Tensor) else to_tensor(value)


def _as_host(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        value = to_host(value)
    return value[()] if type(value) is np.ndarray and value.ndim == 0 else value


def _as_string(value: Any) -> Any:
    return value if isinstance(value, np.ndarray) else as_object_array([value], ())


def _as_it_is(value: Any) -> Any:
    return value
