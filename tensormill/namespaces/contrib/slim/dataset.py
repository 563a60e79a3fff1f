"""`tf.contrib.slim.dataset`."""

from tensormill.slim.dataset import Dataset
