"""Datasets that call functions of the graph on the elements of others.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

map_dataset_op = define_dataset(
    "MapDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "use_inter_op_parallelism: bool = true",
        "preserve_cardinality: bool = false",
        "force_synchronous: bool = false",
        'metadata: string = ""',
    ),
)
experimental_map_dataset_op = define_dataset(
    "ExperimentalMapDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "use_inter_op_parallelism: bool = true",
        "preserve_cardinality: bool = false",
        "force_synchronous: bool = false",
    ),
)
parallel_map_dataset_op = define_dataset(
    "ParallelMapDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments", "num_parallel_calls: int32"),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "use_inter_op_parallelism: bool = true",
        "sloppy: bool = false",
        "preserve_cardinality: bool = false",
        'metadata: string = ""',
    ),
)
parallel_map_dataset_v2_op = define_dataset(
    "ParallelMapDatasetV2",
    inputs=("input_dataset: variant", "other_arguments: Targuments", "num_parallel_calls: int64"),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "use_inter_op_parallelism: bool = true",
        'deterministic: string = "default"',
        "preserve_cardinality: bool = false",
        "use_unbounded_threadpool: bool = false",
        'metadata: string = ""',
    ),
)
map_and_batch_dataset_op = define_dataset(
    "MapAndBatchDataset",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "batch_size: int64",
        "num_parallel_calls: int64",
        "drop_remainder: bool",
    ),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "preserve_cardinality: bool = false",
        'metadata: string = ""',
    ),
)
experimental_map_and_batch_dataset_op = define_dataset(
    "ExperimentalMapAndBatchDataset",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "batch_size: int64",
        "num_parallel_calls: int64",
        "drop_remainder: bool",
    ),
    attrs=("f: func", "Targuments: list(type) >= 0", *TYPED, "preserve_cardinality: bool = false"),
)
flat_map_dataset_op = define_dataset(
    "FlatMapDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=("f: func", "Targuments: list(type) >= 0", *TYPED, 'metadata: string = ""'),
)
interleave_dataset_op = define_dataset(
    "InterleaveDataset",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
    ),
    attrs=("f: func", "Targuments: list(type) >= 0", *TYPED, 'metadata: string = ""'),
)
parallel_interleave_dataset_v2_op = define_dataset(
    "ParallelInterleaveDatasetV2",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "num_parallel_calls: int64",
    ),
    attrs=(
        "f: func",
        "Targuments: list(type) >= 0",
        *TYPED,
        "sloppy: bool = false",
        'metadata: string = ""',
    ),
)
parallel_interleave_dataset_v3_op = define_dataset(
    "ParallelInterleaveDatasetV3",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "num_parallel_calls: int64",
    ),
    attrs=(
        "f: func",
        'deterministic: string = "default"',
        "Targuments: list(type) >= 0",
        *TYPED,
        'metadata: string = ""',
    ),
)
parallel_interleave_dataset_v4_op = define_dataset(
    "ParallelInterleaveDatasetV4",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "buffer_output_elements: int64",
        "prefetch_input_elements: int64",
        "num_parallel_calls: int64",
    ),
    attrs=(
        "f: func",
        'deterministic: string = "default"',
        "Targuments: list(type) >= 0",
        *TYPED,
        'metadata: string = ""',
    ),
)
parallel_interleave_dataset_op = define_dataset(
    "ParallelInterleaveDataset",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "sloppy: bool",
        "buffer_output_elements: int64",
        "prefetch_input_elements: int64",
    ),
    attrs=("f: func", "Targuments: list(type) >= 0", *TYPED, 'metadata: string = ""'),
)
experimental_parallel_interleave_dataset_op = define_dataset(
    "ExperimentalParallelInterleaveDataset",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "sloppy: bool",
        "buffer_output_elements: int64",
        "prefetch_input_elements: int64",
    ),
    attrs=("f: func", "Targuments: list(type) >= 0", *TYPED),
)
legacy_parallel_interleave_dataset_v2_op = define_dataset(
    "LegacyParallelInterleaveDatasetV2",
    inputs=(
        "input_dataset: variant",
        "other_arguments: Targuments",
        "cycle_length: int64",
        "block_length: int64",
        "buffer_output_elements: int64",
        "prefetch_input_elements: int64",
    ),
    attrs=(
        "f: func",
        'deterministic: string = "default"',
        "Targuments: list(type) >= 0",
        *TYPED,
        'metadata: string = ""',
    ),
)
filter_dataset_op = define_dataset(
    "FilterDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=("predicate: func", "Targuments: list(type) >= 0", *TYPED, 'metadata: string = ""'),
)
take_while_dataset_op = define_dataset(
    "TakeWhileDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=("predicate: func", "Targuments: list(type) >= 0", *TYPED, 'metadata: string = ""'),
)
experimental_take_while_dataset_op = define_dataset(
    "ExperimentalTakeWhileDataset",
    inputs=("input_dataset: variant", "other_arguments: Targuments"),
    attrs=("predicate: func", "Targuments: list(type) >= 0", *TYPED),
)
scan_dataset_op = define_dataset(
    "ScanDataset",
    inputs=("input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"),
    attrs=(
        "f: func",
        "Tstate: list(type) >= 1",
        "Targuments: list(type) >= 0",
        *TYPED,
        "preserve_cardinality: bool = false",
        "use_default_device: bool = true",
        'metadata: string = ""',
    ),
)
experimental_scan_dataset_op = define_dataset(
    "ExperimentalScanDataset",
    inputs=("input_dataset: variant", "initial_state: Tstate", "other_arguments: Targuments"),
    attrs=(
        "f: func",
        "Tstate: list(type) >= 1",
        "Targuments: list(type) >= 0",
        *TYPED,
        "preserve_cardinality: bool = false",
    ),
)
