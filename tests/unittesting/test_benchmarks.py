"""`tf.test.Benchmark`: what it runs, measures, reports and refuses."""

import json

import pytest
from google.protobuf import text_format

import tensormill as tf
from tensormill.core.util import test_log_pb2
from tensormill.python.platform import benchmark


class Products(tf.test.Benchmark):
    def benchmarkProduct(self):
        with tf.Graph().as_default(), tf.Session(config=tf.test.benchmark_config()) as session:
            x = tf.placeholder(tf.float32, [5])
            return self.run_op_benchmark(
                session, x * 3.0, {x: range(5)}, min_iters=3, mbs=1, store_trace=True
            )

    def report(self, **figures):
        self.report_benchmark(iters=2, **figures)


def entry_of(path):
    entries = test_log_pb2.BenchmarkEntries.FromString(path.read_bytes())
    (entry,) = entries.entry
    return entry


def test_main_prints_the_benchmarks_that_it_is_asked_for(capsys, monkeypatch):
    monkeypatch.delenv(benchmark.TEST_REPORTER_TEST_ENV, raising=False)
    tf.test.main(["program", "--benchmarks=Products.benchmark"])
    entries = text_format.Parse(capsys.readouterr().out, test_log_pb2.BenchmarkEntries())
    (entry,) = entries.entry
    assert entry.name == "Products.benchmarkProduct"
    assert entry.iters == 3
    assert entry.wall_time > 0
    assert entry.throughput == pytest.approx(1 / entry.wall_time)
    (allocator,) = [name for name in entry.extras if "allocator_maximum_num_bytes" in name]
    assert entry.extras[allocator].double_value > 0


def test_a_trace_is_returned_and_not_reported(tmp_path, monkeypatch):
    monkeypatch.setenv(benchmark.TEST_REPORTER_TEST_ENV, f"{tmp_path}/of_")
    report = Products().benchmarkProduct()
    assert "traceEvents" in json.loads(report["extras"]["full_trace_chrome_format"])
    entry = entry_of(tmp_path / "of_Products.benchmarkProduct")
    assert "full_trace_chrome_format" not in entry.extras


def test_reports_go_to_files_where_the_environment_asks_for_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(benchmark.TEST_REPORTER_TEST_ENV, f"{tmp_path}/of_")
    Products().report(
        name="a/b",
        extras={"number": 3, "other": "word"},
        metrics=[{"name": "loss", "value": 4, "max_value": 5}],
    )
    expected = """
        name: "Products.a/b"
        iters: 2
        extras { key: "number" value { double_value: 3 } }
        extras { key: "other" value { string_value: "word" } }
        metrics { name: "loss" value: 4 max_value { value: 5 } }
    """
    entry = entry_of(tmp_path / "of_Products.a__b")
    assert entry == text_format.Parse(expected, test_log_pb2.BenchmarkEntry())
    assert capsys.readouterr().out == ""
    with pytest.raises(OSError, match="File already exists"):
        Products().report(name="a/b")


def test_figures_of_wrong_types_are_refused():
    with pytest.raises(TypeError, match="extras must be a dict"):
        Products().report(extras=[1])
    with pytest.raises(TypeError, match="metrics must be a list"):
        Products().report(metrics={})
    with pytest.raises(TypeError, match="'value' field"):
        Products().report(metrics=[{"name": "loss"}])


def test_the_registry_holds_what_is_not_abstract():
    assert Products in benchmark.GLOBAL_BENCHMARK_REGISTRY
    assert benchmark.TensorFlowBenchmark is tf.test.Benchmark
    assert not {benchmark.Benchmark, tf.test.Benchmark} & benchmark.GLOBAL_BENCHMARK_REGISTRY


def test_benchmarks_main_calls_main_where_no_benchmarks_are_asked_for():
    called = []
    benchmark.benchmarks_main(lambda: called.append(True), ["program"])
    assert called == [True]
    with pytest.raises(SystemExit):
        benchmark.benchmarks_main(called.clear, ["program", "--benchmarks=NoSuchBenchmark"])
    assert called == [True]
