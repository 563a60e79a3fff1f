"""`tf.contrib.memory_stats`: how much memory a device has and uses."""

from tensormill.ops.memory_stats import BytesInUse, BytesLimit, MaxBytesInUse
