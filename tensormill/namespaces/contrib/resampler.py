"""`tf.contrib.resampler`: images read at any places."""

from tensormill.ops.resampling import resampler
