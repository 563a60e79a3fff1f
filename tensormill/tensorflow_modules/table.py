"""Which module of tensormill stands for which module of TensorFlow: the one table of it.

It names only what the public API does not have; public names are found by their path in `tf`, as
`known_names` says. A row is a module below `tensorflow`, and words:

    graph.graph               look the name up in `tensormill.graph.graph`
    name=graph.graph.other    this name is called otherwise here
    name=:contextlib.other    this name is in a module of another package
    @graph.tf_logging         it is this module itself, so that what programs patch there is patched
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tensormill.tensorflow_modules.algebra_table import ALGEBRA_ROWS
from tensormill.tensorflow_modules.contrib_table import CONTRIB_ROWS
from tensormill.tensorflow_modules.data_table import DATA_ROWS
from tensormill.tensorflow_modules.framework_table import FRAMEWORK_ROWS
from tensormill.tensorflow_modules.initializer_table import INITIALIZER_ROWS
from tensormill.tensorflow_modules.keras_table import KERAS_ROWS
from tensormill.tensorflow_modules.model_table import MODEL_ROWS
from tensormill.tensorflow_modules.ragged_table import RAGGED_ROWS
from tensormill.tensorflow_modules.summary_table import SUMMARY_ROWS
from tensormill.tensorflow_modules.tracking_table import TRACKING_ROWS

__all__ = ["MESSAGE_MODULES", "MESSAGE_PACKAGES", "MODULES", "Sources"]

# Where the messages of `tensorflow.core.*.*_pb2` are.
MESSAGE_PACKAGES = ("tensorboard.compat.proto", "tensormill.proto")
# Those that are in a module of another name here.
MESSAGE_MODULES = {"feature_pb2": "example_pb2", "reader_base_pb2": "reader_state_pb2"}


@dataclass(frozen=True)
class Sources:
    """Where the names of one module of TensorFlow are looked up.

    Attributes:
      modules: modules of tensormill, without `tensormill.`, in this order.
      aliases: name -> where it is, as a full path.
      itself: the module of tensormill that it is, "" where there is none.
    """

    modules: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)
    itself: str = ""

    @classmethod
    def parse(cls, text: str) -> Sources:
        """Return the sources that a row of the table names."""
        modules, aliases, itself = [], {}, ""
        for word in text.split():
            if word.startswith("@"):
                itself = f"tensormill.{word[1:]}"
                continue
            name, equals, source = word.partition("=")
            if equals:
                aliases[name] = source[1:] if source.startswith(":") else f"tensormill.{source}"
            else:
                modules.append(word)
        return cls(tuple(modules), aliases, itself)


_ROWS = {
    "python.framework.common_shapes": "tensorflow_modules.static_shapes",
    "python.framework.cpp_shape_inference_pb2": """
        CppShapeInferenceResult=:tensorboard.compat.proto.cpp_shape_inference_pb2.CppShapeInferenceResult
        CppShapeInferenceInputsNeeded=:tensorboard.compat.proto.cpp_shape_inference_pb2.CppShapeInferenceInputsNeeded""",
    "python.framework.auto_control_deps": "tensorflow_modules.automatic_control",
    "python.framework.combinations": "unittesting.combinations",
    "python.framework.test_combinations": """
        generate=unittesting.combinations.generate_with unittesting.combinations""",
    "python.framework.constant_op": """
        constant=graph.constants.constant_v2 constant_v1=graph.constants.constant
        is_constant=tensorflow_modules.graph_functions.is_constant""",
    "python.framework.device": """
        DeviceSpec=graph.device_names.DeviceSpec
        canonical_name=tensorflow_modules.graph_functions.canonical_name
        check_valid=tensorflow_modules.graph_functions.check_valid
        merge_device=tensorflow_modules.graph_functions.merge_device
        is_device_spec=tensorflow_modules.graph_functions.is_device_spec""",
    "python.framework.device_spec": "DeviceSpecV1=graph.device_names.DeviceSpec",
    "python.framework.error_interpolation": """
        tensorflow_modules.error_interpolation
        _BAD_FILE_SUBSTRINGS=tensorflow_modules.error_interpolation._BAD_FILE_SUBSTRINGS
        _ParseTag=tensorflow_modules.error_interpolation.Tag
        _compute_device_summary_from_list=tensorflow_modules.error_interpolation.device_summary
        _compute_device_assignment_summary_from_op=tensorflow_modules.error_interpolation.device_summary_of_op
        _compute_colocation_summary_from_dict=tensorflow_modules.error_interpolation.colocation_summary
        _compute_colocation_summary_from_op=tensorflow_modules.error_interpolation.colocation_summary_of_op
        _find_index_of_defining_frame_for_op=tensorflow_modules.error_interpolation.index_of_defining_frame
        _get_defining_frame_from_op=tensorflow_modules.error_interpolation.defining_frame
        _compute_useful_frames=tensorflow_modules.error_interpolation.useful_frames""",
    "python.framework.function": """
        functional.defun functional.function_messages functional.defun_graph
        _DefinedFunction=functional.defun.DefinedFunction
        _OverloadedFunction=functional.defun.OverloadedFunction
        _FuncGraph=functional.defun_graph.DefunGraph
        _from_definition=functional.function_messages.from_definition""",
    "python.framework.func_graph": "graph.func_graph",
    "python.framework.function_def_to_graph": "tensorflow_modules.function_graphs",
    "python.framework.graph_util": "graph.graph_def_surgery",
    "python.framework.graph_util_impl": "graph.graph_def_surgery",
    "python.framework.importer": "graph.graph_def_import",
    "python.framework.indexed_slices": """
        graph.indexed_slices IndexedSlicesSpec=graph.tensor_specs.IndexedSlicesSpec""",
    "python.framework.meta_graph": """
        train.meta_graph _is_default_attr_value=io.meta_graph_export.is_default_attr_value""",
    "python.framework.graph_to_function_def": """
        graph_to_function_def=tensorflow_modules.graph_functions.graph_to_function_def""",
    "python.framework.op_def_library": "tensorflow_modules.op_def_library",
    "python.framework.op_def_registry": "tensorflow_modules.op_definitions",
    "python.framework.ops": """
        _TensorLike=graph.tensor.TensorLike EagerTensor=functional.eager_calls.EagerTensor
        Operation=tensorflow_modules.node_operations.Operation
        _create_c_op=tensorflow_modules.node_operations.create_c_op
        get_stats_for_node_def=profiler.float_operations.get_stats_for_node_def
        tensorflow_modules.graph_functions graph.op_statistics graph.graph graph.tensor
        graph.scoped_names
        graph.operation graph.stacks
        graph.conversion graph.indexed_slices graph.default_scopes graph.collections
        graph.gradient_registry graph.collection_protos
        get_gradient_function=graph.gradient_registry.lookup
        NoGradient=graph.gradient_registry.NotDifferentiable
        convert_to_tensor_v2=graph.conversion.convert_to_tensor
        internal_convert_to_tensor=graph.conversion.convert_to_tensor
        internal_convert_to_tensor_or_indexed_slices=graph.indexed_slices.convert_to_tensor_or_indexed_slices
        internal_convert_n_to_tensor=graph.conversion.convert_n_to_tensor
        internal_convert_n_to_tensor_or_indexed_slices=graph.indexed_slices.convert_n_to_tensor_or_indexed_slices
        name_scope_v2=tensorflow_modules.graph_functions.name_scope_v2
        convert_to_tensor_or_composite=tensorflow_modules.composite_values.convert_to_tensor_or_composite
        convert_n_to_tensor_or_composite=tensorflow_modules.composite_values.convert_n_to_tensor_or_composite
        internal_convert_to_tensor_or_composite=tensorflow_modules.composite_values.convert_to_tensor_or_composite
        internal_convert_n_to_tensor_or_composite=tensorflow_modules.composite_values.convert_n_to_tensor_or_composite
        device_v2=graph.default_scopes.device
        _NodeDef=tensorflow_modules.graph_functions.make_node_def
        _set_call_cpp_shape_fn=tensorflow_modules.graph_functions.set_call_cpp_shape_fn
        _DefaultStack=graph.stacks.DefaultStack _default_graph_stack=graph.graph.default_graphs
        _default_session_stack=graph.stacks.default_sessions
        _get_graph_from_inputs=tensorflow_modules.graph_functions.get_graph_from_inputs""",
    "python.framework.registry": "tensorflow_modules.registry",
    "python.framework.subscribe": "tensorflow_modules.subscriptions",
    "python.framework.tensor_spec": "graph.tensor_specs",
    "python.framework.traceable_stack": "tensorflow_modules.traceable_stack",
    "python.framework.type_spec": "graph.type_specs graph.tensor_specs",
    "python.framework.random_seed": """
        ops.random_seeds set_seed=ops.random_seeds.set_random_seed""",
    "python.framework.smart_cond": "ops.smart_cond",
    "python.framework.sparse_tensor": """
        graph.sparse_tensor SparseTensorSpec=graph.tensor_specs.SparseTensorSpec""",
    "python.framework.tensor_like": "is_dense_tensor_like=graph.tensor.is_dense_tensor_like",
    "python.framework.tensor_shape": """
        graph.shapes scalar=tensorflow_modules.static_shapes.scalar
        vector=tensorflow_modules.static_shapes.vector
        matrix=tensorflow_modules.static_shapes.matrix""",
    "python.framework.test_ops": "@unittesting.graph_test_ops",
    "python.framework.versions": "platform.versions",
    "python.tf2": "enabled=platform.behavior.executing_eagerly",
    "python.autograph.core.ag_ctx": "graph.autograph_status",
    "python.autograph.core.converter": "Feature=python_statements.public.Feature",
    "python.autograph.impl.api": "python_statements.public",
    "python.autograph.utils.ag_logging": "python_statements.public",
    "python.autograph.pyct.transformer": "tensorflow_modules.source_transformer",
    "python.eager.backprop": "GradientTape=ops.gradient_tape.GradientTape",
    "python.eager.context": "tensorflow_modules.eager_context",
    "python.eager.monitoring": "tensorflow_modules.monitoring",
    "python.eager.def_function": """
        function=functional.traced.traced Function=functional.traced.TracedFunction""",
    "python.eager.function": """
        defun=functional.traced.traced
        ConcreteFunction=functional.concrete_functions.ConcreteFunction""",
    "python.ops.array_ops": """
        ops.array_shapes ops.filling ops.gathering ops.grids ops.identities ops.indexing
        ops.joining ops.padding ops.slicing ops.space_to_batch ops.transposition ops.uniqueness
        ops.scattering ops.matrix_diagonals tensorflow_modules.array_functions
        tensorflow_modules.second_signatures
        zeros_like_impl=ops.filling.zeros_like ones_like_impl=ops.filling.ones_like
        placeholder=ops.basics.placeholder
        get_positive_axis=ops.array_shapes.positive_axis
        _SLICE_TYPE_ERROR=ops.indexing.BAD_INDEX
        constant=graph.constants.constant_v2 listdiff=ops.uniqueness.setdiff1d""",
    "python.ops.candidate_sampling_ops": "ops.candidate_sampling",
    "python.ops.check_ops": """
        ops.assertions ops.weights_broadcast ops.shape_assertions
        tensorflow_modules.second_signatures""",
    "python.ops.clip_ops": "ops.clipping",
    "python.ops.cond_v2": "tensorflow_modules.second_control_flow",
    "python.ops.while_v2": "tensorflow_modules.second_control_flow",
    "python.ops.confusion_matrix": """
        confusion_matrix=tensorflow_modules.second_signatures.confusion_matrix
        confusion_matrix_v1=ops.confusion_matrix.confusion_matrix ops.confusion_matrix""",
    "python.ops.control_flow_ops": """
        tensorflow_modules.control_flow_functions
        _Identity=tensorflow_modules.control_flow_functions.pass_on
        _Enter=tensorflow_modules.control_flow_functions.enter
        _NextIteration=tensorflow_modules.control_flow_functions.next_iteration
        _SwitchRefOrTensor=tensorflow_modules.control_flow_functions.switch_ref_or_tensor_of
        ops.conditional ops.while_loop ops.grouping ops.while_context ops.control_flow
        ops.control_flow_context no_op=ops.basics.no_op
        tensorflow_modules.second_signatures""",
    "python.ops.control_flow_util": "tensorflow_modules.control_flow_facts",
    "python.ops.control_flow_v2_toggles": """
        enable_control_flow_v2=tensorflow_modules.control_flow_facts.enable_control_flow_v2
        disable_control_flow_v2=platform.behavior.disable_control_flow_v2""",
    "python.ops.critical_section_ops": "ops.critical_section",
    "python.ops.ctc_ops": "seq2seq.dense_labels ops.connectionist",
    "python.ops.custom_gradient": "ops.custom_gradients tensorflow_modules.handle_facts",
    "python.ops.data_flow_ops": "ops.staging_areas ops.barrier_class io.record_input",
    "python.ops.distributions.special_math": "distributions.special_math",
    "python.ops.distributions.util": "distributions.parameters distributions.arrangements",
    "python.ops.embedding_ops": """
        ops.embedding ops.safe_embedding tensorflow_modules.second_signatures""",
    "python.ops.functional_ops": """
        tensorflow_modules.functional_control_flow
        foldl=functional.fold.foldl foldr=functional.fold.foldr scan=functional.scan.scan
        map_fn=functional.map_fn.map_fn""",
    "python.ops.gradient_checker_v2": """
        unittesting.function_gradients _to_numpy=unittesting.gradient_checker.to_numpy""",
    "python.ops.gradient_checker": "unittesting.gradient_checker",
    "python.ops.gradients": """
        AggregationMethod=ops.gradient_aggregation.AggregationMethod
        gradients=ops.gradients.gradients hessians=ops.hessians.hessians
        GradientTape=ops.gradient_tape.GradientTape
        custom_gradient=ops.custom_gradients.custom_gradient""",
    "python.ops.gradients_impl": """
        ops.gradients ops.gradient_aggregation ops.hessians
        gradients_v2=ops.gradients.gradients
        _hessian_vector_product=tensorflow_modules.gradient_functions.hessian_vector_product""",
    "python.ops.gradients_util": """
        ops.gradients ops.gradient_aggregation
        _GradientsHelper=ops.gradients.gradients
        _SymGrad=tensorflow_modules.gradient_functions.symbolic_gradients
        _hessian_vector_product=tensorflow_modules.gradient_functions.hessian_vector_product""",
    "python.ops.image_ops": """
        namespaces.image ops.image_resizing ops.image_geometry
        tensorflow_modules.second_signatures
        resize_image_with_pad_v1=ops.image_geometry.resize_image_with_pad""",
    "python.ops.image_ops_impl": """
        namespaces.image ops.image_resizing ops.image_geometry
        tensorflow_modules.second_signatures
        resize_image_with_pad_v1=ops.image_geometry.resize_image_with_pad""",
    "python.ops.init_ops": """
        variables.initializers variables.keras_initializers variables.convolution_initializers
        api""",
    "python.ops.linalg.linalg": "namespaces.linalg",
    "python.ops.linalg.linalg_impl": "namespaces.linalg",
    "python.ops.linalg_ops": """
        ops.linear_algebra ops.matrix_decomposition ops.tensor_algebra
        tensorflow_modules.second_signatures""",
    "python.ops.list_ops": "ops.tensor_lists _build_element_shape=ops.tensor_lists._element_shape",
    "python.ops.logging_ops": "ops.printing",
    "python.ops.losses.loss_reduction": "ReductionV2=keras.losses.Reduction",
    "python.ops.losses.losses": "losses",
    "python.ops.losses.losses_impl": "losses losses.functions",
    "python.ops.losses.util": "losses.collecting losses",
    "python.ops.manip_ops": "namespaces.manip",
    "python.ops.map_fn": "functional.map_fn",
    "python.ops.math_ops": """
        ops.arithmetic ops.casting ops.comparison ops.elementwise_unary ops.elementwise_binary
        ops.reduction ops.scan ops.segments ops.histograms ops.summation ops.tensor_contraction
        ops.matrix_multiplication ops.special_functions
        range=ops.sequences.range_of linspace=ops.sequences.linspace
        scalar_mul_v2=ops.arithmetic.scalar_mul
        sparse_segment_mean_v2=ops.segments.sparse_segment_mean
        sparse_segment_sum_v2=ops.segments.sparse_segment_sum
        sparse_segment_sqrt_n_v2=ops.segments.sparse_segment_sqrt_n
        bincount=ops.histograms.bincount
        tensorflow_modules.second_signatures
        reduced_shape=tensorflow_modules.static_shapes.reduced_shape""",
    "python.ops.metrics": "metrics",
    "python.ops.metrics_impl": """
        metrics metrics.running
        _remove_squeezable_dimensions=metrics.running.matching
        _safe_scalar_div=tensorflow_modules.metric_internals.safe_scalar_div
        _aggregate_variable=tensorflow_modules.metric_internals.aggregate_variable
        _confusion_matrix_at_thresholds=tensorflow_modules.metric_internals.confusion_matrix_at_thresholds
        """,
    "python.ops.nn": "namespaces.nn",
    "python.ops.nn_impl": """
        namespaces.nn ops.statistics ops.sampled_losses ops.swish
        tensorflow_modules.second_signatures""",
    "python.ops.nn_ops": """
        namespaces.nn ops.convolution ops.activations ops.cross_entropy ops.pooling
        ops.normalization tensorflow_modules.nn_functions tensorflow_modules.second_signatures
        _get_sequence=ops.windows.list_for_each
        softmax_v2=namespaces.nn.softmax log_softmax_v2=namespaces.nn.log_softmax
        leaky_relu=namespaces.nn.leaky_relu
        softmax_cross_entropy_with_logits_v2=namespaces.nn.softmax_cross_entropy_with_logits_v2""",
    "python.ops.inplace_ops": "ops.inplace",
    "python.ops.parallel_for.control_flow_ops": "functional.parallel_for",
    "python.ops.parallel_for.gradients": "functional.parallel_for",
    "python.ops.parallel_for.test_util": "unittesting.parallel_for",
    "python.ops.op_selector": "graph.walks",
    "python.ops.parsing_ops": """
        decode_raw=ops.strings.decode_raw_v2 decode_raw_v1=ops.strings.decode_raw
        tensorflow_modules.second_signatures""",
    "python.ops.partitioned_variables": "variables.partitioners variables.store",
    "python.ops.random_ops": "ops.random",
    "python.ops.resource_variable_ops": """
        variables.resource_variable tensorflow_modules.handle_facts
        _UnreadVariable=variables.resource_variable.AssignedVariable
        is_resource_variable=variables.base.is_resource_variable
        BaseResourceVariable=variables.resource_variable.ResourceVariableBase""",
    "python.ops.rnn": """
        rnn.dynamic rnn.static rnn.raw namespaces.nn
        _transpose_batch_time=rnn.time_steps.swap_batch_and_time
        rnn_cell_impl=python.ops.rnn_cell_impl""",
    "python.ops.rnn_cell": "namespaces.rnn_cell",
    "python.ops.rnn_cell_impl": """
        namespaces.rnn_cell rnn.cells rnn.lstm
        _concat=tensorflow_modules.rnn_functions.joined tensorflow_modules.rnn_functions
        assert_like_rnncell=rnn.cells.assert_like_cell
        ASSERT_LIKE_RNNCELL_ERROR_REGEXP=rnn.cells.NOT_A_CELL""",
    "python.ops.signal.fft_ops": """
        fft=namespaces.signal.fft fft2d=namespaces.signal.fft2d fft3d=namespaces.signal.fft3d
        ifft=namespaces.signal.ifft ifft2d=namespaces.signal.ifft2d
        ifft3d=namespaces.signal.ifft3d""",
    "python.ops.signal.util_ops": "gcd=tensorflow_modules.array_functions.gcd",
    "python.ops.script_ops": """
        ops.scripts eager_py_func=functional.eager_calls.py_function
        py_function=functional.eager_calls.py_function _py_funcs=graph.py_functions.registry""",
    "python.ops.session_ops": "ops.session_tensors session.tensor_handles",
    "python.ops.sets": "namespaces.sets",
    "python.ops.sets_impl": "namespaces.sets",
    "python.ops.sparse_ops": """
        _convert_to_sparse_tensor=ops.sparse_arrays.as_sparse
        ops.sparse_arrays ops.sparse_shapes ops.sparse_crosses ops.sparse_math
        tensorflow_modules.second_signatures""",
    "python.ops.special_math_ops": "ops.special_functions einsum=ops.tensor_algebra.einsum",
    "python.ops.standard_ops": "api",
    "python.ops.state_ops": """
        variables.assignments ops.state
        variable_op=tensorflow_modules.state_functions.variable_op
        variable_op_v2=tensorflow_modules.state_functions.variable_op_v2
        init_variable=tensorflow_modules.state_functions.init_variable""",
    "python.ops.stateful_random_ops": """
        variables.random_generator _convert_to_state_tensor=variables.random_generator._as_state
        _get_state_size=variables.random_generator._state_size""",
    "python.ops.stateless_random_ops": "ops.stateless_random",
    "python.ops.string_ops": """
        ops.strings namespaces.strings tensorflow_modules.second_signatures""",
    "python.ops.template": "variables.template",
    "python.ops.tensor_array_ops": "ops.tensor_array_class",
    "python.ops.variable_scope": """
        variables.scope variables.store variables.local_variables variables.creation
        variables.policies
        _VariableStore=variables.store.VariableStore
        EagerVariableStore=variables.eager_variable_store.EagerVariableStore
        with_variable_store=variables.store.with_variable_store variable=variables.creation.Variable
        _pure_variable_scope=variables.scope.pure_variable_scope
        _get_default_variable_store=variables.store.variable_store""",
    "python.ops.variables": """
        Variable=variables.creation.VariableV2 VariableV1=variables.creation.Variable
        variables.creation variables.initialization variables.policies variables.partitioned
        variables.slices variables.ref_variable""",
    "python.ops.weights_broadcast_ops": "ops.weights_broadcast",
    "python.client.device_lib": "session.device_attributes",
    "python.client.session": """
        session.session session.base_session session.conversions
        _DeviceAttributes=session.device_attributes.DeviceAttributes
        _FetchMapper=tensorflow_modules.fetch_structures.StructureMapper""",
    "python.client.timeline": """
        session.timeline
        _ChromeTraceFormatter=tensorflow_modules.trace_events.TraceEvents""",
    "python.lib.io.file_io": "tensorflow_modules.file_functions platform.gfile",
    "python.platform.app": "platform.app",
    "python.platform.flags": "platform.flags",
    "python.platform.gfile": "platform.gfile",
    "python.platform.googletest": """
        unittesting.benchmark unittesting.stubs unittesting.directories unittesting.googletest
        main=unittesting.running.main GetTempDir=unittesting.directories.get_temp_dir""",
    "python.platform.resource_loader": "platform.resource_loader",
    "python.platform.test": """
        unittesting.googletest unittesting.benchmark unittesting.stubs""",
    "python.platform.tf_logging": "@graph.tf_logging",
    "python.pywrap_tensorflow": "tensorflow_modules.native_functions summary.events_writer",
    "python.ops.lookup_ops": """
        lookup.static_tables lookup.table_initializers lookup.hash_buckets lookup.index_tables
        lookup.mutable_tables lookup.interface lookup.initialization
        InitializableLookupTableBaseV1=lookup.static_tables.InitializableLookupTableBase
        StaticHashTableV1=lookup.static_tables.StaticHashTable
        StaticVocabularyTableV1=lookup.hash_buckets.StaticVocabularyTable""",
    "python.ops.resources": "variables.resources",
    "python.ops.batch_ops": "functional.batched_calls",
    "python.ops.collective_ops": "ops.collectives",
    "python.training.basic_loops": "train.monitored.basic_loops",
    "python.training.basic_session_run_hooks": """
        train.monitored.logging_hooks train.monitored.saving_hooks train.monitored.control_hooks
        train.monitored.timers
        get_or_create_steps_per_run_variable=tensorflow_modules.state_functions.steps_per_run""",
    "python.training.monitored_session": """
        train.monitored.monitored_session train.monitored.session_creators
        train.monitored.scaffold
        _WrappedSession=train.monitored.wrapped_sessions.WrappedSession
        _CoordinatedSession=train.monitored.wrapped_sessions.CoordinatedSession
        _HookedSession=train.monitored.wrapped_sessions.HookedSession
        _RecoverableSession=train.monitored.wrapped_sessions.RecoverableSession""",
    "python.training.session_manager": """
        train.monitored.session_manager
        _maybe_name=tensorflow_modules.state_functions.name_or_message""",
    "python.training.session_run_hook": "train.monitored.session_run_hook",
    "python.training.supervisor": "train.monitored.supervisor",
    "python.training.checkpoint_management": "train.checkpoints.state_file",
    "python.training.checkpoint_utils": "train.checkpoints.variable_loading",
    "python.training.warm_starting_util": """
        train.checkpoints.warm_starting
        _infer_var_name=train.checkpoints.warm_starting.infer_var_name
        _get_var_info=train.checkpoints.warm_starting.var_info
        _get_grouped_variables=train.checkpoints.warm_starting._grouped_variables
        _warm_start_var_with_vocab=train.checkpoints.warm_starting.start_with_vocabulary""",
    "python.training.checkpoint_ops": """
        _load_and_remap_matrix=train.checkpoints.remapping.load_and_remap_matrix
        _load_and_remap_matrix_initializer=train.checkpoints.remapping.load_and_remap_matrix_initializer
        _load_embedding_initializer=train.checkpoints.remapping.load_embedding_initializer""",
    "python.training.saver": """
        train.checkpoints.saver train.checkpoints.builder train.checkpoints.saveables
        train.checkpoints.state_file train.meta_graph variables.saveable_object
        _get_saver_or_default=train.checkpoints.saver.get_saver_or_default""",
    "python.training.saving.saveable_object": "variables.saveable_object",
    "python.training.saving.saveable_object_util": "train.checkpoints.saveables",
    "python.training.device_setter": "train.device_setter",
    "python.training.learning_rate_decay": "train.learning_rate_decay",
    "python.training.moving_averages": "train.moving_averages",
    "python.training.optimizer": """
        train.optimizer _deduplicate_indexed_slices=train.optimizer._deduplicated""",
    "python.training.slot_creator": "train.slot_creator",
    "python.training.checkpoint_state_pb2": "proto.checkpoint_state_pb2",
    "python.training.experimental.loss_scale": "train.loss_scale",
    "python.training.experimental.loss_scale_optimizer": "train.loss_scale_optimizer",
    "python.training.experimental.mixed_precision": """
        train.loss_scale_optimizer
        enable_mixed_precision_graph_rewrite_v1=train.loss_scale_optimizer.enable_mixed_precision_graph_rewrite
        disable_mixed_precision_graph_rewrite_v1=train.loss_scale_optimizer.disable_mixed_precision_graph_rewrite""",
    "python.training.input": """
        train.input_producers
        _as_tensor_list=tensorflow_modules.batch_inputs.as_tensor_list
        _as_tensor_list_list=train.batching._as_lists
        _flatten=tensorflow_modules.batch_inputs.flatten
        _validate=tensorflow_modules.batch_inputs.validate
        _validate_join=tensorflow_modules.batch_inputs.validate_join
        _validate_keep_input=train.batching._checked_keep
        _dtypes=train.batching._common_dtypes
        _shapes=train.batching._common_shapes
        _merge_shapes=tensorflow_modules.batch_inputs.merge_shapes
        _select_which_to_enqueue=train.batching._kept
        _enqueue=tensorflow_modules.batch_inputs.enqueue
        _enqueue_join=tensorflow_modules.batch_inputs.enqueue_join
        _which_queue=tensorflow_modules.batch_inputs.which_queue
        _as_original_type=tensorflow_modules.batch_inputs.as_original_type""",
    "python.training.saver_test_utils": "unittesting.checkpointed_table",
    "python.debug.cli.cli_test_utils": "unittesting.printed_lines",
    "python.kernel_tests.signal.test_util": "unittesting.rewritten_graphs",
    "python.ops.distributions.bijector_test_util": "unittesting.bijector_checks",
    "python.training.server_lib": "Server=distributed.server.Server",
    "python.training.training": "train",
    "python.training.training_util": """
        train.global_step write_graph=io.graph_io.write_graph
        _get_or_create_global_step_read=train.global_step.get_or_create_global_step_read
        _increment_global_step=train.global_step.increment_global_step""",
    "python.debug": """
        debugger reconstruct_non_debug_graph_def=debugger.dumps.without_debug_nodes""",
    "python.debug.lib.debug_data": "debugger.datum debugger.dumps",
    "python.debug.lib.debug_graphs": """
        reconstruct_non_debug_graph_def=debugger.dumps.without_debug_nodes""",
    "python.debug.lib.debug_gradients": "debugger.gradients",
    "python.debug.lib.debug_utils": "debugger.watches",
    "python.debug.wrappers.dumping_wrapper": "debugger.wrappers",
    "python.debug.wrappers.framework": "debugger.wrappers",
    "python.debug.wrappers.grpc_wrapper": "debugger.remote",
    "python.debug.wrappers.hooks": "debugger.hooks debugger.remote",
    "python.debug.wrappers.local_cli_wrapper": "debugger.local_wrapper",
    "python.profiler.model_analyzer": "profiler.profiler",
    "python.profiler.option_builder": "profiler.option_builder",
    "python.profiler.tfprof_logger": "profiler.op_log",
    "contrib.tfprof.model_analyzer": "profiler.model_analysis profiler.profiler",
    "contrib.tfprof.tfprof_logger": "profiler.op_log",
    "python.grappler.tf_optimizer": "tensorflow_modules.graph_optimizer",
    "python.util.example_parser_configuration": "tensorflow_modules.parsing_configuration",
    "python.util.compat": "compat",
    "python.util.dispatch": "tensorflow_modules.dispatching",
    "python.util.deprecation": "tensorflow_modules.deprecation",
    "python.util.lazy_loader": "tensorflow_modules.lazy_loader",
    "python.util.decorator_utils": "tensorflow_modules.function_facts",
    "python.util.keyword_args": "tensorflow_modules.function_facts",
    "python.util.lock_util": "tensorflow_modules.group_lock",
    "python.util.memory": "tensorflow_modules.plain_values",
    "python.util.protobuf.compare": "tensorflow_modules.plain_values",
    "python.util.serialization": "tensorflow_modules.plain_values",
    "python.util.compat_internal": "path_to_str=compat.path_to_str",
    "python.util.object_identity": "graph.object_identity",
    "python.util.nest": """
        graph.nest tensorflow_modules.nest_functions
        _is_namedtuple=tensorflow_modules.nest_functions.is_named_tuple
        _IF_SHALLOW_IS_SEQ_INPUT_MUST_BE_SEQ=tensorflow_modules.nest_functions._MUST_BE_SEQUENCE
        _STRUCTURES_HAVE_MISMATCHING_TYPES=tensorflow_modules.nest_functions._TYPES_DIFFER
        _STRUCTURES_HAVE_MISMATCHING_LENGTHS=tensorflow_modules.nest_functions._LENGTHS_DIFFER
        _INPUT_TREE_SMALLER_THAN_SHALLOW_TREE=tensorflow_modules.nest_functions._TOO_FEW
        _SHALLOW_TREE_HAS_INVALID_KEYS=tensorflow_modules.nest_functions._UNKNOWN_KEYS""",
    "python.util.tf_contextlib": "contextmanager=:contextlib.contextmanager",
    "python.util.tf_decorator": "tensorflow_modules.decorators",
    "python.util.tf_export": "tensorflow_modules.exported_names tensorflow_modules.decorators",
    "python.util.tf_inspect": "tensorflow_modules.inspection",
    "python.util.tf_should_use": """
        tensorflow_modules.unused_results tf_logging=graph.tf_logging
        _add_should_use_warning=tensorflow_modules.unused_results.add_should_use_warning""",
    "python.util.tf_stack": "tensorflow_modules.stack_frames",
    "python.util.all_util": "tensorflow_modules.decorators",
    "python.saved_model.builder": """
        saved_model.builder _SavedModelBuilder=saved_model.signature_builder.SignatureBuilder""",
    "python.saved_model.builder_impl": """
        saved_model.builder _SavedModelBuilder=saved_model.signature_builder.SignatureBuilder""",
    "python.saved_model.constants": "saved_model.constants",
    "python.saved_model.loader": "saved_model.loader",
    "python.saved_model.loader_impl": "saved_model.loader",
    "python.saved_model.main_op": "saved_model.main_op",
    "python.saved_model.main_op_impl": "saved_model.main_op",
    "python.saved_model.nested_structure_coder": "saved_model.structure_codec",
    "python.saved_model.saved_model": "saved_model",
    "python.saved_model.signature_constants": "saved_model.signature_constants",
    "python.saved_model.signature_def_utils": "saved_model.signature_def_utils",
    "python.saved_model.signature_def_utils_impl": """
        saved_model.signature_def_utils
        _is_valid_predict_signature=saved_model.signature_def_utils.is_valid_predict_signature
        _is_valid_regression_signature=saved_model.signature_def_utils.is_valid_regression_signature
        _is_valid_classification_signature=saved_model.signature_def_utils.is_valid_classification_signature""",
    "python.saved_model.simple_save": "saved_model.builder",
    "python.saved_model.tag_constants": "saved_model.tag_constants",
    "python.saved_model.utils": "saved_model.utils",
    "python.saved_model.utils_impl": """
        saved_model.utils build_tensor_info_internal=saved_model.utils.build_tensor_info""",
    "python.tools.freeze_graph": "saved_model.freeze_graph",
    "python.tools.inspect_checkpoint": "train.checkpoints.inspection",
    "python.tools.optimize_for_inference_lib": "graph.inference_graphs",
    "python.tools.strip_unused_lib": "graph.inference_graphs",
    "tools.docs.doc_controls": "tensorflow_modules.doc_controls",
    "python.kernel_tests.random.util": """
        unittesting.sample_statistics
        test_moment_matching=unittesting.sample_statistics.moment_scores
        test_truncated_normal=unittesting.sample_statistics.check_truncated_normal""",
    "python.ops.spectral_ops_test_util": "fft_kernel_label_map=:contextlib.nullcontext",
    "python.layers.base": "layers.base",
    "python.layers.layers": "layers",
    "python.layers.core": """
        layers layers.core FullyConnected=layers.Dense fully_connected=layers.dense""",
    "python.layers.convolutional": """
        layers layers.convolution
        Convolution1D=layers.Conv1D Convolution2D=layers.Conv2D Convolution3D=layers.Conv3D
        convolution1d=layers.conv1d convolution2d=layers.conv2d convolution3d=layers.conv3d
        Convolution2DTranspose=layers.Conv2DTranspose Deconvolution2D=layers.Conv2DTranspose
        Deconv2D=layers.Conv2DTranspose SeparableConvolution2D=layers.SeparableConv2D
        convolution2d_transpose=layers.conv2d_transpose deconv2d=layers.conv2d_transpose
        deconvolution2d=layers.conv2d_transpose separable_convolution2d=layers.separable_conv2d
        Convolution3DTranspose=layers.Conv3DTranspose Deconvolution3D=layers.Conv3DTranspose
        Deconv3D=layers.Conv3DTranspose convolution3d_transpose=layers.conv3d_transpose
        deconvolution3d=layers.conv3d_transpose deconv3d=layers.conv3d_transpose""",
    "python.layers.normalization": """
        layers layers.normalization BatchNorm=layers.BatchNormalization
        batch_norm=layers.batch_normalization""",
    "python.layers.pooling": """
        layers layers.pooling MaxPool2D=layers.MaxPooling2D AvgPool2D=layers.AveragePooling2D
        max_pool2d=layers.max_pooling2d avg_pool2d=layers.average_pooling2d""",
    "python.layers.utils": """
        tensorflow_modules.layer_functions
        smart_cond=ops.smart_cond.smart_cond constant_value=ops.smart_cond.smart_constant_value
        normalize_padding=layers.arguments.padding_name
        normalize_data_format=layers.arguments.data_format_name""",
    "examples.tutorials.mnist.input_data": "tensorflow_modules.mnist",
    "contrib.learn.python.learn.datasets.mnist": "tensorflow_modules.mnist",
    "contrib.learn.python.learn.datasets.base": "learn.datasets tensorflow_modules.mnist",
    "contrib.learn.datasets.mnist": "tensorflow_modules.mnist",
}  # fmt: skip

MODULES = {
    path: Sources.parse(words)
    for path, words in {
        **_ROWS,
        **INITIALIZER_ROWS,
        **ALGEBRA_ROWS,
        **CONTRIB_ROWS,
        **DATA_ROWS,
        **KERAS_ROWS,
        **MODEL_ROWS,
        **RAGGED_ROWS,
        **SUMMARY_ROWS,
        **TRACKING_ROWS,
        **FRAMEWORK_ROWS,
    }.items()
}
