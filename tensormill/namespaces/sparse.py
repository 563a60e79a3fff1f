"""`tf.sparse`: sparse tensors."""

from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.ops.accumulator_classes import SparseConditionalAccumulator
from tensormill.ops.segments import sparse_segment_mean as segment_mean
from tensormill.ops.segments import sparse_segment_sqrt_n as segment_sqrt_n
from tensormill.ops.segments import sparse_segment_sum as segment_sum
from tensormill.ops.sparse_arrays import (
    from_dense,
)
from tensormill.ops.sparse_arrays import sparse_concat as concat
from tensormill.ops.sparse_arrays import sparse_expand_dims as expand_dims
from tensormill.ops.sparse_arrays import sparse_eye as eye
from tensormill.ops.sparse_arrays import sparse_fill_empty_rows as fill_empty_rows
from tensormill.ops.sparse_arrays import sparse_merge as merge
from tensormill.ops.sparse_arrays import sparse_placeholder as placeholder
from tensormill.ops.sparse_arrays import sparse_reorder as reorder
from tensormill.ops.sparse_arrays import sparse_retain as retain
from tensormill.ops.sparse_arrays import sparse_slice as slice
from tensormill.ops.sparse_arrays import sparse_split as split
from tensormill.ops.sparse_arrays import sparse_tensor_to_dense as to_dense
from tensormill.ops.sparse_arrays import sparse_to_indicator as to_indicator
from tensormill.ops.sparse_crosses import sparse_cross as cross
from tensormill.ops.sparse_crosses import sparse_cross_hashed as cross_hashed
from tensormill.ops.sparse_math import sparse_add as add
from tensormill.ops.sparse_math import sparse_maximum as maximum
from tensormill.ops.sparse_math import sparse_minimum as minimum
from tensormill.ops.sparse_math import sparse_reduce_max as reduce_max
from tensormill.ops.sparse_math import sparse_reduce_max_sparse as reduce_max_sparse
from tensormill.ops.sparse_math import sparse_reduce_sum as reduce_sum
from tensormill.ops.sparse_math import sparse_reduce_sum_sparse as reduce_sum_sparse
from tensormill.ops.sparse_math import sparse_softmax as softmax
from tensormill.ops.sparse_math import sparse_tensor_dense_matmul as matmul
from tensormill.ops.sparse_math import sparse_tensor_dense_matmul as sparse_dense_matmul
from tensormill.ops.sparse_shapes import sparse_reset_shape as reset_shape
from tensormill.ops.sparse_shapes import sparse_reshape as reshape
from tensormill.ops.sparse_shapes import sparse_transpose as transpose
from tensormill.ops.uniqueness import sparse_mask as mask
