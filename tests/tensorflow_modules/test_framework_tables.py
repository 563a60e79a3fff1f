"""Tests of the tables and utilities of `tensorflow.python.framework`."""

import numpy as np
import pytest

import tensormill as tf
from tensormill.python.framework import (
    composite_tensor,
    composite_tensor_utils,
    dtypes,
    errors_impl,
    kernels,
    ops,
)
from tensormill.python.training import input as inputs
from tensormill.python.training import optimizer


def sparse_value(indices, shape):
    return tf.SparseTensorValue(np.array(indices), np.arange(len(indices)), shape)


def test_sparse_values_are_joined_along_the_rows():
    first, second = sparse_value([[0, 0], [1, 2]], (2, 3)), sparse_value([[0, 1]], (1, 3))
    joined = composite_tensor_utils.append_composite_tensor(first, second)
    assert joined.indices.tolist() == [[0, 0], [1, 2], [2, 1]]
    assert joined.values.tolist() == [0, 1, 0]
    assert composite_tensor_utils.get_shape(joined) == (3, 3)
    with pytest.raises(RuntimeError, match="match inner dimensions"):
        composite_tensor_utils.append_composite_tensor(first, sparse_value([[0, 1]], (1, 4)))
    with pytest.raises(RuntimeError, match="same number of dimensions"):
        composite_tensor_utils.append_composite_tensor(first, sparse_value([[0]], (1,)))


def test_ragged_values_are_joined_along_the_rows():
    def value(rows):
        return tf.compat.v1.ragged.constant_value(rows)

    join = composite_tensor_utils.append_composite_tensor
    assert join(value([[1], [2, 3]]), value([[], [4]])).to_list() == [[1], [2, 3], [], [4]]
    assert join(value([[[1], []]]), value([[[2]]])).to_list() == [[[1], []], [[2]]]
    with pytest.raises(RuntimeError, match="Unable to concatenate"):
        join(value([[1]]), value([[[1]]]))


def test_composite_tensors_are_joined_and_taken_apart():
    with tf.Graph().as_default(), tf.Session() as session:
        sparse, ragged = tf.SparseTensor([[0]], [1], [1]), tf.ragged.constant([[1, 2]])
        join = composite_tensor_utils.append_composite_tensor
        assert session.run(join(sparse, sparse)).dense_shape.tolist() == [2]
        assert session.run(join(ragged, ragged)).to_list() == [[1, 2], [1, 2]]
        parts = composite_tensor.replace_composites_with_components({"s": sparse, "r": [ragged]})
        flat = tf.nest.flatten({"s": sparse, "r": [ragged]}, expand_composites=True)
        assert tf.nest.flatten(parts) == flat
        with pytest.raises(RuntimeError, match="Unable to concatenate"):
            join(sparse, ragged)
        with pytest.raises(RuntimeError, match="unsupported object"):
            join(1, 2)
        is_composite = composite_tensor_utils.is_composite_or_composite_value
        assert is_composite(sparse)
        assert is_composite(session.run(ragged))
        assert not is_composite(tf.constant(1))


def test_the_tables_of_dtypes_do_not_collide():
    tables = [dtypes._INTERN_TABLE, dtypes._STRING_TO_TF, dtypes._PYTHON_TO_TF, dtypes._NP_TO_TF]
    assert len(dtypes._ANY_TO_TF) == sum(map(len, tables))
    assert dtypes._STRING_TO_TF["half"] is tf.float16
    assert dtypes._ANY_TO_TF[float] is tf.float32
    assert dtypes._ANY_TO_TF[101] is tf.float32._as_ref


def test_codes_and_classes_of_errors_are_known_to_each_other():
    assert errors_impl._CODE_TO_EXCEPTION_CLASS[3] is tf.errors.InvalidArgumentError
    assert errors_impl._EXCEPTION_CLASS_TO_CODE[tf.errors.DataLossError] == 15


def test_registered_kernels_are_listed():
    found = kernels.get_registered_kernels_for_op("MatMul").kernel
    assert {kernel.device_type for kernel in found} >= {"CPU"}
    (constraint,) = found[0].constraint
    assert constraint.name == "T"
    assert tf.float32.as_datatype_enum in constraint.allowed_values.list.type
    assert not kernels.get_registered_kernels_for_op("NoSuchOp").kernel
    ops = {kernel.op for kernel in kernels.get_all_registered_kernels().kernel}
    assert {"MatMul", "Identity"} <= ops


def test_dictionaries_to_batch_become_lists_and_dictionaries_again():
    values = {"b": 2, "a": 1, "c": 3}
    assert inputs._as_tensor_list(values) == [1, 2, 3]
    assert inputs._as_original_type(values, [1, 2, 3]) == values
    assert inputs._as_original_type({"a": 1}, 5) == {"a": 5}
    assert inputs._as_tensor_list([3, 2]) == [3, 2]
    assert inputs._as_original_type([3, 2], [3, 2]) == [3, 2]


def test_slices_of_one_row_are_summed():
    with tf.Graph().as_default(), tf.Session() as session:
        slices = tf.constant([[1.0], [2.0], [4.0]]), tf.constant([3, 1, 3])
        values, rows = session.run(optimizer._deduplicate_indexed_slices(*slices))
    assert values.tolist() == [[5.0], [2.0]]
    assert rows.tolist() == [3, 1]


def test_composite_tensors_are_not_converted():
    with tf.Graph().as_default():
        sparse = tf.SparseTensor([[0]], [1], [1])
        assert ops.convert_to_tensor_or_composite(sparse, tf.int32) is sparse
        with pytest.raises(ValueError, match="requested dtype float32 for Tensor with dtype int32"):
            ops.convert_to_tensor_or_composite(sparse, tf.float32)
        none, same, made = ops.convert_n_to_tensor_or_composite([None, sparse, 3], name="made")
        assert none is None
        assert same is sparse
        assert made.op.name == "made_2"
        with pytest.raises(TypeError, match="sequence"):
            ops.convert_n_to_tensor_or_composite(3)


def test_what_may_not_be_fetched_has_an_error_of_its_own():
    with tf.Graph().as_default() as graph, tf.Session() as session:
        hidden = tf.constant(1)
        graph.prevent_fetching(hidden.op)
        with pytest.raises(errors_impl.InaccessibleTensorError, match="not fetchable"):
            session.run(hidden)
