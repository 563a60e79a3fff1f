"""What data sets are made of inside: options, structures, sparse elements, arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.data.util import convert, nest, options, random_seed, sparse


class _Inner(options.OptionsBase):
    x = options.create_option("x", int, "a number", default_factory=lambda: 42)
    y = options.create_option("y", float, "another", default_factory=lambda: 3.14)


class _Outer(options.OptionsBase):
    inner = options.create_option("inner", _Inner, "others", default_factory=_Inner)
    flag = options.create_option("flag", bool, "a bool")


def test_options_know_their_types_and_values() -> None:
    made = _Inner()
    assert (made.x, made.y, _Inner.x.__doc__) == (42, 3.14, "a number")
    made.x = 0
    assert made.x == 0
    assert made != _Inner()
    assert _Inner() == _Inner()
    with pytest.raises(TypeError, match='Property "x" must be of type'):
        made.x = 3.14
    with pytest.raises(AttributeError, match="Cannot set the property z on _Inner"):
        made.z = 1


def test_options_are_merged_unless_they_differ() -> None:
    one, other = _Outer(), _Outer()
    one.inner.x, other.inner.y, other.flag = 7, 1.5, True
    both = options.merge_options(one, other)
    assert (both.inner.x, both.inner.y, both.flag) == (7, 1.5, True)
    other.inner.x = 8
    with pytest.raises(ValueError, match="Cannot merge incompatible values"):
        options.merge_options(one, other)
    with pytest.raises(TypeError, match="Incompatible options type"):
        options.merge_options(one, _Inner())
    with pytest.raises(TypeError, match="should inherit from"):
        options.merge_options(1, 2)
    with pytest.raises(ValueError, match="At least one options should be provided"):
        options.merge_options()


def test_datasets_with_options_that_differ_are_refused() -> None:
    def switched(value: bool) -> tf.data.Options:
        made = tf.data.Options()
        made.experimental_optimization.autotune = value
        return made

    dataset = tf.data.Dataset.range(1).with_options(switched(True))
    assert dataset.with_options(switched(True)).options().experimental_optimization.autotune
    with pytest.raises(ValueError, match="Cannot merge incompatible values"):
        dataset.with_options(switched(False))
    assert tf.data.experimental.MapVectorizationOptions().enabled is None
    assert tf.data.Options().experimental_stats.counter_prefix == ""


def test_parts_stand_where_another_structure_ends() -> None:
    shallow = {"a": 0, "b": (1, 2)}
    deep = {"a": (3, 4), "b": ({"c": 5}, 6)}
    assert nest.flatten_up_to(shallow, deep) == [(3, 4), {"c": 5}, 6]
    for wrong, error, message in (
        ({"a": 1, "b": 2}, TypeError, "input must also be a sequence"),
        ({"a": 1, "b": (1, 2, 3)}, ValueError, "same sequence length"),
        ({"a": 1, "c": (1, 2)}, ValueError, "same keys"),
        ({"a": 1, "b": {"x": 1, "y": 2}}, TypeError, "same sequence type"),
    ):
        with pytest.raises(error, match=message):
            nest.assert_shallow_structure(shallow, wrong)
    nest.assert_shallow_structure((1, 2), {"x": 1, "y": 2}, check_types=False)


def test_sparse_elements_travel_as_variants() -> None:
    matrix = tf.SparseTensor([[0, 1], [1, 0]], [3, 4], [2, 2])
    element = (matrix, tf.constant([1.0, 2.0]))
    classes = sparse.get_classes(element)
    assert classes == (tf.SparseTensor, tf.Tensor)
    assert sparse.any_sparse(classes)
    types, shapes = (tf.int32, tf.float32), (tf.TensorShape([2, 2]), tf.TensorShape([2]))
    assert sparse.as_dense_types(types, classes) == (tf.variant, tf.float32)
    assert sparse.as_dense_shapes(shapes, classes)[0].ndims is None
    variants = sparse.serialize_sparse_tensors(element)
    assert variants[0].dtype == tf.variant
    back = sparse.deserialize_sparse_tensors(variants, types, shapes, classes)
    rows = sparse.serialize_many_sparse_tensors(element)[0]
    with tf.Session() as session:
        made, count = session.run([back[0], tf.shape(rows)])
    np.testing.assert_array_equal(made.indices, [[0, 1], [1, 0]])
    assert made.values.tolist() == [3, 4]
    assert count.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("given", "expected"), [([], []), ([None, 3], [-1, 3]), (tf.TensorShape([1]), [1])]
)
def test_shapes_are_vectors(given: Any, expected: list[int]) -> None:
    with tf.Session() as session:
        assert session.run(convert.partial_shape_to_tensor(given)).tolist() == expected
        assert session.run(convert.optional_param_to_tensor("size", None, 9)) == 9
        assert session.run(convert.optional_param_to_tensor("size", 2)) == 2
    with pytest.raises(ValueError, match="values, but the shape was"):
        convert.partial_shape_to_tensor(tf.constant(1, tf.int64))
    with pytest.raises(TypeError, match="but the element type was int32"):
        convert.partial_shape_to_tensor(tf.constant([1], tf.int32))


def test_seeds_of_datasets_are_never_zero_for_a_seed_of_zero() -> None:
    tf.set_random_seed(0)
    with tf.Session() as session:
        assert session.run(random_seed.get_seed(0)) == (0, 2**31 - 1)
        assert session.run(random_seed.get_seed(5)) == (0, 5)
