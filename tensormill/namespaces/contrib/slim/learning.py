"""`tf.contrib.slim.learning`: training loops."""

from tensormill.layers.model_training import (
    add_gradients_summaries,
    clip_gradient_norms,
    create_train_op,
    multiply_gradients,
)
from tensormill.train.learning import train, train_step
