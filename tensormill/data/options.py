"""`tf.data.Options`: how a pipeline is run.

They are kept and merged as in TensorFlow; what can be seen of a pipeline does not depend on them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, ClassVar

__all__ = [
    "AutoShardPolicy",
    "DistributeOptions",
    "OptimizationOptions",
    "Options",
    "StatsOptions",
    "ThreadingOptions",
]


class _OptionGroup:
    """Options of one kind: those named in `_names` may be set, and are None until they are.

    What is not named in `_kinds` is a bool.
    """

    _names: tuple[str, ...] = ()
    _kinds: ClassVar[dict[str, type]] = {}
    _groups: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        values = dict.fromkeys(self._names) | {n: make() for n, make in self._groups.items()}
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> Any:
        values = self.__dict__["_values"]
        if name not in values:
            raise AttributeError(f"Cannot get the property {name} on {type(self).__name__}.")
        return values[name]

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._values:
            raise AttributeError(f"Cannot set the property {name} on {type(self).__name__}.")
        kind = self._groups.get(name) or self._kinds.get(name, bool)
        if not isinstance(value, kind):
            raise TypeError(
                f'Property "{name}" must be of type {kind}, got: {value!r} (type: {type(value)!r})'
            )
        self._values[name] = value

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values == other._values

    def __hash__(self) -> int:
        return id(self)

    def merge(self, other: Any) -> Any:
        """Return options with those that another object sets in the place of these."""
        merged = type(self)()
        for name, value in self._values.items():
            given = other._values[name]
            if isinstance(value, _OptionGroup):
                merged._values[name] = value if given is None else value.merge(given)
            else:
                merged._values[name] = value if given is None else given
        return merged


class AutoShardPolicy(IntEnum):
    """How a pipeline is divided among workers.

    Attributes:
      AUTO: by files where there are as many, or else by elements.
      DATA: by elements.
      FILE: by files.
      OFF: not at all.
    """

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2


class DistributeOptions(_OptionGroup):
    """How a pipeline is divided among workers."""

    _names = ("auto_shard", "auto_shard_policy", "num_devices", "_make_stateless")
    _kinds: ClassVar[dict[str, type]] = {"auto_shard_policy": AutoShardPolicy, "num_devices": int}


class MapVectorizationOptions(_OptionGroup):
    """Which maps are turned into maps of batches."""

    _names = ("enabled", "use_choose_fastest")


class OptimizationOptions(_OptionGroup):
    """Which rewrites of a pipeline are wanted."""

    _names = (
        "apply_default_optimizations",
        "autotune",
        "autotune_algorithm",
        "autotune_buffers",
        "autotune_cpu_budget",
        "filter_fusion",
        "filter_with_random_uniform_fusion",
        "hoist_random_uniform",
        "map_and_batch_fusion",
        "map_and_filter_fusion",
        "map_fusion",
        "map_parallelization",
        "noop_elimination",
        "parallel_batch",
        "shuffle_and_repeat_fusion",
    )
    _kinds: ClassVar[dict[str, type]] = {"autotune_algorithm": object, "autotune_cpu_budget": int}
    _groups: ClassVar[dict[str, Any]] = {"map_vectorization": MapVectorizationOptions}


class StatsOptions(_OptionGroup):
    """What is counted while a pipeline runs."""

    _names = ("aggregator", "counter_prefix", "latency_all_edges", "prefix")
    _kinds: ClassVar[dict[str, type]] = {"aggregator": object, "counter_prefix": str, "prefix": str}


class ThreadingOptions(_OptionGroup):
    """How many threads a pipeline may use."""

    _names = ("max_intra_op_parallelism", "private_threadpool_size")
    _kinds: ClassVar[dict[str, type]] = dict.fromkeys(_names, int)


class Options(_OptionGroup):
    """How a pipeline is run; see `Dataset.with_options`."""

    _names = (
        "experimental_deterministic",
        "experimental_external_state_policy",
        "experimental_slack",
    )
    _kinds: ClassVar[dict[str, type]] = {"experimental_external_state_policy": object}
    _groups: ClassVar[dict[str, Any]] = {
        "experimental_distribute": DistributeOptions,
        "experimental_optimization": OptimizationOptions,
        "experimental_stats": StatsOptions,
        "experimental_threading": ThreadingOptions,
    }
