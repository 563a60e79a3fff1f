"""Rows of the table of modules for feature columns and estimators; see `table`."""

from __future__ import annotations

__all__ = ["MODEL_ROWS"]

_COLUMNS = """
    feature_column.numeric feature_column.categorical feature_column.vocabulary
    feature_column.composed feature_column.embedding feature_column.shared_embedding
    feature_column.indicator feature_column.sequence"""

MODEL_ROWS = {
    "python.feature_column.dense_features": "keras.layers.columns",
    "python.feature_column.dense_features_v2": "keras.layers.second_columns",
    "python.feature_column.feature_column": """
        feature_column.input_layer feature_column.linear_model feature_column.parse_specs
        _FeatureColumn=feature_column.protocols.ScopedColumn
        _DenseColumn=feature_column.protocols.ScopedDenseColumn
        _CategoricalColumn=feature_column.protocols.ScopedCategoricalColumn
        _SequenceDenseColumn=feature_column.protocols.ScopedSequenceDenseColumn
        _SequenceCategoricalColumn=feature_column.sequence.SequenceCategoricalColumn
        _LazyBuilder=feature_column.transformation.LazyBuilder
        _LinearModel=feature_column.linear_model.ScopedLinearModel
        _transform_features=feature_column.transformation.transform_features
        _NumericColumn=feature_column.numeric.NumericColumn
        _numeric_column=feature_column.numeric.numeric_column
        _BucketizedColumn=feature_column.numeric.BucketizedColumn
        _bucketized_column=feature_column.numeric.bucketized_column
        _HashedCategoricalColumn=feature_column.categorical.HashedCategoricalColumn
        _categorical_column_with_hash_bucket=feature_column.categorical_column_with_hash_bucket
        _IdentityCategoricalColumn=feature_column.categorical.IdentityCategoricalColumn
        _categorical_column_with_identity=feature_column.categorical_column_with_identity
        _VocabularyFileCategoricalColumn=feature_column.vocabulary.VocabularyFileCategoricalColumn
        _categorical_column_with_vocabulary_file=feature_column.categorical_column_with_vocabulary_file
        _VocabularyListCategoricalColumn=feature_column.vocabulary.VocabularyListCategoricalColumn
        _categorical_column_with_vocabulary_list=feature_column.categorical_column_with_vocabulary_list
        _WeightedCategoricalColumn=feature_column.composed.WeightedCategoricalColumn
        _weighted_categorical_column=feature_column.weighted_categorical_column
        _CrossedColumn=feature_column.composed.CrossedColumn
        _crossed_column=feature_column.crossed_column
        _EmbeddingColumn=feature_column.embedding.EmbeddingColumn
        _embedding_column=feature_column.embedding_column
        _SharedEmbeddingColumn=feature_column.shared_embedding.CollectionSharedEmbeddingColumn
        _IndicatorColumn=feature_column.indicator.IndicatorColumn
        _indicator_column=feature_column.indicator_column""",
    "python.feature_column.feature_column_lib": f"""
        feature_column.feature_layers {_COLUMNS} feature_column.protocols feature_column.states
        feature_column.input_layer feature_column.linear_model feature_column.parse_specs
        feature_column.column_configs""",
    "python.feature_column.feature_column_v2": f"""
        {_COLUMNS} feature_column.protocols feature_column.feature_layers feature_column.states
        make_parse_example_spec_v2=feature_column.parse_specs.make_parse_example_spec_v2
        shared_embedding_columns_v2=feature_column.shared_embedding.shared_embeddings
        FeatureTransformationCache=feature_column.transformation.FeatureTransformationCache
        _StateManagerImpl=feature_column.states.LayerState
        _StateManagerImplV2=feature_column.states.LayerState
        _transform_features_v2=feature_column.transformation.transform_features_v2""",
    "python.feature_column.sequence_feature_column": """
        feature_column.sequence feature_column.feature_layers
        _assert_all_equal_and_return=feature_column.input_layer.all_equal""",
    "python.feature_column.serialization": "feature_column.column_configs",
    "python.feature_column.utils": "feature_column.arguments feature_column.sequence",
    "python.ops.boosted_trees_ops": "estimator.canned.tree_resources",
    "python.estimator.canned.baseline": "estimator.canned.baseline estimator.mode_keys",
    "python.estimator.canned.boosted_trees": "estimator.canned.boosted_trees",
    "python.estimator.canned.dnn": """
        estimator.canned.dnn _dnn_model_fn=estimator.canned.dnn.dnn_model_fn
        _add_hidden_layer_summary=estimator.canned.layer_summaries.summarize_layer""",
    "python.estimator.canned.dnn_linear_combined": "estimator.canned.dnn_linear_combined",
    "python.estimator.canned.head": """
        _create_eval_metrics_tuple=estimator.deferred_spec.metrics_of
        estimator.heads.checks _Head=estimator.heads.head.Head
        LossSpec=estimator.heads.head.LossSpec
        _binary_logistic_head_with_sigmoid_cross_entropy_loss=estimator.heads.classification.BinaryHead
        _BinaryLogisticHeadWithSigmoidCrossEntropyLoss=estimator.heads.classification.BinaryHead
        _multi_class_head_with_softmax_cross_entropy_loss=estimator.heads.classification.MultiClassHead
        _MultiClassHeadWithSoftmaxCrossEntropyLoss=estimator.heads.classification.MultiClassHead
        _binary_logistic_or_multi_class_head=estimator.heads.classification.binary_or_multi_class_head
        _regression_head=estimator.heads.regression.RegressionHead
        _RegressionHeadWithMeanSquaredErrorLoss=estimator.heads.regression.RegressionHead
        _check_dense_labels_match_logits_and_reshape=estimator.heads.checks.dense_labels
        _get_weights_and_check_match_logits=estimator.heads.checks.weights_of
        _check_logits_final_dim=estimator.heads.checks.float_logits
        _call_loss_fn=estimator.heads.checks.call_loss_fn
        _assert_range=estimator.heads.checks.assert_range""",
    "python.estimator.canned.kmeans": "estimator.canned.kmeans",
    "python.estimator.canned.linear": """
        estimator.canned.linear _linear_model_fn=estimator.canned.linear.linear_model_fn""",
    "python.estimator.canned.metric_keys": "estimator.heads.keys",
    "python.estimator.canned.optimizers": "estimator.canned.optimizers",
    "python.estimator.canned.prediction_keys": "estimator.heads.keys",
    "python.estimator.canned.parsing_utils": "estimator.parse_specs",
    "python.estimator.early_stopping": "estimator.early_stopping",
    "python.estimator.extenders": "estimator.added_metrics",
    **dict.fromkeys(
        (
            f"python.estimator.head.{name}"
            for name in (
                "base_head", "binary_class_head", "multi_class_head", "multi_head",
                "multi_label_head", "regression_head",
            )
        ),
        "estimator.heads.class_heads estimator.heads.multi_head estimator.heads.head",
    ),
    "python.estimator.hooks.hooks": "estimator.memory_evaluation",
    "python.estimator.hooks.session_run_hook": "train.monitored.session_run_hook",
    "python.estimator.hooks.basic_session_run_hooks": """
        train.monitored.logging_hooks train.monitored.saving_hooks train.monitored.control_hooks
        train.monitored.timers""",
    "python.estimator.tpu.tpu_config": "estimator.tpu",
    "python.estimator.tpu.tpu_estimator": "estimator.tpu",
    "python.estimator.estimator": """
        estimator.estimator estimator.warm_start
        EstimatorV2=estimator.estimator.Estimator
        _load_global_step_from_checkpoint_dir=estimator.estimator.load_global_step
        maybe_overwrite_model_dir_and_session_config=estimator.estimator_checks.completed_config
        _check_hooks_type=estimator.estimator_checks.check_hooks
        _check_listeners_type=estimator.estimator_checks.check_listeners""",
    "python.estimator.estimator_lib": "estimator estimator.inputs estimator.export",
    "python.estimator.export.export": """
        estimator.receivers estimator.export_outputs
        get_temp_export_dir=estimator.model_export.get_temp_export_dir
        get_timestamped_export_dir=estimator.model_export.get_timestamped_export_dir""",
    "python.estimator.export.export_lib": """
        estimator.export_outputs estimator.receivers
        get_temp_export_dir=estimator.model_export.get_temp_export_dir
        get_timestamped_export_dir=estimator.model_export.get_timestamped_export_dir""",
    "python.estimator.export.export_output": "estimator.export_outputs",
    "python.estimator.exporter": "estimator.exporters",
    "python.estimator.inputs.inputs": "estimator.inputs",
    "python.estimator.inputs.numpy_io": "estimator.inputs",
    "python.estimator.inputs.pandas_io": "estimator.inputs",
    "python.estimator.inputs.queues.feeding_functions": """
        _enqueue_data=estimator.feeding.enqueue_data""",
    "python.estimator.inputs.queues.feeding_queue_runner": """
        _FeedingQueueRunner=train.feeding_queue_runner.FeedingQueueRunner""",
    "python.estimator.mode_keys": "estimator.mode_keys",
    "python.estimator.model_fn": """
        estimator.estimator_spec estimator.mode_keys
        _TPUEstimatorSpec=estimator.deferred_spec.DeferredEstimatorSpec
        verify_model_fn_args=estimator.estimator_checks.verify_model_fn_args""",
    "python.estimator.run_config": "estimator.run_config",
    "python.estimator.training": """
        estimator.train_and_evaluate
        _TrainingExecutor=estimator.train_and_evaluate.TrainingExecutor
        _ContinuousEvalListener=estimator.train_and_evaluate.ContinuousEvalListener
        _NewCheckpointListenerForEvaluate=estimator.train_and_evaluate.NewCheckpointListener
        _EvalResult=estimator.train_and_evaluate.EvalResult
        _EvalStatus=estimator.train_and_evaluate.EvalStatus""",
    "python.estimator.util": """
        estimator.function_arguments
        _DatasetInitializerHook=estimator.function_arguments.DatasetInitializerHook""",
    "python.saved_model.model_utils.export_output": "estimator.export_outputs",
    "python.saved_model.model_utils.export_utils": """
        estimator.export_outputs estimator.model_export saved_model.mode_keys""",
    "python.saved_model.model_utils.mode_keys": """
        saved_model.mode_keys EstimatorModeKeys=estimator.mode_keys.ModeKeys""",
    "python.ops.clustering_ops": "estimator.canned.clustering",
    "python.training.evaluation": """
        train.evaluation _evaluate_once=train.evaluation.evaluate_once
        _StopAfterNEvalsHook=train.evaluation.StopAfterNEvalsHook
        _get_or_create_eval_step=train.evaluation.get_or_create_eval_step""",
    "python.util.function_utils": "estimator.function_arguments tensorflow_modules.function_facts",
    **dict.fromkeys(
        (
            f"python.tpu.{name}"
            for name in (
                "async_checkpoint", "bfloat16", "datasets", "device_assignment", "error_handling",
                "feature_column", "feature_column_v2", "functional", "ops.tpu_ops",
                "preempted_hook", "session_support", "tensor_tracer", "topology", "tpu",
                "tpu_context", "tpu_embedding", "tpu_embedding_gradient", "tpu_feed",
                "tpu_sharding", "tpu_strategy_util", "tpu_system_metadata", "training_loop",
            )
        ),
        "tensorflow_modules.tpu_names",
    ),
    "python.tpu.tpu_config": "estimator.tpu",
    "python.tpu.tpu_estimator": "estimator.tpu",
    "python.tpu.tpu_function": "tensorflow_modules.tpu_context tensorflow_modules.tpu_names",
    "python.tpu.tpu_optimizer": "estimator.tpu",
    "contrib.eager.python.tfe": "namespaces.contrib.eager",
    "contrib.estimator.python.estimator.head": "namespaces.contrib.estimator",
    "contrib.estimator.python.estimator.multi_head": "namespaces.contrib.estimator",
    "contrib.factorization.python.ops.clustering_ops": "estimator.canned.clustering",
    "contrib.factorization.python.ops.kmeans": "estimator.canned.kmeans",
    "contrib.feature_column.python.feature_column.sequence_feature_column": """
        namespaces.contrib.feature_column""",
    "contrib.layers.python.layers.feature_column": "learn.columns feature_column",
    "contrib.layers.python.layers.utils": "namespaces.contrib.slim.utils",
    "contrib.layers.python.layers.rev_block_lib": "layers.reversible",
    "contrib.layers.python.layers.summaries": "layers.model_training",
    "contrib.layers.python.ops.sparse_ops": "layers.sparse_values",
    "contrib.learn.python.learn": "namespaces.contrib.learn",
    "contrib.learn.python.learn.estimators": "namespaces.contrib.learn",
    "contrib.learn.python.learn.estimators.dnn": "learn.canned",
    "contrib.learn.python.learn.estimators.constants": "learn.serving",
    "contrib.learn.python.learn.estimators.dnn_linear_combined": "learn.canned_combined",
    "contrib.learn.python.learn.estimators.estimator": "learn.fitted_estimator",
    "contrib.learn.python.learn.estimators.linear": "learn.canned",
    "contrib.learn.python.learn.estimators.model_fn": "learn.model_fn_ops",
    "contrib.learn.python.learn.estimators.prediction_key": "learn.canned",
    "contrib.learn.python.learn.estimators.run_config": """
        learn.run_config TaskType=estimator.cluster_settings.TaskType""",
    "contrib.learn.python.learn.experiment": "learn.experiment",
    "contrib.learn.python.learn.export_strategy": "learn.serving",
    "contrib.learn.python.learn.utils": "namespaces.contrib.learn.utils",
    "contrib.learn.python.learn.utils.input_fn_utils": "learn.serving",
    "contrib.learn.python.learn.utils.saved_model_export_utils": """
        learn.serving
        get_timestamped_export_dir=estimator.model_export.get_timestamped_export_dir
        get_temp_export_dir=estimator.model_export.get_temp_export_dir""",
    "contrib.learn.python.learn.preprocessing": "namespaces.contrib.learn.preprocessing",
    "contrib.learn.python.learn.preprocessing.categorical": "learn.vocabulary",
    "contrib.learn.python.learn.preprocessing.categorical_vocabulary": "learn.vocabulary",
    "contrib.learn.python.learn.preprocessing.text": "namespaces.contrib.learn.preprocessing.text",
    "contrib.learn.python.learn.learn_runner": "learn.experiment",
    "contrib.learn.python.learn.learn_io": "namespaces.contrib.learn.io",
    **dict.fromkeys(
        (
            f"contrib.learn.python.learn.learn_io.{name}_io"
            for name in ("generator", "numpy", "pandas")
        ),
        "learn.input_functions",
    ),
    "contrib.learn.python.learn.metric_spec": "learn.metric_spec",
    "contrib.learn.python.learn.monitors": "learn.monitors",
    "contrib.losses.python.metric_learning.metric_loss_ops": "losses.metric_learning",
    "contrib.rnn.python.ops.core_rnn_cell": """
        _linear=rnn.linear.linear _Linear=rnn.linear.Linear""",
    "contrib.framework": """
        deprecated=tensorflow_modules.deprecation.deprecated
        deprecated_args=tensorflow_modules.deprecation.deprecated_args
        deprecated_arg_values=tensorflow_modules.deprecation.deprecated_arg_values
        get_graph_from_inputs=tensorflow_modules.graph_functions.get_graph_from_inputs
        get_name_scope=tensorflow_modules.graph_functions.get_name_scope""",
    "contrib.seq2seq.python.ops.attention_wrapper": """
        _BaseAttentionMechanism=seq2seq.attention.AttentionMechanism
        _bahdanau_score=seq2seq.attention_scores.bahdanau_score
        _compute_attention=seq2seq.attention.compute_attention
        _luong_score=seq2seq.attention_scores.luong_score
        _maybe_mask_score=seq2seq.attention_scores.masked_score
        _prepare_memory=seq2seq.attention_scores.prepare_memory""",
    "contrib.seq2seq.python.ops.decoder": """
        _transpose_batch_time=rnn.time_steps.swap_batch_and_time""",
    "contrib.seq2seq.python.ops.helper": """
        _transpose_batch_time=rnn.time_steps.swap_batch_and_time""",
    "contrib.slim.python.slim.data.data_decoder": "namespaces.contrib.slim.data_decoder",
    "contrib.slim.python.slim.data.data_provider": "DataProvider=slim.dataset.DataProvider",
    "contrib.slim.python.slim.data.dataset": "namespaces.contrib.slim.dataset",
    "contrib.slim.python.slim.data.dataset_data_provider": """
        namespaces.contrib.slim.dataset_data_provider""",
    "contrib.slim.python.slim.data.parallel_reader": "namespaces.contrib.slim.parallel_reader",
    "contrib.slim.python.slim.data.prefetch_queue": "namespaces.contrib.slim.prefetch_queue",
    "contrib.slim.python.slim.data.tfexample_decoder": """
        namespaces.contrib.slim.tfexample_decoder""",
    "contrib.slim.python.slim.evaluation": "namespaces.contrib.slim.evaluation",
    "contrib.slim.python.slim.learning": "namespaces.contrib.slim.learning",
    "contrib.slim.python.slim.model_analyzer": "namespaces.contrib.slim.model_analyzer",
    "contrib.slim.python.slim.nets.alexnet": "namespaces.contrib.slim.nets.alexnet",
    "contrib.slim.python.slim.nets.inception": "namespaces.contrib.slim.nets.inception",
    "contrib.slim.python.slim.nets.inception_v1": "namespaces.contrib.slim.nets.inception_v1",
    "contrib.slim.python.slim.nets.inception_v2": "namespaces.contrib.slim.nets.inception_v2",
    "contrib.slim.python.slim.nets.inception_v3": "namespaces.contrib.slim.nets.inception_v3",
    "contrib.slim.python.slim.nets.overfeat": "namespaces.contrib.slim.nets.overfeat",
    "contrib.slim.python.slim.nets.resnet_utils": "namespaces.contrib.slim.nets.resnet_utils",
    "contrib.slim.python.slim.nets.resnet_v1": "namespaces.contrib.slim.nets.resnet_v1",
    "contrib.slim.python.slim.nets.resnet_v2": "namespaces.contrib.slim.nets.resnet_v2",
    "contrib.slim.python.slim.nets.vgg": "namespaces.contrib.slim.nets.vgg",
    "contrib.slim.python.slim.queues": "namespaces.contrib.slim.queues",
    "contrib.slim.python.slim.summaries": "namespaces.contrib.slim.summaries",
    "contrib.cudnn_rnn.python.layers.cudnn_rnn": "cudnn_rnn.layers",
    "contrib.cudnn_rnn.python.ops.cudnn_rnn_ops": """
        cudnn_rnn.functions cudnn_rnn.saveables cudnn_rnn.compatible_cells cudnn_rnn.parameters""",
    "contrib.boosted_trees.estimator_batch.estimator": "forests.boosted_estimators",
    "contrib.boosted_trees.proto.learner_pb2": "@proto.learner_pb2",
    "contrib.tensor_forest": "forests.random_forest",
    "contrib.tensor_forest.python.tensor_forest": "forests.random_forest",
    "contrib.tpu.python.tpu.tpu_config": "estimator.tpu",
    "contrib.tpu.python.tpu.tpu_estimator": "estimator.tpu",
    "contrib.tpu.python.tpu.tpu_function": "tensorflow_modules.tpu_context",
    "contrib.tpu.python.tpu.tpu_optimizer": "estimator.tpu",
    "contrib.crf.python.ops.crf": "seq2seq.conditional_random_fields",
    **dict.fromkeys(
        (
            f"contrib.data.python.ops.{name}"
            for name in (
                "batching", "counter", "enumerate_ops", "error_ops", "get_single_element",
                "grouping", "interleave_ops", "prefetching_ops", "random_ops", "readers",
                "resampling", "scan_ops", "shuffle_ops", "sliding", "unique", "writers",
            )
        ),
        "data.contrib data.experimental data.files",
    ),
}  # fmt: skip
