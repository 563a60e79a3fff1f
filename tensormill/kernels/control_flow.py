"""Kernels of the control-flow primitives.

Plans of well-formed loops and branches need none of them; the general executor moves values itself
and asks here only whether a device can hold them.
"""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import kernel


def pass_on(value: Any) -> Any:
    """Return the value: Enter, Exit and NextIteration only move it between frames."""
    return value


for _op_type in ("Enter", "Exit", "NextIteration"):
    kernel(_op_type, "cpu", "gpu", aliases=True)(pass_on)
    kernel(f"Ref{_op_type}", "cpu", "gpu", aliases=True)(pass_on)
kernel("RefIdentity", "cpu", "gpu", aliases=True)(pass_on)
kernel("LoopCond", "cpu", "gpu", host_inputs=["input"], host_outputs=["output"])(pass_on)


@kernel("Switch", "cpu", "gpu", host_inputs=["pred"], aliases=True)
@kernel("RefSwitch", "cpu", "gpu", host_inputs=["pred"], aliases=True)
def switch(data: Any, pred: Any) -> tuple[Any, Any]:
    return (None, data) if pred else (data, None)


@kernel("Merge", "cpu", "gpu", host_outputs=["value_index"], aliases=True)
@kernel("RefMerge", "cpu", "gpu", host_outputs=["value_index"], aliases=True)
def merge(inputs: list[Any]) -> tuple[Any, int]:
    index = next(i for i, value in enumerate(inputs) if value is not None)
    return inputs[index], index


@kernel("ControlTrigger", "cpu", "gpu")
def control_trigger() -> None:
    return None
