"""`DatasetTestBase`, the test case of TensorFlow's own tests of `tf.data`.

Source: TensorFlow 1.15, python/data/kernel_tests/test_base.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tensormill.data import nest
from tensormill.data.dataset import Dataset
from tensormill.data.iterator import get_output_classes, get_output_shapes, get_output_types
from tensormill.data.sources import make_initializable_iterator, make_one_shot_iterator
from tensormill.graph import dtypes, errors
from tensormill.graph.dtypes import DType
from tensormill.graph.sparse_tensor import SparseTensor, SparseTensorValue
from tensormill.graph.tensor import Tensor
from tensormill.ops.filling import zeros
from tensormill.ops.tensor_array_class import TensorArray
from tensormill.unittesting import combinations
from tensormill.unittesting.test_case import TestCase

__all__ = ["DatasetTestBase", "default_test_combinations"]


def default_test_combinations() -> list[dict[str, Any]]:
    """Return the combinations of versions and modes; only one of them runs here."""
    return combinations.combine(tf_api_version=[1, 2], mode=["eager", "graph"])


class DatasetTestBase(TestCase):
    """A test case that compares what datasets produce."""

    def assert_op_cancelled(self, op: Any) -> None:
        """Fail unless a node is cancelled."""
        with self.assertRaises(errors.CancelledError):
            self.evaluate(op)

    def assertValuesEqual(self, expected: Any, actual: Any) -> None:
        """Fail unless two arrays or sparse values are equal."""
        if _is_sparse(expected):
            for part in ("indices", "values", "dense_shape"):
                self.assertAllEqual(getattr(expected, part), getattr(actual, part))
        else:
            self.assertAllEqual(expected, actual)

    def getNext(
        self,
        dataset: Dataset,
        requires_initialization: bool = False,
        shared_name: str | None = None,
    ) -> Callable[[], Any]:
        """Return a function that returns the next element, to be evaluated each time.

        Args:
          dataset: what to iterate over.
          requires_initialization: its iterator must be initialized, as it has state.
          shared_name: the name under which sessions share the iterator.
        """
        if requires_initialization:
            iterator = make_initializable_iterator(dataset, shared_name)
            self.evaluate(iterator.initializer)
        else:
            iterator = make_one_shot_iterator(dataset)
        element = iterator.get_next()

        def get_next() -> Any:
            return element.stack() if isinstance(element, TensorArray) else element

        return get_next

    def _compare(self, results: list[Any], expected: Sequence[Any], in_any_order: bool) -> None:
        if in_any_order:
            self.assertItemsEqual(results, expected)
            return
        for result, element in zip(results, expected, strict=True):
            nest.assert_same_structure(result, element)
            for value, wanted in zip(nest.flatten(result), nest.flatten(element), strict=True):
                self.assertValuesEqual(wanted, value)

    def assertDatasetProduces(
        self,
        dataset: Dataset,
        expected_output: Sequence[Any] | None = None,
        expected_shapes: Any = None,
        expected_error: tuple[type[Exception], Any] | None = None,
        requires_initialization: bool = False,
        num_test_iterations: int = 1,
        assert_items_equal: bool = False,
        expected_error_iter: int = 1,
    ) -> None:
        """Fail unless a dataset has the expected elements, or fails as expected.

        Args:
          dataset: the dataset.
          expected_output: its elements.
          expected_shapes: the structure of its static shapes.
          expected_error: the class of the error, and a regular expression for its message or a
            function of it.
          requires_initialization: its iterator must be initialized.
          num_test_iterations: how many times it is gone through.
          assert_items_equal: its elements may come in any order.
          expected_error_iter: how many elements are asked for where an error is expected.
        """
        one_of_two = "Exactly one of expected_output or expected error should be provided."
        self.assertTrue(expected_error is not None or expected_output is not None, one_of_two)
        if expected_error:
            self.assertIsNone(expected_output, one_of_two)
            with self.assertRaisesWithPredicateMatch(*expected_error):
                get_next = self.getNext(dataset, requires_initialization)
                for _ in range(expected_error_iter):
                    self.evaluate(get_next())
            return
        if expected_shapes:
            self.assertEqual(expected_shapes, get_output_shapes(dataset))
        self.assertGreater(num_test_iterations, 0)
        expected = [] if expected_output is None else list(expected_output)
        for _ in range(num_test_iterations):
            get_next = self.getNext(dataset, requires_initialization)
            results = [self.evaluate(get_next()) for _ in expected]
            self._compare(results, expected, assert_items_equal)
            for _ in range(2):
                with self.assertRaises(errors.OutOfRangeError):
                    self.evaluate(get_next())

    def assertDatasetsEqual(self, dataset1: Dataset, dataset2: Dataset) -> None:
        """Fail unless two datasets have elements of the same kinds and values."""
        kinds = nest.flatten(get_output_types(dataset1))
        self.assertEqual(get_output_types(dataset1), get_output_types(dataset2))
        self.assertEqual(get_output_classes(dataset1), get_output_classes(dataset2))
        shapes = [nest.flatten(get_output_shapes(each)) for each in (dataset1, dataset2)]
        for left, right in zip(*shapes, strict=True):
            self.assertTrue(left.is_compatible_with(right))
        next1, next2 = self.getNext(dataset1), self.getNext(dataset2)
        while True:
            try:
                first = self.evaluate(next1())
            except errors.OutOfRangeError:
                with self.assertRaises(errors.OutOfRangeError):
                    self.evaluate(next2())
                return
            second = self.evaluate(next2())
            for kind, a, b in zip(kinds, nest.flatten(first), nest.flatten(second), strict=True):
                if _is_sparse(a) or kind == dtypes.string:
                    self.assertValuesEqual(a, b)
                else:
                    self.assertAllClose(a, b)

    def assertDatasetsRaiseSameError(
        self,
        dataset1: Dataset,
        dataset2: Dataset,
        exception_class: type[errors.OpError],
        replacements: Iterable[tuple[str, str, int]] | None = None,
    ) -> None:
        """Fail unless the first elements of two datasets fail with one message.

        Args:
          dataset1: the dataset whose message is taken.
          dataset2: the other.
          exception_class: the class of the errors.
          replacements: what is replaced in the message of the first: old, new, how many times.

        Raises:
          ValueError: the first does not fail.
        """
        next1, next2 = self.getNext(dataset1), self.getNext(dataset2)
        try:
            self.evaluate(next1())
        except exception_class as error:
            message = error.message
            for old, new, count in replacements or ():
                message = message.replace(old, new, count)
            with self.assertRaisesWithPredicateMatch(exception_class, re.escape(message)):
                self.evaluate(next2())
            return
        raise ValueError(
            f"Expected dataset to raise an error of type {exception_class!r}, but it did not."
        )

    def structuredDataset(
        self,
        dataset_structure: Any,
        shape: Sequence[int] | None = None,
        dtype: DType = dtypes.int64,
    ) -> Dataset:
        """Return a dataset of one element of zeros, nested as a structure of None says."""
        if dataset_structure is None:
            return Dataset.from_tensors(zeros(shape or [], dtype=dtype))
        parts = [self.structuredDataset(part, shape, dtype) for part in dataset_structure]
        return Dataset.zip(tuple(parts))

    def structuredElement(
        self,
        element_structure: Any,
        shape: Sequence[int] | None = None,
        dtype: DType = dtypes.int64,
    ) -> Tensor | tuple[Any, ...]:
        """Return zeros, nested as a structure of None says."""
        if element_structure is None:
            return zeros(shape or [], dtype=dtype)
        return tuple(self.structuredElement(part, shape, dtype) for part in element_structure)


def _is_sparse(value: Any) -> bool:
    return isinstance(value, (SparseTensor, SparseTensorValue))
