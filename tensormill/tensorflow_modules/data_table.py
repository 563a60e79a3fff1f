"""Which module of tensormill stands for which of `tensorflow.python.data`; see `table`."""

from __future__ import annotations

__all__ = ["DATA_ROWS"]

DATA_ROWS = {
    "python.data.ops.dataset_ops": """
        data.dataset data.sources data.iterator data.options
        DatasetV1=data.dataset.Dataset
        DatasetV2=data.dataset.Dataset DatasetV1Adapter=data.dataset.Dataset
        StructuredFunctionWrapper=data.structured_function.StructuredFunction""",
    "python.data.ops.iterator_ops": "data.iterator data.optional",
    "python.data.ops.optional_ops": "data.optional",
    "python.data.kernel_tests.test_base": "unittesting.dataset_test_case",
    "python.data.experimental.kernel_tests.reader_dataset_ops_test_base": """
        unittesting.reader_dataset_cases""",
    "python.data.experimental": "data.experimental",
    "python.data.experimental.ops.counter": "data.experimental CounterV1=data.experimental.Counter",
    "python.data.experimental.ops.interleave_ops": """
        data.experimental
        choose_from_datasets_v2=data.experimental.choose_from_datasets
        sample_from_datasets_v2=data.experimental.sample_from_datasets""",
    "python.data.experimental.ops.random_ops": """
        data.experimental RandomDatasetV1=data.experimental.RandomDataset""",
    "python.data.experimental.ops.readers": """
        data.experimental CsvDatasetV1=data.experimental.CsvDataset
        CsvDatasetV2=data.experimental.CsvDataset
        make_csv_dataset_v1=data.experimental.make_csv_dataset
        make_csv_dataset_v2=data.experimental.make_csv_dataset
        make_batched_features_dataset_v2=data.experimental.make_batched_features_dataset""",
    "python.data.experimental.ops.iterator_ops": "data.iterator_checkpoints",
    "python.data.experimental.ops.sleep": "data.execution",
    "python.data.experimental.ops.stats_aggregator": """
        data.statistics StatsAggregatorV1=data.statistics.StatsAggregator""",
    "python.data.experimental.ops.stats_ops": "data.statistics",
    "python.data.experimental.ops.threadpool": "data.execution",
    "python.data.ops.readers": "data.files",
    "python.data.util.convert": "data.tensor_arguments",
    "python.data.util.options": "data.option_properties",
    "python.data.util.random_seed": "get_seed=data.base.seed_tensors",
    "python.data.util.sparse": "data.sparse_elements",
    "python.data.experimental.ops.optimization_options": "data.options",
    "python.data.util.structure": "tensorflow_modules.element_structures",
    "python.data.util.nest": """
        data.nest pack_sequence_as=data.nest.pack is_sequence=data.nest.is_structure""",
}  # fmt: skip
