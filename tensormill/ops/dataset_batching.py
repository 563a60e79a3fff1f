"""Datasets that put elements together and take them apart.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

batch_dataset_op = define_dataset(
    "BatchDataset",
    inputs=("input_dataset: variant", "batch_size: int64"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
batch_dataset_v2_op = define_dataset(
    "BatchDatasetV2",
    inputs=("input_dataset: variant", "batch_size: int64", "drop_remainder: bool"),
    attrs=("parallel_copy: bool = false", *TYPED, 'metadata: string = ""'),
)
parallel_batch_dataset_op = define_dataset(
    "ParallelBatchDataset",
    inputs=(
        "input_dataset: variant",
        "batch_size: int64",
        "num_parallel_calls: int64",
        "drop_remainder: bool",
    ),
    attrs=(
        "parallel_copy: bool = false",
        *TYPED,
        'deterministic: string = "default"',
        'metadata: string = ""',
    ),
)
padded_batch_dataset_op = define_dataset(
    "PaddedBatchDataset",
    inputs=(
        "input_dataset: variant",
        "batch_size: int64",
        "padded_shapes: N * int64",
        "padding_values: Toutput_types",
    ),
    attrs=(
        "Toutput_types: list(type) >= 1",
        "output_shapes: list(shape) >= 1",
        "N: int >= 1",
        'metadata: string = ""',
    ),
)
padded_batch_dataset_v2_op = define_dataset(
    "PaddedBatchDatasetV2",
    inputs=(
        "input_dataset: variant",
        "batch_size: int64",
        "padded_shapes: N * int64",
        "padding_values: Toutput_types",
        "drop_remainder: bool",
    ),
    attrs=(
        "parallel_copy: bool = false",
        "Toutput_types: list(type) >= 1",
        "output_shapes: list(shape) >= 1",
        "N: int >= 1",
        'metadata: string = ""',
    ),
)
dense_to_sparse_batch_dataset_op = define_dataset(
    "DenseToSparseBatchDataset",
    inputs=("input_dataset: variant", "batch_size: int64", "row_shape: int64"),
    attrs=(*TYPED,),
)
experimental_dense_to_sparse_batch_dataset_op = define_dataset(
    "ExperimentalDenseToSparseBatchDataset",
    inputs=("input_dataset: variant", "batch_size: int64", "row_shape: int64"),
    attrs=(*TYPED,),
)
unbatch_dataset_op = define_dataset(
    "UnbatchDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED, 'metadata: string = ""'),
)
experimental_unbatch_dataset_op = define_dataset(
    "ExperimentalUnbatchDataset",
    inputs=("input_dataset: variant",),
    attrs=(*TYPED,),
)
window_dataset_op = define_dataset(
    "WindowDataset",
    inputs=(
        "input_dataset: variant",
        "size: int64",
        "shift: int64",
        "stride: int64",
        "drop_remainder: bool",
    ),
    attrs=(*TYPED, 'metadata: string = ""'),
)
sliding_window_dataset_op = define_dataset(
    "SlidingWindowDataset",
    inputs=(
        "input_dataset: variant",
        "window_size: int64",
        "window_shift: int64",
        "window_stride: int64",
    ),
    attrs=("drop_remainder: bool = true", *TYPED),
)
experimental_sliding_window_dataset_op = define_dataset(
    "ExperimentalSlidingWindowDataset",
    inputs=(
        "input_dataset: variant",
        "window_size: int64",
        "window_shift: int64",
        "window_stride: int64",
    ),
    attrs=(*TYPED,),
)
rebatch_dataset_v2_op = define_dataset(
    "RebatchDatasetV2",
    inputs=("input_dataset: variant", "batch_sizes: int64", "drop_remainder: bool"),
    attrs=(*TYPED,),
)
