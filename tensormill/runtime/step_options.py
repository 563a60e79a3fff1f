"""`StepOptions`: what RunOptions and the session's config ask of one step."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tensorboard.compat.proto import config_pb2

from tensormill.graph import errors
from tensormill.runtime.cost_model import CostModel
from tensormill.runtime.passes.tensor_watches import TensorWatch, watches_of

__all__ = ["StepOptions"]

_CALLING_THREAD = -1


@dataclass(frozen=True, slots=True)
class StepOptions:
    """How a step runs.

    Attributes:
      timeout_s: how long it may take; None for as long as it likes.
      is_traced: collect StepStats.
      wants_partition_graphs: return the graphs as they ran.
      runs_inline: use the calling thread only, not the pool between operations.
      watches: the tensors that a debugger wants to see.
      costs: what its costs are added to; None where they are not measured.
      message: the RunOptions that say all this, for a master elsewhere; None for the default ones.
    """

    timeout_s: float | None = None
    is_traced: bool = False
    wants_partition_graphs: bool = False
    runs_inline: bool = False
    watches: tuple[TensorWatch, ...] = ()
    costs: CostModel | None = None
    message: Any = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing is asked for."""
        return self.timeout_s is None and not (
            self.is_traced or self.wants_partition_graphs or self.runs_inline
        )

    def counted_by(self, costs: CostModel | None) -> StepOptions:
        """Return the options of the next step that a cost model counts, which it may measure."""
        if costs is None or not costs.next_is_measured():
            return self
        return replace(self, is_traced=True, costs=costs)

    @classmethod
    def from_proto(cls, options: Any, config: Any = None) -> StepOptions:
        """Return the options of a step; a timeout in RunOptions wins over the session's.

        Raises:
          InvalidArgumentError: the thread pool asked for does not exist.
          TypeError: `options` is no RunOptions.
        """
        if options is None:
            options = config_pb2.RunOptions()
        elif not hasattr(options, "timeout_in_ms"):
            raise TypeError(
                f"Argument `options` must be a tf.RunOptions, but got {type(options).__name__!r}"
            )
        timeout_ms = options.timeout_in_ms
        pools = 1
        if config is not None:
            timeout_ms = timeout_ms or config.operation_timeout_in_ms
            pools = max(1, len(config.session_inter_op_thread_pool))
        pool = options.inter_op_thread_pool
        if not _CALLING_THREAD <= pool < pools:
            raise errors.InvalidArgumentError(None, None, f"Invalid inter_op_thread_pool: {pool}")
        return cls(
            timeout_s=timeout_ms / 1000 if timeout_ms > 0 else None,
            is_traced=options.trace_level != config_pb2.RunOptions.NO_TRACE,
            wants_partition_graphs=options.output_partition_graphs,
            runs_inline=pool == _CALLING_THREAD,
            watches=watches_of(options),
            message=options,
        )
