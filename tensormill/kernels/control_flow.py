"""Kernels of the control-flow primitives.

Plans of well-formed loops and branches need none of them; the general executor moves values itself
and asks here only whether a device can hold them.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tensormill.graph import errors
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


@kernel("RefSelect", "cpu", host_inputs=["index"], aliases=True)
def ref_select(index: Any, inputs: list[Any]) -> Any:
    if not 0 <= index < len(inputs):
        raise errors.invalid_argument(
            f"Index must be in the range [0, {len(inputs)}) but got {index}"
        )
    return inputs[int(index)]


@kernel("Abort", "cpu")
def abort(*, error_msg: bytes, exit_without_error: bool) -> None:
    """End the process, which tests of clusters ask for."""
    if exit_without_error:
        os._exit(0)
    sys.stderr.write(f"Abort_op intentional failure; {error_msg.decode(errors='replace')}\n")
    sys.stderr.flush()
    os.abort()
