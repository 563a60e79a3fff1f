"""`tf.contrib.slim.parallel_reader`."""

from tensormill.slim.parallel_reader import (
    ParallelReader,
    get_data_files,
    parallel_read,
    single_pass_read,
)
