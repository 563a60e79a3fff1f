"""`DatasetTestBase`: what it accepts and what it refuses of datasets."""

import pytest

import tensormill.api as tf
from tensormill.python.data.kernel_tests import test_base


@pytest.fixture
def case():
    test_case = test_base.DatasetTestBase("getNext")
    test_case.setUp()
    yield test_case
    test_case.tearDown()


def sparse(number):
    return tf.SparseTensorValue(indices=[[0]], values=[number], dense_shape=[1])


def test_elements_are_compared_with_those_expected(case):
    numbers = tf.data.Dataset.range(3)
    case.assertDatasetProduces(numbers, [0, 1, 2], num_test_iterations=2)
    case.assertDatasetProduces(numbers, [2, 1, 0], assert_items_equal=True)
    case.assertDatasetProduces(numbers, range(3), expected_shapes=tf.TensorShape([]))
    for wrong in ([0, 1], [0, 1, 3]):
        with pytest.raises(AssertionError):
            case.assertDatasetProduces(numbers, wrong)
    with pytest.raises(tf.errors.OutOfRangeError):
        case.assertDatasetProduces(numbers, [0, 1, 2, 3])
    with pytest.raises(AssertionError):
        case.assertDatasetProduces(numbers)


def test_sparse_and_nested_elements_are_compared_by_their_parts(case):
    dataset = tf.data.Dataset.from_tensors({"a": sparse(3), "b": (1, [2])})
    case.assertDatasetProduces(dataset, [{"a": sparse(3), "b": (1, [2])}])
    with pytest.raises(AssertionError):
        case.assertDatasetProduces(dataset, [{"a": sparse(4), "b": (1, [2])}])


def test_an_expected_error_must_come(case):
    failing = tf.data.Dataset.from_tensors(0.0).map(lambda x: tf.check_numerics(1 / x, "no"))
    case.assertDatasetProduces(failing, expected_error=(tf.errors.InvalidArgumentError, "no"))
    with pytest.raises(AssertionError):
        case.assertDatasetProduces(
            tf.data.Dataset.range(1), expected_error=(tf.errors.InvalidArgumentError, "")
        )


def test_datasets_are_equal_by_kinds_and_values(case):
    case.assertDatasetsEqual(tf.data.Dataset.range(3), tf.data.Dataset.range(0, 3))
    case.assertDatasetsEqual(*[tf.data.Dataset.from_tensors((sparse(1), "a")) for _ in range(2)])
    others = [
        tf.data.Dataset.range(4),
        tf.data.Dataset.from_tensor_slices([0.0, 1.0, 2.0]),
        tf.data.Dataset.from_tensor_slices([[0], [1], [2]]),
    ]
    for other in others:
        with pytest.raises((AssertionError, tf.errors.OutOfRangeError)):
            case.assertDatasetsEqual(other, tf.data.Dataset.range(3))


def test_datasets_that_fail_alike_have_one_message(case):
    def failing(text):
        return tf.data.Dataset.from_tensors(0.0).map(lambda x: tf.check_numerics(1 / x, text))

    kind = tf.errors.InvalidArgumentError
    with pytest.raises(ValueError, match="it did not"):
        case.assertDatasetsRaiseSameError(tf.data.Dataset.range(1), failing("a"), kind)
    with pytest.raises(AssertionError):
        case.assertDatasetsRaiseSameError(failing("a"), failing("b"), kind)


def test_structures_of_none_give_zeros(case):
    dataset = case.structuredDataset((None, (None,)), shape=[2], dtype=tf.int32)
    assert dataset.output_types == (tf.int32, (tf.int32,))
    element = case.structuredElement((None, (None,)), shape=[2])
    assert element[1][0].shape.as_list() == [2]
    case.assertDatasetProduces(dataset, [([0, 0], ([0, 0],))])


@pytest.mark.usefixtures("no_gpu")
def test_stateful_datasets_are_initialized(case):
    count = tf.get_variable("count", (), tf.int64, use_resource=True, trainable=False)
    case.evaluate(count.initializer)
    dataset = tf.data.Dataset.range(2).map(lambda x: x + count)
    get_next = case.getNext(dataset, requires_initialization=True)
    assert case.evaluate(get_next()) == 0
