"""Functions of TensorFlow's modules whose names end in `_v2`: public ones under another signature.

TensorFlow 1.15 has them beside the functions of `tf`, and its own modules and tests call them. A
row of the table names the function that is called, and the parameters in their order: `new>old`
where the function calls a parameter otherwise, `name=value` where the default is another.

Source: TensorFlow 1.15, python/ops.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from typing import Any

from tensormill.graph.reordering import reordered

_CHECK = "message summarize name"
_SAMPLED = """weights biases labels inputs num_sampled num_classes num_true=1
    sampled_values=None"""

_ROWS = {
    **{
        f"assert_{name}_v2": f"ops.assertions.assert_{name} x y {_CHECK}"
        for name in ("equal", "less", "less_equal", "greater", "greater_equal")
    },
    **{
        f"assert_{name}_v2": f"ops.assertions.assert_{name} x {_CHECK}"
        for name in ("negative", "positive", "non_negative", "non_positive")
    },
    "assert_none_equal_v2": "ops.assertions.assert_none_equal x y summarize message name",
    "assert_near_v2": f"ops.assertions.assert_near x y rtol atol {_CHECK}",
    "assert_rank_v2": "ops.assertions.assert_rank x rank message name",
    "assert_rank_at_least_v2": "ops.assertions.assert_rank_at_least x rank message name",
    "assert_rank_in_v2": "ops.assertions.assert_rank_in x ranks message name",
    "assert_integer_v2": "ops.assertions.assert_integer x message name",
    "assert_type_v2": "ops.assertions.assert_type tensor tf_type message name",
    "assert_scalar_v2": "ops.assertions.assert_scalar tensor message name",
    "assert_shapes_v2": "ops.shape_assertions.assert_shapes shapes data summarize message name",
    "convolution_v2": """namespaces.nn.convolution input filters strides padding='VALID'
        data_format dilations name""",
    "convolution_internal": """namespaces.nn.convolution input filters strides padding='VALID'
        data_format dilations name""",
    "conv1d_v2": """namespaces.nn.conv1d input filters stride padding data_format='NWC'
        dilations name""",
    "conv2d_v2": """namespaces.nn.conv2d input filters strides padding data_format='NHWC'
        dilations=(1,1,1,1) name""",
    "conv3d_v2": """namespaces.nn.conv3d input filters strides padding data_format='NDHWC'
        dilations=(1,1,1,1,1) name""",
    "conv2d_transpose_v2": """namespaces.nn.conv2d_transpose input filters output_shape strides
        padding='SAME' data_format='NHWC' dilations name""",
    "conv3d_transpose_v2": """namespaces.nn.conv3d_transpose input filters output_shape strides
        padding='SAME' data_format='NDHWC' dilations name""",
    "depthwise_conv2d_v2": """namespaces.nn.depthwise_conv2d input filter strides padding
        data_format dilations name""",
    "separable_conv2d_v2": """namespaces.nn.separable_conv2d input depthwise_filter
        pointwise_filter strides padding data_format dilations name""",
    "pool_v2": """namespaces.nn.pool input window_shape pooling_type strides padding='VALID'
        data_format dilations name""",
    "max_pool_with_argmax_v2": """namespaces.nn.max_pool_with_argmax input ksize strides padding
        data_format='NHWC' output_dtype include_batch_in_index name""",
    "fractional_max_pool_v2": """namespaces.nn.fractional_max_pool value pooling_ratio
        pseudo_random overlapping seed name""",
    "fractional_avg_pool_v2": """namespaces.nn.fractional_avg_pool value pooling_ratio
        pseudo_random overlapping seed name""",
    "crelu_v2": "namespaces.nn.crelu features axis name",
    "dropout_v2": "namespaces.nn.dropout x rate noise_shape seed name",
    "in_top_k_v2": "namespaces.nn.in_top_k targets predictions k name",
    "sparse_softmax_cross_entropy_with_logits_v2": """
        namespaces.nn.sparse_softmax_cross_entropy_with_logits labels logits name""",
    "sigmoid_cross_entropy_with_logits_v2": """
        namespaces.nn.sigmoid_cross_entropy_with_logits labels logits name""",
    "weighted_cross_entropy_with_logits_v2": """
        namespaces.nn.weighted_cross_entropy_with_logits labels logits pos_weight name""",
    "l2_normalize_v2": "namespaces.nn.l2_normalize x axis epsilon name",
    "sufficient_statistics_v2": "namespaces.nn.sufficient_statistics x axes shift keepdims name",
    "moments_v2": "namespaces.nn.moments x axes shift keepdims name",
    "weighted_moments_v2": """namespaces.nn.weighted_moments x axes frequency_weights keepdims
        name""",
    "batch_norm_with_global_normalization_v2": """
        namespaces.nn.batch_norm_with_global_normalization input mean variance beta gamma
        variance_epsilon scale_after_normalization name""",
    "nce_loss_v2": f"""namespaces.nn.nce_loss {_SAMPLED} remove_accidental_hits=False
        name='nce_loss' +partition_strategy='div'""",
    "sampled_softmax_loss_v2": f"""namespaces.nn.sampled_softmax_loss {_SAMPLED}
        remove_accidental_hits=True seed name='sampled_softmax_loss' +partition_strategy='div'""",
    **{
        f"reduce_{name}": f"api.reduce_{name} input_tensor axis keepdims=False name"
        for name in ("all", "any", "logsumexp", "max", "mean", "min", "prod", "sum")
    },
    "confusion_matrix": """ops.confusion_matrix.confusion_matrix labels predictions num_classes
        weights dtype name""",
    "argmax_v2": "api.argmax input axis output_type name",
    "argmin_v2": "api.argmin input axis output_type name",
    "count_nonzero_v2": "api.count_nonzero input axis keepdims dtype name",
    "squeeze_v2": "api.squeeze input axis name",
    "expand_dims_v2": "api.expand_dims input axis name",
    "pad_v2": "api.pad tensor paddings mode constant_values name",
    "shape_v2": "api.shape input out_type name",
    "size_v2": "api.size input out_type name",
    "transpose_v2": "api.transpose a perm conjugate name",
    "case_v2": "api.case pred_fn_pairs default exclusive strict name='case'",
    "cond_for_tf_v2": "api.cond pred true_fn false_fn name",
    "tuple_v2": "api.tuple tensors control_inputs name",
    "while_loop_v2": """api.while_loop cond body loop_vars shape_invariants parallel_iterations
        back_prop swap_memory maximum_iterations name +return_same_structure=True""",
    "crop_and_resize_v2": """namespaces.image.crop_and_resize image boxes box_indices crop_size
        method='bilinear' extrapolation_value=0.0 name""",
    "extract_image_patches_v2": """namespaces.image.extract_image_patches images sizes strides
        rates padding name""",
    "draw_bounding_boxes_v2": "namespaces.image.draw_bounding_boxes images boxes colors name",
    "extract_glimpse_v2": """namespaces.image.extract_glimpse input size offsets centered normalized
        name""",
    "sample_distorted_bounding_box_v2": """namespaces.image.sample_distorted_bounding_box image_size
        bounding_boxes seed=0 min_object_covered=0.1 aspect_ratio_range area_range max_attempts
        use_image_if_no_bounding_boxes name""",
    "sparse_concat_v2": """ops.sparse_arrays.sparse_concat axis sp_inputs
        expand_nonconcat_dims>expand_nonconcat_dims name""",
    "sparse_add_v2": "ops.sparse_math.sparse_add a b threshold=0",
    "sparse_split_v2": "ops.sparse_arrays.sparse_split sp_input num_split axis name",
    **{
        f"sparse_reduce_{name}_v2": f"ops.sparse_math.sparse_reduce_{name} sp_input axis keepdims"
        for name in ("max", "sum")
    },
    "serialize_sparse_v2": "api.serialize_sparse sp_input out_type name",
    "serialize_many_sparse_v2": "api.serialize_many_sparse sp_input out_type name",
    "reduce_join_v2": "namespaces.strings.reduce_join inputs axis keepdims separator name",
    "string_length_v2": "namespaces.strings.length input unit='BYTE' name",
    "substr_v2": "namespaces.strings.substr input pos len unit='BYTE' name",
    "space_to_batch_v2": "api.space_to_batch_nd input block_shape paddings name",
    "space_to_depth_v2": "api.space_to_depth input block_size data_format='NHWC' name",
    "depth_to_space_v2": "api.depth_to_space input block_size data_format='NHWC' name",
    "reverse_sequence_v2": "api.reverse_sequence input seq_lengths seq_axis batch_axis name",
    "norm_v2": "api.norm tensor ord='euclidean' axis keepdims name",
    "embedding_lookup_v2": """namespaces.nn.embedding_lookup params ids max_norm name
        +partition_strategy='div'""",
    "embedding_lookup_sparse_v2": """namespaces.nn.embedding_lookup_sparse params sp_ids sp_weights
        combiner max_norm name +partition_strategy='div'""",
    "safe_embedding_lookup_sparse_v2": """ops.safe_embedding.safe_embedding_lookup_sparse
        embedding_weights sparse_ids sparse_weights combiner='mean' default_id max_norm name
        +partition_strategy='div'""",
    "decode_csv_v2": """api.decode_csv records record_defaults field_delim=',' use_quote_delim=True
        na_value='' select_cols name""",
    "parse_single_example_v2": "api.parse_single_example serialized features name",
    "summary_scalar": "summary.typed_summaries.scalar name data step=None description=None",
    "summary_histogram": """summary.typed_summaries.histogram name data step=None buckets=None
        description=None""",
    "summary_image": """summary.typed_summaries.image name data step=None max_outputs=3
        description=None""",
    "summary_audio": """summary.typed_summaries.audio name data sample_rate step=None max_outputs=3
        encoding=None description=None""",
    "summary_text": "summary.typed_summaries.text name data step=None description=None",
}
__all__ = [*sorted(_ROWS)]


def __getattr__(name: str) -> Any:
    if name in _ROWS:
        return _function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@cache
def _function(name: str) -> Callable[..., Any]:
    path, parameters = _ROWS[name].split(maxsplit=1)
    module, _, attribute = path.rpartition(".")
    target = getattr(importlib.import_module(f"tensormill.{module}"), attribute)
    words = " ".join(parameters.split())
    return reordered(name, target, parameters, f"Call `{path}`; arguments: {words}.")
