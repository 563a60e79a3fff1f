"""TensorProtos written and read around protobuf: the same messages as protobuf's."""

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import tensor_pb2

import tensormill as tf
from tensormill.graph.tensor_codec import array_from_proto, array_to_proto
from tensormill.graph.tensor_wire_codec import decode_tensor, encode_tensor, encode_varint

ARRAYS = [
    np.float32(1.5),
    np.arange(6, dtype=np.int64).reshape(2, 3),
    np.arange(6, dtype=np.float64).reshape(2, 3).T,
    np.array([True, False]),
    np.array([1 + 2j], np.complex128),
    np.array([1.5, 2.5], ml_dtypes.bfloat16),
    np.zeros([0, 3], np.int32),
    np.array([b"a", b"bcd", b"", b"x" * 300], object).reshape(2, 2),
    np.array(b"scalar", object),
    np.zeros([2, 0], object),
]


def as_message(array):
    return b"".join(encode_tensor(array, tf.as_dtype(array.dtype)))


@pytest.mark.parametrize("value", ARRAYS, ids=lambda v: f"{v.dtype}{list(np.shape(v))}")
def test_protobuf_reads_what_is_written_and_the_reverse(value):
    array = np.asarray(value)
    dtype = tf.as_dtype(array.dtype)
    message = as_message(array)
    for again in (
        array_from_proto(tensor_pb2.TensorProto.FromString(message)),
        decode_tensor(memoryview(message)),
        decode_tensor(memoryview(array_to_proto(array, dtype).SerializeToString())),
    ):
        assert again.dtype == array.dtype
        assert again.shape == array.shape
        assert again.tolist() == array.tolist()


def test_a_large_array_is_not_copied_when_it_is_written_and_is_the_readers_own_afterwards():
    array = np.arange(100_000, dtype=np.float32)
    pieces = encode_tensor(array, tf.float32)
    assert np.shares_memory(np.frombuffer(pieces[-1], np.uint8), array)
    again = decode_tensor(memoryview(b"".join(pieces)))
    assert again.flags.writeable
    assert again.flags.aligned


def test_a_content_that_does_not_fit_the_shape_is_refused():
    proto = tensor_pb2.TensorProto(dtype=1, tensor_content=b"12345678")
    proto.tensor_shape.dim.add(size=1 << 40)
    with pytest.raises(ValueError, match="wants"):
        decode_tensor(memoryview(proto.SerializeToString()))


@given(st.integers(0, 2**64 - 1))
def test_numbers_are_written_as_protobuf_writes_them(number):
    proto = tensor_pb2.TensorProto(uint64_val=[number])
    assert proto.SerializeToString().endswith(encode_varint(number))


@given(st.binary(max_size=60))
def test_garbage_is_refused_or_read_but_never_anything_else(message):
    try:
        decode_tensor(memoryview(message))
    except (TypeError, ValueError):
        pass


@given(st.data())
def test_a_damaged_message_is_refused_or_read(data):
    array = ARRAYS[data.draw(st.integers(0, len(ARRAYS) - 1))]
    message = bytearray(as_message(np.asarray(array)))
    at = data.draw(st.integers(0, len(message) - 1))
    message[at] = data.draw(st.integers(0, 255))
    try:
        decode_tensor(memoryview(bytes(message)))
    except (TypeError, ValueError):
        pass
