"""`tf.contrib.reduce_slice_ops`: reductions of slices of one dimension."""

from tensormill.ops.slice_reduction import (
    reduce_slice_max,
    reduce_slice_min,
    reduce_slice_prod,
    reduce_slice_sum,
)
