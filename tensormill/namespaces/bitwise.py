"""`tf.bitwise`: operations on the bits of integers."""

from tensormill.ops.arithmetic import (
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    left_shift,
    right_shift,
)
from tensormill.ops.elementwise_unary import invert
