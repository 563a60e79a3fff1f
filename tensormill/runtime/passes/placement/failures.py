"""The errors of operations that have no place, in TensorFlow's words, with what to do.

Source: TensorFlow 1.15, core/common_runtime/colocation_graph.cc.
"""

from __future__ import annotations

from tensormill.graph.device_names import canonical, parse_device_name
from tensormill.graph.errors import InvalidArgumentError, attach_operation, invalid_argument
from tensormill.graph.operation import Operation
from tensormill.runtime.devices import is_built_with_cuda
from tensormill.runtime.passes.placement.colocation import Member
from tensormill.runtime.passes.placement.device_set import DeviceSet
from tensormill.runtime.passes.placement.texts import (
    kernel_dtypes,
    node_attrs,
    registered_kernels,
)

__all__ = ["no_device", "no_kernel"]

_SOFT_HINT = "pass allow_soft_placement=True in the session's ConfigProto"


def no_kernel(op: Operation, devices: DeviceSet) -> InvalidArgumentError:
    """Return the error for an operation that no device type of the session has a kernel for."""
    return attach_operation(
        invalid_argument(
            f"No OpKernel was registered to support Op '{op.type}' used by {{{{node {op.name}}}}}"
            f"with these attrs: [{node_attrs(op)}]\n"
            f"Registered devices: [{', '.join(sorted(devices.types))}]\n"
            f"Registered kernels:\n{registered_kernels(op.type)}"
        ),
        op=op,
    )


def no_device(op: Operation, root: Member, devices: DeviceSet) -> InvalidArgumentError:
    """Return the error for an operation whose request no device satisfies.

    Args:
      op: the operation that was to be placed.
      root: the root of the set of operations that are colocated with it.
      devices: the devices of the session.
    """
    if not root.requested:
        message, hint = _nothing_supports(op, root), None
    elif canonical(op.device) != root.requested:
        message, hint = _incompatible_group(op, root, devices)
    elif not devices.matching(op.device):
        message, hint = _unknown_device(op, devices)
    else:
        message, hint = _no_kernel_there(op, root)
    return attach_operation(
        invalid_argument(f"Cannot assign a device for operation {op.name}: {message}", hint=hint),
        op=op,
    )


def _nothing_supports(op: Operation, root: Member) -> str:
    inputs = ", ".join(tensor.dtype.name for tensor in op.input_tensors)
    return (
        "Node had no OpKernel registered to support this operation: "
        f"Operation was {op.type} and inputs were [{inputs}].\n{root.debug_info()}"
    )


def _unknown_device(op: Operation, devices: DeviceSet) -> tuple[str, str]:
    kind = (parse_device_name(op.device).type or "").lower()
    message = (
        f"{{{{node {op.name}}}}} was explicitly assigned to {op.device} but available devices are "
        f"[ {', '.join(devices.names())} ]. Make sure the device specification refers to a valid "
        "device."
    )
    hint = f"ask for one of these devices, or {_SOFT_HINT}."
    if kind == "gpu" and "GPU" not in devices.types:
        if not is_built_with_cuda():
            message += " The requested device appears to be a GPU, but CUDA is not enabled."
        hint = f"{_SOFT_HINT}; TENSORMILL_EMULATED_GPUS=1 emulates a GPU in host memory."
    return message, hint


def _no_kernel_there(op: Operation, root: Member) -> tuple[str, str]:
    kind = parse_device_name(op.device).type
    if kind is None:
        text = f"Could not satisfy explicit device specification '{op.device}'"
        return text + root.debug_info(), f"{_SOFT_HINT}."
    lacking = next((m for m in root.ops if kind not in m.own_types), root)
    what = lacking.op
    message = (
        f"Could not satisfy explicit device specification '{op.device}' because no supported "
        f"kernel for {kind} devices is available.{root.debug_info()}\nOp: {what.type}\n"
        f"Node attrs: {node_attrs(what)}\nRegistered kernels:\n{registered_kernels(what.type)}"
    )
    dtypes = kernel_dtypes(what)
    chosen_by = f"{what.type}, {dtypes}" if dtypes else what.type
    others = "" if what is op else f", and '{op.name}' ({op.type}) is colocated with it"
    return message, (
        f"'{what.name}' ({chosen_by}) has a kernel on {' and '.join(lacking.own_types)} only"
        f"{others}: pin it there, or {_SOFT_HINT}."
    )


def _incompatible_group(op: Operation, root: Member, devices: DeviceSet) -> tuple[str, str]:
    by = root.requested_by
    message = (
        f"Could not satisfy explicit device specification '{op.device}' because the node "
        f"{{{{colocation_node {op.name}}}}} was colocated with a group of nodes that required "
        f"incompatible device '{root.requested}'. All available devices "
        f"[{', '.join(devices.names())}]. {root.debug_info()}"
    )
    if root.assigned and by is not None:
        return message, (
            f"'{by.name}' was placed in an earlier run and stays there, but '{op.name}' "
            f"({op.type}) has a kernel on {' and '.join(root.types)} only: pin '{by.name}' there "
            "before it runs."
        )
    pinned = f"'{by.name}' asks for '{root.requested}'" if by is not None else root.requested
    return (
        message,
        f"{pinned}, which no device here satisfies; ask for another one, or {_SOFT_HINT}.",
    )
