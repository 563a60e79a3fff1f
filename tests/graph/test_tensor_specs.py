"""What is known of tensors before there are any."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.graph.indexed_slices import IndexedSlicesValue
from tensormill.graph.sparse_tensor import SparseTensorSpec
from tensormill.graph.tensor_specs import BoundedTensorSpec, IndexedSlicesSpec, TensorSpec


def test_specs_are_equal_where_they_know_the_same() -> None:
    spec = TensorSpec([1, None], tf.float32, name="x")
    assert spec == TensorSpec([1, None], "float32", name="x")
    assert spec != TensorSpec([1, None], tf.float32)
    assert len({spec, TensorSpec([1, None], tf.float32, name="x")}) == 1
    assert repr(spec) == "TensorSpec(shape=(1, ?), dtype=tf.float32, name='x')"
    assert TensorSpec.from_spec(spec, "y").name == "y"


def test_tensors_are_compatible_or_not() -> None:
    spec = TensorSpec([1, None])
    assert spec.is_compatible_with(tf.zeros([1, 7]))
    assert not spec.is_compatible_with(tf.zeros([2, 7]))
    assert not spec.is_compatible_with(tf.zeros([1, 7], tf.int32))
    assert TensorSpec.from_tensor(tf.zeros([3], name="z")) == TensorSpec([3], name="z")
    with pytest.raises(ValueError, match="should be a"):
        TensorSpec.from_tensor(3)


def test_bounds_must_fit_the_shape() -> None:
    spec = BoundedTensorSpec((3, 5), tf.uint8, 0, (5, 5, 5, 5, 5))
    assert spec.maximum.dtype == np.uint8
    assert BoundedTensorSpec.from_spec(spec) == spec
    assert BoundedTensorSpec.from_spec(TensorSpec([1], tf.uint8)).maximum == 255
    with pytest.raises(ValueError, match="not compatible"):
        BoundedTensorSpec((3, 5), tf.uint8, 0, (1, 1, 1))
    with pytest.raises(ValueError, match="must be provided"):
        BoundedTensorSpec((3, 5), tf.uint8, None, 1)


def test_slices_have_specs_of_their_parts() -> None:
    spec = IndexedSlicesSpec([5, 10], dense_shape_dtype=tf.int32)
    parts = (TensorSpec([None, 10]), TensorSpec([None], tf.int64), TensorSpec([2], tf.int32))
    assert spec._component_specs == parts
    arrays = (np.ones([1, 10]), np.array([3]), np.array([5, 10]))
    made = spec._from_components(arrays)
    assert isinstance(made, IndexedSlicesValue)
    assert spec._to_components(made) == arrays


def test_specs_of_sparse_tensors_know_their_parts() -> None:
    spec = SparseTensorSpec([2, None], tf.int32)
    assert spec._component_specs == [
        TensorSpec([None, 2], tf.int64),
        TensorSpec([None], tf.int32),
        TensorSpec([2], tf.int64),
    ]
    value = tf.SparseTensor([[0, 1]], [7], [2, 3])
    assert value._type_spec == SparseTensorSpec([2, 3], tf.int32)
    assert spec.is_compatible_with(value)
    assert not spec.is_compatible_with(SparseTensorSpec([3, 3], tf.int32))
    made = spec._from_components(spec._to_components(value))
    assert made.values is value.values
    arrays = [np.zeros([1, 2], np.int64), np.zeros([1]), np.zeros([2], np.int64)]
    assert isinstance(spec._from_components(arrays), tf.SparseTensorValue)
    assert spec._batch(4)._unbatch() == spec
    common = spec.most_specific_compatible_type(SparseTensorSpec([5, None], tf.int32))
    assert common == SparseTensorSpec([None, None], tf.int32)
    with pytest.raises(ValueError, match="No TypeSpec is compatible with both"):
        spec.most_specific_compatible_type(SparseTensorSpec([2, None], tf.int64))
