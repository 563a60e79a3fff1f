"""TensorProto and AttrValue messages."""

from __future__ import annotations

from typing import Any

import ml_dtypes
import numpy as np
import pytest
from tensorboard.compat.proto import tensor_pb2

import tensormill as tf
from tensormill.graph.tensor_codec import array_from_proto, array_to_proto

ARRAYS = [
    np.array(1.5, np.float32),
    np.array([1.5, -2.5], np.float64),
    np.arange(6, dtype=np.int32).reshape(2, 3),
    np.array([[1], [2]], np.int64),
    np.array([1, 255], np.uint8),
    np.array([1, -128], np.int8),
    np.array([1, 2], np.int16),
    np.array([1, 65535], np.uint16),
    np.array([1, 2**32 - 1], np.uint32),
    np.array([1, 2**64 - 1], np.uint64),
    np.array(2**63 - 1, np.int64),
    np.array([True, False]),
    np.array(True),
    np.array([1 + 2j, 3], np.complex64),
    np.array(1 - 2j, np.complex128),
    np.array([1.5, 2.5], np.float16),
    np.array(1.5, np.float16),
    np.array([1.5, 2.5], ml_dtypes.bfloat16),
    np.array(1.5, ml_dtypes.bfloat16),
    np.array([], np.float32),
    np.zeros([0, 3], np.int32),
    np.array([np.nan, np.inf, -np.inf, -0.0], np.float32),
]


@pytest.mark.parametrize("array", ARRAYS, ids=lambda a: f"{a.dtype}{list(a.shape)}")
def test_an_array_comes_back(array: Any) -> None:
    proto = array_to_proto(array, tf.as_dtype(array.dtype))
    again = array_from_proto(tensor_pb2.TensorProto.FromString(proto.SerializeToString()))
    assert again.dtype == array.dtype
    assert again.shape == array.shape
    assert again.tobytes() == array.tobytes()


def test_strings_come_back() -> None:
    array = np.array([[b"a", b""], [b"\xff\x00", b"long" * 100]], object)
    proto = array_to_proto(array, tf.string)
    assert list(proto.string_val) == list(array.ravel())
    again = array_from_proto(proto)
    assert again.dtype == object
    assert again.tolist() == array.tolist()


def test_scalars_are_listed_and_arrays_are_raw() -> None:
    assert array_to_proto(np.float32(1), tf.float32).float_val == [1.0]
    raw = array_to_proto(np.array([1, 2], np.int32), tf.int32)
    assert raw.tensor_content == b"\1\0\0\0\2\0\0\0"
    assert not raw.int_val
    assert array_to_proto(np.array([True, False]), tf.bool).bool_val == [True, False]


def test_one_repeated_element_is_listed_once_and_not_expanded() -> None:
    huge = np.broadcast_to(np.float32(2), (10**6, 10**6))
    proto = array_to_proto(huge, tf.float32)
    assert proto.ByteSize() < 40
    again = array_from_proto(proto)
    assert again.shape == huge.shape
    assert again.strides == (0, 0)
    assert again[-1, -1] == 2


def test_a_short_list_is_filled_up_with_its_last_element() -> None:
    proto = array_to_proto(np.array([True, False]), tf.bool)
    proto.tensor_shape.dim[0].size = 4
    assert array_from_proto(proto).tolist() == [True, False, False, False]
    del proto.bool_val[:]
    assert array_from_proto(proto).tolist() == [False] * 4


def test_a_tensor_without_dtype_is_refused() -> None:
    with pytest.raises(TypeError):
        array_from_proto(tensor_pb2.TensorProto())
    with pytest.raises(TypeError, match="Unsupported type resource"):
        array_from_proto(tensor_pb2.TensorProto(dtype=20))


def test_strings_in_raw_content_are_read() -> None:
    content = b"\x01\x03\x00abcd"
    proto = tensor_pb2.TensorProto(dtype=7, tensor_content=content)
    proto.tensor_shape.dim.add(size=3)
    assert array_from_proto(proto).tolist() == [b"a", b"bcd", b""]


@pytest.mark.parametrize(
    "content", [b"\x01\x03ab", b"\x01", b"\xff" * 40, b"\x01\x01abc", b"\x01\x80"]
)
def test_raw_content_with_wrong_lengths_is_refused(content: bytes) -> None:
    proto = tensor_pb2.TensorProto(dtype=7, tensor_content=content)
    proto.tensor_shape.dim.add(size=2)
    with pytest.raises(ValueError, match="does not hold 2 strings"):
        array_from_proto(proto)
