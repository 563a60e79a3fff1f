"""What pipelines accept, refuse and warn of when they are built, and what they say they are."""

import warnings

import pytest

import tensormill.api as tf
from tensormill.python.data.ops import iterator_ops
from tensormill.python.framework import sparse_tensor as sparse_module

D = tf.data.Dataset


def test_a_function_that_updates_a_variable_does_so_for_each_element():
    count = tf.get_variable("count", (), tf.int32, use_resource=True)
    iterator = D.range(3).map(lambda _: count.assign_add(2)).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run([iterator.initializer, count.initializer])
        session.run(count.assign(10))
        assert [session.run(element) for _ in range(3)] == [12, 14, 16]
        assert session.run(count) == 16


def test_a_generator_goes_on_after_an_element_that_does_not_fit():
    def elements():
        yield [1, 2]
        yield [3]
        yield ["x", "y"]
        yield [4, 5]

    iterator = D.from_generator(elements, tf.int64, [2]).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        assert session.run(element).tolist() == [1, 2]
        for text in (r"element of shape \(2,\) was expected", "The expected type was int64"):
            with pytest.raises(tf.errors.InvalidArgumentError, match=text):
                session.run(element)
        assert session.run(element).tolist() == [4, 5]
        with pytest.raises(tf.errors.OutOfRangeError):
            session.run(element)


def test_a_list_is_no_structure_for_several_components():
    iterator = D.from_generator(
        lambda: iter([[1, 2], (3, 4)]), (tf.int64, tf.int64)
    ).make_initializable_iterator()
    element = iterator.get_next()
    with tf.Session() as session:
        session.run(iterator.initializer)
        with pytest.raises(tf.errors.InvalidArgumentError, match="expected structure"):
            session.run(element)
        assert session.run(element) == (3, 4)
    with pytest.raises(TypeError, match="input must also be a sequence"):
        tf.data.Iterator.from_structure((tf.int64, tf.int64), [None])


def test_a_list_that_a_function_returns_is_several_components():
    dataset = D.range(2).map(lambda x: [x, "text", 10])
    assert dataset.output_types == (tf.int64, tf.string, tf.int32)


def test_a_table_made_inside_a_function_is_warned_of():
    def with_table(x):
        tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [1.0]), 0.0)
        return x

    with pytest.warns(UserWarning, match=r"Creating resources inside .* Dataset.map\(\)"):
        D.range(2).map(with_table)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        D.range(2).map(lambda x: x + 1)


def test_many_calls_of_get_next_are_warned_of():
    iterator = D.range(2).make_one_shot_iterator()
    for _ in range(iterator_ops.GET_NEXT_CALL_WARNING_THRESHOLD):
        iterator.get_next()
    with pytest.warns(UserWarning, match=r"`Iterator.get_next\(\)` was called often"):
        iterator.get_next()


def test_a_dataset_knows_those_that_it_is_made_of():
    source = D.range(2)
    batched = source.batch(2)
    assert source._inputs() == []
    assert batched._inputs() == [source]
    assert D.zip({"b": source, "a": batched})._inputs() == [batched, source]
    assert source.concatenate(source)._inputs() == [source, source]


def test_options_take_values_of_their_kinds():
    options = tf.data.Options()
    for name, wrong in [
        ("experimental_deterministic", "yes"),
        ("experimental_optimization", tf.data.experimental.ThreadingOptions()),
    ]:
        with pytest.raises(TypeError, match=f'Property "{name}" must be of type'):
            setattr(options, name, wrong)
    with pytest.raises(TypeError, match="private_threadpool_size"):
        options.experimental_threading.private_threadpool_size = 1.5
    options.experimental_threading.private_threadpool_size = 3
    options.experimental_deterministic = False
    assert D.range(1).with_options(options).options() == options


def test_the_specs_of_elements_are_those_of_their_components():
    sparse = tf.SparseTensorValue([[0, 1]], [1.0], [2, 3])
    dataset = D.from_tensors({"a": [1, 2], "b": (sparse, "text")})
    expected = {
        "a": tf.TensorSpec([2], tf.int32),
        "b": (tf.SparseTensorSpec([2, 3], tf.float32), tf.TensorSpec([], tf.string)),
    }
    assert dataset.element_spec == expected
    assert dataset.make_one_shot_iterator().element_spec == expected
    assert tf.data.experimental.get_structure(dataset) == expected
    again = tf.data.experimental.from_variant(
        tf.data.experimental.to_variant(dataset), tf.data.experimental.get_structure(dataset)
    )
    assert again.element_spec == expected


def test_an_empty_optional_value_has_the_specs_that_it_was_made_with():
    specs = (tf.TensorSpec([], tf.float32), tf.SparseTensorSpec([None], tf.int64))
    empty = tf.data.experimental.Optional.none_from_structure(specs)
    assert empty.value_structure == specs
    with tf.Session() as session:
        assert not session.run(empty.has_value())
        with pytest.raises(tf.errors.InvalidArgumentError):
            session.run(empty.get_value()[0])


def test_a_sparse_spec_fits_sparse_tensors_of_its_dtype_and_shape():
    spec = sparse_module.SparseTensorSpec([None, 3], tf.float32)
    value = tf.SparseTensorValue([[0, 1]], [1.0], [2, 3])
    assert spec.is_compatible_with(tf.SparseTensorSpec([5, 3]))
    assert not spec.is_compatible_with(tf.SparseTensorSpec([5, 3], tf.int32))
    assert not spec.is_compatible_with(tf.SparseTensorSpec([5, 4]))
    assert not spec.is_compatible_with(tf.TensorSpec([5, 3]))
    assert not spec.is_compatible_with("text")
    assert spec._from_components(spec._to_components(tf.SparseTensor(*value))).dtype == tf.float32
    assert repr(spec).startswith("SparseTensorSpec(")


def test_missing_files_are_named_when_the_pipeline_starts(tmp_path):
    pattern = str(tmp_path / "nothing*")
    iterator = D.list_files(pattern).make_initializable_iterator()
    with (
        tf.Session() as session,
        pytest.raises(
            tf.errors.InvalidArgumentError, match=f"No files matched pattern: .*{pattern[:-1]}"
        ),
    ):
        session.run(iterator.initializer)


def test_a_padded_shape_that_does_not_fit_is_named_with_that_of_the_component():
    with pytest.raises(ValueError, match=r"\(1,\) is not .* input component shape \(\)\."):
        D.range(10).padded_batch(5, padded_shapes=[1])
