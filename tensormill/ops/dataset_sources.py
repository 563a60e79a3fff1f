"""Datasets that begin a pipeline: tensors, slices, ranges, generators, random numbers, file names.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

tensor_dataset_op = define_dataset(
    "TensorDataset",
    inputs=("components: Toutput_types",),
    attrs=(
        "Toutput_types: list(type) >= 1",
        "output_shapes: list(shape) >= 1",
        'metadata: string = ""',
    ),
    stateful=True,
)
tensor_slice_dataset_op = define_dataset(
    "TensorSliceDataset",
    inputs=("components: Toutput_types",),
    attrs=(
        "Toutput_types: list(type) >= 1",
        "output_shapes: list(shape) >= 1",
        "is_files: bool = false",
        'metadata: string = ""',
        "replicate_on_split: bool = false",
    ),
    stateful=True,
)
sparse_tensor_slice_dataset_op = define_dataset(
    "SparseTensorSliceDataset",
    inputs=("indices: int64", "values: Tvalues", "dense_shape: int64"),
    attrs=("Tvalues: type",),
    stateful=True,
)
generator_dataset_op = define_dataset(
    "GeneratorDataset",
    inputs=(
        "init_func_other_args: Tinit_func_args",
        "next_func_other_args: Tnext_func_args",
        "finalize_func_other_args: Tfinalize_func_args",
    ),
    attrs=(
        "init_func: func",
        "next_func: func",
        "finalize_func: func",
        "Tinit_func_args: list(type) >= 0",
        "Tnext_func_args: list(type) >= 0",
        "Tfinalize_func_args: list(type) >= 0",
        *TYPED,
        'metadata: string = ""',
    ),
    stateful=True,
)
range_dataset_op = define_dataset(
    "RangeDataset",
    inputs=("start: int64", "stop: int64", "step: int64"),
    attrs=(*TYPED, 'metadata: string = ""', "replicate_on_split: bool = false"),
    stateful=True,
)
random_dataset_op = define_dataset(
    "RandomDataset",
    inputs=("seed: int64", "seed2: int64"),
    attrs=(*TYPED, 'metadata: string = ""'),
    stateful=True,
)
experimental_random_dataset_op = define_dataset(
    "ExperimentalRandomDataset",
    inputs=("seed: int64", "seed2: int64"),
    attrs=(*TYPED,),
    stateful=True,
)
matching_files_dataset_op = define_dataset(
    "MatchingFilesDataset",
    inputs=("patterns: string",),
    stateful=True,
)
experimental_matching_files_dataset_op = define_dataset(
    "ExperimentalMatchingFilesDataset",
    inputs=("patterns: string",),
    stateful=True,
)
