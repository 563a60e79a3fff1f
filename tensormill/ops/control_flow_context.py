"""Control-flow contexts.

What turns tensors from outside into inputs of a branch or loop while its body is built.

The graph tells the innermost open context of every operation that is made in it (`AddOp`); the
context then replaces inputs that come from outside by a Switch (branches) or an Enter (loops). The
names of the methods are TensorFlow's, since programs and other parts of the API call them.

Source: TensorFlow 1.15, python/ops/control_flow_ops.py, control_flow_util.py.
"""

from __future__ import annotations

from typing import Any, ClassVar

from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.tensor import Tensor
from tensormill.ops.control_flow import ref_switch, switch
from tensormill.proto.control_flow_pb2 import CondContextDef, ValuesDef

__all__ = [
    "CondContext",
    "ControlFlowContext",
    "is_containing",
    "is_loop_constant_enter",
    "is_loop_enter",
    "is_loop_exit",
    "is_switch",
    "loop_start_error",
    "output_context",
    "switch_ref_or_tensor",
    "while_context_of",
]


def loop_start_error(op: Any) -> ValueError:
    """Return the error of gradients inside of a loop that lead to an operation before it."""
    return ValueError(
        f"Cannot compute gradient inside while loop with respect to op '{op.name}'. We do not "
        "support taking the gradient wrt or through the initial value of a loop variable. "
        "Gradients can be computed through loop invariants or wrt the input parameters to the "
        "loop body."
    )


def is_switch(op: Operation) -> bool:
    """Return whether an operation is a Switch."""
    return op.type in ("Switch", "RefSwitch")


def is_loop_enter(op: Operation) -> bool:
    """Return whether an operation brings a value into a loop."""
    return op.type in ("Enter", "RefEnter")


def is_loop_exit(op: Operation) -> bool:
    """Return whether an operation brings a value out of a loop."""
    return op.type in ("Exit", "RefExit")


def is_loop_constant_enter(op: Operation) -> bool:
    """Return whether an operation brings a value into a loop that stays the same in it."""
    return is_loop_enter(op) and bool(op.attrs["is_constant"])


def output_context(op: Operation) -> Any:
    """Return the context in which the outputs of an operation are.

    For an Exit it is the outer one.
    """
    context = op._control_flow_context
    return context.outer_context if context is not None and is_loop_exit(op) else context


def while_context_of(op: Operation) -> Any:
    """Return the innermost loop that holds an operation, or None."""
    context = op._control_flow_context
    return None if context is None else context.GetWhileContext()


def is_containing(context: Any, inner: Any) -> bool:
    """Return whether `context` is `inner` or one of the contexts around it."""
    while inner is not context:
        if inner is None:
            return False
        inner = inner.outer_context
    return True


def switch_ref_or_tensor(data: Tensor, pred: Tensor, name: str = "Switch") -> list[Tensor]:
    """Return [what is live where `pred` is false, what is live where it is true], beside `data`."""
    with get_default_graph().colocate_with(data.op, ignore_existing=True):
        if data.dtype._is_ref_dtype:
            return ref_switch(data, pred, name=name)
        return switch(data, pred, name=name)


