"""`tf.contrib.slim.prefetch_queue`."""

from tensormill.train.prefetch import prefetch_queue
