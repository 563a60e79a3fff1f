"""`tf.contrib.resampler`: images read at any places."""

from tensormill.ops.image_warping import resampler
