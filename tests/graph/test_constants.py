"""Python values to constants: dtypes, shapes and what is refused, as TensorFlow 1.15 does it."""

from typing import Any

import ml_dtypes
import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.constants import to_tensor_value


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (1, None, "int32"),
        (2**31, None, "int64"),
        (-(2**31), None, "int32"),
        (2**63, None, "uint64"),
        (1.5, None, "float32"),
        (True, None, "bool"),
        (1 + 2j, None, "complex128"),
        ("a", None, "string"),
        ([1, 2.5], None, "float32"),
        ([True, 2], None, "int32"),
        ([], None, "float32"),
        ([[], []], "string", "string"),
        (np.float64(1), None, "float64"),
        ([np.float64(1)], None, "float32"),
        ([np.int64(1)], None, "int32"),
        (np.int64(1), None, "int64"),
        (np.array([1.5]), "int32", "int32"),
        (1, "bfloat16", "bfloat16"),
        (1, "half", "float16"),
        (True, "int32", "int32"),
        (1, tf.int32._as_ref, "int32"),
        ([tf.Dimension(2), 3], "int64", "int64"),
        ([(1,), (2,)], "qint8", "qint8"),
    ],
)
def test_values_get_the_dtype_of_tensorflow(value: Any, dtype: Any, expected: str) -> None:
    assert to_tensor_value(value, dtype).dtype.name == expected


@pytest.mark.parametrize(
    ("value", "dtype", "error", "text"),
    [
        (1.5, "int32", TypeError, "Expected int32, got 1.5 of type 'float' instead."),
        ([1, 2.5], "int32", TypeError, "Expected int32, got 2.5 of type 'float' instead."),
        ("a", "float32", TypeError, "Expected float32, got 'a' of type 'str' instead."),
        (1, "string", TypeError, "Expected string, got 1 of type 'int' instead."),
        (1, "bool", TypeError, "Expected bool, got 1 of type 'int' instead."),
        (1 + 2j, "float32", TypeError, "Expected float32, got (1+2j) of type 'complex' instead."),
        ([None], "float32", TypeError, "Expected float32, got None of type 'NoneType' instead."),
        (None, None, ValueError, "None values not supported."),
        ([1, None], None, TypeError, "Failed to convert object of type <class 'list'> to Tensor."),
        (["a", 1], None, TypeError, "Failed to convert object of type <class 'list'> to Tensor."),
        (2**64, "int64", OverflowError, "too large"),
        ([[1], [1, 2]], None, ValueError, "Argument must be a dense tensor: [[1], [1, 2]]"),
        ([["a"], ["b", "c"]], None, ValueError, "Argument must be a dense tensor"),
        (
            [np.array([1, 2])],
            None,
            ValueError,
            "Argument must be a dense tensor: [array([1, 2])] - got shape [1, 2], but wanted [1].",
        ),
        (range(3), None, ValueError, "Argument must be a dense tensor"),
        (np.array([1, "b"], object), None, TypeError, "Expected binary or unicode string, got 1"),
    ],
)
def test_refused_values_are_named(value: Any, dtype: Any, error: Any, text: str) -> None:
    with pytest.raises(error) as caught:
        to_tensor_value(value, dtype)
    assert text in str(caught.value)


def test_tensors_are_no_constants() -> None:
    with pytest.raises(TypeError, match="List of Tensors when single Tensor expected"):
        tf.constant([tf.zeros([2])])
    with pytest.raises(TypeError, match=r"Expected float32, got <tf.Tensor 'zeros_1:0'"):
        tf.constant([tf.zeros([2])], tf.float32)


def test_strings_keep_their_zero_bytes() -> None:
    assert to_tensor_value(["a\0", "é"]).array.tolist() == [b"a\0", "é".encode()]


def test_integers_wrap_in_narrow_dtypes() -> None:
    assert to_tensor_value([300, -1], "uint8").array.tolist() == [44, 255]


