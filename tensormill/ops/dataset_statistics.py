"""Datasets that take note of how their elements come, and what gathers such notes.

Source: TensorFlow 1.15, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.ops.dataset_op import TYPED, define_dataset

_RESOURCE = ('container: string = ""', 'shared_name: string = ""')
_NOTED = ("input_dataset: variant", "tag: string")
_GATHERED = (
    "input_dataset: variant",
    "stats_aggregator: resource",
    "tag: string",
    "counter_prefix: string",
)

latency_stats_dataset_op = define_dataset("LatencyStatsDataset", _NOTED, TYPED)
experimental_latency_stats_dataset_op = define_dataset(
    "ExperimentalLatencyStatsDataset", _NOTED, TYPED
)
bytes_produced_stats_dataset_op = define_dataset("BytesProducedStatsDataset", _NOTED, TYPED)
experimental_bytes_produced_stats_dataset_op = define_dataset(
    "ExperimentalBytesProducedStatsDataset", _NOTED, TYPED
)
set_stats_aggregator_dataset_op = define_dataset(
    "SetStatsAggregatorDataset", _GATHERED, TYPED, stateful=True
)
experimental_set_stats_aggregator_dataset_op = define_dataset(
    "ExperimentalSetStatsAggregatorDataset", _GATHERED, TYPED, stateful=True
)
stats_aggregator_handle_op = define(
    "StatsAggregatorHandle",
    outputs=("handle: resource",),
    attrs=_RESOURCE,
    stateful=True,
    differentiable=False,
)
experimental_stats_aggregator_handle_op = define(
    "ExperimentalStatsAggregatorHandle",
    outputs=("handle: resource",),
    attrs=_RESOURCE,
    stateful=True,
    differentiable=False,
)
stats_aggregator_handle_v2_op = define(
    "StatsAggregatorHandleV2",
    outputs=("handle: resource",),
    attrs=_RESOURCE,
    stateful=True,
    differentiable=False,
)
stats_aggregator_summary_op = define(
    "StatsAggregatorSummary",
    inputs=("iterator: resource",),
    outputs=("summary: string",),
    stateful=True,
    differentiable=False,
)
experimental_stats_aggregator_summary_op = define(
    "ExperimentalStatsAggregatorSummary",
    inputs=("iterator: resource",),
    outputs=("summary: string",),
    stateful=True,
    differentiable=False,
)


@stats_aggregator_handle_op.shape
@experimental_stats_aggregator_handle_op.shape
@stats_aggregator_handle_v2_op.shape
@stats_aggregator_summary_op.shape
@experimental_stats_aggregator_summary_op.shape
def scalar(ctx: ShapeContext) -> list[Dims]:
    return [()]
