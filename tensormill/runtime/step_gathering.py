"""`StepGathering`: how the partitions of one run of a step have ended, without threads.

It is told how each of them ends, and answers with what follows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tensormill.graph.errors import OpError
from tensormill.runtime.worker_link import GraphResult

__all__ = ["StepGathering"]


@dataclass(slots=True)
class StepGathering:
    """How the partitions of one run have ended so far.

    Attributes:
      open: the partitions that run.
      results: what the others gave.
      error: the first error.
    """

    open: set[int]
    results: dict[int, GraphResult] = field(default_factory=dict)
    error: OpError | None = None

    def end(self, index: int, result: GraphResult | None, error: OpError | None) -> list[int]:
        """Take the end of a partition; return those that are to be cancelled for it."""
        self.open.discard(index)
        if error is None:
            assert result is not None
            self.results[index] = result
            return []
        return self.fail(error)

    def fail(self, error: OpError) -> list[int]:
        """Take an error; the first one stays. Return the partitions that are to be cancelled."""
        if self.error is not None:
            return []
        self.error = error
        return sorted(self.open)
