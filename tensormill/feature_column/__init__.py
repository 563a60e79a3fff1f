"""`tf.feature_column`: how the features of examples become the inputs of a model."""

from __future__ import annotations

from tensormill.feature_column.categorical import (
    categorical_column_with_hash_bucket,
    categorical_column_with_identity,
)
from tensormill.feature_column.composed import crossed_column, weighted_categorical_column
from tensormill.feature_column.embedding import embedding_column
from tensormill.feature_column.indicator import indicator_column
from tensormill.feature_column.input_layer import input_layer
from tensormill.feature_column.linear_model import linear_model
from tensormill.feature_column.numeric import bucketized_column, numeric_column
from tensormill.feature_column.parse_specs import make_parse_example_spec
from tensormill.feature_column.sequence import (
    sequence_categorical_column_with_hash_bucket,
    sequence_categorical_column_with_identity,
    sequence_categorical_column_with_vocabulary_file,
    sequence_categorical_column_with_vocabulary_list,
    sequence_numeric_column,
)
from tensormill.feature_column.shared_embedding import shared_embedding_columns
from tensormill.feature_column.vocabulary import (
    categorical_column_with_vocabulary_file,
    categorical_column_with_vocabulary_list,
)

__all__ = [
    "bucketized_column",
    "categorical_column_with_hash_bucket",
    "categorical_column_with_identity",
    "categorical_column_with_vocabulary_file",
    "categorical_column_with_vocabulary_list",
    "crossed_column",
    "embedding_column",
    "indicator_column",
    "input_layer",
    "linear_model",
    "make_parse_example_spec",
    "numeric_column",
    "sequence_categorical_column_with_hash_bucket",
    "sequence_categorical_column_with_identity",
    "sequence_categorical_column_with_vocabulary_file",
    "sequence_categorical_column_with_vocabulary_list",
    "sequence_numeric_column",
    "shared_embedding_columns",
    "weighted_categorical_column",
]
