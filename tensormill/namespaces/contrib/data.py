"""`tf.contrib.data`: the older place of `tf.data.experimental`."""

from __future__ import annotations

from tensormill.data.contrib import (
    LMDBDataset,
    assert_element_shape,
    batch_and_drop_remainder,
    padded_batch_and_drop_remainder,
    read_batch_features,
    reduce_dataset,
    sliding_window_batch,
    sloppy_interleave,
)
from tensormill.data.dataset import Dataset
from tensormill.data.example_datasets import (
    make_batched_features_dataset,
    parse_example_dataset,
)
from tensormill.data.experimental import (
    AUTOTUNE,
    CheckpointInputPipelineHook,
    Counter,
    CsvDataset,
    Optional,
    RandomDataset,
    Reducer,
    TFRecordWriter,
    bucket_by_sequence_length,
    choose_from_datasets,
    copy_to_device,
    dense_to_sparse_batch,
    enumerate_dataset,
    get_next_as_optional,
    get_single_element,
    group_by_reducer,
    group_by_window,
    ignore_errors,
    make_csv_dataset,
    make_saveable_from_iterator,
    map_and_batch,
    parallel_interleave,
    prefetch_to_device,
    rejection_resample,
    sample_from_datasets,
    scan,
    shuffle_and_repeat,
    unbatch,
    unique,
)
from tensormill.data.files import (
    FixedLengthRecordDataset,
    SqlDataset,
    TextLineDataset,
    TFRecordDataset,
)
from tensormill.data.iterator import Iterator
from tensormill.data.statistics import (
    StatsAggregator,
    bytes_produced_stats,
    latency_stats,
    set_stats_aggregator,
)
