"""Datasets that take note of how their elements come, and what gathers such notes.

Source: TensorFlow 1.15, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_builder import OpBuilder
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


def _noting(op_type: str) -> OpBuilder:
    return define_dataset(op_type, _NOTED, TYPED)


def _gathering(op_type: str) -> OpBuilder:
    return define_dataset(op_type, _GATHERED, TYPED, stateful=True)


def _handle(op_type: str) -> OpBuilder:
    return define(
        op_type,
        outputs=("handle: resource",),
        attrs=_RESOURCE,
        stateful=True,
        differentiable=False,
    )


def _summary(op_type: str) -> OpBuilder:
    return define(
        op_type,
        inputs=("iterator: resource",),
        outputs=("summary: string",),
        stateful=True,
        differentiable=False,
    )


latency_stats_dataset_op = _noting("LatencyStatsDataset")
experimental_latency_stats_dataset_op = _noting("ExperimentalLatencyStatsDataset")
bytes_produced_stats_dataset_op = _noting("BytesProducedStatsDataset")
experimental_bytes_produced_stats_dataset_op = _noting("ExperimentalBytesProducedStatsDataset")
set_stats_aggregator_dataset_op = _gathering("SetStatsAggregatorDataset")
experimental_set_stats_aggregator_dataset_op = _gathering("ExperimentalSetStatsAggregatorDataset")
stats_aggregator_handle_op = _handle("StatsAggregatorHandle")
experimental_stats_aggregator_handle_op = _handle("ExperimentalStatsAggregatorHandle")
stats_aggregator_handle_v2_op = _handle("StatsAggregatorHandleV2")
stats_aggregator_summary_op = _summary("StatsAggregatorSummary")
experimental_stats_aggregator_summary_op = _summary("ExperimentalStatsAggregatorSummary")


@stats_aggregator_handle_op.shape
@experimental_stats_aggregator_handle_op.shape
@stats_aggregator_handle_v2_op.shape
@stats_aggregator_summary_op.shape
@experimental_stats_aggregator_summary_op.shape
def scalar(ctx: ShapeContext) -> list[Dims]:
    return [()]
