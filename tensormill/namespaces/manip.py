"""`tf.manip`: tensors in other shapes and orders."""

from tensormill.ops.array_shapes import reshape
from tensormill.ops.gathering import gather_nd
from tensormill.ops.joining import tile
from tensormill.ops.scattering import scatter_nd
from tensormill.ops.space_to_batch import batch_to_space_nd, space_to_batch_nd
from tensormill.ops.transposition import reverse, roll
