"""`tf.test.TestCase`: what its assertions accept and refuse, and how its sessions live."""

import collections
import os
import random
import sys

import numpy as np
import pytest
from absl.testing import parameterized

import tensormill.api as tf
from tests.unittesting.outcomes import outcome_of

Point = collections.namedtuple("Point", "x y")


@pytest.fixture
def case():
    test_case = tf.test.TestCase("session")
    test_case.setUp()
    yield test_case
    test_case.tearDown()


# What an assertion accepts and what it refuses: (its name, arguments, arguments).
ASSERTIONS = [
    ("assertAllClose", ([1.0, 2.0], [1.0, 2.0000001]), ([1.0, 2.0], [1.0, 2.1])),
    ("assertAllClose", ([1.0, np.inf], [1.0, np.inf]), ([1.0, np.nan], [1.0, 2.0])),
    ("assertAllClose", (np.float32([np.nan]), np.float32([np.nan])), ([1.0], [[1.0]])),
    ("assertAllClose", ({"a": [1.0], "b": 2}, {"a": (1.0,), "b": 2}), ({"a": 1}, {"b": 1})),
    ("assertAllClose", ([[1.0], [2.0, 3.0]], [[1.0], [2.0, 3.0]]), ([[1], [2, 3]], [[1], [2, 4]])),
    ("assertAllClose", (Point(1, [2]), Point(1, [2])), (Point(1, 2), Point(1, 3))),
    ("assertAllCloseAccordingToType", (np.float16([1]), np.float16([1.001])),
     (np.float32([1]), np.float32([1.001]))),
    ("assertNotAllClose", ([1.0], [2.0]), ([1.0], [1.0])),
    ("assertAllEqual", ([1, 2], np.int64([1, 2])), ([1, 2], [1, 3])),
    ("assertAllEqual", ([b"a"], [b"a"]), ([[1]], [1])),
    ("assertAllEqual", (np.float32([np.nan]), np.float32([np.nan])), ([np.nan], [1.0])),
    ("assertNotAllEqual", ([1], [2]), ([1], [1])),
    ("assertAllGreater", ([2, 3], 1), ([2, 3], 2)),
    ("assertAllLess", ([2, 3], 4), ([2, 3], 3)),
    ("assertAllGreaterEqual", ([2, 3], 2), ([2, 3], 3)),
    ("assertAllLessEqual", ([2, 3], 3), ([2, 3], 2)),
    ("assertAllInRange", ([1.0, 2.0], 1, 2), ([1.0, 2.0], 1, 2, True)),
    ("assertAllInRange", (7, 1, 9), ([1.0, np.nan], 0, 2)),
    ("assertAllInSet", ([1, 2, 1], (1, 2, 3)), ([1, 4], (1, 2, 3))),
    ("assertAllEqual", ([[[2]], [[2], [2]]], [[[2]], [[2], [2]]]), ([[1], [2, 3]], [[1], [2, 4]])),
    ("assertNear", (1.0, 1.1, 0.2), (1.0, 1.3, 0.2)),
    ("assertNear", (np.float32([1.0]), np.float32([1.1]), 0.2), (np.float64(1.0), 1.3, 0.2)),
    ("assertArrayNear", ([1, 2], [1.1, 2.1], 0.2), ([1, 2], [1, 2.3], 0.2)),
    ("assertNDArrayNear", ([[1, 2]], [[1, 2.1]], 0.2), ([1, 1], [1.2, 1.2], 0.2)),
    ("assertStartsWith", ("abc", "ab"), ("abc", "bc")),
    ("assertItemsEqual", ([1, 2], [2, 1]), ([1, 2], [2, 2])),
    ("assertEmpty", ([],), ([1],)),
    ("assertNotEmpty", ([1],), ([],)),
    ("assertDTypeEqual", (np.float32(1), tf.float32), (np.float32(1), tf.float64)),
    ("assertDeviceEqual", ("/cpu:0", "/device:CPU:0"), ("/cpu:0", "/gpu:0")),
    ("assertProtoEquals", ("name: 'a' op: 'B'", tf.NodeDef(name="a", op="B")),
     ("name: 'a'", tf.NodeDef(name="a", op="B"))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "accepted", "refused"), ASSERTIONS)
def test_assertion_accepts_and_refuses(case, name, accepted, refused):
    getattr(case, name)(*accepted)
    with pytest.raises(AssertionError):
        getattr(case, name)(*refused)


def test_tensors_are_evaluated(case):
    case.assertAllEqual(tf.constant([1, 2]), [1, 2])
    with case.session():
        case.assertAllClose(tf.constant(0.5) * 2, 1.0)
        case.assertAllInRange(tf.constant([1, 2]), 1, 2)
    with pytest.raises(AssertionError, match="not equal lhs"):
        case.assertAllEqual(tf.constant([1, 2]), [1, 3])


def test_structures_of_other_kinds_cannot_be_compared(case):
    with pytest.raises(ValueError, match="Can't compare dict to non-dict"):
        case.assertAllClose({"a": 1}, [1])
    with pytest.raises(ValueError, match="Mismatched length: a has 3 items, but b has 2"):
        case.assertAllClose([[1.0], [2.0, 3.0], [1.0]], [[1.0], [2.0, 3.0]])


