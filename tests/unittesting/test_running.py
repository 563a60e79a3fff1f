"""Whole programs with `tf.test.main`, benchmarks, and attributes that are replaced."""

import unittest

import pytest

import tensormill.api as tf
from tests.unittesting.outcomes import outcome_of


class Sums(tf.test.TestCase):
    def testSumIsRight(self):
        with self.cached_session():
            self.assertAllClose(tf.constant([1.0, 2.0]) + 1.0, [2.0, 3.0])

    def testWrongSumIsFound(self):
        with self.cached_session(), pytest.raises(AssertionError):
            self.assertAllClose(tf.constant([1.0, 2.0]) + 1.0, [2.0, 3.5])


def test_a_test_case_runs_and_its_session_is_no_test():
    result = outcome_of(Sums)
    assert result.wasSuccessful()
    assert result.testsRun == 3
    assert [reason for _, reason in result.skipped] == ["Not a test."]


def test_main_runs_the_tests_of_a_program(monkeypatch, capsys):
    seen = {}
    monkeypatch.setattr(unittest, "main", lambda argv: seen.update(argv=argv))
    tf.test.main(["program", "-v", "--unknown=1"])
    assert seen == {"argv": ["program", "-v", "--unknown=1"]}


def test_main_reads_the_flags_of_the_program(monkeypatch):
    seen = {}
    monkeypatch.setattr(unittest, "main", lambda argv: seen.update(argv=argv))
    tf.flags.DEFINE_integer("tensormill_test_size", 1, "")
    try:
        tf.test.main(["program", "--tensormill_test_size=7", "Sums", "-v"])
        assert tf.flags.FLAGS.tensormill_test_size == 7
        assert seen == {"argv": ["program", "Sums", "-v"]}
    finally:
        delattr(tf.flags.FLAGS, "tensormill_test_size")


def test_replaced_attributes_come_back():
    class Subject:
        value = 1

        @staticmethod
        def answer():
            return 1

    with tf.test.StubOutForTesting() as stubs:
        stubs.Set(Subject, "value", 2)
        stubs.SmartSet(Subject, "answer", lambda: 2)
        assert Subject.value == 2
        assert Subject.answer() == 2
    assert Subject.value == 1
    assert Subject().answer() == 1


def test_gpu_support_is_that_of_cuda_or_rocm():
    assert tf.test.is_built_with_gpu_support() == (
        tf.test.is_built_with_cuda() or tf.test.is_built_with_rocm()
    )


def test_mock_is_that_of_unittest():
    assert tf.test.mock is unittest.mock


def test_equal_graphs_may_list_their_nodes_in_any_order():
    def graph_def(value=1.0, name="b", device=""):
        with tf.Graph().as_default() as graph, tf.device(device):
            tf.constant(value, name="a") + tf.constant(2.0, name=name)
        return graph.as_graph_def()

    reordered = graph_def()
    reordered.node.sort(key=lambda node: node.op)
    tf.test.assert_equal_graph_def(reordered, graph_def())
    for other, text in (
        (graph_def(name="c"), "Found unexpected node 'c'"),
        (graph_def(value=3.0), "Node named 'a' has for attr 'value' different value"),
        (graph_def(device="/cpu:0"), "has device '/device:CPU:0'"),
    ):
        with pytest.raises(AssertionError, match=text):
            tf.test.assert_equal_graph_def(other, graph_def())
    with pytest.raises(TypeError, match=r"Expected tf\.GraphDef for expected, got str"):
        tf.test.assert_equal_graph_def(graph_def(), "graph")
