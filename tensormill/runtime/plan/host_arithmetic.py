"""Which nodes of a GPU compute in host memory: arithmetic of int32, as in TensorFlow.

Numbers of that dtype are mostly shapes, sizes and counters: the host needs them soon, and each
transfer from a GPU waits for all that it was given to do before.
"""

from __future__ import annotations

from tensormill.graph import dtypes
from tensormill.runtime.node import Node

__all__ = ["is_host_arithmetic"]

_OP_TYPES = frozenset(
    """
    Abs Add AddN AddV2 BroadcastArgs BroadcastGradientArgs ConcatOffset Cumprod Cumsum Div Equal
    ExpandDims Fill FloorDiv FloorMod Greater GreaterEqual Identity IdentityN Less LessEqual Max
    Maximum Min Minimum Mod Mul Neg NotEqual OnesLike Pad Prod RealDiv Reshape ReverseV2 Sign
    Square Squeeze Sub Sum TruncateDiv TruncateMod ZerosLike
    Switch Merge Enter Exit NextIteration
    """.split()
)
_GIVEN = frozenset([dtypes.int32, dtypes.int64, dtypes.bool])
_MADE = frozenset([dtypes.int32, dtypes.bool])


def is_host_arithmetic(node: Node) -> bool:
    """Return whether a node computes with int32 in host memory on any device."""
    if node.op_type not in _OP_TYPES or not node.inputs:
        return False
    source, index = node.inputs[0]
    return (
        source.output_dtypes[index] is dtypes.int32
        and all(s.output_dtypes[i] in _GIVEN for s, i in node.inputs)
        and all(dtype in _MADE for dtype in node.output_dtypes)
    )
