"""Categories by their place in a list or file.

Source: TensorFlow 1.15, python/feature_column/feature_column_v2.py.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from tensormill.feature_column.arguments import assert_key_is_string, assert_string_or_int
from tensormill.feature_column.categorical import KeyedCategoricalColumn
from tensormill.feature_column.column_configs import SerializedField
from tensormill.graph import dtypes, tf_logging
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.io.gfile import GFile, exists
from tensormill.lookup.index_tables import index_table_from_file, index_table_from_tensor
from tensormill.ops.casting import cast

__all__ = [
    "VocabularyFileCategoricalColumn",
    "VocabularyListCategoricalColumn",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_file_v2",
    "categorical_column_with_vocabulary_list",
]


class VocabularyColumn(KeyedCategoricalColumn):
    """Categories that a table knows."""

    def _ids(self, feature: SparseTensor, state_manager: Any) -> SparseTensor:
        self._check_dtype(feature)
        assert_string_or_int(feature.dtype, prefix=f"column_name: {self.key} input_tensor")
        key_dtype = self.dtype
        if feature.dtype.is_integer:
            key_dtype = dtypes.int64
            feature = cast(feature, dtypes.int64)
        name = f"{self.key}_lookup"
        table = self._table(key_dtype, name)
        if state_manager is not None:
            state_manager.add_resource(self, name, table)
        ids: SparseTensor = table.lookup(feature)
        return ids

    def _table(self, key_dtype: Any, name: str) -> Any:
        raise NotImplementedError


class VocabularyFileCategoricalColumn(
    VocabularyColumn,
    namedtuple(
        "VocabularyFileCategoricalColumn",
        (
            "key",
            "vocabulary_file",
            "vocabulary_size",
            "num_oov_buckets",
            "dtype",
            "default_value",
        ),
    ),
):
    """Categories by their line in a file."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {"dtype": SerializedField.DTYPE}

    def _table(self, key_dtype: Any, name: str) -> Any:
        return index_table_from_file(
            vocabulary_file=self.vocabulary_file,
            num_oov_buckets=self.num_oov_buckets,
            vocab_size=self.vocabulary_size,
            default_value=self.default_value,
            key_dtype=key_dtype,
            name=name,
        )

    @property
    def num_buckets(self) -> int:
        """The number of lines, and of buckets for what is not in the file."""
        return int(self.vocabulary_size + self.num_oov_buckets)


class VocabularyListCategoricalColumn(
    VocabularyColumn,
    namedtuple(
        "VocabularyListCategoricalColumn",
        ("key", "vocabulary_list", "dtype", "default_value", "num_oov_buckets"),
    ),
):
    """Categories by their place in a list."""

    _codecs: ClassVar[Mapping[str, SerializedField]] = {"dtype": SerializedField.DTYPE}

    def _table(self, key_dtype: Any, name: str) -> Any:
        return index_table_from_tensor(
            vocabulary_list=tuple(self.vocabulary_list),
            default_value=self.default_value,
            num_oov_buckets=self.num_oov_buckets,
            dtype=key_dtype,
            name=name,
        )

    @property
    def num_buckets(self) -> int:
        """The length of the list, and the buckets for what is not in it."""
        return len(self.vocabulary_list) + int(self.num_oov_buckets)


def _check_buckets(num_oov_buckets: Any, has_default: bool, key: Any) -> None:
    if num_oov_buckets:
        if has_default:
            raise ValueError(f"Can't specify both num_oov_buckets and default_value in {key}.")
        if num_oov_buckets < 0:
            raise ValueError(f"Invalid num_oov_buckets {num_oov_buckets} in {key}.")


def categorical_column_with_vocabulary_file(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    num_oov_buckets: int | None = 0,
    default_value: int | None = None,
    dtype: Any = dtypes.string,
) -> VocabularyFileCategoricalColumn:
    """Return a column of categories by their line in a file.

    Args:
      key: the name of the feature.
      vocabulary_file: the file, a category a line.
      vocabulary_size: the number of lines to use; None counts them now.
      num_oov_buckets: buckets, by hash, for what is not in the file.
      default_value: what stands for what is not in the file, without such buckets; -1 by default.
      dtype: of the feature, strings or integers.

    Raises:
      ValueError: there is no file or no line, or both buckets and a default were given.
    """
    return categorical_column_with_vocabulary_file_v2(
        key, vocabulary_file, vocabulary_size, dtype, default_value, num_oov_buckets
    )


def categorical_column_with_vocabulary_file_v2(
    key: str,
    vocabulary_file: str,
    vocabulary_size: int | None = None,
    dtype: Any = dtypes.string,
    default_value: int | None = None,
    num_oov_buckets: int | None = 0,
) -> VocabularyFileCategoricalColumn:
    """As `categorical_column_with_vocabulary_file`, with the arguments in TensorFlow 2's order."""
    if not vocabulary_file:
        raise ValueError(f"Missing vocabulary_file in {key}.")
    if vocabulary_size is None:
        if not exists(vocabulary_file):
            raise ValueError(f"vocabulary_file in {key} does not exist.")
        with GFile(vocabulary_file, "rb") as lines:
            vocabulary_size = sum(1 for _ in lines)
        tf_logging.info(
            "vocabulary_size = %d in %s is inferred from the number of elements in the "
            "vocabulary_file %s.",
            vocabulary_size,
            key,
            vocabulary_file,
        )
    if vocabulary_size < 1:
        raise ValueError(f"Invalid vocabulary_size in {key}.")
    _check_buckets(num_oov_buckets, default_value is not None, key)
    assert_string_or_int(dtype, prefix=f"column_name: {key}")
    assert_key_is_string(key)
    return VocabularyFileCategoricalColumn(
        key=key,
        vocabulary_file=vocabulary_file,
        vocabulary_size=vocabulary_size,
        num_oov_buckets=0 if num_oov_buckets is None else num_oov_buckets,
        default_value=-1 if default_value is None else default_value,
        dtype=dtype,
    )


def categorical_column_with_vocabulary_list(
    key: str,
    vocabulary_list: Any,
    dtype: Any = None,
    default_value: int = -1,
    num_oov_buckets: int = 0,
) -> VocabularyListCategoricalColumn:
    """Return a column of categories by their place in a list.

    Args:
      key: the name of the feature.
      vocabulary_list: the categories, strings or integers.
      dtype: of the feature; by default that of the list.
      default_value: what stands for what is not in the list.
      num_oov_buckets: buckets, by hash, for what is not in the list.

    Raises:
      ValueError: the list is empty or names one twice, or its dtype does not fit.
    """
    if vocabulary_list is None or len(vocabulary_list) < 1:
        raise ValueError(f"vocabulary_list {vocabulary_list} must be non-empty, column_name: {key}")
    if len(set(vocabulary_list)) != len(vocabulary_list):
        raise ValueError(f"Duplicate keys in vocabulary_list {vocabulary_list}, column_name: {key}")
    found = dtypes.as_dtype(np.array(vocabulary_list).dtype)
    _check_buckets(num_oov_buckets, default_value != -1, key)
    assert_string_or_int(found, prefix=f"column_name: {key} vocabulary")
    if dtype is None:
        dtype = found
    elif dtype.is_integer != found.is_integer:
        raise ValueError(
            f"dtype {dtype} and vocabulary dtype {found} do not match, column_name: {key}"
        )
    assert_string_or_int(dtype, prefix=f"column_name: {key}")
    assert_key_is_string(key)
    return VocabularyListCategoricalColumn(
        key, tuple(vocabulary_list), dtype, default_value, num_oov_buckets
    )
