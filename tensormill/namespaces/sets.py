"""`tf.sets`: the last dimension of tensors as sets."""

from tensormill.ops.sets import set_difference, set_intersection, set_size, set_union
from tensormill.ops.sets import set_difference as difference
from tensormill.ops.sets import set_intersection as intersection
from tensormill.ops.sets import set_size as size
from tensormill.ops.sets import set_union as union
