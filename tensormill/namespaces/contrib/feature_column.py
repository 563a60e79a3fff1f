"""`tf.contrib.feature_column`: columns of sequences."""

from tensormill.feature_column.feature_layers import concatenate_context_input
from tensormill.feature_column.input_layer import sequence_input_layer
from tensormill.feature_column.sequence import (
    sequence_categorical_column_with_hash_bucket,
    sequence_categorical_column_with_identity,
    sequence_categorical_column_with_vocabulary_file,
    sequence_categorical_column_with_vocabulary_list,
    sequence_numeric_column,
)
