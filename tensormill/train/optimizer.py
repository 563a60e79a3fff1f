"""`tf.train.Optimizer`: the base class of the optimizers.

Gradients are computed with `compute_gradients` and applied with `apply_gradients`; `minimize` does
both. What a subclass adds is how one variable is updated from its gradient, and which slots that
needs.

Source: TensorFlow 1.15, python/training/optimizer.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tensormill.graph import dtypes, nest
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, name_scope
from tensormill.graph.dtypes import DType
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.indexed_slices import IndexedSlices, convert_to_tensor_or_indexed_slices
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shapes import TensorShape
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.gradients import gradients
from tensormill.ops.grouping import group, tuple_of
from tensormill.ops.training import UPDATE_RULES, update_op
from tensormill.train import slot_creator
from tensormill.variables.base import VariableBase, is_resource_variable
from tensormill.variables.creation import Variable

__all__ = ["Optimizer"]

_FLOATS = frozenset([dtypes.float16, dtypes.bfloat16, dtypes.float32, dtypes.float64])


_RULES = {rule.name: rule for rule in UPDATE_RULES}


def _key(variable: Any) -> tuple[Graph, str]:
    return (variable.op.graph, variable.op.name)


def _is_resource(variable: Any) -> bool:
    return is_resource_variable(variable) or variable.op.type == "VarHandleOp"


def _gradient_target(variable: Any) -> Any:
    """Return what the loss is differentiated by."""
    if _is_resource(variable) or isinstance(variable, Tensor):
        return variable
    if isinstance(variable, VariableBase):
        return variable._ref()  # type: ignore[attr-defined]
    raise NotImplementedError("Trying to optimize unsupported type ", variable)


def _deduplicated(values: Tensor, indices: Tensor) -> tuple[Tensor, Tensor]:
    """Sum the slices of repeated indices: return the sums and the indices, each once."""
    unique_indices, positions = OP_DEFS["Unique"].builder(indices)
    count = OP_DEFS["Shape"].builder(unique_indices)[0]
    return OP_DEFS["UnsortedSegmentSum"].builder(values, positions, count), unique_indices


class Optimizer:
    """Adds to a graph what computes gradients of a loss and updates variables by them.

    Attributes:
      GATE_NONE: a gradient may be used as soon as it is there.
      GATE_OP: all gradients of an operation are computed before any of them is used.
      GATE_GRAPH: all gradients are computed before any of them is used.
    """

    GATE_NONE = 0
    GATE_OP = 1
    GATE_GRAPH = 2

    _rule: str | None = None
    """The rule of `ops.training` that updates variables, where a subclass has one.

    Such a subclass makes the slots. Any other says how variables are updated (`_apply_dense` and
    the others).
    """

    _slot_order: tuple[str, ...] = ()
    """The names of the slots, in the order in which the rule takes them."""

    _scalar_tensors: Mapping[str, str] = {}
    """The scalars that the rule takes, and the attributes that hold their tensors.

    The names are TensorFlow's, for subclasses of its optimizers that use them: `_epsilon_t` is the
    tensor of `_epsilon`, and `_decay_tensor` that of `_decay`.
    """

    _scalar_names: Mapping[str, str] = {}
    """The names of the nodes of those scalars which are not called as their attributes."""

    _update_attrs: Mapping[str, Any] = {}
    """Attributes of the updates, besides `use_locking`."""

    def __init__(self, use_locking: bool, name: str) -> None:
        """Make an optimizer; subclasses call this.

        Args:
          use_locking: whether updates lock out each other.
          name: the name of the nodes and slots that the optimizer makes.

        Raises:
          ValueError: there is no name.
        """
        if not name:
            raise ValueError("Must specify the optimizer name")
        self._use_locking = use_locking
        self._name = name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[tuple[str, Graph], Any] = {}
        for attribute in self._scalar_tensors.values():
            setattr(self, attribute, None)

    def get_name(self) -> str:
        """Return the name of the optimizer."""
        return self._name

    def minimize(
        self,
        loss: Tensor,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        name: str | None = None,
        grad_loss: Any = None,
    ) -> Any:
        """Return an operation that moves variables so that `loss` becomes less.

        Args:
          loss: the tensor to minimize.
          global_step: a variable that counts the updates.
          var_list: the variables; by default those in `GraphKeys.TRAINABLE_VARIABLES`.
          gate_gradients: `GATE_NONE`, `GATE_OP` or `GATE_GRAPH`.
          aggregation_method: how several gradients of one tensor are summed.
          colocate_gradients_with_ops: put the gradients of an operation on its device.
          name: the name of the operation; by default that of the optimizer.
          grad_loss: the gradient of `loss`; ones by default.

        Raises:
          ValueError: there are no variables, or none of them has a gradient.
        """
        grads_and_vars = self.compute_gradients(
            loss,
            var_list=var_list,
            gate_gradients=gate_gradients,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
            grad_loss=grad_loss,
        )
        if all(gradient is None for gradient, _ in grads_and_vars):
            raise ValueError(
                "No gradients provided for any variable, check your graph for ops that do not "
                f"support gradients, between variables {[str(v) for _, v in grads_and_vars]} and "
                f"loss {loss}."
            )
        return self.apply_gradients(grads_and_vars, global_step=global_step, name=name)

    def compute_gradients(
        self,
        loss: Tensor,
        var_list: Any = None,
        gate_gradients: int = GATE_OP,
        aggregation_method: int | None = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """Return (gradient, variable) pairs; the gradient is a tensor, `IndexedSlices` or None.

        The arguments are those of `minimize`.

        Raises:
          ValueError: there are no variables, or a dtype or `gate_gradients` is none that there is.
          NotImplementedError: something in `var_list` is no variable.
        """
        gates = (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH)
        if gate_gradients not in gates:
            raise ValueError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH.  Not {gate_gradients}"
            )
        self._assert_valid_dtypes([loss])
        if grad_loss is not None:
            self._assert_valid_dtypes([grad_loss])
        if var_list is None:
            variables = get_default_graph().get_collection(GraphKeys.TRAINABLE_VARIABLES)
        else:
            variables = nest.flatten(var_list)
        variables = variables + get_default_graph().get_collection(GraphKeys._STREAMING_MODEL_PORTS)
        targets = [_gradient_target(v) for v in variables]
        if not variables:
            raise ValueError("No variables to optimize.")
        found = gradients(
            loss,
            targets,
            grad_ys=grad_loss,
            gate_gradients=gate_gradients == self.GATE_OP,
            aggregation_method=aggregation_method,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gate_gradients == self.GATE_GRAPH:
            found = tuple_of(found)
        pairs = list(zip(found, variables, strict=True))
        self._assert_valid_dtypes(
            [v for g, v in pairs if g is not None and v.dtype != dtypes.resource]
        )
        return pairs

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Any]],
        global_step: Any = None,
        name: str | None = None,
    ) -> Any:
        """Return an operation that updates variables by their gradients.

        Args:
          grads_and_vars: (gradient, variable) pairs; those without a gradient are left out.
          global_step: a variable that counts the updates.
          name: the name of the operation; by default that of the optimizer.

        Raises:
          TypeError: a gradient is none.
          ValueError: there are no variables, or no gradients.
        """
        pairs = tuple(grads_and_vars)
        if not pairs:
            raise ValueError("No variables provided.")
        converted = [(_converted_gradient(g), v) for g, v in pairs]
        updated = [v for g, v in converted if g is not None]
        if not updated:
            raise ValueError(
                f"No gradients provided for any variable: {[str(v) for _, v in converted]}."
            )
        with control_dependencies(None):
            self._create_slots(updated)
        updates = []
        with name_scope(name, self._name) as scope:
            self._prepare()
            for gradient, variable in converted:
                if gradient is None:
                    continue
                with name_scope("update_" + variable.op.name), colocate_with(variable):
                    updates.append(self._update(variable, gradient))
            if global_step is None:
                apply = self._finish(updates, scope)
            else:
                with (
                    control_dependencies([self._finish(updates, "update")]),
                    colocate_with(global_step),
                ):
                    apply = _count(global_step, scope)
            if isinstance(apply, Tensor):
                apply = apply.op
            train_ops = get_default_graph().get_collection_ref(GraphKeys.TRAIN_OP)
            if apply not in train_ops:
                train_ops.append(apply)
            return apply

    def _update(self, variable: Any, gradient: Any) -> Any:
        """Return what updates one variable, by the method that fits variable and gradient."""
        if isinstance(variable, Tensor) and variable.op.type != "VarHandleOp":
            raise NotImplementedError("Trying to update a Tensor ", variable)
        constraint = variable.constraint
        if isinstance(gradient, IndexedSlices):
            if constraint is not None:
                raise RuntimeError("Cannot use a constraint function on a sparse variable.")
            if _is_resource(variable):
                return self._resource_apply_sparse_duplicate_indices(
                    gradient.values, variable, gradient.indices
                )
            return self._apply_sparse_duplicate_indices(gradient, variable)
        if _is_resource(variable):
            update = self._resource_apply_dense(gradient, variable)
        else:
            update = self._apply_dense(gradient, variable)
        if constraint is None:
            return update
        with control_dependencies([update]):
            return variable.assign(constraint(variable))

    def get_slot(self, var: Any, name: str) -> Any:
        """Return the slot `name` that was made for a variable, or None."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """Return the names of the slots that the optimizer has made."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """Return the variables that the optimizer made in the default graph, by name."""
        graph = get_default_graph()
        made = [*self._non_slot_variables(), *(s for d in self._slots.values() for s in d.values())]
        return sorted((v for v in made if v.op.graph is graph), key=lambda v: v.name)

    def _slot_dict(self, slot_name: str) -> dict[Any, Any]:
        return self._slots.setdefault(slot_name, {})

    def _slot(self, var: Any, slot_name: str, make: Callable[[], Any]) -> Any:
        slots = self._slot_dict(slot_name)
        key = _key(var)
        if key not in slots:
            slots[key] = make()
        return slots[key]

    def _get_or_make_slot(self, var: Any, val: Tensor, slot_name: str, op_name: str) -> Any:
        """Return a slot of a variable, made with the initial value `val` where there is none."""
        return self._slot(var, slot_name, lambda: slot_creator.create_slot(var, val, op_name))

    def _get_or_make_slot_with_initializer(
        self,
        var: Any,
        initializer: Any,
        shape: TensorShape,
        dtype: DType,
        slot_name: str,
        op_name: str,
    ) -> Any:
        """Return a slot of a variable, made by an initializer where there is none."""
        return self._slot(
            var,
            slot_name,
            lambda: slot_creator.create_slot_with_initializer(
                var, initializer, shape, dtype, op_name
            ),
        )

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        """Return a slot of a variable, made of zeros where there is none."""
        return self._slot(var, slot_name, lambda: slot_creator.create_zeros_slot(var, op_name))

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        """Return a variable that belongs to no other one, made where there is none in the graph."""
        key = (name, colocate_with.graph)
        if key not in self._non_slot_dict:
            with colocate_with.graph.colocate_with(colocate_with):
                make: Any = Variable
                self._non_slot_dict[key] = make(
                    initial_value,
                    name=name,
                    trainable=False,
                    use_resource=is_resource_variable(colocate_with),
                )
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name: str, graph: Graph | None = None) -> Any:
        return self._non_slot_dict.get((name, graph or get_default_graph()))

    @property
    def _checkpoint_dependencies(self) -> list[tuple[str, Any]]:
        graph = get_default_graph()
        return [
            (name, variable)
            for (name, its_graph), variable in sorted(
                self._non_slot_dict.items(), key=lambda item: item[0][0]
            )
            if its_graph is graph
        ]

    def _non_slot_variables(self) -> list[Any]:
        return list(self._non_slot_dict.values())

    def _valid_dtypes(self) -> frozenset[DType]:
        """Return the dtypes that loss, variables and gradients may have."""
        return _FLOATS

    def _assert_valid_dtypes(self, tensors: Sequence[Any]) -> None:
        """Raise ValueError where a tensor has another dtype than `_valid_dtypes`."""
        valid = self._valid_dtypes()
        for tensor in tensors:
            dtype = tensor.dtype.base_dtype
            if dtype not in valid:
                raise ValueError(
                    f"Invalid type {dtype!r} for {tensor.name}, expected: {list(valid)}."
                )

    def _create_slots(self, var_list: Sequence[Any]) -> None:
        """Make the slots that the variables need."""

    def _prepare(self) -> None:
        """Make the tensors that all updates share."""
        for name, attribute in self._scalar_tensors.items():
            source = attribute.removesuffix("_tensor").removesuffix("_t")
            value = self._call_if_callable(getattr(self, source))
            node_name = self._scalar_names.get(name, source[1:])
            setattr(self, attribute, convert_to_tensor(value, name=node_name))

    def _apply_dense(self, grad: Tensor, var: Any) -> Any:
        """Return an operation that updates a ref variable."""
        return self._make_update(var, grad)

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Any:
        """Return an operation that updates a resource variable."""
        return self._make_update(handle, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Any:
        """Return an operation that updates rows of a ref variable; no index repeats."""
        return self._make_update(var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Any:
        """Return an operation that updates rows of a resource variable; no index repeats."""
        return self._make_update(handle, grad, indices)

    def _make_update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Operation:
        """Return the update of a variable, or of some of its rows, by the rule of the optimizer."""
        if self._rule is None:
            raise NotImplementedError
        is_resource = is_resource_variable(var)
        state = [var, *(self.get_slot(var, name) for name in self._slot_order)]
        inputs: list[Any] = [v.handle if is_resource else v._ref() for v in state]
        for name in _RULES[self._rule].inputs:
            if name in ("grad", "delta"):
                inputs += [grad] if indices is None else [grad, indices]
            else:
                inputs.append(self._scalar(name, var))
        builder = update_op(self._rule, is_resource=is_resource, is_sparse=indices is not None)
        return builder.make(*inputs, use_locking=self._use_locking, **self._update_attrs)

    def _scalar(self, name: str, var: Any) -> Any:
        """Return a scalar input of the rule in the dtype of a variable."""
        return cast(getattr(self, self._scalar_tensors[name]), var.dtype.base_dtype)

    def _apply_sparse_duplicate_indices(self, grad: IndexedSlices, var: Any) -> Any:
        """Return an operation that updates rows of a ref variable; indices may repeat."""
        values, indices = _deduplicated(grad.values, grad.indices)
        return self._apply_sparse(IndexedSlices(values, indices, grad.dense_shape), var)

    def _resource_apply_sparse_duplicate_indices(
        self, grad: Tensor, handle: Any, indices: Tensor
    ) -> Any:
        """Return an operation that updates rows of a resource variable; indices may repeat."""
        values, unique_indices = _deduplicated(grad, indices)
        return self._resource_apply_sparse(values, handle, unique_indices)

    def _finish(self, update_ops: Sequence[Any], name_scope: str) -> Operation:
        """Return the operation that is done when all updates are."""
        return group(*update_ops, name=name_scope)

    def _call_if_callable(self, param: Any) -> Any:
        return param() if callable(param) else param


def _converted_gradient(gradient: Any) -> Any:
    if gradient is None:
        return None
    try:
        converted = convert_to_tensor_or_indexed_slices(gradient)
    except TypeError:
        raise TypeError(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}"
        ) from None
    if not isinstance(converted, (Tensor, IndexedSlices)):
        raise TypeError(f"Gradient must be a Tensor, IndexedSlices, or None: {converted}")
    return converted


def _count(global_step: Any, name: str) -> Any:
    """Return what raises the global step by one."""
    if is_resource_variable(global_step):
        one = convert_to_tensor(1, dtype=global_step.dtype)
        return OP_DEFS["AssignAddVariableOp"].builder(global_step.handle, one, name=name)
    if not global_step.dtype._is_ref_dtype:
        return global_step.assign_add(1, name=name)  # no tensor has it
    target = _gradient_target(global_step)
    return OP_DEFS["AssignAdd"].builder(target, 1, name=name)
