"""Names of `tensorflow.python.tpu`: programs import them, and only use them where there are TPUs.

Each is a class, so that it can be imported, inherited from and tested for; there are no TPUs here,
so none can be called.

Source: TensorFlow 1.15, python/tpu.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from tensormill.graph import errors

__all__ = ["NAMES"]

NAMES = frozenset(
    """
    AdagradParameters AdamParameters AsyncCheckpointSaverHook CloudTPUPreemptedHook
    CoordinatorResetError DeviceAssignment EnqueueData FeatureConfig GracefulShutdownHook
    InfeedQueue OpenReportFile ResetComputation ShardingPolicy ShutdownAllWorkers
    ShutdownLameWorkers StochasticGradientDescentParameters StreamingFilesDataset TPUEmbedding
    TPUReplicateContext TTParameters TTReportHandle TableConfig TensorTraceOrder TensorTracer
    TensorTracerConfig Topology WatchdogManager WorkerHeartbeatManager all_to_all
    all_worker_devices batch_parallel bfloat16_scope collective_permute core
    create_dummy_table_variables cross_replica_sum device_assignment embedding_column
    embedding_column_v2 enqueue_tpu_embedding_integer_batch enqueue_tpu_embedding_sparse_batch
    enqueue_tpu_embedding_sparse_tensor_batch get_enqueue_datas_list_from_sparse_tensors_list
    get_gradients_through_compute_gradients get_gradients_through_dummy_table_variables
    get_sequence_length_feature_key_name_from_feature_key_name get_session_config_with_timeout
    hook_dummy_table_variables_to_activations infeed_dequeue infeed_dequeue_tuple
    initialize_system initialize_system_for_tpu_embedding initialize_tpu_system
    keras_layer_tracepoint master_job on_device_training_loop outside_compilation
    partition_or_replicate_on_host prune_unconnected_ops_from_xla read_tensor_tracer_event_file
    repeat replicate rewrite rewrite_for_inference send_tpu_embedding_gradients shard
    shared_embedding_columns shared_embedding_columns_v2 shutdown_system sort_tensors_and_ops
    split_compile_and_replicate split_compile_and_shard split_sequence_columns
    split_sequence_columns_v2 start_worker_watchdog tag_sharding_attribute_for_dequeued_tensors
    tensor_tracepoint topological_sort under_tpu_inference_context
    validate_inference_rewrite_for_variables while_loop
    """.split()
)


class _OfTpus:
    """What needs TPUs."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        raise errors.unimplemented(
            f"{cls.__name__} needs TPUs, and tensormill has none",
            hint="run this part of the program on CPUs or GPUs, with `use_tpu=False`",
        )


def __getattr__(name: str) -> Any:
    if name not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return _stand_in(name)


@cache
def _stand_in(name: str) -> Any:
    return type(name, (_OfTpus,), {"__module__": __name__, "__doc__": "It needs TPUs."})
