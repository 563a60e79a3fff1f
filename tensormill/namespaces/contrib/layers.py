"""`tf.contrib.layers`: layers with an activation and a normaliser, and penalties on variables."""

from tensormill.feature_column import (
    bucketized_column,
)
from tensormill.feature_column.parse_specs import (
    make_parse_example_spec as create_feature_spec_for_parsing,
)
from tensormill.layers.legacy import legacy_fully_connected, legacy_linear, legacy_relu
from tensormill.layers.model_batch_norm import batch_norm
from tensormill.layers.model_embeddings import (
    bow_encoder,
    embed_sequence,
    embedding_lookup_unique,
)
from tensormill.layers.model_initializers import (
    variance_scaling_initializer,
    xavier_initializer,
)
from tensormill.layers.model_initializers import (
    xavier_initializer as xavier_initializer_conv2d,
)
from tensormill.layers.model_layers import (
    conv1d,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    convolution,
    fully_connected,
    linear,
    separable_conv2d,
)
from tensormill.layers.model_layers import conv1d as convolution1d
from tensormill.layers.model_layers import conv2d as convolution2d
from tensormill.layers.model_layers import conv2d_transpose as convolution2d_transpose
from tensormill.layers.model_layers import conv3d as convolution3d
from tensormill.layers.model_layers import conv3d_transpose as convolution3d_transpose
from tensormill.layers.model_layers import elu_layer as elu
from tensormill.layers.model_layers import relu6_layer as relu6
from tensormill.layers.model_layers import relu_layer as relu
from tensormill.layers.model_layers import separable_conv2d as separable_convolution2d
from tensormill.layers.model_normalization import (
    group_norm,
    instance_norm,
    layer_norm,
    unit_norm,
)
from tensormill.layers.model_sequences import (
    conv2d_in_plane,
    images_to_sequence,
    poincare_normalize,
    pool,
    sequence_to_images,
)
from tensormill.layers.model_sequences import conv2d_in_plane as convolution2d_in_plane
from tensormill.layers.model_shaping import (
    avg_pool2d,
    avg_pool3d,
    bias_add,
    dense_to_sparse,
    dropout,
    flatten,
    max_pool2d,
    max_pool3d,
    maxout,
    one_hot_encoding,
    repeat,
    scale_gradient,
    softmax,
    spatial_softmax,
)
from tensormill.layers.model_shaping import stack_layers as stack
from tensormill.layers.model_training import (
    OPTIMIZER_CLS_NAMES,
    OPTIMIZER_SUMMARIES,
    optimize_loss,
    summarize_activation,
    summarize_activations,
    summarize_collection,
    summarize_tensor,
    summarize_tensors,
)
from tensormill.layers.regularizers import (
    apply_regularization,
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
from tensormill.layers.reversible import rev_block
from tensormill.learn.columns import (
    crossed_column,
    embedding_column,
    infer_real_valued_columns,
    input_from_feature_columns,
    one_hot_column,
    real_valued_column,
    shared_embedding_columns,
    sparse_column_with_hash_bucket,
    sparse_column_with_integerized_feature,
    sparse_column_with_keys,
    weighted_sparse_column,
    weighted_sum_from_feature_columns,
)
from tensormill.ops.safe_embedding import safe_embedding_lookup_sparse
from tensormill.train.adaptive_clipping import adaptive_clipping_fn
