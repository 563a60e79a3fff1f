"""Kernels of partial runs: feeds that wait for their value, and fetches that hand theirs over."""

from __future__ import annotations

from typing import Any

from tensormill.kernels.registry import async_kernel, kernel

PARTIAL_RUN = "partial run"
"""The name under which the step's resources hold the partial run."""


@async_kernel("_PartialRunFeed", "cpu", "gpu")
def partial_run_feed(*, index: int, done: Any) -> None:
    done.step.resources[PARTIAL_RUN].expect(index, done)


@kernel("_PartialRunFetch", "cpu", "gpu")
def partial_run_fetch(tensor: Any, *, index: int, step: Any) -> None:
    step.resources[PARTIAL_RUN].deliver(index, tensor)
