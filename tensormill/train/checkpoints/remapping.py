"""Initializers that take matrices from a checkpoint, in the order of another vocabulary.

Source: TensorFlow 1.15, python/training/checkpoint_ops.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.tensor import Tensor
from tensormill.ops.joining import concat
from tensormill.ops.sequences import range_of
from tensormill.ops.vocabulary_remapping import (
    generate_vocab_remapping_op,
    load_and_remap_matrix_op,
)
from tensormill.variables.initializers import TruncatedNormal, Zeros

__all__ = [
    "load_and_remap_matrix",
    "load_and_remap_matrix_initializer",
    "load_embedding_initializer",
]


def load_and_remap_matrix(
    ckpt_path: Any,
    old_tensor_name: Any,
    new_row_vocab_offset: int,
    num_rows_to_load: int,
    new_col_vocab_size: int,
    initializer: Callable[..., Any],
    old_row_vocab_size: int = -1,
    old_row_vocab_file: Any = None,
    new_row_vocab_file: Any = None,
    old_col_vocab_file: Any = None,
    new_col_vocab_file: Any = None,
    num_row_oov_buckets: int = 0,
    num_col_oov_buckets: int = 0,
    max_rows_in_memory: int = -1,
) -> Tensor:
    """Return a matrix of a checkpoint with its rows, or columns, in the order of a new vocabulary.

    Args:
      ckpt_path: the checkpoint.
      old_tensor_name: the name of the matrix.
      new_row_vocab_offset: the line of the new vocabulary that the first row is for.
      num_rows_to_load: how many rows are wanted.
      new_col_vocab_size: how many columns are wanted.
      initializer: returns values of a shape, for what the old vocabulary lacks.
      old_row_vocab_size: how many lines of the old vocabulary count, -1 for all.
      old_row_vocab_file: the old vocabulary of rows, a word a line; None where rows stay.
      new_row_vocab_file: the new vocabulary of rows.
      old_col_vocab_file: the old vocabulary of columns; None where columns stay.
      new_col_vocab_file: the new vocabulary of columns.
      num_row_oov_buckets: how many rows are added for words that are not in the vocabulary.
      num_col_oov_buckets: how many columns are.
      max_rows_in_memory: the node keeps it.

    Raises:
      ValueError: a number is negative, or a vocabulary is given without the other one.
    """
    for name, count in (("row", num_row_oov_buckets), ("col", num_col_oov_buckets)):
        if count < 0:
            raise ValueError(f"num_{name}_oov_buckets must be >= 0, but received {count}")
    for name, old, new in (
        ("row", old_row_vocab_file, new_row_vocab_file),
        ("col", old_col_vocab_file, new_col_vocab_file),
    ):
        if bool(old) != bool(new):
            raise ValueError(
                f"old_{name}_vocab_file and new_{name}_vocab_file must both be specified or left "
                f"unspecified. old_{name}_vocab_file='{old}', new_{name}_vocab_file='{new}'"
            )
    if not (new_row_vocab_file or new_col_vocab_file):
        raise ValueError(
            "Must provide either row or column vocab files. If no remapping is necessary, consider "
            "using `tf.contrib.framework.init_from_checkpoint` instead."
        )
    rows: Any = range_of(
        new_row_vocab_offset, new_row_vocab_offset + num_rows_to_load, dtype=dtypes.int64
    )
    rows_present: Any = num_rows_to_load
    if new_row_vocab_file:
        rows, rows_present = generate_vocab_remapping_op(
            new_row_vocab_file,
            old_row_vocab_file,
            new_vocab_offset=new_row_vocab_offset,
            num_new_vocab=num_rows_to_load,
            old_vocab_size=old_row_vocab_size,
        )
    columns: Any = convert_to_tensor([], dtypes.int64)
    columns_present: Any = new_col_vocab_size
    if new_col_vocab_file:
        columns, columns_present = generate_vocab_remapping_op(
            new_col_vocab_file,
            old_col_vocab_file,
            new_vocab_offset=0,
            num_new_vocab=new_col_vocab_size,
        )
    missing = num_rows_to_load * new_col_vocab_size - rows_present * columns_present
    made: Tensor = load_and_remap_matrix_op(
        ckpt_path,
        old_tensor_name,
        rows,
        columns,
        initializer([missing, 1]),
        num_rows=num_rows_to_load,
        num_cols=new_col_vocab_size,
        max_rows_in_memory=max_rows_in_memory,
    )
    if num_row_oov_buckets:
        added = initializer([num_row_oov_buckets, new_col_vocab_size])
        made = concat([made, convert_to_tensor(added)], 0)
    if num_col_oov_buckets:
        added = initializer([num_rows_to_load + num_row_oov_buckets, num_col_oov_buckets])
        made = concat([made, convert_to_tensor(added)], 1)
    return made


def load_and_remap_matrix_initializer(
    ckpt_path: Any,
    old_tensor_name: Any,
    new_row_vocab_size: int,
    new_col_vocab_size: int,
    old_row_vocab_size: int = -1,
    old_row_vocab_file: Any = None,
    new_row_vocab_file: Any = None,
    old_col_vocab_file: Any = None,
    new_col_vocab_file: Any = None,
    num_row_oov_buckets: int = 0,
    num_col_oov_buckets: int = 0,
    initializer: Callable[..., Any] | None = None,
    max_rows_in_memory: int = -1,
) -> Callable[..., Any]:
    """Return an initializer of a variable, or of slices of its rows.

    Args:
      ckpt_path: the checkpoint.
      old_tensor_name: the name of the matrix.
      new_row_vocab_size: the size of the new vocabulary of rows.
      new_col_vocab_size: that of columns.
      old_row_vocab_size: see `load_and_remap_matrix`, as for the others.
      old_row_vocab_file: the old vocabulary of rows.
      new_row_vocab_file: the new one.
      old_col_vocab_file: the old vocabulary of columns.
      new_col_vocab_file: the new one.
      num_row_oov_buckets: how many rows follow those of the vocabulary.
      num_col_oov_buckets: how many columns do.
      initializer: for what the old vocabulary lacks; zeros by default.
      max_rows_in_memory: the node keeps it.

    Raises:
      TypeError: `initializer` cannot be called.
    """
    fill: Any = Zeros() if initializer is None else initializer
    if not callable(fill):
        raise TypeError(
            f"initializer must be callable, instead of being {fill} of type {type(fill)}."
        )
    all_rows = new_row_vocab_size + num_row_oov_buckets
    all_columns = new_col_vocab_size + num_col_oov_buckets

    def initial(shape: Any, dtype: Any = dtypes.float32, partition_info: Any = None) -> Any:
        shape = list(shape)
        _check_wanted(shape, dtype, all_columns)
        offset = 0 if partition_info is None else partition_info.single_offset(shape)
        if offset + shape[0] > all_rows:
            raise ValueError(
                f"Trying to initialize {shape[0]} additional rows after {offset} rows have already "
                "been initialized, which would exceed expected total row count of "
                f"new_row_vocab_size ({new_row_vocab_size}) + num_row_oov_buckets "
                f"({num_row_oov_buckets}) = {all_rows}."
            )
        added = min(shape[0], max(0, offset + shape[0] - new_row_vocab_size))
        if offset > new_row_vocab_size:
            return fill(shape)
        return load_and_remap_matrix(
            ckpt_path,
            old_tensor_name,
            offset,
            shape[0] - added,
            new_col_vocab_size,
            fill,
            old_row_vocab_size,
            old_row_vocab_file,
            new_row_vocab_file,
            old_col_vocab_file,
            new_col_vocab_file,
            added,
            num_col_oov_buckets,
            max_rows_in_memory,
        )

    return initial


def _check_wanted(shape: list[int], dtype: Any, columns: int) -> None:
    if dtype != dtypes.float32:
        raise TypeError(f"Currently, only float32 is supported. Received dtype: {dtype}")
    if len(shape) != 2:
        raise ValueError(f"Expected 2-dim shape, but received: {shape}")
    if shape[0] <= 0:
        raise ValueError(f"Expected 1st dim of shape to be > 0, but received shape: {shape}")
    if shape[1] != columns:
        raise ValueError(
            "Expected 2nd dim of shape to be new_col_vocab_size + num_col_oov_buckets = "
            f"{columns}, but received shape: {shape}"
        )


def load_embedding_initializer(
    ckpt_path: Any,
    embedding_tensor_name: Any,
    new_vocab_size: int,
    embedding_dim: int,
    old_vocab_file: Any,
    new_vocab_file: Any,
    old_vocab_size: int = -1,
    num_oov_buckets: int = 0,
    initializer: Callable[..., Any] | None = None,
    max_rows_in_memory: int = -1,
) -> Callable[..., Any]:
    """Return an initializer of an embedding whose vocabulary has changed.

    Args:
      ckpt_path: the checkpoint.
      embedding_tensor_name: the name of the embedding there.
      new_vocab_size: the size of the new vocabulary.
      embedding_dim: the number of columns.
      old_vocab_file: the old vocabulary, a word a line.
      new_vocab_file: the new one.
      old_vocab_size: how many lines of the old one count, -1 for all.
      num_oov_buckets: how many rows follow those of the vocabulary.
      initializer: for words that are new; by default a truncated normal distribution whose
        deviation is 1 / sqrt(embedding_dim).
      max_rows_in_memory: the node keeps it.
    """
    if initializer is None:
        initializer = TruncatedNormal(stddev=1.0 / embedding_dim**0.5)
    return load_and_remap_matrix_initializer(
        ckpt_path,
        embedding_tensor_name,
        new_vocab_size,
        embedding_dim,
        old_vocab_size,
        old_vocab_file,
        new_vocab_file,
        num_row_oov_buckets=num_oov_buckets,
        initializer=initializer,
        max_rows_in_memory=max_rows_in_memory,
    )
