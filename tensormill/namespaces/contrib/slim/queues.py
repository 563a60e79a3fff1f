"""`tf.contrib.slim.queues`."""

from tensormill.slim.queues import NestedQueueRunnerError, QueueRunners
