"""Datasets that choose, order, repeat or keep the elements of others.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

zip_dataset_op = define_dataset(
    "ZipDataset",
    inputs=("input_datasets: N * variant",),
    attrs=(*TYPED, "N: int >= 1", 'metadata: string = ""'),
)
concatenate_dataset_op = define_dataset(
    "ConcatenateDataset",
    inputs=("input_dataset: variant", "another_dataset: variant"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
repeat_dataset_op = define_dataset(
    "RepeatDataset",
    inputs=("input_dataset: variant", "count: int64"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
take_dataset_op = define_dataset(
    "TakeDataset",
    inputs=("input_dataset: variant", "count: int64"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
skip_dataset_op = define_dataset(
    "SkipDataset",
    inputs=("input_dataset: variant", "count: int64"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
shard_dataset_op = define_dataset(
    "ShardDataset",
    inputs=("input_dataset: variant", "num_shards: int64", "index: int64"),
    attrs=("require_non_empty: bool = false", *TYPED, 'metadata: string = ""'),
)
unique_dataset_op = define_dataset(
    "UniqueDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED, 'metadata: string = ""'),
)
experimental_unique_dataset_op = define_dataset(
    "ExperimentalUniqueDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED,),
)
ignore_errors_dataset_op = define_dataset(
    "IgnoreErrorsDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED, "log_warning: bool = false"),
)
experimental_ignore_errors_dataset_op = define_dataset(
    "ExperimentalIgnoreErrorsDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED, "log_warning: bool = false"),
)
directed_interleave_dataset_op = define_dataset(
    "DirectedInterleaveDataset",
    inputs=("selector_input_dataset: variant", "data_input_datasets: N * variant"),
    attrs=(*TYPED, "N: int >= 1", "stop_on_empty_dataset: bool = false"),
)
experimental_directed_interleave_dataset_op = define_dataset(
    "ExperimentalDirectedInterleaveDataset",
    inputs=("selector_input_dataset: variant", "data_input_datasets: N * variant"),
    attrs=(*TYPED, "N: int >= 1"),
)
sampling_dataset_op = define_dataset(
    "SamplingDataset",
    inputs=("input_dataset: variant", "rate: float", "seed: int64", "seed2: int64"),
    attrs=(*TYPED,),
)
filter_by_last_component_dataset_op = define_dataset(
    "FilterByLastComponentDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED,),
    output="output",
)
optimize_dataset_op = define_dataset(
    "OptimizeDataset",
    inputs=("input_dataset: variant", "optimizations: string"),
    attrs=(*TYPED, "optimization_configs: list(string) = []"),
)
model_dataset_op = define_dataset(
    "ModelDataset",
    inputs=("input_dataset: variant",),
    attrs=("algorithm: int = 0", "cpu_budget: int = 0", "ram_budget: int = 0", *TYPED),
)
options_dataset_op = define_dataset(
    "OptionsDataset",
    inputs=("input_dataset: variant",),
    attrs=("serialized_options: string", *TYPED, 'metadata: string = ""'),
)
finalize_dataset_op = define_dataset(
    "FinalizeDataset",
    inputs=("input_dataset: variant",),
    attrs=("has_captured_ref: bool = false", *TYPED),
)
private_thread_pool_dataset_op = define_dataset(
    "PrivateThreadPoolDataset",
    inputs=("input_dataset: variant", "num_threads: int64"),
    attrs=(*TYPED,),
)
experimental_private_thread_pool_dataset_op = define_dataset(
    "ExperimentalPrivateThreadPoolDataset",
    inputs=("input_dataset: variant", "num_threads: int64"),
    attrs=(*TYPED,),
)
max_intra_op_parallelism_dataset_op = define_dataset(
    "MaxIntraOpParallelismDataset",
    inputs=("input_dataset: variant", "max_intra_op_parallelism: int64"),
    attrs=(*TYPED,),
)
experimental_max_intra_op_parallelism_dataset_op = define_dataset(
    "ExperimentalMaxIntraOpParallelismDataset",
    inputs=("input_dataset: variant", "max_intra_op_parallelism: int64"),
    attrs=(*TYPED,),
)
assert_cardinality_dataset_op = define_dataset(
    "AssertCardinalityDataset",
    inputs=("input_dataset: variant", "cardinality: int64"),
    attrs=(*TYPED,),
)
assert_next_dataset_op = define_dataset(
    "AssertNextDataset",
    inputs=("input_dataset: variant", "transformations: string"),
    attrs=(*TYPED,),
)
experimental_assert_next_dataset_op = define_dataset(
    "ExperimentalAssertNextDataset",
    inputs=("input_dataset: variant", "transformations: string"),
    attrs=(*TYPED,),
)
non_serializable_dataset_op = define_dataset(
    "NonSerializableDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED,),
)
experimental_non_serializable_dataset_op = define_dataset(
    "ExperimentalNonSerializableDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED,),
)
rewrite_dataset_op = define_dataset(
    "RewriteDataset",
    inputs=("input_dataset: variant", "rewrite_name: string"),
    attrs=(*TYPED,),
)
optimize_dataset_v2_op = define_dataset(
    "OptimizeDatasetV2",
    inputs=(
        "input_dataset: variant",
        "optimizations_enabled: string",
        "optimizations_disabled: string",
        "optimizations_default: string",
    ),
    attrs=(*TYPED, "optimization_configs: list(string) = []"),
)
