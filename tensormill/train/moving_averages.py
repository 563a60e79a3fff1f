"""Moving averages of variables and tensors that forget their past exponentially.

Source: TensorFlow 1.15, python/training/moving_averages.py.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.collections import GraphKeys
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.default_scopes import colocate_with, control_dependencies, device, name_scope
from tensormill.graph.graph import get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.ops.arithmetic import divide, minimum, pow, truediv
from tensormill.ops.casting import cast
from tensormill.ops.grouping import group
from tensormill.train import slot_creator
from tensormill.variables.base import VariableBase
from tensormill.variables.initialization import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from tensormill.variables.initializers import Zeros
from tensormill.variables.scope import get_variable_scope, variable_scope
from tensormill.variables.store import get_variable

__all__ = ["ExponentialMovingAverage", "assign_moving_average", "weighted_moving_average"]

_FLOATS = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)
_HOLDERS = ("Variable", "VariableV2", "VarHandleOp")


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Return what moves `variable` a part of `1 - decay` towards `value`.

    Args:
      variable: the variable that holds the average.
      value: a tensor of its shape.
      decay: how much of the average stays, a number or scalar tensor.
      zero_debias: the average began with zeros that were no values: correct it for these.
      name: the name of the node.
    """
    with (
        name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope,
        colocate_with(variable),
    ):
        rest = convert_to_tensor(1.0 - decay, name="decay")
        if rest.dtype != variable.dtype.base_dtype:
            rest = cast(rest, variable.dtype.base_dtype)
        if zero_debias:
            delta = _debiased_delta(variable, value, rest)
        else:
            delta = (variable - value) * rest
        return variable.assign_sub(delta, name=scope)


def _debiased_delta(unbiased: Any, value: Any, rest: Tensor) -> Tensor:
    """Return how far `unbiased` is from the average of the values alone.

    A variable `biased` beside it holds the average with the zeros it began with, `local_step` how
    many values there were.
    """
    with (
        variable_scope(unbiased.op.name, values=[unbiased, value, rest]) as scope,
        colocate_with(unbiased),
    ):
        biased = get_variable(
            _unused_name("biased"),
            shape=unbiased.get_shape(),
            dtype=unbiased.dtype.base_dtype,
            initializer=Zeros(),
            trainable=False,
        )
        local_step = get_variable(
            _unused_name("local_step"),
            shape=[],
            dtype=unbiased.dtype.base_dtype,
            initializer=Zeros(),
            trainable=False,
        )
        new_biased = biased.assign_sub((biased - value) * rest, name=scope.name)
        new_step = local_step.assign_add(1)
        with control_dependencies([new_biased, new_step]):
            weight = 1 - pow(1.0 - rest, local_step.read_value())
            delta: Tensor = unbiased - biased.read_value() / weight
            return delta


def _unused_name(name: str) -> str:
    """Return `name`, or `name_1`, `name_2` … where the scope has such a variable already."""
    scope = get_variable_scope()
    if scope.reuse:
        return name
    taken = {variable.op.name for variable in scope.global_variables()}
    found, number = name, 0
    while f"{scope.name}/{found}" in taken:
        number += 1
        found = f"{name}_{number}"
    return found


def weighted_moving_average(
    value: Any,
    decay: Any,
    weight: Any,
    truediv: bool = True,
    collections: Any = None,
    name: str | None = None,
) -> Tensor:
    """Return the moving average of `value * weight` divided by that of `weight`, after an update.

    Args:
      value: a numeric tensor.
      decay: how much of the averages stays.
      weight: the weight of the value.
      truediv: divide as real numbers.
      collections: the collections of the two variables that hold the averages.
      name: the name of the node and the variable scope.
    """
    if collections is None:
        collections = [GraphKeys.GLOBAL_VARIABLES]
    with variable_scope(name, "WeightedMovingAvg", [value, weight, decay]) as scope:
        averages = [
            get_variable(
                variable_name,
                shape=tensor.get_shape(),
                dtype=tensor.dtype,
                initializer=Zeros(),
                trainable=False,
                collections=collections,
            )
            for variable_name, tensor in (("value_x_weight", value), ("weight", weight))
        ]
        numerator = assign_moving_average(averages[0], value * weight, decay, zero_debias=False)
        denominator = assign_moving_average(averages[1], weight, decay, zero_debias=False)
        ratio = _truediv if truediv else divide
        return ratio(numerator, denominator, name=scope.name)


_truediv = truediv


class ExponentialMovingAverage:
    """Keeps moving averages of variables, each in a shadow variable beside the variable.

    Args:
      decay: how much of an average stays at an update, near 1.
      num_updates: the number of updates so far; the averages then move faster at the start, with
        the decay `(1 + num_updates) / (10 + num_updates)` while that is less.
      zero_debias: correct averages of tensors for the zeros they begin with.
      name: the name of the shadow variables below that of the variable.
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """The name of the shadow variables."""
        return self._name

    def apply(self, var_list: Iterable[Any] | None = None) -> Operation:
        """Return an operation that updates the averages; missing shadow variables are made.

        Args:
          var_list: variables or tensors; by default the trainable variables.

        Raises:
          TypeError: a variable is not of a floating point type.
          ValueError: there is an average of a variable already.
        """
        variables = trainable_variables() if var_list is None else list(var_list)
        debiased: set[Any] = set()
        for variable in variables:
            if variable.dtype.base_dtype not in _FLOATS:
                raise TypeError(f"The variables must be half, float, or double: {variable.name}")
            if variable not in self._averages:
                with control_dependencies(None):
                    self._averages[variable] = self._make_shadow(variable, debiased)
        with name_scope(self.name) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                updates = cast(self._num_updates, dtypes.float32, name="num_updates")
                decay = minimum(decay, (1.0 + updates) / (10.0 + updates))
            moves = [
                assign_moving_average(
                    self._averages[variable],
                    variable,
                    decay,
                    zero_debias=self._averages[variable] in debiased,
                )
                for variable in variables
            ]
            return group(*moves, name=scope)

    def _make_shadow(self, variable: Any, debiased: set[Any]) -> Any:
        if isinstance(variable, VariableBase):
            with device(variable.device) if variable.device else nullcontext():
                initial = variable.initialized_value()  # type: ignore[attr-defined]
            shadow = slot_creator.create_slot(variable, initial, self.name)
            get_default_graph().add_to_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, variable)
            return shadow
        shadow = slot_creator.create_zeros_slot(
            variable, self.name, colocate_with_primary=variable.op.type in _HOLDERS
        )
        if self._zero_debias:
            debiased.add(shadow)
        return shadow

    def average(self, var: Any) -> Any:
        """Return the variable that holds the average of `var`, or None."""
        return self._averages.get(var)

    def average_name(self, var: Any) -> str:
        """Return the name of the variable that holds, or would hold, the average of `var`."""
        if var in self._averages:
            name: str = self._averages[var].op.name
            return name
        return get_default_graph().unique_name(f"{var.op.name}/{self.name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Return the variables by the names under which a checkpoint holds what they should become.

        Args:
          moving_avg_variables: those that become their averages; by default the trainable variables
            and those with an average.
        """
        if moving_avg_variables is None:
            moving_avg_variables = [*trainable_variables(), *moving_average_variables()]
        averaged = list(dict.fromkeys(moving_avg_variables))
        names = {self.average_name(variable): variable for variable in averaged}
        averaged_names = {variable.op.name for variable in averaged}
        for variable in dict.fromkeys(global_variables()):
            if variable.op.name not in averaged_names and variable.op.name not in names:
                names[variable.op.name] = variable
        return names
