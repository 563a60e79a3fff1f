"""`tf.contrib.learn.io`."""

from tensormill.learn.example_reading import (
    queue_parsed_features,
    read_batch_examples,
    read_batch_features,
    read_batch_record_features,
    read_keyed_batch_examples,
    read_keyed_batch_features,
)
from tensormill.learn.input_functions import (
    extract_pandas_data,
    extract_pandas_labels,
    extract_pandas_matrix,
    generator_input_fn,
    numpy_input_fn,
    pandas_input_fn,
)
