"""`tf.contrib.slim`: the layers of `tf.contrib.layers`, argument scopes, losses and variables."""

from __future__ import annotations

from typing import Any

from tensormill.layers.model_batch_norm import batch_norm
from tensormill.layers.model_layers import (
    conv1d,
    conv2d,
    conv2d_transpose,
    conv3d,
    conv3d_transpose,
    fully_connected,
    separable_conv2d,
)
from tensormill.layers.model_layers import conv2d as convolution2d
from tensormill.layers.model_layers import conv2d_transpose as convolution2d_transpose
from tensormill.layers.model_layers import conv3d as convolution3d
from tensormill.layers.model_layers import conv3d_transpose as convolution3d_transpose
from tensormill.layers.model_layers import separable_conv2d as separable_convolution2d
from tensormill.layers.model_normalization import layer_norm, unit_norm
from tensormill.layers.model_shaping import (
    avg_pool2d,
    avg_pool3d,
    bias_add,
    dropout,
    flatten,
    max_pool2d,
    max_pool3d,
    one_hot_encoding,
    repeat,
    softmax,
)
from tensormill.layers.model_shaping import stack_layers as stack
from tensormill.layers.regularizers import (
    l1_l2_regularizer,
    l1_regularizer,
    l2_regularizer,
    sum_regularizer,
)
from tensormill.namespaces.contrib import framework, layers, losses, metrics
from tensormill.namespaces.contrib.slim import (
    data_decoder,
    dataset,
    dataset_data_provider,
    evaluation,
    learning,
    model_analyzer,
    nets,
    parallel_reader,
    prefetch_queue,
    queues,
    summaries,
    tfexample_decoder,
    utils,
)
from tensormill.train.checkpoints.variable_assignment import (
    assign_from_checkpoint,
    assign_from_checkpoint_fn,
)
from tensormill.train.global_step import (
    create_global_step,
    get_global_step,
    get_or_create_global_step,
)
from tensormill.variables.arg_scope import (
    add_arg_scope,
    arg_scope,
    arg_scoped_arguments,
    current_arg_scope,
    has_arg_scope,
)
from tensormill.variables.model_variables import (
    add_model_variable,
    assign_from_values,
    assign_from_values_fn,
    filter_variables,
    get_local_variables,
    get_model_variables,
    get_trainable_variables,
    get_unique_variable,
    get_variable_full_name,
    get_variables,
    get_variables_by_name,
    get_variables_by_suffix,
    get_variables_to_restore,
    global_variable,
    local_variable,
    model_variable,
    variable,
)


def __getattr__(name: str) -> Any:
    """Return what few programs use of `tf.contrib.layers` and `tf.contrib.framework` here."""
    for module in (layers, framework):
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
