"""`WhileContext`: a while loop while it is built, and the loops of its gradients.

Source: TensorFlow 1.15, python/ops/control_flow_ops.py.
"""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.attr_value_pb2 import AttrValue

from tensormill.graph.constants import constant
from tensormill.graph.default_scopes import control_dependencies
from tensormill.graph.graph import get_default_graph
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.shapes import Dims, TensorShape, is_fully_defined
from tensormill.graph.tensor import Tensor
from tensormill.ops.array_shapes import shape_internal
from tensormill.ops.control_flow import enter as enter_op
from tensormill.ops.control_flow import exit as exit_op
from tensormill.ops.control_flow import loop_cond, merge, next_iteration, ref_enter, switch
from tensormill.ops.control_flow_context import (
    ControlFlowContext,
    is_loop_constant_enter,
    is_loop_enter,
    is_loop_exit,
    output_context,
    while_context_of,
)
from tensormill.ops.filling import zeros
from tensormill.proto.control_flow_pb2 import WhileContextDef

__all__ = ["WhileContext", "add_back_edge", "enter_loop"]


def enter_loop(
    data: Tensor,
    frame_name: str,
    *,
    is_constant: bool = False,
    parallel_iterations: int = 10,
    keeps_shape: bool = True,
    name: str | None = None,
) -> Tensor:
    """Return a tensor as it is inside the loop of a frame."""
    builder = ref_enter if data.dtype._is_ref_dtype and is_constant else enter_op
    result: Tensor = builder(
        data,
        frame_name=frame_name,
        is_constant=is_constant,
        parallel_iterations=parallel_iterations,
        name=name or "Enter",
    )
    if keeps_shape:
        result.set_shape(data.dims if data.dims is None else list(data.dims))
    return result


def _builder(op_type: str) -> Any:
    """Return what makes nodes of an op type.

    Families import this module, so it looks them up by name.
    """
    return OP_DEFS[op_type].builder


def add_back_edge(merged: Tensor, value: Any, enforce_shape: bool = True) -> Tensor:
    """Let `value` be what the loop variable `merged` becomes in the next iteration.

    Raises:
      ValueError: its shape is not that of the variable.
    """
    from_body = value if isinstance(value, Tensor) else get_default_graph().as_graph_element(value)
    following: Tensor = next_iteration(from_body)
    if enforce_shape:
        _check_loop_shape(merged, following)
    merged.op._update_input(1, following)
    return following


def _check_loop_shape(merged: Tensor, following: Tensor) -> None:
    """Refuse a value whose static shape does not hold what that of its variable says."""
    if not shape_less_than_or_equal(following.dims, merged.dims):
        enter = merged.op.input_tensors[0].op
        initial = enter.input_tensors[0]
        raise ValueError(
            f"Input tensor '{initial.name}' enters the loop with shape "
            f"{TensorShape.from_dims(merged.dims)}, but has shape "
            f"{TensorShape.from_dims(following.dims)} after one iteration. To allow the shape to "
            "vary across iterations, use the `shape_invariants` argument of tf.while_loop to "
            "specify a less-specific shape."
        )


def shape_less_than_or_equal(dims: Dims, invariant: Dims) -> bool:
    """Return whether every shape that `dims` allows is allowed by `invariant`."""
    if invariant is None:
        return True
    if dims is None or len(dims) != len(invariant):
        return False
    return all(
        wanted is None or size == wanted for size, wanted in zip(dims, invariant, strict=True)
    )


