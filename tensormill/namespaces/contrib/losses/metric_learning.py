"""`tf.contrib.losses.metric_learning`."""

from tensormill.losses.metric_learning import (
    contrastive_loss,
    lifted_struct_loss,
    npairs_loss,
    triplet_semihard_loss,
)
