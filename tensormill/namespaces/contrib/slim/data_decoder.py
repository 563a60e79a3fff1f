"""`tf.contrib.slim.data_decoder`."""

from tensormill.slim.tfexample_decoder import DataDecoder
