"""The names of `tf.compat.v2` at the top, and those that are not what `tf` has under the same name.

Source: TensorFlow 1.15.5, the files below tensorflow_core/_api/v1/compat/v2.
"""

from __future__ import annotations

__all__ = ["OTHERS", "TOP_NAMES"]

TOP_NAMES = frozenset(
    """
    AggregationMethod Assert CriticalSection DType DeviceSpec GradientTape Graph IndexedSlices
    IndexedSlicesSpec Module Operation OptionalSpec RaggedTensor RaggedTensorSpec
    RegisterGradient SparseTensor SparseTensorSpec Tensor TensorArray TensorArraySpec
    TensorShape TensorSpec TypeSpec UnconnectedGradients Variable VariableAggregation
    VariableSynchronization abs acos acosh add add_n argmax argmin argsort as_dtype as_string
    asin asinh assert_equal assert_greater assert_less assert_rank atan atan2 atanh audio
    autograph batch_to_space bfloat16 bitcast bitwise bool boolean_mask broadcast_dynamic_shape
    broadcast_static_shape broadcast_to case cast clip_by_global_norm clip_by_norm clip_by_value
    compat complex complex128 complex64 concat cond config constant constant_initializer
    control_dependencies convert_to_tensor cos cosh cumsum custom_gradient data debugging device
    distribute divide double dtypes dynamic_partition dynamic_stitch edit_distance einsum
    ensure_shape equal errors estimator executing_eagerly exp expand_dims experimental
    extract_volume_patches eye feature_column fill fingerprint float16 float32 float64 floor
    foldl foldr function gather gather_nd get_logger get_static_value grad_pass_through
    gradients graph_util greater greater_equal group guarantee_const half hessians
    histogram_fixed_width histogram_fixed_width_bins identity identity_n image import_graph_def
    init_scope initializers int16 int32 int64 int8 io is_tensor keras less less_equal linalg
    linspace lite load_library load_op_library logical_and logical_not logical_or lookup losses
    make_ndarray make_tensor_proto map_fn math matmul matrix_square_root maximum meshgrid
    metrics minimum multiply name_scope negative nest newaxis nn no_gradient no_op
    nondifferentiable_batch_function norm not_equal numpy_function one_hot ones ones_initializer
    ones_like optimizers pad parallel_stack pow print py_function qint16 qint32 qint8
    quantization queue quint16 quint8 ragged random random_normal_initializer
    random_uniform_initializer range rank raw_ops realdiv recompute_grad reduce_all reduce_any
    reduce_logsumexp reduce_max reduce_mean reduce_min reduce_prod reduce_sum
    register_tensor_conversion_function repeat required_space_to_batch_paddings reshape resource
    reverse reverse_sequence roll round saturate_cast saved_model scalar_mul scan scatter_nd
    searchsorted sequence_mask sets shape shape_n sigmoid sign signal sin sinh size slice sort
    space_to_batch space_to_batch_nd sparse split sqrt square squeeze stack stop_gradient
    strided_slice string strings subtract summary switch_case sysconfig tan tanh
    tensor_scatter_nd_add tensor_scatter_nd_sub tensor_scatter_nd_update tensordot test tile
    timestamp tpu train transpose truediv truncatediv truncatemod tuple uint16 uint32 uint64
    uint8 unique unique_with_counts unravel_index unstack variable_creator_scope variant
    vectorized_map version where while_loop xla zeros zeros_initializer zeros_like
    """.split()
)