class ControlFlowContext:
    """A branch or loop while, and after, it is built.

    Attributes:
      name: unique in the graph.
      outer_context: the context around it, or None.
      proto_field: where a message of the context stands in that of an outer one.
    """

    proto_field: ClassVar[str]
    _kinds: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        """Note the kind of context for messages."""
        cls._kinds[cls.proto_field] = cls

    def __init__(self, name: str) -> None:
        graph = get_default_graph()
        self.name = graph.unique_name(name)
        self.outer_context: Any = graph._get_control_flow_context()
        self.nested_contexts: list[ControlFlowContext] = []
        if self.outer_context is not None:
            self.outer_context.nested_contexts.append(self)
        self._entered_from: list[Any] = []
        self._values: set[str] = set()
        self._external_values: dict[str, Tensor] = {}

    @property
    def _outer_context(self) -> Any:
        return self.outer_context

    @property
    def grad_state(self) -> Any:
        """The state of the gradients of the loop around it, or None."""
        raise NotImplementedError

    @property
    def back_prop(self) -> bool:
        """Whether gradients may be taken through the loop around it."""
        raise NotImplementedError

    def _values_to_proto(self, export_scope: str | None) -> Any:
        """Return what the context knows of tensors as a ValuesDef message."""
        message = ValuesDef(
            values=[strip_name_scope(name, export_scope) for name in sorted(self._values)]
        )
        for name, tensor in self._external_values.items():
            inside = strip_name_scope(tensor.name, export_scope)
            message.external_values[strip_name_scope(name, export_scope)] = inside
        return message

    def _nested_to_proto(self, message: Any, export_scope: str | None) -> None:
        for context in self.nested_contexts:
            written = message.nested_contexts.add()
            nested = context.to_proto(export_scope)
            if nested is not None:
                getattr(written, context.proto_field).CopyFrom(nested)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the context as a message; None if it is outside of `export_scope`."""
        raise NotImplementedError

    def _read_values(self, message: Any, import_scope: str | None) -> None:
        """Take over a ValuesDef message, and the operations that it names."""
        graph = get_default_graph()
        self.outer_context = graph._get_control_flow_context()
        self.nested_contexts = []
        if self.outer_context is not None:
            self.outer_context.nested_contexts.append(self)
        self._entered_from = []
        self._values = {prepend_name_scope(name, import_scope) for name in message.values}
        self._external_values = {
            prepend_name_scope(name, import_scope): graph.as_graph_element(
                prepend_name_scope(inside, import_scope)
            )
            for name, inside in message.external_values.items()
        }
        for name in self._values - self._external_values.keys():
            op = graph.as_graph_element(name.partition(":")[0])
            op._set_control_flow_context(self)

    def _read_nested(self, message: Any, import_scope: str | None) -> None:
        self.Enter()
        for nested in message.nested_contexts:
            field = nested.WhichOneof("ctxt")
            self._kinds[field].from_proto(getattr(nested, field), import_scope)
        self.Exit()

    def AddName(self, name: str) -> None:
        """Let a tensor count as one of the context."""
        self._values.add(name)

    def Enter(self) -> None:
        """Make operations in this context from now on."""
        graph = get_default_graph()
        self._entered_from.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self) -> None:
        """Go back to the context that was open before `Enter`."""
        get_default_graph()._set_control_flow_context(self._entered_from.pop())

    def ExitResult(self, result: list[Any]) -> None:
        """Let tensors count as ones of the outer context."""
        if self.outer_context is not None:
            for tensor in result:
                self.outer_context.AddName(tensor.name)

    def GetWhileContext(self) -> Any:
        """Return the innermost loop around, or None."""
        return None if self.outer_context is None else self.outer_context.GetWhileContext()

    def GetControlPivot(self) -> Tensor | None:
        """Return the tensor that is live whenever the context is, or None."""
        return None

    def IsWhileContext(self) -> bool:
        """Return whether this is a loop."""
        return False

    def IsCondContext(self) -> bool:
        """Return whether this is a branch."""
        return False

    def AddValue(self, val: Tensor) -> Tensor:
        """Return what stands for a tensor inside the context."""
        raise NotImplementedError

    def AddOp(self, op: Operation) -> None:
        """Take an operation that was just made into the context."""
        raise NotImplementedError

    def AddInnerOp(self, op: Operation) -> None:
        """Take note of an operation that was made in an inner context."""
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def _remove_external_control_inputs(
        self, op: Operation
    ) -> tuple[list[Operation], list[Operation]]:
        """Drop control inputs from outside of the loop around.

        Return those that stay and those that went.
        """
        loop = self.GetWhileContext()
        if loop is None:
            return op.control_inputs, []
        internal: list[Operation] = []
        external: list[Operation] = []
        for control in op.control_inputs:
            context = output_context(control)
            inside = context is not None and context.GetWhileContext() is loop
            (internal if inside else external).append(control)
        if external:
            op._remove_all_control_inputs()
            op._add_control_inputs(internal)
        return internal, external

    def _note_outputs(self, op: Operation) -> None:
        names = [tensor.name for tensor in op.outputs]
        context: Any = self
        while context is not None:
            context._values.update(names)
            context = context.outer_context

    def __str__(self) -> str:
        return self.name


class CondContext(ControlFlowContext):
    """One branch of `tf.cond`.

    Attributes:
      pred: the predicate.
      pivot: live when the branch is taken.
      branch: 1 for the branch of a true predicate, 0 for the other.
    """

    proto_field = "cond_ctxt"

    def __init__(self, pred: Tensor, pivot: Tensor, branch: int, name: str = "cond_text") -> None:
        super().__init__(name)
        self.pred = pred
        self.pivot = pivot
        self.branch = branch
        self._values.add(pred.name)
        self._external_values[pred.name] = pred
        self._values.add(pivot.name)
        pivot.op._set_control_flow_context(self)

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the branch as a CondContextDef message; None if it is outside the scope."""
        if export_scope is not None and not self.name.startswith(export_scope):
            return None
        message = CondContextDef(
            context_name=strip_name_scope(self.name, export_scope),
            pred_name=strip_name_scope(self.pred.name, export_scope),
            pivot_name=strip_name_scope(self.pivot.name, export_scope),
            branch=self.branch,
            values_def=self._values_to_proto(export_scope),
        )
        self._nested_to_proto(message, export_scope)
        return message

    @classmethod
    def from_proto(cls, context_def: Any, import_scope: str | None = None) -> CondContext:
        """Return the branch of the default graph that a CondContextDef describes."""
        graph = get_default_graph()
        context = cls.__new__(cls)
        context.name = prepend_name_scope(context_def.context_name, import_scope)
        context.pred = graph.as_graph_element(
            prepend_name_scope(context_def.pred_name, import_scope)
        )
        context.pivot = graph.as_graph_element(
            prepend_name_scope(context_def.pivot_name, import_scope)
        )
        context.branch = context_def.branch
        context._read_values(context_def.values_def, import_scope)
        context._read_nested(context_def, import_scope)
        return context

    @property
    def grad_state(self) -> Any:
        """The state of the gradients of the loop around it, or None."""
        loop = self.GetWhileContext()
        return None if loop is None else loop.grad_state

    @property
    def back_prop(self) -> bool:
        """Whether gradients may be taken through the loop around it."""
        loop = self.GetWhileContext()
        return False if loop is None else loop.back_prop

    def GetControlPivot(self) -> Tensor | None:
        """Return the tensor that is live when the branch is taken."""
        return self.pivot

    def IsCondContext(self) -> bool:
        """Return True."""
        return True

    def AddValue(self, val: Tensor) -> Tensor:
        """Return the tensor that stands for `val` in this branch.

        Itself, or the live side of a Switch.
        """
        if val.name in self._values:
            return self._external_values.get(val.name, val)
        result = self._taken_in(val)
        with control_dependencies(None):
            result = switch_ref_or_tensor(result, self.pred)[self.branch]
            if self.outer_context is not None:
                self.outer_context.AddInnerOp(result.op)
        result.op.graph.prevent_fetching(result.op)
        result.op._set_control_flow_context(self)
        context: Any = self
        while context is not None:
            context._values.add(result.name)
            context = context.outer_context
        self._external_values[val.name] = result
        return result

    def _taken_in(self, val: Tensor) -> Tensor:
        """Note that a tensor is used here; return what stands for it in the context around this."""
        self._values.add(val.name)
        if self.outer_context is None:
            return val
        result: Tensor = self.outer_context.AddValue(val)
        self._values.add(result.name)
        self._external_values[result.name] = result
        return result

    def AddOp(self, op: Operation) -> None:
        """Bring the inputs of a new operation into the branch.

        One without inputs waits for the pivot.
        """
        self._add_op(op)

    def _add_op(self, op: Operation) -> None:
        if not op.input_tensors:
            self._remove_external_control_inputs(op)
            if not any(is_containing(self, c._control_flow_context) for c in op.control_inputs):
                op._add_control_input(self.pivot.op)
        else:
            for index, tensor in enumerate(list(op.input_tensors)):
                if op.type == "Merge" and tensor.op.type == "NextIteration":
                    continue  # the back edge of a loop
                inside = self.AddValue(tensor)
                if inside is not tensor:
                    op._update_input(index, inside)
            self._remove_external_control_inputs(op)
        self._note_outputs(op)
        if self.outer_context is not None or not is_loop_exit(op):
            op.graph.prevent_fetching(op)
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def branch_output(self, val: Tensor) -> Tensor:
        """Return the tensor that the branch gives for `val`, which its function returned."""
        if val.name in self._values:
            return self._external_values.get(val.name, val)
        result = self._taken_in(val)
        result = switch_ref_or_tensor(result, self.pred)[self.branch]
        self._external_values[val.name] = result
        return result
