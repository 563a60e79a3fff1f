"""How a variable that has copies on several devices is kept together: recorded and checked."""

from __future__ import annotations

from enum import Enum
from typing import Any

__all__ = ["VariableAggregation", "VariableSynchronization", "checked_policies"]


class VariableSynchronization(Enum):
    """When the copies of a distributed variable are brought together."""

    AUTO = 0
    NONE = 1
    ON_WRITE = 2
    ON_READ = 3


class VariableAggregation(Enum):
    """How the copies of a distributed variable are brought together."""

    NONE = 0
    SUM = 1
    MEAN = 2
    ONLY_FIRST_REPLICA = 3
    ONLY_FIRST_TOWER = ONLY_FIRST_REPLICA


def checked_policies(
    synchronization: Any, aggregation: Any, trainable: bool | None, name: str | None
) -> tuple[VariableSynchronization, VariableAggregation, bool]:
    """Return the policies of a variable with the defaults filled in.

    Args:
      synchronization: a member, its number, or None.
      aggregation: a member, its number, or None.
      trainable: None stands for True, unless the variable is synchronized when it is read.
      name: of the variable, for messages.

    Raises:
      ValueError: a policy is none of the members.
    """
    try:
        aggregation = VariableAggregation(aggregation or VariableAggregation.NONE)
    except ValueError:
        raise ValueError(
            f"Invalid variable aggregation mode: {aggregation} for variable: {name}"
        ) from None
    try:
        synchronization = VariableSynchronization(synchronization or VariableSynchronization.AUTO)
    except ValueError:
        raise ValueError(
            f"Invalid variable synchronization mode: {synchronization} for variable: {name}"
        ) from None
    if trainable is None:
        trainable = synchronization is not VariableSynchronization.ON_READ
    return synchronization, aggregation, trainable
