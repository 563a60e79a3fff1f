"""What is known of a ragged tensor before there is one; assertions of tests about them."""

from __future__ import annotations

import numpy as np
import pytest

import tensormill.api as tf


def test_a_spec_says_the_tensors_that_a_value_is_made_of() -> None:
    spec = tf.RaggedTensorSpec([5, None, None, 2], tf.float64, 2)
    assert spec.value_type is tf.RaggedTensor
    assert spec._component_specs == [
        tf.TensorSpec([None, 2], tf.float64),
        tf.TensorSpec([6], tf.int64),
        tf.TensorSpec([None], tf.int64),
    ]
    assert spec._batch(3) == tf.RaggedTensorSpec([3, 5, None, None, 2], tf.float64, 3)
    assert spec._batch(3)._unbatch() == spec


def test_a_value_is_taken_apart_and_put_together() -> None:
    rows = tf.ragged.constant([[1, 2], [], [3]])
    spec = rows._type_spec
    assert spec.is_compatible_with(rows)
    assert not spec.is_compatible_with(tf.ragged.constant([[[1]]]))
    again = spec._from_components(spec._to_components(rows))
    boxed = spec._from_compatible_tensor_list(spec._to_tensor_list(rows))
    with tf.Session() as session:
        assert session.run(again).to_list() == [[1, 2], [], [3]]
        assert session.run(boxed).to_list() == [[1, 2], [], [3]]
    value = spec._from_components([np.array([1, 2]), np.array([0, 1, 2])])
    assert isinstance(value, tf.compat.v1.ragged.RaggedTensorValue)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="Must specify ragged_rank or a shape"):
        tf.RaggedTensorSpec()
    with pytest.raises(ValueError, match="ragged_rank must be less than rank"):
        tf.RaggedTensorSpec([None, None], ragged_rank=2)
    with pytest.raises(TypeError, match="ragged_rank must be an int"):
        tf.RaggedTensorSpec(ragged_rank="1")


class _Case(tf.test.TestCase):
    def runTest(self) -> None:
        rows = tf.ragged.constant([[1.0, 2.0], [3.0]])
        self.assertAllEqual(rows, [[1.0, 2.0], [3.0]])
        self.assertAllClose(rows, [[1.0, 2.0 + 1e-7], [3.0]])
        self.assertAllEqual(rows, tf.ragged.constant([[1.0, 2.0], [3.0]]))
        for other in ([[1.0], [2.0, 3.0]], [[1.0, 2.0, 3.0]], [[1.0, 2.0], [3.5]]):
            with pytest.raises(AssertionError):
                self.assertAllEqual(rows, other)
            with pytest.raises(AssertionError):
                self.assertAllClose(rows, other)


def test_test_cases_compare_ragged_tensors() -> None:
    _Case().debug()


def test_modules_of_ragged_tensors_are_found() -> None:
    from tensormill.python.ops.ragged import (
        ragged_conversion_ops,
        ragged_factory_ops,
        ragged_math_ops,
        ragged_string_ops,
    )

    dense = np.int32([[5, 7], [0, 3]])
    texts = ragged_factory_ops.constant([["a b"], []])
    with tf.Session() as session:
        found = session.run(ragged_conversion_ops.from_tensor(dense, [1, 2], None, 1, tf.int32))
        assert found.to_list() == [[5], [0, 3]]
        assert found.row_splits.dtype == np.int32
        sparse = session.run(ragged_conversion_ops.to_sparse(found))
        assert sparse.values.tolist() == [5, 0, 3]
        back = session.run(ragged_conversion_ops.from_sparse(sparse))
        assert back.to_list() == [[5], [0, 3]]
        assert session.run(ragged_math_ops.range([2, 5], [4, 6])).to_list() == [[2, 3], [5]]
        split = session.run(ragged_string_ops.string_split_v2(texts))
        assert split.to_list() == [[[b"a", b"b"]], []]
        assert session.run(ragged_conversion_ops.to_tensor(dense)).tolist() == dense.tolist()


def test_functions_that_only_modules_have_take_ragged_tensors() -> None:
    from tensormill.python.ops import array_ops

    rows = tf.ragged.constant([[1, 2], [3]])
    with tf.Session() as session:
        assert session.run(array_ops.gather_v2(rows, [1, 0])).to_list() == [[3], [1, 2]]
