"""`tf.contrib.sparsemax`."""

from tensormill.ops.sparsemax import sparsemax, sparsemax_loss
