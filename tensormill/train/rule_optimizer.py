"""`RuleOptimizer`: an optimizer whose updates are nodes of one rule of `ops.training`."""

from __future__ import annotations

from typing import Any

from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.casting import cast
from tensormill.ops.training import UPDATE_RULES, update_op
from tensormill.train.optimizer import Optimizer
from tensormill.variables.base import is_resource_variable

__all__ = ["RuleOptimizer"]

_RULES = {rule.name: rule for rule in UPDATE_RULES}


class RuleOptimizer(Optimizer):
    """Makes the updates of a rule; a subclass names the rule, makes the slots and the scalars.

    A subclass sets, in its `_prepare`, an entry of `_scalars` for each scalar input of its rule.
    """

    _rule: str
    """The rule in `ops.training`."""

    _slot_order: tuple[str, ...] = ()
    """The names of the slots, in the order in which the rule takes them."""

    def __init__(self, use_locking: bool, name: str, **attrs: bool) -> None:
        """Make an optimizer.

        Args:
          use_locking: whether updates lock out each other.
          name: the name of the nodes and slots.
          **attrs: the attributes of the updates.
        """
        super().__init__(use_locking, name)
        self._attrs: dict[str, Any] = {"use_locking": use_locking, **attrs}
        self._scalars: dict[str, Any] = {}

    def _set_scalars(self, **values: tuple[Any, str]) -> None:
        """Make tensors of the scalars of the rule: input name to (value or function, node name)."""
        for name, (value, node_name) in values.items():
            self._scalars[name] = convert_to_tensor(self._call_if_callable(value), name=node_name)

    def _scalar(self, name: str, var: Any) -> Any:
        """Return a scalar input in the dtype of a variable."""
        return cast(self._scalars[name], var.dtype.base_dtype)

    def _apply_dense(self, grad: Tensor, var: Any) -> Operation:
        return self._make_update(var, grad)

    def _resource_apply_dense(self, grad: Tensor, handle: Any) -> Operation:
        return self._make_update(handle, grad)

    def _apply_sparse(self, grad: IndexedSlices, var: Any) -> Operation:
        return self._make_update(var, grad.values, grad.indices)

    def _resource_apply_sparse(self, grad: Tensor, handle: Any, indices: Tensor) -> Operation:
        return self._make_update(handle, grad, indices)

    def _make_update(self, var: Any, grad: Tensor, indices: Tensor | None = None) -> Operation:
        is_resource = is_resource_variable(var)
        state = [var, *(self.get_slot(var, name) for name in self._slot_order)]
        inputs: list[Any] = [v.handle if is_resource else v._ref() for v in state]
        for name in _RULES[self._rule].inputs:
            if name in ("grad", "delta"):
                inputs += [grad] if indices is None else [grad, indices]
            else:
                inputs.append(self._scalar(name, var))
        builder = update_op(self._rule, is_resource=is_resource, is_sparse=indices is not None)
        return builder.make(*inputs, **self._attrs)
