"""Which module of tensormill stands for which of `tensorflow.python.keras`; see `table`."""

from __future__ import annotations

__all__ = ["KERAS_ROWS"]

KERAS_ROWS = {
    "python.keras": "keras",
    "python.keras.activations": "keras.activations",
    "python.keras.applications": "keras.applications",
    "python.keras.backend": """
        keras.backend keras.backend.local_convolution
        get_default_session_config=keras.backend.state.get_default_session_config
        symbolic_learning_phase=layers.learning_phase.symbolic_learning_phase
        global_learning_phase_is_set=layers.learning_phase.global_learning_phase_is_set
        conv3d_transpose=keras.backend.networks.conv3d_transpose
        separable_conv1d=keras.backend.networks.separable_conv1d
        GraphExecutionFunction=keras.backend.values.Function
        py_all=:builtins.all py_any=:builtins.any py_sum=:builtins.sum py_slice=:builtins.slice
        _get_session=keras.backend.state.get_session
        _initialize_variables=keras.backend.state._initialize_variables""",
    "python.keras.backend_config": "keras.backend",
    "python.keras.callbacks_v1": "TensorBoard=keras.callbacks.TensorBoard",
    "python.keras.callbacks": "keras.callbacks keras.callback_base",
    "python.keras.constraints": """
        keras.constraints maxnorm=keras.constraints.MaxNorm nonneg=keras.constraints.NonNeg
        unitnorm=keras.constraints.UnitNorm""",
    "python.keras.datasets.boston_housing": "keras.datasets.boston_housing",
    "python.keras.datasets.cifar10": "keras.datasets.cifar10",
    "python.keras.datasets.cifar100": "keras.datasets.cifar100",
    "python.keras.datasets.fashion_mnist": "keras.datasets.fashion_mnist",
    "python.keras.datasets.imdb": "keras.datasets.imdb",
    "python.keras.datasets.mnist": "keras.datasets.mnist",
    "python.keras.datasets.reuters": "keras.datasets.reuters",
    "python.keras.engine.base_layer": "keras.engine.layer keras.engine.node",
    "python.keras.engine.input_layer": "keras.engine.input_layer",
    "python.keras.engine.input_spec": "InputSpec=keras.engine.layer.InputSpec",
    "python.keras.engine.network": "keras.engine.network",
    "python.keras.engine.node": "keras.engine.node",
    "python.keras.engine.sequential": "keras.engine.sequential",
    "python.keras.engine.training": "keras.engine.training",
    "python.keras.engine.training_utils": """
        keras.engine.data_checks keras.engine.data_weights
        get_loss_function=keras.engine.endpoints.loss_object
        get_metric_name=keras.engine.endpoints.metric_label
        is_dataset_or_iterator=keras.engine.batches.is_dataset""",
    "python.keras.estimator": "keras.estimator",
    "python.keras.initializers": """
        keras.initializers zero=keras.initializers.Zeros one=keras.initializers.Ones""",
    "python.keras.layers": "keras.layers BatchNormalizationV2=keras.layers.BatchNormalization",
    "python.keras.layers.advanced_activations": "keras.layers",
    "python.keras.layers.convolutional": """
        keras.layers keras.layers.convolution Deconvolution2D=keras.layers.Conv2DTranspose
        Deconv2D=keras.layers.Conv2DTranspose Deconvolution3D=keras.layers.Conv3DTranspose
        Deconv3D=keras.layers.Conv3DTranspose""",
    "python.keras.layers.convolutional_recurrent": "keras.layers.convolution_recurrent",
    "python.keras.layers.core": "keras.layers",
    "python.keras.layers.cudnn_recurrent": "keras.layers",
    "python.keras.layers.embeddings": "keras.layers",
    "python.keras.layers.dense_attention": "keras.layers keras.layers.attention",
    "python.keras.layers.kernelized": "keras.layers.kernelized",
    "python.keras.layers.local": "keras.layers",
    "python.keras.layers.merge": "keras.layers",
    "python.keras.layers.noise": "keras.layers",
    "python.keras.layers.normalization": """
        keras.layers BatchNormalizationV2=keras.layers.BatchNormalization""",
    "python.keras.layers.pooling": "keras.layers",
    "python.keras.layers.recurrent": "keras.layers keras.layers.recurrent_cells",
    "python.keras.layers.recurrent_v2": "keras.layers",
    "python.keras.layers.serialization": "keras.layers",
    "python.keras.layers.wrappers": "keras.layers",
    "python.keras.keras_parameterized": "unittesting.keras_parameterized",
    "python.keras.losses": """
        keras.losses is_categorical_crossentropy=keras.losses.is_categorical_crossentropy""",
    "python.keras.metrics": """
        keras.metrics clone_metric=keras.metrics.clone_metric
        clone_metrics=keras.metrics.clone_metrics""",
    "python.keras.models": "keras.models",
    "python.keras.optimizers": """
        keras.optimizers adadelta=keras.optimizers.Adadelta adagrad=keras.optimizers.Adagrad
        adam=keras.optimizers.Adam adamax=keras.optimizers.Adamax nadam=keras.optimizers.Nadam
        rmsprop=keras.optimizers.RMSprop sgd=keras.optimizers.SGD""",
    "python.keras.optimizer_v2.adadelta": "keras.optimizers",
    "python.keras.optimizer_v2.adagrad": "keras.optimizers",
    "python.keras.optimizer_v2.adam": "keras.optimizers",
    "python.keras.optimizer_v2.adamax": "keras.optimizers",
    "python.keras.optimizer_v2.ftrl": "keras.optimizers",
    "python.keras.optimizer_v2.gradient_descent": "keras.optimizers",
    "python.keras.optimizer_v2.nadam": "keras.optimizers",
    "python.keras.optimizer_v2.rmsprop": """
        keras.optimizers RMSProp=keras.optimizers.RMSprop""",
    "python.keras.optimizer_v2.optimizer_v2": "OptimizerV2=keras.optimizer_base.Optimizer",
    "python.keras.optimizer_v2.learning_rate_schedule": "keras.learning_rates",
    "python.keras.premade.linear": "keras.premade",
    "python.keras.premade.wide_deep": "keras.premade",
    "python.keras.preprocessing.image": "keras.preprocessing.image",
    "python.keras.preprocessing.sequence": """
        keras.preprocessing.sequence
        _remove_long_seq=keras.preprocessing.sequence.remove_long_seq""",
    "python.keras.preprocessing.text": "keras.preprocessing.text",
    "python.keras.regularizers": "keras.regularizers",
    "python.keras.saving.hdf5_format": """
        save_model_to_hdf5=keras.engine.model_files.save_model
        load_model_from_hdf5=keras.engine.model_files.load_model
        preprocess_weights_for_loading=keras.engine.old_weights.preprocess_weights_for_loading
        save_weights_to_hdf5_group=keras.engine.weight_files.save_layers
        load_weights_from_hdf5_group=keras.engine.weight_files.load_layers
        load_weights_from_hdf5_group_by_name=keras.engine.weight_files.load_layers_by_name""",
    "python.keras.saving.saved_model_experimental": "keras.exported_models",
    "python.keras.saving.model_config": "keras.models",
    "python.keras.saving.save": "keras.engine.model_files",
    "python.keras.testing_utils": """
        unittesting.keras_layer_checks unittesting.keras_small_models
        unittesting.keras_situations""",
    "python.keras.model_subclassing_test_util": "unittesting.keras_subclassed_models",
    "python.keras.wrappers.scikit_learn": "keras.wrappers.scikit_learn",
    "python.keras.utils": "keras.utils",
    "python.keras.utils.data_utils": """
        keras.utils keras.utils.sequences keras.utils.files _hash_file=keras.utils.files.hash_file
        _extract_archive=keras.utils.files.extract_archive""",
    "python.keras.utils.io_utils": "keras.utils keras.progress",
    "python.keras.utils.layer_utils": """
        get_source_inputs=keras.engine.node.get_source_inputs
        count_params=keras.engine.layer_table.count_params
        print_summary=keras.engine.layer_table.print_summary""",
    "python.keras.utils.multi_gpu_utils": "keras.multi_gpu",
    "python.keras.utils.vis_utils": "keras.utils.pictures",
    "python.keras.utils.generic_utils": """
        keras.utils keras.utils.functions keras.objects
        _GLOBAL_CUSTOM_OBJECTS=keras.objects._CUSTOM_OBJECTS""",
    "python.keras.utils.losses_utils": """
        ReductionV2=keras.losses.Reduction
        compute_weighted_loss=keras.losses.compute_weighted_loss""",
    "python.keras.utils.metrics_utils": """
        keras.confusion Reduction=keras.metric_base.Reduction
        _filter_top_k=keras.confusion._filter_top_k""",
    "python.keras.utils.np_utils": "keras.utils",
    "python.keras.utils.tf_utils": """
        tensorflow_modules.keras_shapes
        get_reachable_from_inputs=keras.engine.reachable.get_reachable_from_inputs
        smart_cond=ops.smart_cond.smart_cond constant_value=ops.smart_cond.smart_constant_value""",
    "python.keras.utils.conv_utils": """
        tensorflow_modules.layer_functions keras.engine.window_connections
        normalize_padding=layers.arguments.padding_name
        normalize_data_format=keras.backend.networks.normalize_data_format
        deconv_output_length=tensorflow_modules.layer_functions.padded_deconv_output_length""",
}  # fmt: skip
