"""Small modules of TensorFlow that packages import."""

import pytest

import tensormill as tf
from tensormill.graph import errors
from tensormill.python.eager import monitoring
from tensormill.python.tpu import tpu_function
from tensormill.python.tpu.ops import tpu_ops
from tensormill.python.tpu.topology import Topology
from tensormill.python.util import dispatch, nest, tf_inspect
from tensormill.tools.docs import doc_controls


def test_what_is_for_tpus_can_be_imported_but_not_called() -> None:
    with pytest.raises(errors.UnimplementedError, match="cross_replica_sum needs TPUs"):
        tpu_ops.cross_replica_sum(tf.constant(1.0))
    with pytest.raises(errors.UnimplementedError, match="Topology needs TPUs"):
        Topology()
    assert not isinstance(3, Topology)
    assert not hasattr(tpu_ops, "no_such_function")


def test_the_context_of_tpus_knows_its_shards_within_its_block() -> None:
    assert tpu_function.get_tpu_context().number_of_shards is None
    with tpu_function.tpu_shard_context(4):
        assert tpu_function.get_tpu_context().number_of_shards == 4
        with (
            pytest.raises(NotImplementedError, match="cannot be nested"),
            tpu_function.tpu_shard_context(2),
        ):
            pass
    assert tpu_function.get_tpu_context().number_of_shards is None


def test_a_dispatcher_gets_what_a_function_refuses() -> None:
    class Money:
        pass

    @dispatch.add_dispatch_support
    def double(x: object, name: str | None = None) -> object:
        if not isinstance(x, int):
            raise TypeError("no number")
        return 2 * x

    @dispatch.dispatch_for_types(double, Money)
    def double_money(x: object, name: str | None = None) -> str:
        return "twice the money"

    assert double(3) == 6
    assert double(Money()) == "twice the money"
    with pytest.raises(TypeError, match="no number"):
        double("3")
    with pytest.raises(AssertionError, match="must exactly match"):
        dispatch.dispatch_for_types(double, Money)(lambda y: y)
    with pytest.raises(AssertionError, match="already has a dispatch list"):
        dispatch.add_dispatch_list(double)


def test_metrics_of_the_process_keep_values_by_label() -> None:
    count = monitoring.Counter("tests/steps", "steps", "job")
    count.get_cell("ps").increase_by(2)
    count.get_cell("ps").increase_by(3)
    assert count.get_cell("ps").value() == 5
    assert count.get_cell("worker").value() == 0
    with pytest.raises(ValueError, match="already exists"):
        monitoring.Counter("tests/steps", "again")
    with pytest.raises(ValueError, match="labels"):
        count.get_cell()
    gauge = monitoring.BoolGauge("tests/is_ready", "ready")
    assert gauge.get_cell().value() is False
    gauge.get_cell().set(True)
    assert gauge.get_cell().value() is True


def test_named_tuples_are_known_from_tuples() -> None:
    from collections import namedtuple

    pair = namedtuple("pair", ["a", "b"])
    assert nest._is_namedtuple(pair(1, 2))
    assert not nest._is_namedtuple((1, 2))


def test_functions_of_the_api_have_arguments_without_annotations() -> None:
    spec = tf_inspect.getfullargspec(tf.concat)
    assert spec.args == ["values", "axis", "name"]
    assert spec.annotations == {}


def test_marks_for_documentation_return_what_they_mark() -> None:
    def function() -> None:
        pass

    assert doc_controls.do_not_generate_docs(function) is function
    assert hasattr(function, "_tf_docs_do_not_document")


def test_a_function_that_is_not_converted_says_so() -> None:
    @tf.autograph.experimental.do_not_convert
    def chosen(x: object) -> object:
        return 1 if x else 2

    assert chosen(True) == 1
    with pytest.raises(TypeError, match="AutoGraph is disabled in this function"):
        chosen(tf.constant(True))


def test_a_tensor_has_no_truth_value_under_the_name_of_python_2_either() -> None:
    with pytest.raises(TypeError, match="not allowed in Graph"):
        tf.Tensor.__nonzero__(tf.constant(1))
