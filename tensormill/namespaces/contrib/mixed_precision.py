"""`tf.contrib.mixed_precision`: losses that are scaled."""

from tensormill.train.loss_scale_managers import (
    ExponentialUpdateLossScaleManager,
    FixedLossScaleManager,
    LossScaleManager,
    LossScaleOptimizer,
)
