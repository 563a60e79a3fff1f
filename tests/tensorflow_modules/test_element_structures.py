"""`tensorflow.python.data.util`: structures of elements and their specifications."""

from __future__ import annotations

import pytest

import tensormill as tf
from tensormill.python.data.util import nest, structure


def _element() -> dict[str, object]:
    sparse = tf.SparseTensor([[1]], [5], [3])
    return {"b": (tf.constant([1.0, 2.0]), sparse), "a": tf.constant("x")}


def test_elements_become_tensors_and_come_back() -> None:
    specs = structure.type_spec_from_value(_element())
    assert specs["a"] == tf.TensorSpec([], tf.string)
    assert isinstance(specs["b"][1], tf.SparseTensorSpec)
    types = structure.get_flat_tensor_types(specs)
    assert types == [tf.string, tf.float32, tf.variant]
    shapes = [shape.as_list() for shape in structure.get_flat_tensor_shapes(specs)[:2]]
    assert shapes == [[], [2]]
    tensors = structure.to_tensor_list(specs, _element())
    again = structure.from_tensor_list(specs, tensors)
    with tf.Session() as session:
        found = session.run(again)
    assert (found["a"], found["b"][0].tolist(), found["b"][1].values.tolist()) == (
        b"x",
        [1, 2],
        [5],
    )
    assert structure.are_compatible(specs, structure.type_spec_from_value(_element()))
    assert not structure.are_compatible(specs, specs["b"])


def test_what_does_not_fit_is_refused() -> None:
    specs = structure.type_spec_from_value((tf.constant(1.0), tf.constant([2])))
    with pytest.raises(ValueError, match="Expected 2 tensors but got 1"):
        structure.from_compatible_tensor_list(specs, [tf.constant(1.0)])
    with pytest.raises(ValueError, match="Incompatible input"):
        structure.from_tensor_list(specs, [tf.constant(1), tf.constant([2])])
    with pytest.raises(ValueError, match="not convertible to a tensor"):
        structure.to_tensor_list(specs, (tf.constant(1.0), tf.constant([2, 3])))
    with pytest.raises(TypeError, match="Could not build a TypeSpec"):
        structure.type_spec_from_value(object())
    legacy = structure.convert_legacy_structure(tf.int32, tf.TensorShape([3]), tf.Tensor)
    assert legacy == tf.TensorSpec([3], tf.int32)
    assert structure.normalize_element((1, 2.0))[1].dtype == tf.float32


def test_structures_are_packed_with_as_many_leaves() -> None:
    assert nest.pack_sequence_as(((4, 5), 6), [1, 2, 3]) == ((1, 2), 3)
    with pytest.raises(ValueError, match="Structure had 3 elements, but flat_sequence had 2"):
        nest.pack_sequence_as(((4, 5), 6), [1, 2])
    with pytest.raises(ValueError, match="Structure is a scalar"):
        nest.pack_sequence_as(1, [1, 2])
    with pytest.raises(TypeError, match="func must be callable"):
        nest.map_structure("bad", (1,))
    with pytest.raises(ValueError, match="at least one structure"):
        nest.map_structure(lambda: 1)