class WhileContext(ControlFlowContext):
    """One while loop.

    Attributes:
      maximum_iterations: the bound that the user gave as a tensor, or None.
      parallel_iterations: how many iterations may run at once.
      back_prop: whether gradients may be taken through the loop.
      swap_memory: whether values kept for gradients may leave a GPU.
      pivot: the LoopCond tensor.
      loop_enters, loop_exits: the tensors at the borders of the loop.
    """

    proto_field = "while_ctxt"

    def __init__(
        self,
        maximum_iterations: Any = None,
        parallel_iterations: int = 10,
        back_prop: bool = True,
        swap_memory: bool = False,
        name: str = "while_context",
        grad_state: Any = None,
    ) -> None:
        if not isinstance(parallel_iterations, int) or parallel_iterations <= 0:
            raise ValueError(
                f"'parallel_iterations' must be a positive integer: {parallel_iterations}"
            )
        super().__init__(name)
        self.maximum_iterations = maximum_iterations
        self.parallel_iterations = parallel_iterations
        self._back_prop = back_prop
        self.swap_memory = swap_memory
        self._grad_state = grad_state
        self.pivot_for_pred: Tensor | None = None
        self.pivot_for_body: Tensor | None = None
        self.pivot: Tensor | None = None
        self.loop_enters: list[Tensor] = []
        self.loop_exits: list[Tensor] = []
        self.graph = get_default_graph()

    def to_proto(self, export_scope: str | None = None) -> Any:
        """Return the loop as a WhileContextDef message; None if it is outside the scope."""
        if export_scope is not None and not self.name.startswith(export_scope):
            return None

        def name_of(tensor: Any) -> str:
            return strip_name_scope(tensor.name, export_scope)

        message = WhileContextDef(
            context_name=strip_name_scope(self.name, export_scope),
            parallel_iterations=self.parallel_iterations,
            back_prop=self._back_prop,
            swap_memory=self.swap_memory,
            loop_exit_names=map(name_of, self.loop_exits),
            loop_enter_names=map(name_of, self.loop_enters),
            values_def=self._values_to_proto(export_scope),
        )
        for field, tensor in (
            ("maximum_iterations_name", self.maximum_iterations),
            ("pivot_name", self.pivot),
            ("pivot_for_pred_name", self.pivot_for_pred),
            ("pivot_for_body_name", self.pivot_for_body),
        ):
            if tensor is not None:
                setattr(message, field, name_of(tensor))
        self._nested_to_proto(message, export_scope)
        return message

    @classmethod
    def from_proto(cls, context_def: Any, import_scope: str | None = None) -> WhileContext:
        """Return the loop of the default graph that a WhileContextDef describes."""
        graph = get_default_graph()

        def element(name: str) -> Any:
            found = prepend_name_scope(name, import_scope)
            return graph.as_graph_element(found) if name else None

        context = cls.__new__(cls)
        context.name = prepend_name_scope(context_def.context_name, import_scope)
        context.graph = graph
        context.maximum_iterations = element(context_def.maximum_iterations_name)
        context.parallel_iterations = context_def.parallel_iterations
        context._back_prop = context_def.back_prop
        context.swap_memory = context_def.swap_memory
        context._grad_state = None
        context.pivot_for_pred = element(context_def.pivot_for_pred_name)
        context.pivot_for_body = element(context_def.pivot_for_body_name)
        context.pivot = element(context_def.pivot_name)
        context.loop_exits = [element(name) for name in context_def.loop_exit_names]
        context.loop_enters = [element(name) for name in context_def.loop_enter_names]
        context._read_values(context_def.values_def, import_scope)
        if import_scope:
            context._rename_frame()
        context._read_nested(context_def, import_scope)
        return context

    def _rename_frame(self) -> None:
        """Let the borders of an imported loop say its new name."""
        for name in self._values:
            op = self.graph.as_graph_element(name.partition(":")[0])
            if is_loop_enter(op):
                op._set_attr("frame_name", AttrValue(s=self.name.encode()))

    @property
    def grad_state(self) -> Any:
        """The state of the gradients that this loop computes, or None for a loop of the user."""
        return self._grad_state

    @property
    def back_prop(self) -> bool:
        """Whether gradients may be taken through the loop."""
        return self._back_prop

    def IsWhileContext(self) -> bool:
        """Return True."""
        return True

    def GetWhileContext(self) -> WhileContext:
        """Return the loop itself."""
        return self

    def GetControlPivot(self) -> Tensor | None:
        """Return a tensor that is live in each iteration, or before each decision."""
        return self.pivot_for_body if self.pivot_for_body is not None else self.pivot_for_pred

    def IsInOuterContext(self, op: Operation) -> bool:
        """Return whether the outputs of an operation belong to a context around the loop."""
        context = output_context(op)
        outer = self.outer_context
        while outer is not context:
            if outer is None:
                return False
            outer = outer.outer_context
        return True

    def AddValue(self, val: Tensor) -> Tensor:
        """Return the tensor that stands for `val` in the loop.

        Itself, or a constant Enter of it.
        """
        if val.name in self._values:
            return self._external_values.get(val.name, val)
        self._values.add(val.name)
        history = self._history_of(val)
        if history is not None:
            self._external_values[val.name] = history
            return history
        result = val
        if self.outer_context is not None:
            result = self.outer_context.AddValue(val)
        with control_dependencies(None):
            entered = enter_loop(
                result,
                self.name,
                is_constant=True,
                parallel_iterations=self.parallel_iterations,
            )
            entered.graph.prevent_feeding(entered)
            if self.outer_context is not None:
                self.outer_context.AddInnerOp(entered.op)
        self._fix_control_inputs_and_context([entered])
        self._values.add(entered.name)
        self._external_values[val.name] = entered
        return entered

    @staticmethod
    def _history_of(val: Tensor) -> Tensor | None:
        """Return what a loop of gradients uses for a value of its forward loop.

        What was saved of it.
        """
        context = get_default_graph()._get_control_flow_context()
        loop = None if context is None else context.GetWhileContext()
        if loop is None or loop.grad_state is None:
            return None
        forward = output_context(val.op)
        forward = None if forward is None else forward.GetWhileContext()
        if forward is None or forward is not loop.grad_state.forward_context:
            return None
        saved: Tensor = loop.grad_state.GetRealValue(val)
        return saved

    def AddOp(self, op: Operation) -> None:
        """Bring the inputs of a new operation into the loop.

        One without inputs waits for the pivot.
        """
        if op.type in ("Shape", "Size", "Rank"):
            # The shape of a forward value is taken in the forward loop: it is smaller to keep than
            # the value.
            context = get_default_graph()._get_control_flow_context()
            loop = None if context is None else context.GetWhileContext()
            source = op.input_tensors[0].op
            if (
                loop is not None
                and loop.grad_state is not None
                and while_context_of(source) is loop.grad_state.forward_context
            ):
                forward = source._control_flow_context
                op._set_control_flow_context(forward)
                forward._add_op(op)
                return
        self._add_op(op)

    def _add_op(self, op: Operation) -> None:
        external: list[Operation] = []
        if not op.input_tensors:
            internal, external = self._remove_external_control_inputs(op)
            if not internal:
                pivot = self.GetControlPivot()
                assert pivot is not None
                op._add_control_input(pivot.op)
        else:
            for index, tensor in enumerate(list(op.input_tensors)):
                inside = self.AddValue(tensor)
                if inside is not tensor:
                    op._update_input(index, inside)
            _, external = self._remove_external_control_inputs(op)
            self._keep_inside(op)
        self._note_outputs(op)
        if external:
            self._wait_for_external(op, external)
        if self.outer_context is not None or not is_loop_exit(op):
            op.graph.prevent_fetching(op)
            for tensor in op.outputs:
                op.graph.prevent_feeding(tensor)
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def _note_outputs(self, op: Operation) -> None:
        """Let the outputs of an operation count as ones of the loop, not of what is around it."""
        self._values.update(tensor.name for tensor in op.outputs)

    def _keep_inside(self, op: Operation) -> None:
        """Let an operation that reads only invariants wait for the pivot.

        Then it runs once an iteration.
        """
        if op.control_inputs:
            return
        if all(is_loop_constant_enter(tensor.op) for tensor in op.input_tensors):
            pivot = self.GetControlPivot()
            assert pivot is not None
            op._add_control_input(pivot.op)

    def _wait_for_external(self, op: Operation, external: list[Operation]) -> None:
        """Keep the order after operations outside: through an Enter that runs after them."""
        with control_dependencies(None):
            self.Enter()
            gates = [_builder("Identity")(c.outputs[0]) for c in external if c.outputs]
            self.Exit()
        op._add_control_inputs([gate.op for gate in gates])

    def _fix_control_inputs_and_context(self, entered: list[Tensor]) -> None:
        scopes = get_default_graph()._thread_scopes.open
        for tensor in entered:
            outer_controls = []
            for control in scopes.controls_for([tensor.op.input_tensors[0]], ()):
                context = output_context(control)
                outer = self.outer_context
                around = None if outer is None else outer.GetWhileContext()
                keep = True
                while outer is not context:
                    if outer is None or outer is around:
                        keep = False
                        break
                    outer = outer.outer_context
                if keep:
                    outer_controls.append(control)
            tensor.op._set_control_flow_context(self)
            tensor.op._add_control_inputs(outer_controls)
            for scope in scopes.controls:
                scope.note_seen(tensor.op)

    def enter_variables(self, loop_vars: list[Tensor], invariants: list[Dims]) -> list[Tensor]:
        """Bring the initial values of the loop variables into the loop.

        Raises:
          ValueError: a value does not have the shape that its invariant says.
        """
        self._values = {tensor.name for tensor in loop_vars}
        outer = self.outer_context
        real = [outer.AddValue(v) for v in loop_vars] if outer is not None else loop_vars
        entered = []
        with control_dependencies(None):
            for variable, invariant in zip(real, invariants, strict=True):
                tensor = enter_loop(
                    variable,
                    self.name,
                    parallel_iterations=self.parallel_iterations,
                    keeps_shape=False,
                )
                if not shape_less_than_or_equal(variable.dims, invariant):
                    raise ValueError(
                        f"The shape invariant specified for {variable.name} is not compatible with "
                        "the initial shape of the loop variable. It enters the loop with shape "
                        f"{TensorShape.from_dims(variable.dims)}, but the specified shape "
                        f"invariant is {TensorShape.from_dims(invariant)}."
                    )
                tensor.dims = invariant
                tensor.graph.prevent_feeding(tensor)
                if outer is not None:
                    outer.AddInnerOp(tensor.op)
                entered.append(tensor)
        self._wait_for_outer_pivot(entered)
        self._fix_control_inputs_and_context(entered)
        self._values = {tensor.name for tensor in entered}
        self.loop_enters = entered
        return entered

    def _wait_for_outer_pivot(self, entered: list[Tensor]) -> None:
        """Let constants that enter an inner loop wait for each iteration of the outer one."""
        context = self.outer_context
        pivot = None
        while context is not None and pivot is None:
            pivot = context.GetControlPivot()
            context = context.outer_context
        if pivot is not None:
            for tensor in entered:
                if is_loop_constant_enter(tensor.op.input_tensors[0].op):
                    tensor.op._add_control_input(pivot.op)

    def AddForwardLoopCounter(self, outer_grad_state: Any) -> tuple[Tensor, Tensor]:
        """Count the iterations of the forward loop.

        Return the count and the index inside the loop.
        """
        count = constant(0, name="f_count")
        if outer_grad_state is not None:
            outer_add = outer_grad_state.forward_index.op.input_tensors[0].op
            count.op._add_control_input(outer_add)
        self.Enter()
        self.AddName(count.name)
        entered = self._enter_variable(count, "f_count")
        merged = merge([entered, entered])[0]
        switched = switch(merged, self.pivot)
        index = _builder("Add")(switched[1], 1)
        following: Tensor = next_iteration(index)
        merged.op._update_input(1, following)
        total = self._exit_variable(switched[0], "f_count")
        self.Exit()
        return total, following

    def AddBackpropLoopCounter(self, count: Tensor, outer_grad_state: Any) -> Tensor:
        """Make the loop that runs once for each forward iteration; return its index."""
        one = constant(1, name="b_count")
        self.Enter()
        self.AddName(count.name)
        entered = self._enter_variable(count, "b_count")
        merged = merge([entered, entered])[0]
        self.pivot_for_pred = merged
        self.pivot = loop_cond(_builder("GreaterEqual")(merged, one), name="b_count")
        switched = switch(merged, self.pivot)
        index = _builder("Sub")(switched[1], one)
        self.pivot_for_body = index
        following: Tensor = next_iteration(index)
        merged.op._update_input(1, following)
        final = self._exit_variable(switched[0], "b_count")
        if outer_grad_state is not None:
            # The pops of the outer loop wait for the inner one, so that they come in order.
            outer_grad_state.grad_sync._add_control_input(final.op)
        self.Exit()
        return following

    def AddBackpropAccumulator(self, op: Operation, grad: Tensor) -> Tensor:
        """Sum the gradient of a value that stays the same over the iterations.

        Return the sum outside.

        Args:
          op: the constant Enter of the value.
          grad: its gradient in one iteration.
        """
        self.Exit()
        total = self._zero_accumulator(op, grad)
        self.Enter()
        self.AddName(total.name)
        entered = self._enter_variable(total, "b_acc")
        merged = merge([entered, entered], name="b_acc")[0]
        switched = switch(merged, self.pivot)
        following = next_iteration(_builder("Add")(switched[1], grad))
        merged.op._update_input(1, following)
        return self._exit_variable(switched[0], "b_acc")

    def _zero_accumulator(self, op: Operation, grad: Tensor) -> Tensor:
        outer = self.outer_context
        if is_fully_defined(grad.dims):
            if outer is not None:
                outer.Enter()
            total = constant(0, grad.dtype, shape=grad.dims, name="b_acc")
            if outer is not None:
                outer.Exit()
            return total
        value = op.input_tensors[0]
        if isinstance(outer, WhileContext) and outer.grad_state is not None:
            # A loop inside another one: the shape comes from the history of the outer forward loop.
            forward = self.grad_state.forward_context
            forward.outer_context.Enter()
            shape = shape_internal(value, optimize=False)
            forward.outer_context.Exit()
            outer_state = self.grad_state.outer_grad_state
            history = outer_state.AddForwardAccumulator(shape)
            outer.Enter()
            real_shape = outer_state.AddBackpropAccumulatedValue(history, shape)
            total = zeros(real_shape, grad.dtype)
            outer.Exit()
            return total
        if outer is not None:
            outer.Enter()
        total = zeros(shape_internal(value, optimize=False), grad.dtype)
        if outer is not None:
            outer.Exit()
        return total

    def AddBackpropIndexedSlicesAccumulator(self, op: Operation, grad: Any) -> Any:
        """Gather the sparse gradients of a value that stays the same over the iterations."""
        outer = self.outer_context
        self.Exit()
        if outer is not None:
            outer.Enter()
        dims = grad.values.dims
        if dims is not None and is_fully_defined(dims[1:]):
            values = constant(0, grad.values.dtype, shape=(1, *dims[1:]), name="b_acc")
        else:
            row = shape_internal(op.input_tensors[0], optimize=False)[1:]
            values = zeros(_builder("ConcatV2")([[1], row], 0), grad.values.dtype)
        indices = constant([0], grad.indices.dtype)
        initial = [indices, values]
        if grad.dense_shape is not None:
            initial.append(constant(0, grad.dense_shape.dtype, shape=grad.dense_shape.dims))
        if outer is not None:
            outer.Exit()
        self.Enter()
        entered = []
        for tensor in initial:
            self.AddName(tensor.name)
            made = self._enter_variable(tensor, "b_acc")
            made.dims = None if tensor.dims is None else (None, *tensor.dims[1:])
            entered.append(made)
        if grad.dense_shape is not None:
            entered[2].dims = grad.dense_shape.dims
        merged = [merge([tensor, tensor], name="b_acc")[0] for tensor in entered]
        switched = [switch(tensor, self.pivot) for tensor in merged]
        concat = _builder("ConcatV2")
        following = [
            concat([pair[1], new], 0)
            for pair, new in zip(switched[:2], (grad.indices, grad.values), strict=True)
        ]
        if grad.dense_shape is not None:
            following.append(_builder("Maximum")(grad.dense_shape, switched[2][1]))
        for target, value in zip(merged, following, strict=True):
            target.op._update_input(1, next_iteration(value))
        exits = [self._exit_variable(pair[0], "b_acc") for pair in switched]
        return type(grad)(exits[1], exits[0], exits[2] if grad.dense_shape is not None else None)

    def _enter_variable(self, tensor: Tensor, name: str) -> Tensor:
        entered = enter_loop(
            tensor, self.name, parallel_iterations=self.parallel_iterations, name=name
        )
        self.loop_enters.append(entered)
        return entered

    def _exit_variable(self, tensor: Tensor, name: str) -> Tensor:
        result: Tensor = exit_op(tensor, name=name)
        self.loop_exits.append(result)
        self.ExitResult([result])
        return result
