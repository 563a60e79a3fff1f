"""`tf.nn`: activations, convolutions, pooling, normalisation, losses and lookups of networks."""

from tensormill.losses.averages import compute_average_loss, scale_regularization_loss
from tensormill.namespaces import rnn_cell
from tensormill.ops.activations import (
    crelu,
    elu,
    leaky_relu,
    log_softmax,
    relu,
    relu6,
    selu,
    softmax,
    softplus,
    softsign,
)
from tensormill.ops.any_pooling import avg_pool_v2, max_pool_v2
from tensormill.ops.candidate_sampling import (
    all_candidate_sampler,
    compute_accidental_hits,
    fixed_unigram_candidate_sampler,
    learned_unigram_candidate_sampler,
    log_uniform_candidate_sampler,
    uniform_candidate_sampler,
)
from tensormill.ops.connectionist import (
    ctc_beam_search_decoder,
    ctc_beam_search_decoder_v2,
    ctc_greedy_decoder,
    ctc_loss,
)
from tensormill.ops.convolution import (
    conv1d,
    conv2d,
    conv2d_backprop_filter,
    conv2d_backprop_input,
    conv2d_transpose,
)
from tensormill.ops.cross_entropy import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits,
    softmax_cross_entropy_with_logits_v2,
    sparse_softmax_cross_entropy_with_logits,
    weighted_cross_entropy_with_logits,
)
from tensormill.ops.depthwise_convolution import (
    depthwise_conv2d,
    depthwise_conv2d_native,
    separable_conv2d,
)
from tensormill.ops.depthwise_convolution import (
    depthwise_conv2d_backprop_filter_op as depthwise_conv2d_backprop_filter,
)
from tensormill.ops.depthwise_convolution import (
    depthwise_conv2d_backprop_filter_op as depthwise_conv2d_native_backprop_filter,
)
from tensormill.ops.depthwise_convolution import (
    depthwise_conv2d_backprop_input_op as depthwise_conv2d_backprop_input,
)
from tensormill.ops.depthwise_convolution import (
    depthwise_conv2d_backprop_input_op as depthwise_conv2d_native_backprop_input,
)
from tensormill.ops.dilated_convolution import (
    atrous_conv2d,
    convolution,
    pool,
    with_space_to_batch,
)
from tensormill.ops.dropout import dropout
from tensormill.ops.elementwise_unary import (
    log_sigmoid,
    sigmoid,
    tanh,
)
from tensormill.ops.embedding import embedding_lookup, embedding_lookup_sparse
from tensormill.ops.fractional_pooling import fractional_avg_pool, fractional_max_pool
from tensormill.ops.morphology import dilation2d, erosion2d
from tensormill.ops.normalization import (
    bias_add,
    fused_batch_norm,
    l2_loss,
    local_response_normalization,
)
from tensormill.ops.normalization import (
    local_response_normalization as lrn,
)
from tensormill.ops.pooling import (
    avg_pool,
    avg_pool1d,
    max_pool,
    max_pool1d,
    max_pool_with_argmax,
)
from tensormill.ops.pooling import (
    avg_pool as avg_pool2d,
)
from tensormill.ops.pooling import (
    max_pool as max_pool2d,
)
from tensormill.ops.quantized_arithmetic import quantized_avg_pool_op as quantized_avg_pool
from tensormill.ops.quantized_arithmetic import quantized_conv2d_op as quantized_conv2d
from tensormill.ops.quantized_arithmetic import quantized_max_pool_op as quantized_max_pool
from tensormill.ops.quantized_ranges import relu_x as quantized_relu_x
from tensormill.ops.safe_embedding import safe_embedding_lookup_sparse
from tensormill.ops.sampled_losses import nce_loss, sampled_softmax_loss
from tensormill.ops.space_to_batch import depth_to_space, space_to_batch, space_to_depth
from tensormill.ops.statistics import (
    batch_norm_with_global_normalization,
    batch_normalization,
    l2_normalize,
    moments,
    normalize_moments,
    relu_layer,
    sufficient_statistics,
    weighted_moments,
    xw_plus_b,
    zero_fraction,
)
from tensormill.ops.swish import swish
from tensormill.ops.top_k import in_top_k, top_k
from tensormill.ops.transposed_convolution import (
    atrous_conv2d_transpose,
    conv1d_transpose,
    conv_transpose,
)
from tensormill.ops.volume_convolution import conv3d, conv3d_transpose
from tensormill.ops.volume_convolution import (
    conv3d_backprop_filter_v2_op as conv3d_backprop_filter,
)
from tensormill.ops.volume_convolution import (
    conv3d_backprop_filter_v2_op as conv3d_backprop_filter_v2,
)
from tensormill.ops.volume_pooling import avg_pool3d, max_pool3d
from tensormill.rnn.dynamic import bidirectional_dynamic_rnn, dynamic_rnn
from tensormill.rnn.raw import raw_rnn
from tensormill.rnn.static import static_bidirectional_rnn, static_rnn, static_state_saving_rnn
from tensormill.seq2seq.dense_labels import collapse_repeated, ctc_loss_v2, ctc_unique_labels
