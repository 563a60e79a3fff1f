"""`tf.function` and `defun` in graph mode: Python functions whose side effects happen.

A call makes the nodes of the function in the graph that calls it. Operations on the same state run
in the order in which they were made, and the results wait for all operations with effects.

Source: TensorFlow 1.15, python/framework/auto_control_deps.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tensormill.functional.concrete_functions import ConcreteFunction
from tensormill.graph import dtypes, nest
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.converted_functions import call_converted, needs_conversion
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import as_dims
from tensormill.graph.tensor import Tensor, TensorLike
from tensormill.graph.type_specs import TensorSpec
from tensormill.ops.composite_values import components, rebuild
from tensormill.ops.control_flow_context import output_context
from tensormill.ops.grouping import group
from tensormill.ops.identities import identity

__all__ = [
    "StatementEffect",
    "TracedFunction",
    "effects_in_order",
    "made_since",
    "note_statement",
    "root_of_state",
    "states_of",
    "traced",
]

_STATEMENTS = "statements_with_effects"
# They pass a state on to what runs in a branch or loop.
_PASSING = frozenset("Switch RefSwitch Enter RefEnter Identity RefIdentity".split())

# They have state, and nothing happens when they run.
_WITHOUT_EFFECT = frozenset(
    """
    VarHandleOp ReadVariableOp VarIsInitializedOp Placeholder PlaceholderV2 VariableV2 Variable
    RandomUniform RandomUniformInt RandomStandardNormal ParameterizedTruncatedNormal TruncatedNormal
    RandomShuffle Multinomial RandomGamma RandomGammaGrad RandomPoisson RandomPoissonV2
    """.split()
)


class TracedFunction:
    """A Python function that makes nodes; see the module.

    Attributes:
      python_function: the function.
      input_signature: specs of the arguments, or None.
    """

    def __init__(
        self,
        python_function: Callable[..., Any],
        input_signature: Any = None,
        converts: bool = False,
        features: Any = None,
    ) -> None:
        functools.update_wrapper(self, python_function)
        self.python_function = python_function
        self.input_signature = input_signature
        self._converts = converts
        self._features = features
        # Those of the graph in which one was asked for last.
        self._concrete: dict[str, ConcreteFunction] = {}
        self._concrete_graph: Any = None

    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction:
        """Return the trace of the function for arguments like these.

        Args:
          *args: positional arguments; a `tf.TensorSpec` stands for all tensors that it describes.
            None, where there is an input signature.
          **kwargs: keyword arguments.

        Raises:
          TypeError, ValueError: the arguments do not fit the function.
        """
        if self.input_signature is not None and not args and not kwargs:
            args = tuple(self.input_signature)
        graph = get_default_graph()
        if graph is not self._concrete_graph:
            self._concrete, self._concrete_graph = {}, graph
        key = repr((args, kwargs))
        found = self._concrete.get(key)
        if found is None:
            signature = inspect.signature(self.python_function)
            found = self._concrete[key] = ConcreteFunction(self, signature, args, kwargs)
        return found

    def __get__(self, instance: Any, owner: Any) -> Any:
        """Return the method of an object."""
        if instance is None:
            return self
        bound = self.python_function.__get__(instance, owner)
        return TracedFunction(bound, self.input_signature, self._converts, self._features)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Make the nodes of a call.

        Returns:
          The results of the function; where it returns nothing, the operation that does all that it
          has to do.
        """
        graph = get_default_graph()
        context = graph._get_control_flow_context()
        before = graph._last_id
        if self.input_signature is None:
            args, kwargs = nest.map_structure(_as_argument, (args, kwargs))
        else:
            args, kwargs = self._signature_arguments(args, kwargs), {}
        if self._converts and needs_conversion(self.python_function):
            result = call_converted(self.python_function, self._features, *args, **kwargs)
        else:
            result = self.python_function(*args, **kwargs)
        effects = effects_in_order(made_since(graph, before, context))
        if result is None:
            return group(*effects)
        with control_dependencies(effects):
            return nest.map_structure(_as_result, result)

    def _signature_arguments(self, args: Any, kwargs: Any) -> tuple[Any, ...]:
        """Return the arguments by position, as tensors of which only the signature is known.

        Raises:
          TypeError: there are more arguments than the signature has.
          ValueError: an argument is none that the signature describes.
        """
        specs = tuple(self.input_signature)
        signature = inspect.signature(self.python_function)
        beyond = set(kwargs).intersection(list(signature.parameters)[len(specs) :])
        if len(args) > len(specs) or beyond:
            raise TypeError(
                "When input_signature is provided, only pass arguments covered by it. Received "
                f"{len(args) + len(kwargs)} argument(s)."
            )
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        values = given.args[: len(specs)]
        try:
            return tuple(_as_described(specs, values))
        except (TypeError, ValueError) as error:
            raise ValueError(
                "Python inputs incompatible with input_signature:\n  inputs: "
                f"{values}\n  input_signature: {specs}\n{error}"
            ) from None


