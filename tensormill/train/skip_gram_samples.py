"""Tokens and what stands close to them, for training embeddings: `tf.contrib.text`.

Source: TensorFlow 1.15, contrib/text/python/ops/skip_gram_ops.py.
"""

from __future__ import annotations

import csv
from typing import Any

from tensormill.graph import dtypes
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.tensor import Tensor
from tensormill.lookup.static_tables import HashTable, InitializableLookupTableBase
from tensormill.lookup.table_initializers import TextFileInitializer
from tensormill.ops.array_shapes import shape as shape_of
from tensormill.ops.casting import cast
from tensormill.ops.comparison import greater_equal, less_equal, logical_and, not_equal
from tensormill.ops.elementwise_unary import sqrt
from tensormill.ops.grids import boolean_mask
from tensormill.ops.random import random_uniform
from tensormill.ops.random_seeds import get_seed
from tensormill.ops.skip_grams import skip_gram_generate_candidates_op
from tensormill.train.batching import batch

__all__ = ["skip_gram_sample", "skip_gram_sample_with_text_vocab"]


def skip_gram_sample(
    input_tensor: Any,
    min_skips: Any = 1,
    max_skips: Any = 5,
    start: Any = 0,
    limit: Any = -1,
    emit_self_as_target: Any = False,
    vocab_freq_table: Any = None,
    vocab_min_count: Any = None,
    vocab_subsampling: float | None = None,
    corpus_size: Any = None,
    batch_size: int | None = None,
    batch_capacity: int | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Return tokens and labels: each token with each of its neighbours.

    Args:
      input_tensor: a vector of tokens.
      min_skips: how far a token looks at least to either side; it is drawn for each.
      max_skips: how far it looks at most.
      start: the first token that counts.
      limit: how many count; -1 for all.
      emit_self_as_target: whether a token is a label of itself.
      vocab_freq_table: a table of how often each token occurs; others are left out.
      vocab_min_count: tokens that occur less often are left out.
      vocab_subsampling: tokens that make up more of the corpus are left out at random.
      corpus_size: how many tokens there are in the corpus; with `vocab_subsampling`.
      batch_size: return batches of this size.
      batch_capacity: how many pairs wait to be batched; 100 batches by default.
      seed: of what is drawn.
      name: the name of the scope.

    Raises:
      ValueError: arguments that belong together are not given together.
    """
    if vocab_freq_table is None and (
        vocab_min_count is not None or vocab_subsampling is not None or corpus_size is not None
    ):
        raise ValueError(
            f"vocab_freq_table is not provided, but vocab_min_count={vocab_min_count}, "
            f"vocab_subsampling={vocab_subsampling}, or corpus_size={corpus_size} is not None. "
            "These settings are useless without a vocab_freq_table."
        )
    if (vocab_subsampling is None) != (corpus_size is None):
        raise ValueError(
            f"vocab_subsampling is {vocab_subsampling} while corpus_size is {corpus_size} - both "
            "must be provided in order for subsampling to work."
        )
    values = [input_tensor, min_skips, max_skips, start, limit]
    with name_scope(name, "skip_gram_sample", values):
        kept = _known_tokens(
            input_tensor, vocab_freq_table, vocab_min_count, vocab_subsampling, corpus_size, seed
        )
        seed1, seed2 = get_seed(seed)
        tokens, labels = skip_gram_generate_candidates_op(
            kept,
            min_skips,
            max_skips,
            start,
            limit,
            emit_self_as_target,
            seed=seed1,
            seed2=seed2,
        )
        if batch_size is None or batch_size <= 0:
            return tokens, labels
        if batch_capacity is None or batch_capacity <= 0:
            batch_capacity = 100 * batch_size
        made: tuple[Tensor, Tensor] = batch(
            [tokens, labels], batch_size, capacity=batch_capacity, enqueue_many=True
        )
        return made


def _known_tokens(
    tokens: Any, table: Any, min_count: Any, threshold: float | None, corpus_size: Any, seed: Any
) -> Any:
    """Return the tokens that a table knows and that occur often enough, but not too often."""
    if table is None:
        return tokens
    if not isinstance(table, InitializableLookupTableBase):
        raise ValueError(
            "vocab_freq_table must be a subclass of InitializableLookupTableBase (such as "
            f"HashTable) instead of type {type(table)}."
        )
    with name_scope("filter_vocab", values=[tokens, min_count]):
        counts = table.lookup(tokens)
        is_kept = not_equal(counts, table.default_value)
        if min_count is not None:
            is_kept = logical_and(is_kept, greater_equal(counts, cast(min_count, counts.dtype)))
        tokens, counts = boolean_mask(tokens, is_kept), boolean_mask(counts, is_kept)
    if not threshold:
        return tokens
    if threshold < 0 or threshold > 1:
        raise ValueError(
            f"Invalid vocab_subsampling={threshold} - it should be within range [0, 1]."
        )
    with name_scope("subsample_vocab", values=[tokens, counts, threshold]):
        size = cast(corpus_size, dtypes.float64)
        share = cast(counts, dtypes.float64) / size
        kept_part = sqrt(threshold / share) + threshold / share
        drawn = random_uniform(shape_of(kept_part), 0, 1, dtypes.float64, seed=seed)
        return boolean_mask(tokens, less_equal(drawn, kept_part))


def skip_gram_sample_with_text_vocab(
    input_tensor: Any,
    vocab_freq_file: str,
    vocab_token_index: int = 0,
    vocab_token_dtype: Any = dtypes.string,
    vocab_freq_index: int = 1,
    vocab_freq_dtype: Any = dtypes.float64,
    vocab_delimiter: str = ",",
    vocab_min_count: Any = 0,
    vocab_subsampling: float | None = None,
    corpus_size: Any = None,
    min_skips: Any = 1,
    max_skips: Any = 5,
    start: Any = 0,
    limit: Any = -1,
    emit_self_as_target: Any = False,
    batch_size: int | None = None,
    batch_capacity: int | None = None,
    seed: int | None = None,
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """Return tokens and labels as `skip_gram_sample` does, with the counts of a text file.

    Args:
      input_tensor: a vector of tokens.
      vocab_freq_file: the file, a token a line.
      vocab_token_index: the column of the tokens.
      vocab_token_dtype: their dtype.
      vocab_freq_index: the column of their counts.
      vocab_freq_dtype: the dtype of those.
      vocab_delimiter: what stands between columns.
      vocab_min_count: see `skip_gram_sample`, as all that follow.
      vocab_subsampling: see there.
      corpus_size: by default the sum of the counts.
      min_skips: see there.
      max_skips: see there.
      start: see there.
      limit: see there.
      emit_self_as_target: see there.
      batch_size: see there.
      batch_capacity: see there.
      seed: see there.
      name: the name of the scope.

    Raises:
      ValueError: a column does not exist, or stands for both; a count is negative; the corpus is
        smaller than the sum of the counts.
    """
    if vocab_token_index < 0 or vocab_freq_index < 0:
        raise ValueError(
            f"vocab_token_index={vocab_token_index} and vocab_freq_index={vocab_freq_index} must "
            "both be >= 0."
        )
    if vocab_token_index == vocab_freq_index:
        raise ValueError(
            "vocab_token_index and vocab_freq_index should be different, but are both "
            f"{vocab_token_index}."
        )
    counts = _counts_in(
        vocab_freq_file, vocab_token_index, vocab_freq_index, vocab_freq_dtype, vocab_delimiter
    )
    total = float(sum(counts))
    if not corpus_size:
        corpus_size = total
    elif total - corpus_size > 1e-6:
        raise ValueError(
            f"`corpus_size`={corpus_size} must be greater than or equal to the sum of all the "
            f"frequency counts ({total}) of `vocab_freq_file` ({vocab_freq_file})."
        )
    table = HashTable(
        TextFileInitializer(
            filename=vocab_freq_file,
            key_dtype=vocab_token_dtype,
            key_index=vocab_token_index,
            value_dtype=vocab_freq_dtype,
            value_index=vocab_freq_index,
            vocab_size=len(counts),
            delimiter=vocab_delimiter,
        ),
        default_value=-1,
    )
    return skip_gram_sample(
        input_tensor,
        min_skips=min_skips,
        max_skips=max_skips,
        start=start,
        limit=limit,
        emit_self_as_target=emit_self_as_target,
        vocab_freq_table=table,
        vocab_min_count=vocab_min_count,
        vocab_subsampling=vocab_subsampling,
        corpus_size=None if vocab_subsampling is None else corpus_size,
        batch_size=batch_size,
        batch_capacity=batch_capacity,
        seed=seed,
        name=name,
    )


def _counts_in(path: str, token: int, count: int, dtype: Any, delimiter: str) -> list[Any]:
    """Return the counts in a column of a file."""
    found = []
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.reader(file, delimiter=delimiter):
            if token >= len(row) or count >= len(row):
                raise ValueError(
                    f"Row in vocab file only has {len(row)} columns, so vocab_token_index={token} "
                    f"or vocab_freq_index={count} is out of bounds. Row content: {row}"
                )
            number = dtype.as_numpy_dtype(row[count])
            if number < 0:
                raise ValueError(
                    f"Row in vocab file has negative frequency of {number}. Row content: {row}"
                )
            found.append(number)
    return found
