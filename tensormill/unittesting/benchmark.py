"""`tf.test.Benchmark`: measures how long operations take.

Source: TensorFlow 1.15, python/platform/benchmark.py.
"""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any, ClassVar

from tensorboard.compat.proto.config_pb2 import ConfigProto

from tensormill.graph.tensor import Tensor
from tensormill.session.session import Session

__all__ = ["Benchmark", "benchmark_config", "run_benchmarks"]


def benchmark_config() -> ConfigProto:
    """Return the settings of a session for benchmarks: nodes run as they were made."""
    config = ConfigProto()
    rewriting = config.graph_options.rewrite_options
    rewriting.dependency_optimization = rewriting.OFF
    return config


class Benchmark:
    """The base class of benchmarks: methods whose names begin with "benchmark" are measured."""

    _classes: ClassVar[list[type[Benchmark]]] = []

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        Benchmark._classes.append(cls)

    def report_benchmark(
        self,
        iters: int | None = None,
        cpu_time: float | None = None,
        wall_time: float | None = None,
        throughput: float | None = None,
        extras: dict[str, Any] | None = None,
        name: str | None = None,
        metrics: list[dict[str, Any]] | None = None,
    ) -> None:
        """Print one result as a line of JSON; times are in seconds."""
        entry = {
            "name": name or type(self).__name__,
            "iters": iters,
            "cpu_time": cpu_time,
            "wall_time": wall_time,
            "throughput": throughput,
            "extras": extras,
            "metrics": metrics,
        }
        present = {key: value for key, value in entry.items() if value is not None}
        print(json.dumps(present), flush=True)  # noqa: T201  (it is what users ask for)

    def run_op_benchmark(
        self,
        sess: Session,
        op_or_tensor: Any,
        feed_dict: dict[Any, Any] | None = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Run an operation again and again, and report the median of its times.

        Args:
          sess: the session.
          op_or_tensor: what to run; its value is not fetched.
          feed_dict: what to feed.
          burn_iters: how many runs are not measured at first.
          min_iters: how many runs are measured.
          name: the name of the result.
          extras: what to report besides.
          mbs: how many megabytes a run handles; gives the throughput.

        Returns:
          What was reported.
        """
        target = op_or_tensor.op if isinstance(op_or_tensor, Tensor) else op_or_tensor
        for _ in range(burn_iters):
            sess.run(target, feed_dict=feed_dict)
        times_s = []
        for _ in range(min_iters):
            started = time.perf_counter()
            sess.run(target, feed_dict=feed_dict)
            times_s.append(time.perf_counter() - started)
        median_s = statistics.median(times_s)
        known = {**(extras or {}), "wall_time_spread": max(times_s) - min(times_s)}
        report: dict[str, Any] = {
            "iters": min_iters,
            "wall_time": median_s,
            "extras": known,
            "name": name,
            "throughput": mbs / median_s if mbs else None,
        }
        self.report_benchmark(**report)
        return report


def _benchmarks(pattern: str) -> Iterator[tuple[type[Benchmark], str]]:
    """Yield the benchmarks whose name `Class.method` a regular expression is found in."""
    for benchmark_class in Benchmark._classes:
        for method in dir(benchmark_class):
            full_name = f"{benchmark_class.__module__}.{benchmark_class.__name__}.{method}"
            if method.startswith("benchmark") and re.search(pattern, full_name):
                yield benchmark_class, method


def run_benchmarks(pattern: str) -> None:
    """Run all benchmarks whose name a regular expression is found in; "all" runs each."""
    for benchmark_class, method in _benchmarks(".*" if pattern == "all" else pattern):
        getattr(benchmark_class(), method)()
