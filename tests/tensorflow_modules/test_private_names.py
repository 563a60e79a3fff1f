"""Tests of names of TensorFlow's modules that only its own tests and a few programs use."""

import json

import ml_dtypes
import numpy as np
import pytest

import tensormill as tf
from tensormill.core.framework import tensor_pb2
from tensormill.python.client import session as session_lib
from tensormill.python.client import timeline
from tensormill.python.framework import function, meta_graph, tensor_util, test_util
from tensormill.python.ops import gradients_util
from tensormill.python.training import input as inp
from tensormill.python.training import saver as saver_lib
from tensormill.python.training import session_manager


def test_fetches_are_taken_apart_and_put_together():
    with tf.Graph().as_default():
        a, b = tf.constant(1, name="a"), tf.constant(2, name="b")
        fetches = {"x": [a, b.op], "y": (a, "b:0")}
        mapper = session_lib._FetchMapper.for_fetch(fetches)
        assert mapper.unique_fetches() == [a, b.op, b]
        assert mapper.build_results([10, None, 20]) == {"x": [10, None], "y": (10, 20)}
        with pytest.raises(TypeError, match="None"):
            session_lib._FetchMapper.for_fetch(None)
        with pytest.raises(ValueError, match="cannot be interpreted"):
            session_lib._FetchMapper.for_fetch("missing:0")


def test_events_of_a_trace_are_formatted():
    trace = timeline._ChromeTraceFormatter()
    trace.emit_pid("device", 1)
    trace.emit_tid("row", 1, 2)
    trace.emit_region(5, 7, 1, 2, "Op", "MatMul", {"name": "m"})
    trace.emit_obj_create("Tensor", "t", 5, 1, 2, 3)
    trace.emit_obj_snapshot("Tensor", "t", 6, 1, 2, 3, {"a": 1})
    trace.emit_obj_delete("Tensor", "t", 8, 1, 2, 3)
    trace.emit_flow_start("f", 1, 1, 2, 9)
    trace.emit_flow_end("f", 2, 1, 2, 9)
    trace.emit_counter("Memory", "cpu", 0, 4, "bytes", 8)
    trace.emit_counters("Memory", "cpu", 0, 5, {"a": 1, "b": 2})
    events = json.loads(trace.format_to_string())["traceEvents"]
    assert "".join(event["ph"] for event in events) == "MMXNODstCC"
    assert events[1]["args"] == {"name": "row"}
    assert events[2] | {"ts": 5, "dur": 7, "args": {"name": "m"}} == events[2]
    assert events[4]["args"] == {"snapshot": {"a": 1}}
    assert [event["id"] for event in events[6:8]] == [9, 9]
    assert events[8]["args"] == {"bytes": 8}
    assert events[9]["tid"] == 0


def test_lists_of_examples_are_checked():
    with tf.Graph().as_default():
        a, b = tf.zeros([2, 3]), tf.zeros([2], tf.int32)
        assert inp._as_tensor_list_list([{"b": 2, "a": 1}, {"a": 3, "b": 4}]) == [[1, 2], [3, 4]]
        with pytest.raises(ValueError, match="same keys"):
            inp._as_tensor_list_list([{"a": 1}, {"b": 1}])
        assert inp._flatten([[1], [2, 3]]) == [1, 2, 3]
        assert inp._dtypes([[a, b], [a, b]]) == [tf.float32, tf.int32]
        with pytest.raises(TypeError, match="consistent"):
            inp._dtypes([[a], [b]])
        assert inp._shapes([[a, b]], None, True) == [[3], []]
        assert inp._merge_shapes([[2, 3], [2, None]], False) == [2, 3]
        with pytest.raises(ValueError, match="compatible"):
            inp._merge_shapes([[2, 3], [4, 3]], False)
        assert inp._validate([1.0])[0].dtype == tf.float32
        with pytest.raises(ValueError, match="at least one tensor"):
            inp._validate([])
        with pytest.raises(ValueError, match="at least one input"):
            inp._validate_join([])
        with pytest.raises(ValueError, match="cannot be a vector"):
            inp._validate_keep_input([True], enqueue_many=False)
        assert inp._which_queue(dynamic_pad=True) is tf.PaddingFIFOQueue


def test_a_queue_is_filled_with_what_is_kept():
    with tf.Graph().as_default(), tf.Session() as session:
        queue = inp._which_queue(dynamic_pad=False)(10, [tf.int32], [[]])
        inp._enqueue(queue, [tf.range(4)], 2, True, tf.constant([True, False, True, False]))
        (runner,) = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        first, second = runner.enqueue_ops
        assert first is second
        session.run(first)
        assert session.run(queue.size()) == 2
        assert session.run(queue.dequeue_many(2)).tolist() == [0, 2]
        inp._enqueue_join(queue, [[tf.constant(7)], [tf.constant(8)]], False, tf.constant(True))
        _, runner = tf.get_collection(tf.GraphKeys.QUEUE_RUNNERS)
        for op in runner.enqueue_ops:
            session.run(op)
        assert session.run(queue.dequeue_many(2)).tolist() == [7, 8]


