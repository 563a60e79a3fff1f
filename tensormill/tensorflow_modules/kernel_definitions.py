"""`tensorflow.python.framework.kernels`: the registered kernels as messages."""

from __future__ import annotations

from tensormill.graph.op_table import OP_DEFS
from tensormill.kernels import families as kernel_families
from tensormill.kernels.registry import kernels_of
from tensormill.ops import families as op_families
from tensormill.proto.kernel_def_pb2 import KernelList

__all__ = ["get_all_registered_kernels", "get_registered_kernels_for_op"]

assert kernel_families, op_families  # they fill the registries


def get_all_registered_kernels() -> KernelList:
    """Return what the kernels of all ops are for."""
    found = KernelList()
    for op_type in sorted(OP_DEFS):
        found.MergeFrom(get_registered_kernels_for_op(op_type))
    return found


def get_registered_kernels_for_op(name: str) -> KernelList:
    """Return what the kernels of an op are for; nothing where there is no such op."""
    found = KernelList()
    for kernel in kernels_of(name):
        message = found.kernel.add(op=kernel.op_type, device_type=kernel.device_type)
        message.host_memory_arg.extend(sorted(kernel.host_inputs | kernel.host_outputs))
        for attr_name, allowed in sorted(kernel.types.items()):
            constraint = message.constraint.add(name=attr_name)
            types = sorted(dtype.as_datatype_enum for dtype in allowed)
            constraint.allowed_values.list.type.extend(types)
    return found
