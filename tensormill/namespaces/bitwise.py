"""`tf.bitwise`: operations on the bits of integers."""

from tensormill.graph.dispatch import add_dispatch as _add_dispatch
from tensormill.namespaces.dispatched_names import BITWISE as _DISPATCHED
from tensormill.ops.arithmetic import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    left_shift,
    right_shift,
)
from tensormill.ops.elementwise_unary import invert

_add_dispatch(globals(), _DISPATCHED)