def test_default_values_of_attributes_are_known():
    with tf.Graph().as_default() as graph:
        a = tf.matmul([[1.0]], [[1.0]], transpose_a=True)
        (op_def,) = meta_graph.stripped_op_list_for_graph(graph.as_graph_def()).op[1:]
        attrs = a.op.node_def.attr
    assert op_def.name == "MatMul"
    assert meta_graph._is_default_attr_value(op_def, "transpose_b", attrs["transpose_b"])
    assert not meta_graph._is_default_attr_value(op_def, "transpose_a", attrs["transpose_a"])
    assert not meta_graph._is_default_attr_value(op_def, "T", attrs["T"])
    assert not meta_graph._is_default_attr_value(op_def, "missing", attrs["T"])


def test_a_saver_reads_a_checkpoint_by_object(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(3.0, name="v")
        session.run(variable.initializer)
        path = tf.train.Checkpoint(held=variable).save(str(tmp_path / "by_object"), session)
        by_name = tf.train.Saver().save(session, str(tmp_path / "by_name"))
    with tf.Graph().as_default(), tf.Session() as session:
        variable = tf.Variable(0.0, name="v")
        saver = saver_lib.saver_from_object_based_checkpoint(path, [variable])
        saver.restore(session, path)
        assert session.run(variable) == 3.0
        again = saver_lib.saver_from_object_based_checkpoint(path, [variable], cached_saver=saver)
        assert again is saver
        with pytest.raises(ValueError, match="not an object-based checkpoint"):
            saver_lib.saver_from_object_based_checkpoint(by_name)
        other = tf.Variable(0.0, name="other")
        with pytest.raises(tf.errors.NotFoundError, match="other"):
            saver_lib.saver_from_object_based_checkpoint(path, [other])


@pytest.mark.parametrize(
    ("values", "field", "written"),
    [
        (np.array([1, -2], np.int8), "int_val", [1, -2]),
        (np.array([1.5], np.float16), "half_val", [0x3E00]),
        (np.array([1.5], ml_dtypes.bfloat16), "half_val", [0x3FC0]),
        (np.array([[1.5], [2]], np.float32), "float_val", [1.5, 2.0]),
        (np.array([2**40]), "int64_val", [2**40]),
        (np.array([2**63], np.uint64), "uint64_val", [2**63]),
        (np.array([1 + 2j], np.complex64), "scomplex_val", [1.0, 2.0]),
        (np.array([True, False]), "bool_val", [True, False]),
        (np.array([b"a", "b"], object), "string_val", [b"a", b"b"]),
        (np.array([(3,)], tf.quint8.as_numpy_dtype), "int_val", [3]),
    ],
)
def test_arrays_are_written_into_a_message(values, field, written):
    message = tensor_pb2.TensorProto()
    tensor_util.GetNumpyAppendFn(values.dtype)(message, values)
    assert list(getattr(message, field)) == written


def test_numbers_of_two_bytes_are_written_by_their_bits():
    message = tensor_pb2.TensorProto()
    tensor_util.FastAppendBFloat16ArrayToTensorProto(message, [1.0, 1.5])
    tensor_util.SlowAppendBFloat16ArrayToTensorProto(message, [2.0])
    assert list(message.half_val) == [0x3F80, 0x3FC0, 0x4000]
    assert tensor_util.ExtractBitsFromBFloat16(1.5) == 0x3FC0
    assert tensor_util.ExtractBitsFromFloat16(1.5) == 0x3E00
    assert tensor_util.GetNumpyAppendFn(np.dtype("M8[s]")) is None


def test_a_call_of_a_function_is_derived():
    @function.Defun(tf.float32, tf.float32)
    def product(x, y):
        return x * y

    with tf.Graph().as_default(), tf.Session() as session:
        call = product(tf.constant(3.0), tf.constant(4.0)).op
        assert session.run(gradients_util._SymGrad(call, [tf.constant(2.0)])) == [8.0, 6.0]


def test_names_are_given_for_messages():
    with tf.Graph().as_default():
        assert session_manager._maybe_name(tf.no_op(name="nothing")) == "nothing"
    assert session_manager._maybe_name(None) == "None"
    assert session_manager._maybe_name(3) == "<no name for <class 'int'>>"


class Held:
    """Something that can refer to another."""

    def __init__(self):
        self.other = None


def test_cycles_of_references_are_found():
    first, second, alone = Held(), Held(), Held()
    first.other, second.other = second, first
    alone.other = first
    found = [first, alone]
    assert test_util._find_reference_cycle(found, 0)
    assert not test_util._find_reference_cycle(found, 1)
    first.other = second.other = None
    assert not test_util._find_reference_cycle(found, 0)
