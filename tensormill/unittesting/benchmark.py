"""`tf.test.Benchmark`: measures how long operations take.

Source: TensorFlow 1.15, python/platform/benchmark.py.
"""

from __future__ import annotations

import inspect
import numbers
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from tensorboard.compat.proto.config_pb2 import ConfigProto, RunMetadata, RunOptions

from tensormill.graph import tf_logging
from tensormill.graph.stacks import get_default_session
from tensormill.platform import app, gfile
from tensormill.proto.test_log_pb2 import BenchmarkEntries, BenchmarkEntry
from tensormill.session.session import Session
from tensormill.session.timeline import Timeline

__all__ = [
    "GLOBAL_BENCHMARK_REGISTRY",
    "TEST_REPORTER_TEST_ENV",
    "Benchmark",
    "ReportingBenchmark",
    "benchmark_config",
    "benchmarks_main",
    "report_benchmark",
    "run_benchmarks",
]

GLOBAL_BENCHMARK_REGISTRY: set[type[ReportingBenchmark]] = set()
# The variable of the environment that says what the names of the files of reports begin with.
TEST_REPORTER_TEST_ENV = "TEST_REPORT_FILE_PREFIX"


def benchmark_config() -> ConfigProto:
    """Return the settings of a session for benchmarks: nodes run as they were made."""
    config = ConfigProto()
    rewriting = config.graph_options.rewrite_options
    rewriting.dependency_optimization = rewriting.OFF
    return config


def _add_extras(entry: BenchmarkEntry, extras: Any) -> None:
    if not isinstance(extras, dict):
        raise TypeError("extras must be a dict")
    for key, value in extras.items():
        if isinstance(value, numbers.Number):
            entry.extras[key].double_value = value
        else:
            entry.extras[key].string_value = str(value)


def _add_metrics(entry: BenchmarkEntry, metrics: Any) -> None:
    if not isinstance(metrics, list):
        raise TypeError("metrics must be a list")
    for metric in metrics:
        for key in ("name", "value"):
            if key not in metric:
                raise TypeError(f"metric must has a '{key}' field")
        added = entry.metrics.add(name=metric["name"], value=metric["value"])
        for key in ("min_value", "max_value"):
            if key in metric:
                getattr(added, key).value = metric[key]


def report_benchmark(
    name: str,
    iters: int | None = None,
    cpu_time: float | None = None,
    wall_time: float | None = None,
    throughput: float | None = None,
    extras: dict[str, Any] | None = None,
    metrics: list[dict[str, Any]] | None = None,
) -> None:
    """Write one result to the file that the environment asks for, or else print it.

    Raises:
      TypeError: the extras are no dictionary, or the metrics no list of named values.
      OSError: the file is there already.
    """
    figures = {
        "iters": iters,
        "cpu_time": cpu_time,
        "wall_time": wall_time,
        "throughput": throughput,
    }
    shown = {key: -1 if value is None else value for key, value in figures.items()}
    tf_logging.info(
        "Benchmark [%s] iters: %d, wall_time: %g, cpu_time: %g,throughput: %g, extras: %s, "
        "metrics: %s",
        name,
        shown["iters"],
        shown["wall_time"],
        shown["cpu_time"],
        shown["throughput"],
        str(extras) if extras else "None",
        str(metrics) if metrics else "None",
    )
    entries = BenchmarkEntries()
    entry = entries.entry.add(name=name)
    for key, value in figures.items():
        if value is not None:
            setattr(entry, key, value)
    if extras is not None:
        _add_extras(entry, extras)
    if metrics is not None:
        _add_metrics(entry, metrics)
    prefix = os.environ.get(TEST_REPORTER_TEST_ENV)
    if prefix is None:
        print(str(entries), flush=True)  # noqa: T201  (it is what users ask for)
        return
    path = prefix + name.replace("/", "__")
    if gfile.Exists(path):
        raise OSError(f"File already exists: {path}")
    with gfile.GFile(path, "wb") as file:
        file.write(entries.SerializeToString())


