"""Notes of how a pipeline runs, in histograms: `tf.data.experimental.StatsAggregator`.

Source: TensorFlow 1.15, python/data/experimental/ops/stats_aggregator.py and stats_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data.base import as_string, flat_attrs
from tensormill.data.dataset import Dataset
from tensormill.graph.tensor import Tensor
from tensormill.ops import dataset_statistics

__all__ = ["StatsAggregator", "bytes_produced_stats", "latency_stats", "set_stats_aggregator"]

Transformation = Callable[[Dataset], Dataset]


class StatsAggregator:
    """Gathers what pipelines note, on the task of its node.

    A pipeline is told by `options.experimental_stats.aggregator`, see `Dataset.with_options`.
    """

    def __init__(self) -> None:
        self._resource: Tensor = dataset_statistics.stats_aggregator_handle_op()

    def get_summary(self) -> Tensor:
        """Return a string tensor: a serialized `tf.Summary` of what was gathered so far."""
        summary: Tensor = dataset_statistics.stats_aggregator_summary_op(self._resource)
        return summary


def set_stats_aggregator(
    stats_aggregator: StatsAggregator, prefix: str = "", counter_prefix: str = ""
) -> Transformation:
    """Return a transformation that lets an aggregator gather the notes of a pipeline.

    Args:
      stats_aggregator: gathers.
      prefix: what the names begin with.
      counter_prefix: what the names of counters begin with.
    """

    def watched(dataset: Dataset) -> Dataset:
        variant = dataset_statistics.set_stats_aggregator_dataset_op(
            dataset._variant_tensor,
            stats_aggregator._resource,
            prefix,
            counter_prefix,
            **flat_attrs(dataset._structure),
        )
        return dataset._derived(variant, dataset._structure)

    return watched


def latency_stats(tag: Any) -> Transformation:
    """Return a transformation that notes how many microseconds each element takes."""
    return lambda dataset: _noted(dataset, dataset_statistics.latency_stats_dataset_op, tag)


def bytes_produced_stats(tag: Any) -> Transformation:
    """Return a transformation that notes how many bytes each element has."""
    return lambda dataset: _noted(dataset, dataset_statistics.bytes_produced_stats_dataset_op, tag)


def _noted(dataset: Dataset, op: Any, tag: Any) -> Dataset:
    name = as_string(tag, "tag")
    variant = op(dataset._variant_tensor, name, **flat_attrs(dataset._structure))
    return dataset._derived(variant, dataset._structure)
