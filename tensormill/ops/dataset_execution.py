"""Datasets that say how their elements are computed: when, by which threads, by which of several.

Source: TensorFlow 1.15, core/ops/experimental_dataset_ops.cc.
"""

from __future__ import annotations

from tensormill.graph.op_registry import define
from tensormill.graph.shape_inference import ShapeContext
from tensormill.graph.shapes import Dims
from tensormill.ops.dataset_op import TYPED, define_dataset

_SLEEP = ("input_dataset: variant", "sleep_microseconds: int64")
_POOLED = ("input_dataset: variant", "thread_pool: resource")
_CHOICE = ("N: int >= 2", "num_experiments: int", *TYPED)
_POOL = (
    "num_threads: int",
    "max_intra_op_parallelism: int = 1",
    "display_name: string",
    'container: string = ""',
    'shared_name: string = ""',
)

sleep_dataset_op = define_dataset("SleepDataset", _SLEEP, TYPED)
experimental_sleep_dataset_op = define_dataset("ExperimentalSleepDataset", _SLEEP, TYPED)
thread_pool_dataset_op = define_dataset("ThreadPoolDataset", _POOLED, TYPED, stateful=True)
experimental_thread_pool_dataset_op = define_dataset(
    "ExperimentalThreadPoolDataset", _POOLED, TYPED, stateful=True
)
choose_fastest_dataset_op = define_dataset(
    "ChooseFastestDataset", ("input_datasets: N * variant",), _CHOICE
)
experimental_choose_fastest_dataset_op = define_dataset(
    "ExperimentalChooseFastestDataset", ("input_datasets: N * variant",), _CHOICE
)
thread_pool_handle_op = define(
    "ThreadPoolHandle",
    outputs=("handle: resource",),
    attrs=_POOL,
    stateful=True,
    differentiable=False,
)
experimental_thread_pool_handle_op = define(
    "ExperimentalThreadPoolHandle",
    outputs=("handle: resource",),
    attrs=_POOL,
    stateful=True,
    differentiable=False,
)


@thread_pool_handle_op.shape
@experimental_thread_pool_handle_op.shape
def scalar(ctx: ShapeContext) -> list[Dims]:
    return [()]
