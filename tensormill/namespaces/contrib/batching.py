"""`tf.contrib.batching`: steps that compute as one batch."""

from tensormill.functional.batched_calls import batch_function, batch_function_v1