def test_shapes_repeat_fill_up_and_refuse() -> None:
    assert to_tensor_value(7, shape=[2, 2]).array.tolist() == [[7, 7], [7, 7]]
    assert to_tensor_value([1, 2], shape=[4]).array.tolist() == [1, 2, 2, 2]
    assert to_tensor_value([[1, 2], [3, 4]], shape=[4]).array.tolist() == [1, 2, 3, 4]
    assert to_tensor_value([], "float32", [2]).array.tolist() == [0, 0]
    with pytest.raises(ValueError, match="Needed at most 2, but received 3"):
        to_tensor_value([1, 2, 3], shape=[2])
    with pytest.raises(TypeError, match=r"Expected Tensor's shape: \(2, 2\), got \(3,\)"):
        to_tensor_value([1, 2, 3], shape=[2, 2], verify_shape=True)


def test_arrays_are_copied() -> None:
    array = np.array([1.0, 2.0])
    made = to_tensor_value(array)
    array[0] = 9
    assert made.array.tolist() == [1.0, 2.0]


def test_repeated_elements_are_written_once() -> None:
    node = tf.constant(3.0, shape=[1000]).op.node_def
    assert list(node.attr["value"].tensor.float_val) == [3.0]
    assert not node.attr["value"].tensor.tensor_content


def test_every_dtype_runs() -> None:
    values = {
        "float16": 1.5, "bfloat16": 1.5, "float32": 1.5, "float64": 1.5, "int8": 1, "int16": 1,
        "int32": 1, "int64": 1, "uint8": 1, "uint16": 1, "uint32": 1, "uint64": 1, "bool": True,
        "complex64": 1j, "complex128": 1j, "string": b"s",
    }  # fmt: skip
    with tf.Session() as session:
        made = session.run({name: tf.constant([value], name) for name, value in values.items()})
    assert {name: array.tolist() for name, array in made.items()} == {
        name: [value] for name, value in values.items()
    }
    assert made["bfloat16"].dtype == ml_dtypes.bfloat16


def test_lists_of_tensors_are_packed() -> None:
    x = tf.placeholder(tf.float32, [2], name="x")
    made = tf.convert_to_tensor([[x, [1, 2]], [x, x]])
    assert (made.op.type, made.name, made.shape.as_list()) == ("Pack", "packed:0", [2, 2, 2])
    names = [op.name for op in tf.get_default_graph().get_operations()]
    assert names == ["x", "packed/0/1_1", "packed/0", "packed/1", "packed"]


def test_packed_tensors_are_cast_to_the_dtype_asked_for() -> None:
    made = tf.convert_to_tensor([tf.constant(1), 2], tf.int64)
    assert made.dtype is tf.int64
    assert [op.type for op in tf.get_default_graph().get_operations()][:2] == ["Const", "Cast"]


def test_tensors_of_another_dtype_are_refused() -> None:
    with pytest.raises(ValueError, match="requested dtype int32 for Tensor with dtype float32"):
        tf.convert_to_tensor(tf.placeholder(tf.float32), tf.int32)
    with pytest.raises(TypeError, match=r"Expected int32, got 1.5 of type 'float' instead."):
        tf.convert_to_tensor([tf.constant(2), 1.5])


def test_static_shapes_become_tensors() -> None:
    assert tf.convert_to_tensor(tf.TensorShape([2, 3])).op.name == "shape_as_tensor"
    assert tf.convert_to_tensor(tf.Dimension(4)).dtype is tf.int32
    with pytest.raises(ValueError, match="partially known TensorShape"):
        tf.convert_to_tensor(tf.TensorShape([2, None]))
    with pytest.raises(TypeError, match="Cannot convert a TensorShape to dtype: float32"):
        tf.convert_to_tensor(tf.TensorShape([2]), tf.float32)


def test_a_preferred_dtype_is_given_up_where_it_does_not_fit() -> None:
    assert tf.convert_to_tensor(1, preferred_dtype=tf.float32).dtype is tf.float32
    assert tf.convert_to_tensor(1.5, preferred_dtype=tf.int32).dtype is tf.float32


def test_a_message_is_the_constant_that_it_holds() -> None:
    message = tf.make_tensor_proto([1, 2], tf.int64)
    made = tf.constant(message)
    assert (made.dtype, made.shape.as_list()) == (tf.int64, [2])
    with tf.Session() as session:
        assert session.run(made).tolist() == [1, 2]
        assert session.run(tf.convert_to_tensor(tf.make_tensor_proto("a"))) == b"a"