# Path in `tf.compat.v2` -> module below `tensorflow.python`, and the name there; or a path in `tf`;
# or `:name`, a function of `second_signatures`.
OTHERS = dict(
    word.split("=")
    for word in """
    initializers=keras.initializers
    losses=keras.losses
    metrics=keras.metrics
    optimizers=keras.optimizers
    DeviceSpec=framework.device_spec:DeviceSpecV2
    Variable=ops.variables:Variable
    VariableAggregation=ops.variables:VariableAggregationV2
    argmax=ops.math_ops:argmax_v2
    argmin=ops.math_ops:argmin_v2
    assert_equal=ops.check_ops:assert_equal_v2
    assert_greater=ops.check_ops:assert_greater_v2
    assert_less=ops.check_ops:assert_less_v2
    assert_rank=ops.check_ops:assert_rank_v2
    batch_to_space=ops.array_ops:batch_to_space_v2
    boolean_mask=ops.array_ops:boolean_mask_v2
    case=ops.control_flow_ops:case_v2
    cond=ops.control_flow_ops:cond_for_tf_v2
    constant=framework.constant_op:constant
    constant_initializer=ops.init_ops_v2:Constant
    convert_to_tensor=framework.ops:convert_to_tensor_v2
    device=framework.ops:device_v2
    expand_dims=ops.array_ops:expand_dims_v2
    gather=ops.array_ops:gather_v2
    gather_nd=ops.array_ops:gather_nd_v2
    gradients=ops.gradients_impl:gradients_v2
    hessians=ops.gradients_impl:HessiansV2
    name_scope=framework.ops:name_scope_v2
    norm=ops.linalg_ops:norm_v2
    ones_initializer=ops.init_ops_v2:Ones
    ones_like=ops.array_ops:ones_like_v2
    pad=ops.array_ops:pad_v2
    print=ops.logging_ops:print_v2
    random_normal_initializer=ops.init_ops_v2:RandomNormal
    random_uniform_initializer=ops.init_ops_v2:RandomUniform
    reverse=ops.gen_array_ops:reverse_v2
    reduce_all=:reduce_all
    reduce_any=:reduce_any
    reduce_logsumexp=:reduce_logsumexp
    reduce_max=:reduce_max
    reduce_mean=:reduce_mean
    reduce_min=:reduce_min
    reduce_prod=:reduce_prod
    reduce_sum=:reduce_sum
    reverse_sequence=ops.array_ops:reverse_sequence_v2
    scalar_mul=ops.math_ops:scalar_mul_v2
    shape=ops.array_ops:shape_v2
    size=ops.array_ops:size_v2
    space_to_batch=ops.array_ops:space_to_batch_v2
    squeeze=ops.array_ops:squeeze_v2
    transpose=ops.array_ops:transpose_v2
    tuple=ops.control_flow_ops:tuple_v2
    where=ops.array_ops:where_v2
    while_loop=ops.control_flow_ops:while_loop_v2
    zeros_initializer=ops.init_ops_v2:Zeros
    zeros_like=ops.array_ops:zeros_like_v2
    autograph.to_code=autograph.impl.api:to_code
    autograph.to_graph=autograph.impl.api:to_graph
    data.Dataset=data.ops.dataset_ops:DatasetV2
    data.FixedLengthRecordDataset=data.ops.readers:FixedLengthRecordDatasetV2
    data.TFRecordDataset=data.ops.readers:TFRecordDatasetV2
    data.TextLineDataset=data.ops.readers:TextLineDatasetV2
    data.experimental.Counter=data.experimental.ops.counter:CounterV2
    data.experimental.CsvDataset=data.experimental.ops.readers:CsvDatasetV2
    data.experimental.RandomDataset=data.experimental.ops.random_ops:RandomDatasetV2
    data.experimental.SqlDataset=data.experimental.ops.readers:SqlDatasetV2
    data.experimental.StatsAggregator=data.experimental.ops.stats_aggregator:StatsAggregatorV2
    data.experimental.choose_from_datasets=data.experimental.ops.interleave_ops:choose_from_datasets_v2
    data.experimental.make_batched_features_dataset=data.experimental.ops.readers:make_batched_features_dataset_v2
    data.experimental.make_csv_dataset=data.experimental.ops.readers:make_csv_dataset_v2
    data.experimental.sample_from_datasets=data.experimental.ops.interleave_ops:sample_from_datasets_v2
    debugging.assert_all_finite=ops.numerics:verify_tensor_all_finite_v2
    debugging.assert_equal=ops.check_ops:assert_equal_v2
    debugging.assert_greater=ops.check_ops:assert_greater_v2
    debugging.assert_greater_equal=ops.check_ops:assert_greater_equal_v2
    debugging.assert_integer=ops.check_ops:assert_integer_v2
    debugging.assert_less=ops.check_ops:assert_less_v2
    debugging.assert_less_equal=ops.check_ops:assert_less_equal_v2
    debugging.assert_near=ops.check_ops:assert_near_v2
    debugging.assert_negative=ops.check_ops:assert_negative_v2
    debugging.assert_non_negative=ops.check_ops:assert_non_negative_v2
    debugging.assert_non_positive=ops.check_ops:assert_non_positive_v2
    debugging.assert_none_equal=ops.check_ops:assert_none_equal_v2
    debugging.assert_positive=ops.check_ops:assert_positive_v2
    debugging.assert_rank=ops.check_ops:assert_rank_v2
    debugging.assert_rank_at_least=ops.check_ops:assert_rank_at_least_v2
    debugging.assert_rank_in=ops.check_ops:assert_rank_in_v2
    debugging.assert_scalar=ops.check_ops:assert_scalar_v2
    debugging.assert_shapes=ops.check_ops:assert_shapes_v2
    debugging.assert_type=ops.check_ops:assert_type_v2
    feature_column.categorical_column_with_vocabulary_file=feature_column.feature_column_v2:categorical_column_with_vocabulary_file_v2
    feature_column.make_parse_example_spec=feature_column.feature_column_v2:make_parse_example_spec_v2
    feature_column.shared_embeddings=feature_column.feature_column_v2:shared_embedding_columns_v2
    image.ResizeMethod=ops.image_ops_impl:ResizeMethod
    image.crop_and_resize=ops.image_ops_impl:crop_and_resize_v2
    image.draw_bounding_boxes=ops.image_ops_impl:draw_bounding_boxes_v2
    image.extract_glimpse=ops.image_ops_impl:extract_glimpse_v2
    image.resize=ops.image_ops_impl:resize_images_v2
    image.resize_with_pad=ops.image_ops_impl:resize_image_with_pad_v2
    image.sample_distorted_bounding_box=ops.image_ops_impl:sample_distorted_bounding_box_v2
    io.decode_csv=ops.parsing_ops:decode_csv_v2
    io.decode_raw=ops.parsing_ops:decode_raw
    io.parse_example=ops.parsing_ops:parse_example_v2
    io.parse_single_example=ops.parsing_ops:parse_single_example_v2_unoptimized
    io.serialize_many_sparse=ops.sparse_ops:serialize_many_sparse_v2
    io.serialize_sparse=ops.sparse_ops:serialize_sparse_v2
    linalg.l2_normalize=ops.nn_impl:l2_normalize_v2
    linalg.norm=ops.linalg_ops:norm_v2
    lookup.StaticHashTable=ops.lookup_ops:StaticHashTable
    lookup.StaticVocabularyTable=ops.lookup_ops:StaticVocabularyTable
    math.argmax=ops.math_ops:argmax_v2
    math.argmin=ops.math_ops:argmin_v2
    math.bincount=ops.math_ops:bincount
    math.confusion_matrix=ops.confusion_matrix:confusion_matrix
    math.count_nonzero=ops.math_ops:count_nonzero_v2
    math.in_top_k=ops.nn_ops:in_top_k_v2
    math.l2_normalize=ops.nn_impl:l2_normalize_v2
    math.log_softmax=ops.nn_ops:log_softmax_v2
    math.reduce_all=:reduce_all
    math.reduce_any=:reduce_any
    math.reduce_logsumexp=:reduce_logsumexp
    math.reduce_max=:reduce_max
    math.reduce_mean=:reduce_mean
    math.reduce_min=:reduce_min
    math.reduce_prod=:reduce_prod
    math.reduce_sum=:reduce_sum
    math.scalar_mul=ops.math_ops:scalar_mul_v2
    math.softmax=ops.nn_ops:softmax_v2
    keras.layers.DenseFeatures=feature_column.dense_features_v2:DenseFeatures
    nn.RNNCellDeviceWrapper=keras.layers.rnn_cell_wrapper_v2:DeviceWrapper
    nn.RNNCellDropoutWrapper=keras.layers.rnn_cell_wrapper_v2:DropoutWrapper
    nn.RNNCellResidualWrapper=keras.layers.rnn_cell_wrapper_v2:ResidualWrapper
    nn.avg_pool=ops.nn_ops:avg_pool_v2
    nn.avg_pool2d=ops.nn_ops:avg_pool2d
    nn.batch_norm_with_global_normalization=ops.nn_impl:batch_norm_with_global_normalization_v2
    nn.conv1d=ops.nn_ops:conv1d_v2
    nn.conv2d=ops.nn_ops:conv2d_v2
    nn.conv2d_transpose=ops.nn_ops:conv2d_transpose_v2
    nn.conv3d=ops.nn_ops:conv3d_v2
    nn.conv3d_transpose=ops.nn_ops:conv3d_transpose_v2
    nn.convolution=ops.nn_ops:convolution_v2
    nn.crelu=ops.nn_ops:crelu_v2
    nn.ctc_beam_search_decoder=ops.ctc_ops:ctc_beam_search_decoder_v2
    nn.ctc_loss=ops.ctc_ops:ctc_loss_v2
    nn.depth_to_space=ops.array_ops:depth_to_space_v2
    nn.depthwise_conv2d=ops.nn_impl:depthwise_conv2d_v2
    nn.dilation2d=ops.nn_ops:dilation2d_v2
    nn.dropout=ops.nn_ops:dropout_v2
    nn.embedding_lookup=ops.embedding_ops:embedding_lookup_v2
    nn.embedding_lookup_sparse=ops.embedding_ops:embedding_lookup_sparse_v2
    nn.erosion2d=ops.nn_ops:erosion2d_v2
    nn.fractional_avg_pool=ops.nn_ops:fractional_avg_pool_v2
    nn.fractional_max_pool=ops.nn_ops:fractional_max_pool_v2
    nn.in_top_k=ops.nn_ops:in_top_k_v2
    nn.l2_normalize=ops.nn_impl:l2_normalize_v2
    nn.log_softmax=ops.nn_ops:log_softmax_v2
    nn.max_pool=ops.nn_ops:max_pool_v2
    nn.max_pool_with_argmax=ops.nn_ops:max_pool_with_argmax_v2
    nn.moments=ops.nn_impl:moments_v2
    nn.nce_loss=ops.nn_impl:nce_loss_v2
    nn.pool=ops.nn_ops:pool_v2
    nn.safe_embedding_lookup_sparse=ops.embedding_ops:safe_embedding_lookup_sparse_v2
    nn.sampled_softmax_loss=ops.nn_impl:sampled_softmax_loss_v2
    nn.separable_conv2d=ops.nn_impl:separable_conv2d_v2
    nn.sigmoid_cross_entropy_with_logits=ops.nn_impl:sigmoid_cross_entropy_with_logits_v2
    nn.softmax=ops.nn_ops:softmax_v2
    nn.softmax_cross_entropy_with_logits=ops.nn_ops:softmax_cross_entropy_with_logits_v2
    nn.space_to_batch=ops.array_ops:space_to_batch_v2
    nn.space_to_depth=ops.array_ops:space_to_depth_v2
    nn.sparse_softmax_cross_entropy_with_logits=ops.nn_ops:sparse_softmax_cross_entropy_with_logits_v2
    nn.sufficient_statistics=ops.nn_impl:sufficient_statistics_v2
    nn.weighted_cross_entropy_with_logits=ops.nn_impl:weighted_cross_entropy_with_logits_v2
    nn.weighted_moments=ops.nn_impl:weighted_moments_v2
    random.poisson=ops.random_ops:random_poisson_v2
    random.set_seed=framework.random_seed:set_seed
    saved_model.contains_saved_model=saved_model.loader_impl:contains_saved_model
    saved_model.load=saved_model.load:load
    sparse.add=ops.sparse_ops:sparse_add_v2
    sparse.concat=ops.sparse_ops:sparse_concat_v2
    sparse.reduce_max=ops.sparse_ops:sparse_reduce_max_v2
    sparse.reduce_sum=ops.sparse_ops:sparse_reduce_sum_v2
    sparse.segment_mean=ops.math_ops:sparse_segment_mean_v2
    sparse.segment_sqrt_n=ops.math_ops:sparse_segment_sqrt_n_v2
    sparse.segment_sum=ops.math_ops:sparse_segment_sum_v2
    sparse.split=ops.sparse_ops:sparse_split_v2
    strings.length=ops.string_ops:string_length_v2
    strings.reduce_join=ops.string_ops:reduce_join_v2
    strings.split=ops.ragged.ragged_string_ops:string_split_v2
    strings.substr=ops.string_ops:substr_v2
    strings.to_hash_bucket=ops.string_ops:string_to_hash_bucket
    strings.to_number=ops.string_ops:string_to_number
    summary.SummaryWriter=ops.summary_ops_v2:SummaryWriter
    summary.audio=:summary_audio
    summary.create_file_writer=ops.summary_ops_v2:create_file_writer_v2
    summary.create_noop_writer=ops.summary_ops_v2:create_noop_writer
    summary.experimental.get_step=ops.summary_ops_v2:get_step
    summary.experimental.set_step=ops.summary_ops_v2:set_step
    summary.experimental.summary_scope=ops.summary_ops_v2:summary_scope
    summary.experimental.write_raw_pb=ops.summary_ops_v2:write_raw_pb
    summary.flush=ops.summary_ops_v2:flush
    summary.histogram=:summary_histogram
    summary.image=:summary_image
    summary.record_if=ops.summary_ops_v2:record_if
    summary.scalar=:summary_scalar
    summary.text=:summary_text
    summary.trace_export=ops.summary_ops_v2:trace_export
    summary.trace_off=ops.summary_ops_v2:trace_off
    summary.trace_on=ops.summary_ops_v2:trace_on
    summary.write=ops.summary_ops_v2:write
    test.assert_equal_graph_def=framework.test_util:assert_equal_graph_def_v2
    test.compute_gradient=ops.gradient_checker_v2:compute_gradient
    train.Checkpoint=training.tracking.util:Checkpoint
    train.experimental.disable_mixed_precision_graph_rewrite=training.experimental.mixed_precision:disable_mixed_precision_graph_rewrite
    train.experimental.enable_mixed_precision_graph_rewrite=training.experimental.mixed_precision:enable_mixed_precision_graph_rewrite
    """.split()
)
