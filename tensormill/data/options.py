"""`tf.data.Options`: how a pipeline is run.

They are kept and merged as in TensorFlow; what can be seen of a pipeline does not depend on them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from tensormill.data.option_properties import OptionsBase, create_option, merge_options

__all__ = [
    "AutoShardPolicy",
    "AutotuneAlgorithm",
    "DistributeOptions",
    "MapVectorizationOptions",
    "OptimizationOptions",
    "Options",
    "StatsOptions",
    "ThreadingOptions",
]


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


class AutotuneAlgorithm(IntEnum):
    """How numbers that are left open are found.

    Attributes:
      HILL_CLIMB: step by step.
      GRADIENT_DESCENT: along the slope.
    """

    HILL_CLIMB = 0
    GRADIENT_DESCENT = 1


class DistributeOptions(OptionsBase):
    """How a pipeline is divided among workers."""

    auto_shard = create_option("auto_shard", bool, "Whether it is divided.", lambda: True)
    auto_shard_policy = create_option("auto_shard_policy", AutoShardPolicy, "How it is divided.")
    _make_stateless = create_option("_make_stateless", bool, "Whether each replica begins anew.")
    num_devices = create_option("num_devices", int, "How many devices take elements.")


class MapVectorizationOptions(OptionsBase):
    """Which maps are turned into maps of batches."""

    enabled = create_option("enabled", bool, "Whether any are.")
    use_choose_fastest = create_option("use_choose_fastest", bool, "Whether both forms are tried.")


class OptimizationOptions(OptionsBase):
    """Which rewrites of a pipeline are wanted."""

    apply_default_optimizations = create_option(
        "apply_default_optimizations", bool, "Whether those that are on by default are made."
    )
    autotune = create_option("autotune", bool, "Whether numbers that are left open are found.")
    autotune_algorithm = create_option(
        "autotune_algorithm", int, "How they are found: an AutotuneAlgorithm."
    )
    autotune_buffers = create_option("autotune_buffers", bool, "Whether buffers are put in.")
    autotune_cpu_budget = create_option("autotune_cpu_budget", int, "How many CPUs may be used.")
    filter_fusion = create_option("filter_fusion", bool, "Whether filters are put together.")
    filter_with_random_uniform_fusion = create_option(
        "filter_with_random_uniform_fusion", bool, "Whether random filters become samplers."
    )
    hoist_random_uniform = create_option(
        "hoist_random_uniform", bool, "Whether random numbers are drawn outside of maps."
    )
    map_and_batch_fusion = create_option(
        "map_and_batch_fusion", bool, "Whether a map and a batch are put together."
    )
    map_and_filter_fusion = create_option(
        "map_and_filter_fusion", bool, "Whether a map and a filter are put together."
    )
    map_fusion = create_option("map_fusion", bool, "Whether maps are put together.")
    map_parallelization = create_option(
        "map_parallelization", bool, "Whether maps without state run side by side."
    )
    map_vectorization = create_option(
        "map_vectorization",
        MapVectorizationOptions,
        "Which maps become maps of batches.",
        MapVectorizationOptions,
    )
    noop_elimination = create_option(
        "noop_elimination", bool, "Whether what does nothing is taken out."
    )
    parallel_batch = create_option(
        "parallel_batch", bool, "Whether elements of a batch are copied side by side."
    )
    shuffle_and_repeat_fusion = create_option(
        "shuffle_and_repeat_fusion", bool, "Whether a shuffle and a repeat are put together."
    )


class StatsOptions(OptionsBase):
    """What is counted while a pipeline runs."""

    aggregator = create_option("aggregator", object, "What counts.")
    prefix = create_option("prefix", str, "What the names of counts begin with.", str)
    counter_prefix = create_option(
        "counter_prefix", str, "What the names of counters begin with.", str
    )
    latency_all_edges = create_option(
        "latency_all_edges", bool, "Whether the time of every step is taken."
    )


class ThreadingOptions(OptionsBase):
    """How many threads a pipeline may use."""

    max_intra_op_parallelism = create_option(
        "max_intra_op_parallelism", int, "How many an op may use."
    )
    private_threadpool_size = create_option(
        "private_threadpool_size", int, "How many the pipeline has for itself."
    )


class Options(OptionsBase):
    """How a pipeline is run; see `Dataset.with_options`."""

    experimental_deterministic = create_option(
        "experimental_deterministic", bool, "Whether elements come in their order."
    )
    experimental_distribute = create_option(
        "experimental_distribute", DistributeOptions, "How it is divided.", DistributeOptions
    )
    experimental_external_state_policy = create_option(
        "experimental_external_state_policy", object, "What becomes of state outside of it."
    )
    experimental_optimization = create_option(
        "experimental_optimization",
        OptimizationOptions,
        "Which rewrites are wanted.",
        OptimizationOptions,
    )
    experimental_slack = create_option(
        "experimental_slack", bool, "Whether a step is left to the consumer."
    )
    experimental_stateful_whitelist = create_option(
        "experimental_stateful_whitelist", list, "Which stateful ops are taken for stateless."
    )
    experimental_stats = create_option(
        "experimental_stats", StatsOptions, "What is counted.", StatsOptions
    )
    experimental_threading = create_option(
        "experimental_threading", ThreadingOptions, "How many threads it may use.", ThreadingOptions
    )

    def merge(self, options: Any) -> Any:
        """Return the options that are set in one of both.

        Args:
          options: the others.

        Raises:
          ValueError: both set one to different values.
        """
        return merge_options(self, options)
