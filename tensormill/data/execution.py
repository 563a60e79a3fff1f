"""How pipelines are run: after a while, and by how many threads.

Source: TensorFlow 1.15, python/data/experimental/ops/sleep.py and threadpool.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.data.base import as_int64, flat_attrs
from tensormill.data.dataset import Dataset
from tensormill.graph.tensor import Tensor
from tensormill.ops import dataset_execution

__all__ = ["PrivateThreadPool", "override_threadpool", "sleep"]


def sleep(sleep_microseconds: Any) -> Callable[[Dataset], Dataset]:
    """Return a transformation that waits so long before each element."""

    def delayed(dataset: Dataset) -> Dataset:
        variant = dataset_execution.sleep_dataset_op(
            dataset._variant_tensor,
            as_int64(sleep_microseconds, "sleep_microseconds"),
            **flat_attrs(dataset._structure),
        )
        return dataset._derived(variant, dataset._structure)

    return delayed


class PrivateThreadPool:
    """A number of threads, for `override_threadpool`."""

    def __init__(
        self, num_threads: int, display_name: str | None = None, max_intra_op_parallelism: int = 1
    ) -> None:
        self._resource: Tensor = dataset_execution.thread_pool_handle_op(
            num_threads=num_threads,
            max_intra_op_parallelism=max_intra_op_parallelism,
            display_name=display_name or "",
        )


def override_threadpool(dataset: Dataset, thread_pool: PrivateThreadPool) -> Dataset:
    """Return a dataset whose parallel calls go to so many threads, as far as there are any."""
    variant = dataset_execution.thread_pool_dataset_op(
        dataset._variant_tensor, thread_pool._resource, **flat_attrs(dataset._structure)
    )
    return dataset._derived(variant, dataset._structure)
