"""Tests of messages that only TensorFlow's own modules have."""

import pytest

import tensormill as tf
from tensormill.core.framework import log_memory_pb2, tensor_slice_pb2, types_pb2
from tensormill.core.grappler.costs import op_performance_data_pb2
from tensormill.core.kernels.boosted_trees import boosted_trees_pb2
from tensormill.core.protobuf import device_properties_pb2, tensor_bundle_pb2, trace_events_pb2
from tensormill.core.util import memmapped_file_system_pb2, saved_tensor_slice_pb2
from tensormill.formats.table import TableReader


def test_the_index_of_a_checkpoint_reads_as_the_message(tmp_path):
    with tf.Graph().as_default(), tf.Session() as session:
        tf.get_variable("v", initializer=[[1.0, 2.0]])
        session.run(tf.global_variables_initializer())
        prefix = tf.train.Saver().save(session, str(tmp_path / "model"))
    entries = {
        key: tensor_bundle_pb2.BundleEntryProto.FromString(value)
        for key, value in table_of(f"{prefix}.index")
        if key
    }
    entry = entries[b"v"]
    assert entry.dtype == types_pb2.DT_FLOAT
    assert [dim.size for dim in entry.shape.dim] == [1, 2]
    assert entry.size == 8


def table_of(path):
    with open(path, "rb") as file:
        yield from TableReader(file).items()


@pytest.mark.parametrize(
    ("message", "wire"),
    [
        (
            tensor_slice_pb2.TensorSliceProto(extent=[{"start": 3, "length": 4}]),
            b"\x0a\x04\x08\x03\x10\x04",
        ),
        (log_memory_pb2.MemoryLogStep(step_id=2, handle="s"), b"\x08\x02\x12\x01s"),
        (
            op_performance_data_pb2.OpPerformance(
                node="n", execution_time_normal={"mu": 0.5}, compute_cost=7
            ),
            b"\x18\x07\x2a\x01n\x52\x09\x09\x00\x00\x00\x00\x00\x00\xe0\x3f",
        ),
        (device_properties_pb2.DeviceProperties(type="GPU", num_cores=4), b"\x0a\x03GPU\x28\x04"),
        (boosted_trees_pb2.Leaf(scalar=2.0), b"\x1d\x00\x00\x00\x40"),
        (
            memmapped_file_system_pb2.MemmappedFileSystemDirectoryElement(offset=1, name="a"),
            b"\x08\x01\x12\x01a",
        ),
        (
            saved_tensor_slice_pb2.SavedSlice(name="v", data={"float_val": [1.0]}),
            b"\x0a\x01v\x1a\x06\x2a\x04\x00\x00\x80\x3f",
        ),
        (trace_events_pb2.Resource(name="r", resource_id=5), b"\x0a\x01r\x10\x05"),
    ],
)
def test_messages_have_tensorflows_field_numbers(message, wire):
    assert message.SerializeToString(deterministic=True) == wire
