"""`tf.contrib.slim.evaluation`."""

from tensormill.slim.evaluation import evaluate_once, evaluation_loop
from tensormill.train.checkpoints.variable_loading import (
    checkpoints_iterator,
    wait_for_new_checkpoint,
)
