"""`tf.contrib.opt`: further optimizers."""

from tensormill.train.external_optimizer import (
    ExternalOptimizerInterface,
    ScipyOptimizerInterface,
)
from tensormill.train.optimizer_variants import (
    AdamWOptimizer,
    DecoupledWeightDecayExtension,
    LazyAdamOptimizer,
    MomentumWOptimizer,
    MovingAverageOptimizer,
    NadamOptimizer,
    VariableClippingOptimizer,
    extend_with_decoupled_weight_decay,
)