def _as_described(spec: Any, value: Any) -> Any:
    """Return an argument, or a structure of them, as its spec describes it.

    Raises:
      ValueError: the spec describes none like it.
    """
    if nest.is_nested(spec):
        pairs = zip(nest.items_of(spec), nest.items_of(value), strict=True)
        return nest.pack_sequence_as(
            spec, nest.flatten([_as_described(part, given) for (_, part), (_, given) in pairs])
        )
    if not isinstance(value, TensorLike) and isinstance(spec, TensorSpec):
        value = convert_to_tensor(value, preferred_dtype=spec.dtype)
    if not spec.is_compatible_with(value):
        raise ValueError(f"{value!r} is not compatible with {spec!r}")
    if isinstance(value, Tensor) and value.dims != as_dims(spec.shape):
        return OP_DEFS["PlaceholderWithDefault"].builder(value, spec.shape)
    return value


def _as_argument(value: Any) -> Any:
    return convert_to_tensor(value) if isinstance(value, np.ndarray) else value


def _as_result(value: Any) -> Any:
    if value is None:
        return None
    parts = components(value)
    if parts is not None:
        return rebuild(value, [identity(part) for part in parts])
    if isinstance(value, Operation):
        return group(value)
    return identity(convert_to_tensor(value)) if not isinstance(value, TensorLike) else _read(value)


def _read(value: Any) -> Tensor:
    made: Tensor = identity(value)
    return made


def made_since(graph: Graph, number: int, context: Any) -> list[Operation]:
    """Return the operations after one that belong to a branch or loop, not to one within it."""
    return [
        op for op in graph.get_operations() if op._id > number and output_context(op) is context
    ]


class StatementEffect(NamedTuple):
    """A condition or loop that changes something.

    Attributes:
      starts: the operations that must not run before what stands before the statement.
      states: what it reads or changes.
    """

    starts: list[Operation]
    states: list[Tensor]


def note_statement(last: Operation, effect: StatementEffect) -> None:
    """Note an operation as the end of a statement that changes something."""
    _noted(last).update({last: effect})


def _noted(op: Operation) -> dict[Operation, StatementEffect]:
    noted: dict[Operation, StatementEffect] = op.graph._extra.setdefault(_STATEMENTS, {})
    return noted


def effects_in_order(made: list[Operation]) -> list[Operation]:
    """Let each operation on a state wait for the one before; return those with effects.

    What has an effect and no state, as what prints has, waits for the one before of these.
    """
    last: dict[Tensor | None, Operation] = {}
    effects: list[Operation] = []
    for op in made:
        if op.type in ("VarHandleOp", "VariableV2", "Variable"):
            continue
        statement = _noted(op).get(op)
        starts = [op] if statement is None else statement.starts
        has_effect = statement is not None or _has_effect(op)
        states: list[Tensor | None] = [root_of_state(state) for state in states_of(op)]
        if not states and has_effect and not _makes_a_state(op):
            states = [None]
        for state in states:
            previous = last.get(state)
            if previous is not None and previous is not op:
                for start in starts:
                    start._add_control_input(previous)
            last[state] = op
        if has_effect:
            effects.append(op)
    return effects


def _makes_a_state(op: Operation) -> bool:
    return any(t.dtype is dtypes.resource for t in op.outputs)


def _has_effect(op: Operation) -> bool:
    if op._is_stateful and op.type not in _WITHOUT_EFFECT:
        return True
    return op.type not in _PASSING and any(t.dtype._is_ref_dtype for t in op.input_tensors)


def states_of(op: Operation) -> list[Tensor]:
    """Return the states that an operation, or the statement that it ends, reads or changes."""
    statement = _noted(op).get(op)
    if statement is not None:
        return statement.states
    if op.type in _PASSING and op.type != "Identity":
        return []
    return [t for t in op.input_tensors if t.dtype is dtypes.resource or t.dtype._is_ref_dtype]


def root_of_state(tensor: Tensor) -> Tensor:
    """Return a state as it is outside of branches and loops."""
    while tensor.op.type in _PASSING and tensor.op.inputs:
        tensor = tensor.op.inputs[0]
    return tensor


def traced(
    func: Callable[..., Any] | None = None,
    input_signature: Any = None,
    autograph: bool = True,
    experimental_autograph_options: Any = None,
    experimental_relax_shapes: bool = False,
) -> Any:
    """Return a function that makes the nodes of `func` at each call, or a decorator.

    Args:
      func: the Python function; a decorator is returned without it.
      input_signature: specs of the arguments: of these only what they say is known within.
      autograph: whether statements on tensors, `if` and the like, become nodes.
      experimental_autograph_options: optional features of that.
      experimental_relax_shapes: not used.
    """
    if func is None:
        return functools.partial(
            traced,
            input_signature=input_signature,
            autograph=autograph,
            experimental_autograph_options=experimental_autograph_options,
        )
    return TracedFunction(func, input_signature, autograph, experimental_autograph_options)
