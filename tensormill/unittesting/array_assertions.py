"""Assertions about arrays, and structures of them; tensors are evaluated first.

Source: TensorFlow 1.15, python/framework/test_util.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from absl.testing import absltest

from tensormill.graph.dtypes import as_dtype
from tensormill.graph.indexed_slices import IndexedSlices
from tensormill.graph.tensor import Tensor
from tensormill.ragged_tensors.tensor import RaggedTensor, is_ragged

__all__ = ["ArrayAssertions"]

Array = np.ndarray[Any, Any]

# Larger arrays are not printed when a shape is wrong.
_MOST_PRINTED = 500
# How many entries a message names.
_MOST_ENTRIES = 10


class ArrayAssertions(absltest.TestCase):
    """A test case that compares arrays, lists of arrays, and tensors."""

    def evaluate(self, tensors: Any) -> Any:
        """Return the values of a structure of tensors."""
        raise NotImplementedError

    def _to_array(self, value: Any) -> Array:
        if isinstance(value, (Tensor, IndexedSlices)):
            value = self.evaluate(value)
        return value if isinstance(value, np.ndarray) else np.array(value)

    def _to_rows(self, value: Any) -> Array:
        """Return an array; lists of different lengths stay lists in one."""
        try:
            return self._to_array(value)
        except ValueError:
            return np.array(value, dtype=object)

    def assertAllClose(
        self, a: Any, b: Any, rtol: float = 1e-6, atol: float = 1e-6, msg: str | None = None
    ) -> None:
        """Fail unless two structures of numbers are alike, and near each other everywhere.

        Args:
          a: numbers: an array, a tensor, a list, or lists, tuples and dicts of these.
          b: what is expected.
          rtol: how far apart numbers may be, relative to `b`.
          atol: how far apart they may be besides.
          msg: is added to the message.

        Raises:
          ValueError: a dict is compared with something else, or lists differ in length.
        """
        if is_ragged(a) or is_ragged(b):
            self._assert_same_ragged_rank(a, b, msg)
            self._assert_lists_close(self._to_list(a), self._to_list(b), rtol, atol, [], msg or "")
            return
        self._assert_close(a, b, rtol, atol, [], msg or "")

    def assertAllCloseAccordingToType(
        self,
        a: Any,
        b: Any,
        rtol: float = 1e-6,
        atol: float = 1e-6,
        float_rtol: float = 1e-6,
        float_atol: float = 1e-6,
        half_rtol: float = 1e-3,
        half_atol: float = 1e-3,
        bfloat16_rtol: float = 1e-2,
        bfloat16_atol: float = 1e-2,
        msg: str | None = None,
    ) -> None:
        """Like `assertAllClose`, with the tolerances of the narrower dtype of the two."""
        a, b = self._to_array(a), self._to_array(b)
        widths = (
            (("float32", "complex64"), float_rtol, float_atol),
            (("float16",), half_rtol, half_atol),
            (("bfloat16",), bfloat16_rtol, bfloat16_atol),
        )
        for names, least_rtol, least_atol in widths:
            if a.dtype.name in names or b.dtype.name in names:
                rtol, atol = max(rtol, least_rtol), max(atol, least_atol)
        self.assertAllClose(a, b, rtol=rtol, atol=atol, msg=msg)

    def assertNotAllClose(self, a: Any, b: Any, **options: Any) -> None:
        """Fail where `assertAllClose` would not."""
        try:
            self.assertAllClose(a, b, **options)
        except AssertionError:
            return
        raise AssertionError("The two values are close at all elements")

    def _assert_close(
        self, a: Any, b: Any, rtol: float, atol: float, path: list[Any], msg: str
    ) -> None:
        where = "".join(f"[{part}]" for part in path)
        a = a._asdict() if hasattr(a, "_asdict") else a
        b = b._asdict() if hasattr(b, "_asdict") else b
        if isinstance(a, Mapping) != isinstance(b, Mapping):
            raise ValueError(f"Can't compare dict to non-dict, a{where} vs b{where}. {msg}")
        if isinstance(a, Mapping):
            text = (
                f"mismatched keys: a{where} has keys {a.keys()}, but b{where} has keys {b.keys()}."
            )
            self.assertCountEqual(a.keys(), b.keys(), f"{text} {msg}")
            for key in a:
                self._assert_close(a[key], b[key], rtol, atol, [*path, key], msg)
            return
        try:
            difference = f"Mismatched value: a{where} is different from b{where}. {msg}"
            self._assert_arrays_close(a, b, rtol, atol, difference)
        except (TypeError, ValueError):
            if not isinstance(a, (list, tuple)):
                raise
            if len(a) != len(b):
                raise ValueError(
                    f"Mismatched length: a{where} has {len(a)} items, but b{where} has {len(b)} "
                    f"items. {msg}"
                ) from None
            for index, (left, right) in enumerate(zip(a, b, strict=True)):
                self._assert_close(left, right, rtol, atol, [*path, index], msg)

    def _assert_arrays_close(self, a: Any, b: Any, rtol: float, atol: float, msg: str) -> None:
        a, b = self._to_array(a), self._to_array(b)
        self._assert_same_shape(a, b, msg)
        if np.allclose(a, b, rtol=rtol, atol=atol):
            return
        a, b = np.atleast_1d(a, b)
        with np.errstate(invalid="ignore"):
            apart = np.abs(a - b) > atol + rtol * np.abs(b)
            where = np.where(apart | (np.isnan(a) != np.isnan(b)))
        lines = [msg, f"not close where = {where}", f"not close lhs = {a[where]}"]
        lines += [f"not close rhs = {b[where]}", f"not close dif = {np.abs(a[where] - b[where])}"]
        lines.append(f"dtype = {a.dtype}, shape = {a.shape}")
        np.testing.assert_allclose(
            a, b, rtol=rtol, atol=atol, err_msg="\n".join(lines), equal_nan=True
        )

    def _assert_same_shape(self, a: Array, b: Array, msg: str | None) -> None:
        text = f"Shape mismatch: expected {a.shape}, got {b.shape}."
        if b.ndim <= 3 or b.size < _MOST_PRINTED:
            text = f"{text} Contents: {b!r}."
        self.assertEqual(a.shape, b.shape, f"{text} {msg}")

    def assertAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail unless two arrays have the same shape and elements; NaNs are equal to NaNs.

        A ragged tensor is compared with another, or with nested lists, row by row.
        """
        if is_ragged(a) or is_ragged(b):
            self.assertEqual(self._to_list(a), self._to_list(b), msg)
            self._assert_same_ragged_rank(a, b, msg)
            return
        a, b = self._to_rows(a), self._to_rows(b)
        self._assert_same_shape(a, b, msg)
        same = a == b
        if a.dtype.kind in "fc" and b.dtype.kind in "fc":
            same = same | (np.isnan(a) & np.isnan(b))
        if np.all(same):
            return
        a, b = np.atleast_1d(a, b)
        where = np.where(np.logical_not(np.atleast_1d(same)))
        lines = [msg or "", f"not equal where = {where}"]
        lines += [f"not equal lhs = {a[where]!r}", f"not equal rhs = {b[where]!r}"]
        np.testing.assert_array_equal(a, b, err_msg="\n".join(lines))

    def assertNotAllEqual(self, a: Any, b: Any, msg: str | None = None) -> None:
        """Fail if two arrays are equal everywhere."""
        try:
            self.assertAllEqual(a, b)
        except AssertionError:
            return
        raise AssertionError(f"The two values are equal at all elements. {msg or ''}".rstrip())

    def _to_list(self, value: Any) -> Any:
        if isinstance(value, (Tensor, RaggedTensor)):
            value = self.evaluate(value)
        if is_ragged(value):
            return value.to_list()
        if isinstance(value, (list, tuple)):
            return [self._to_list(item) for item in value]
        return np.asarray(value).tolist()

    def _assert_same_ragged_rank(self, a: Any, b: Any, msg: str | None) -> None:
        if not isinstance(a, (list, tuple)) and not isinstance(b, (list, tuple)):
            ranks = [each.ragged_rank if is_ragged(each) else 0 for each in (a, b)]
            self.assertEqual(*ranks, msg)

    def _assert_lists_close(
        self, a: Any, b: Any, rtol: float, atol: float, path: list[int], msg: str
    ) -> None:
        self.assertEqual(type(a), type(b))
        if not isinstance(a, (list, tuple)):
            self._assert_close(a, b, rtol, atol, path, msg)
            return
        where = "".join(f"[{part}]" for part in path)
        self.assertLen(a, len(b), f"Length differs for value{where}")
        for index, (left, right) in enumerate(zip(a, b, strict=True)):
            self._assert_lists_close(left, right, rtol, atol, [*path, index], msg)

    def assertAllGreater(self, a: Any, comparison_target: float) -> None:
        """Fail unless all elements are greater than a number."""
        self.assertGreater(np.min(self._to_array(a)), comparison_target)

    def assertAllLess(self, a: Any, comparison_target: float) -> None:
        """Fail unless all elements are less than a number."""
        self.assertLess(np.max(self._to_array(a)), comparison_target)

    def assertAllGreaterEqual(self, a: Any, comparison_target: float) -> None:
        """Fail if an element is less than a number."""
        self.assertGreaterEqual(np.min(self._to_array(a)), comparison_target)

    def assertAllLessEqual(self, a: Any, comparison_target: float) -> None:
        """Fail if an element is greater than a number."""
        self.assertLessEqual(np.max(self._to_array(a)), comparison_target)

    def assertAllInRange(
        self,
        target: Any,
        lower_bound: float,
        upper_bound: float,
        open_lower_bound: bool = False,
        open_upper_bound: bool = False,
    ) -> None:
        """Fail if an element is NaN or outside an interval.

        Args:
          target: the numbers.
          lower_bound: the least number allowed.
          upper_bound: the greatest number allowed.
          open_lower_bound: the lower bound itself is not allowed.
          open_upper_bound: the upper bound itself is not allowed.
        """
        values = np.atleast_1d(self._to_array(target))
        kind = as_dtype(values.dtype)
        if not (kind.is_floating or kind.is_integer):
            raise AssertionError(
                f"The value of {target} does not have an ordered numeric type, instead it has "
                f"type: {values.dtype}"
            )
        nans = np.where(np.isnan(values))
        if nans[0].size:
            lines = _entries(nans, values)
            raise AssertionError(
                f"{nans[0].size} of the {values.size} element(s) are NaN. Subscripts(s) and "
                f"value(s) of the NaN element(s):\n" + "\n".join(lines)
            )
        left, right = "(" if open_lower_bound else "[", ")" if open_upper_bound else "]"
        too_small = values <= lower_bound if open_lower_bound else values < lower_bound
        too_large = values >= upper_bound if open_upper_bound else values > upper_bound
        outside = np.where(too_small | too_large)
        if outside[0].size:
            raise AssertionError(
                f"{outside[0].size} of the {values.size} element(s) are outside the range "
                f"{left}{lower_bound}, {upper_bound}{right}. Subscript(s) and value(s) of the "
                "offending elements:\n" + "\n".join(_entries(outside, values))
            )

    def assertAllInSet(self, target: Any, expected_set: Iterable[Any]) -> None:
        """Fail if an element is not one of those expected."""
        values = self._to_array(target)
        unexpected = np.setdiff1d(np.unique(values), list(expected_set))
        if unexpected.size:
            raise AssertionError(
                f"{unexpected.size} unique element(s) are not in the set {expected_set}: "
                f"{unexpected}"
            )

    def assertNear(self, f1: float, f2: float, err: float, msg: str | None = None) -> None:
        """Fail unless two numbers are at most `err` apart, or the same infinity."""
        first, second = (np.asarray(each).item() for each in (f1, f2))
        if not (first == second or math.fabs(first - second) <= err):
            note = f" ({msg})" if msg is not None else ""
            self.fail(f"{first:f} != {second:f} +/- {err:f}{note}")

    def assertArrayNear(
        self, farray1: Any, farray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Fail unless the numbers of two sequences are at most `err` apart."""
        self.assertEqual(len(farray1), len(farray2), msg)
        for f1, f2 in zip(farray1, farray2, strict=True):
            self.assertNear(float(f1), float(f2), err, msg)

    def assertNDArrayNear(
        self, ndarray1: Any, ndarray2: Any, err: float, msg: str | None = None
    ) -> None:
        """Fail unless the Euclidean distance of two arrays is less than `err`."""
        distance = np.linalg.norm(np.asarray(ndarray1) - np.asarray(ndarray2))
        self.assertTrue(distance < err, msg=msg)

    def assertDTypeEqual(self, target: Any, expected_dtype: Any) -> None:
        """Fail unless a tensor or an array has a dtype."""
        dtype = as_dtype(target.dtype if hasattr(target, "dtype") else np.array(target).dtype)
        self.assertEqual(dtype.base_dtype, as_dtype(expected_dtype))

    def assertShapeEqual(self, np_array: Any, tf_tensor: Any, msg: str | None = None) -> None:
        """Fail unless an array has the static shape of a tensor.

        Raises:
          TypeError: the first is no array, or the second no tensor.
        """
        if not isinstance(np_array, (np.ndarray, np.generic)):
            raise TypeError("np_array must be a Numpy ndarray or Numpy scalar")
        if not isinstance(tf_tensor, Tensor):
            raise TypeError("tf_tensor must be a Tensor")
        self.assertAllEqual(np_array.shape, tf_tensor.get_shape().as_list(), msg=msg)


def _entries(subscripts: tuple[Array, ...], values: Array) -> list[str]:
    """Return a line for each of the first entries at `subscripts`."""
    places = np.transpose(subscripts)
    lines = [f"  {place} : {values[tuple(place)]}" for place in places[:_MOST_ENTRIES]]
    return [*lines, "  ..."] if len(places) > _MOST_ENTRIES else lines
