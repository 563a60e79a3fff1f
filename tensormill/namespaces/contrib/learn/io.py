"""`tf.contrib.learn.io`."""

from tensormill.learn.input_functions import (
    extract_pandas_data,
    extract_pandas_labels,
    extract_pandas_matrix,
    generator_input_fn,
    numpy_input_fn,
    pandas_input_fn,
)