def test_a_shape_is_compared_with_the_static_shape(case):
    case.assertShapeEqual(np.zeros((2, 3)), tf.zeros([2, 3]))
    with pytest.raises(AssertionError):
        case.assertShapeEqual(np.zeros((2, 3)), tf.zeros([3, 2]))
    with pytest.raises(TypeError, match="tf_tensor must be a Tensor"):
        case.assertShapeEqual(np.zeros(2), np.zeros(2))


def test_errors_of_operations_are_found_by_message_and_by_name(case):
    with case.session():
        wrong = tf.Assert(False, ["too bad"], name="judge")
        with case.assertRaisesOpError("too bad"):
            wrong.run()
        with case.assertRaisesOpError("Caused by: judge"):
            wrong.run()
        with case.assertRaisesWithPredicateMatch(
            tf.errors.InvalidArgumentError, lambda error: error.op.name.startswith("judge")
        ):
            wrong.run()
    with pytest.raises(AssertionError, match="Exception of type"), case.assertRaisesOpError("x"):
        raise KeyError("x")
    with pytest.raises(AssertionError, match="OpError not raised"), case.assertRaisesOpError("x"):
        pass


def test_incompatible_shapes_are_recognised(case):
    with case.session():
        feed = tf.placeholder(tf.float32)
        total = tf.add(feed, [1.0, 2.0])
        with case.assertRaisesIncompatibleShapesError():
            total.eval({feed: [1.0, 2.0, 3.0]})
    with case.assertRaisesIncompatibleShapesError(ValueError):
        tf.constant([1.0, 2.0]) + tf.constant([1.0, 2.0, 3.0])


def test_every_test_starts_with_the_same_seeds_and_an_empty_graph(case):
    def draw():
        with case.session() as session:
            return [session.run(tf.random_uniform([3])).tolist(), random.random(), np.random.rand()]

    case.setUp()
    first = draw()
    case.setUp()
    assert not tf.get_default_graph().get_operations()
    assert draw() == first


def test_nodes_go_to_the_cpu_unless_the_gpu_may_be_used(case):
    with case.session() as session:
        case.assertDeviceEqual(tf.constant(1).device, "/cpu:0")
        assert tf.get_default_session() is session
    with case.session(use_gpu=True):
        assert not tf.constant(1).device
    with case.session(force_gpu=True):
        assert "GPU" in tf.constant(1).device


def test_the_cached_session_is_one_for_a_test(case):
    with case.cached_session() as first:
        variable = tf.Variable(3)
        variable.initializer.run()
    with case.test_session() as second:
        assert first is second
        assert case.evaluate(variable) == 3
    with (
        pytest.raises(ValueError, match="The graph used to get the cached session"),
        case.cached_session(graph=tf.Graph()),
    ):
        pass
    case.tearDown()
    with pytest.raises(RuntimeError, match="closed"):
        first.run(variable)


def test_a_session_of_its_own_graph_makes_that_the_default(case):
    graph = tf.Graph()
    with case.test_session(graph=graph) as session:
        assert tf.get_default_graph() is graph
        assert session.run(tf.constant(2)) == 2


def test_a_checked_thread_hands_its_error_to_the_test(case):
    done = []
    thread = case.checkedThread(done.append, args=(1,))
    thread.start()
    thread.join()
    assert done == [1]
    failing = case.checkedThread(lambda: 1 // 0)
    failing.start()
    with pytest.raises(AssertionError, match="Error in checkedThread: integer division"):
        failing.join()


def test_a_checked_thread_must_be_joined():
    case = tf.test.TestCase("session")
    case.setUp()
    thread = case.checkedThread(lambda: None)
    thread.start()
    with pytest.raises(AssertionError, match="A checked thread was not joined"):
        case.tearDown()
    thread.join()
    case.tearDown()


def test_temporary_directories_are_one_for_a_test(case):
    directory = case.get_temp_dir()
    assert os.path.isdir(directory)
    assert case.get_temp_dir() == directory
    assert tf.test.TestCase("session").get_temp_dir() != directory
    assert directory.startswith(tf.test.get_temp_dir())


def test_writes_to_a_stream_are_captured(case):
    with case.captureWritesToStream(sys.__stderr__) as printed:
        os.write(sys.__stderr__.fileno(), b"from below\n")
        print("from above", file=sys.__stderr__)
    assert printed.contents() == "from below\nfrom above\n"


def test_versions_are_added_to_the_text_of_a_graph(case):
    case.assertProtoEqualsVersion("", tf.Graph().as_graph_def())


def test_assertions_of_absl_are_there(case):
    case.assertLen([1, 2], 2)
    case.assertBetween(1, 0, 2)
    case.assertContainsSubset([1], [1, 2])
    with case.assertRaisesWithLiteralMatch(ValueError, "x"):
        raise ValueError("x")
    with pytest.raises(AssertionError):
        case.assertSameElements([1, 2], [2, 3])


def test_parameterized_tests_run_as_graphs():
    from tensormill.python.framework import test_util

    class Doubled(tf.test.TestCase, parameterized.TestCase):
        @parameterized.named_parameters(("one", 1, 2), ("two", 2, 4))
        @test_util.run_in_graph_and_eager_modes
        def test_double(self, x, doubled):
            assert self.evaluate(tf.constant(x) * 2) == doubled

        @test_util.run_v2_only
        def test_later(self):
            self.fail("is not run")

    result = outcome_of(Doubled)
    assert result.wasSuccessful()
    assert result.testsRun == 4  # with `test_session`, which is skipped as it is no test
    assert len(result.skipped) == 2
