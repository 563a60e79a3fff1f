"""Datasets that hold elements of others: to shuffle them, to keep them, to compute them ahead.

Source: TensorFlow 1.15, core/ops/dataset_ops.cc, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.ops.dataset_op import TYPED, define_dataset

cache_dataset_op = define_dataset(
    "CacheDataset",
    inputs=("input_dataset: variant", "filename: string"),
    attrs=(*TYPED, 'metadata: string = ""'),
)
shuffle_dataset_op = define_dataset(
    "ShuffleDataset",
    inputs=("input_dataset: variant", "buffer_size: int64", "seed: int64", "seed2: int64"),
    attrs=("reshuffle_each_iteration: bool = true", *TYPED, 'metadata: string = ""'),
)
shuffle_and_repeat_dataset_op = define_dataset(
    "ShuffleAndRepeatDataset",
    inputs=(
        "input_dataset: variant",
        "buffer_size: int64",
        "seed: int64",
        "seed2: int64",
        "count: int64",
    ),
    attrs=(*TYPED, "reshuffle_each_iteration: bool = true", 'metadata: string = ""'),
)
prefetch_dataset_op = define_dataset(
    "PrefetchDataset",
    inputs=("input_dataset: variant", "buffer_size: int64"),
    attrs=(
        *TYPED,
        "slack_period: int = 0",
        "legacy_autotune: bool = true",
        "buffer_size_min: int = 0",
        'metadata: string = ""',
    ),
)
