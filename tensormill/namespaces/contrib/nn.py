"""`tf.contrib.nn`: variants of what `tf.nn` has."""

from tensormill.ops.dropout import alpha_dropout
from tensormill.ops.flipped_entropies import (
    deprecated_flipped_sigmoid_cross_entropy_with_logits,
    deprecated_flipped_softmax_cross_entropy_with_logits,
    deprecated_flipped_sparse_softmax_cross_entropy_with_logits,
)
from tensormill.ops.sampled_losses import rank_sampled_softmax_loss, sampled_sparse_softmax_loss
from tensormill.ops.scaled_softplus import scaled_softplus
from tensormill.ops.top_k import nth_element
from tensormill.ops.transposed_convolution import conv1d_transpose