class ReportingBenchmark:
    """What benchmarks of any kind derive from.

    Methods whose names begin with "benchmark" are measured.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if not cls.is_abstract():
            GLOBAL_BENCHMARK_REGISTRY.add(cls)

    @classmethod
    def is_abstract(cls) -> bool:
        """Return whether the class has no benchmarks of its own."""
        return len(cls.mro()) <= 2

    def _get_name(self, overwrite_name: str | None = None) -> str:
        """Return the class and the method of the outermost benchmark that runs."""
        outermost = None
        frame = inspect.currentframe()
        while frame is not None:
            subject = frame.f_locals.get("self")
            if isinstance(subject, ReportingBenchmark):
                outermost = subject, frame.f_code.co_name
            frame = frame.f_back
        if outermost is None:
            raise ValueError("Unable to determine calling Benchmark class.")
        benchmark, method = outermost
        return f"{type(benchmark).__name__}.{overwrite_name or method}"

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
        """Write one result to the file that the environment asks for, or else print it.

        Args:
          iters: how many runs were measured.
          cpu_time: the time of the processor in seconds.
          wall_time: the time in seconds.
          throughput: how many megabytes a second were handled.
          extras: numbers, and values shown as strings, by their names.
          name: stands for the name of the method.
          metrics: dictionaries with `name`, `value` and, where they have bounds, `min_value` and
            `max_value`.
        """
        report_benchmark(
            self._get_name(name), iters, cpu_time, wall_time, throughput, extras, metrics
        )


class Benchmark(ReportingBenchmark):
    """The base class of benchmarks: methods whose names begin with "benchmark" are measured."""

    @classmethod
    def is_abstract(cls) -> bool:
        """Return whether the class has no benchmarks of its own."""
        return len(cls.mro()) <= 3

    def run_op_benchmark(
        self,
        sess: Session,
        op_or_tensor: Any,
        feed_dict: dict[Any, Any] | None = None,
        burn_iters: int = 2,
        min_iters: int = 10,
        store_trace: bool = False,
        store_memory_usage: bool = True,
        name: str | None = None,
        extras: dict[str, Any] | None = None,
        mbs: float = 0,
    ) -> dict[str, Any]:
        """Run an operation again and again, and report the median of its times.

        Args:
          sess: the session.
          op_or_tensor: what to run.
          feed_dict: what to feed.
          burn_iters: how many runs are not measured at first.
          min_iters: how many runs are measured.
          store_trace: put the trace of one more run into the extras of the result, as
            `full_trace_chrome_format`; it is not reported.
          store_memory_usage: report the most that each allocator held during one more run.
          name: the name of the result.
          extras: what to report besides.
          mbs: how many megabytes a run handles; gives the throughput.

        Returns:
          What was reported.
        """
        for _ in range(burn_iters):
            sess.run(op_or_tensor, feed_dict=feed_dict)
        times_s = []
        for _ in range(min_iters):
            started = time.perf_counter()
            sess.run(op_or_tensor, feed_dict=feed_dict)
            times_s.append(time.perf_counter() - started)
        median_s = statistics.median(times_s) if times_s else -1
        known = {} if extras is None else extras
        trace = {}
        if store_trace or store_memory_usage:
            options = RunOptions(trace_level=RunOptions.FULL_TRACE)
            metadata = RunMetadata()
            sess.run(op_or_tensor, feed_dict=feed_dict, options=options, run_metadata=metadata)
            timeline = Timeline(metadata.step_stats)
            if store_trace:
                trace["full_trace_chrome_format"] = timeline.generate_chrome_trace_format()
            if store_memory_usage:
                maximums = timeline.analyze_step_stats(show_memory=True).allocator_maximums
                for allocator, maximum in maximums.items():
                    known[f"allocator_maximum_num_bytes_{allocator}"] = maximum.num_bytes
        report: dict[str, Any] = {
            "iters": min_iters,
            "wall_time": median_s,
            "extras": known,
            "name": name,
            "throughput": mbs / median_s,
        }
        self.report_benchmark(**report)
        known.update(trace)
        return report

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of tensors in the default session."""
        session = get_default_session() or self.cached_session()  # type: ignore[attr-defined]
        return session.run(tensors)


def _benchmarks(pattern: str) -> Iterator[tuple[type[ReportingBenchmark], list[str]]]:
    """Yield the benchmarks whose name `Class.method` a regular expression is found in."""
    known = [(f"{kind.__module__}.{kind.__name__}", kind) for kind in GLOBAL_BENCHMARK_REGISTRY]
    for class_name, kind in sorted(known, key=lambda pair: pair[0]):
        methods = [
            method
            for method in dir(kind)
            if method.startswith("benchmark")
            and callable(getattr(kind, method))
            and re.search(pattern, f"{class_name}.{method}")
        ]
        if methods:
            yield kind, methods


def run_benchmarks(pattern: str) -> None:
    """Run all benchmarks whose name a regular expression is found in; "all" runs each."""
    for kind, methods in _benchmarks(".*" if pattern == "all" else pattern):
        benchmark = kind()
        for method in methods:
            getattr(benchmark, method)()


def benchmarks_main(true_main: Callable[[], Any], argv: list[str] | None = None) -> None:
    """Run the benchmarks that the command line asks for, or else a program's main function."""
    argv = sys.argv if argv is None else argv
    asked = [word for word in argv if word.startswith(("--benchmarks=", "-benchmarks="))]
    if not asked:
        true_main()
        return
    argv.remove(asked[0])
    pattern = asked[0].split("=")[1]
    app.run(lambda _: run_benchmarks(pattern), argv=argv)
