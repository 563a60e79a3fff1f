"""`tf.contrib.opt`: further optimizers."""

from tensormill.train.drop_stale_gradients import DropStaleGradientOptimizer
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
from tensormill.train.scaled_optimizers import (
    AdaMaxOptimizer,
    AdamGSOptimizer,
    LARSOptimizer,
    LazyAdamGSOptimizer,
    MultitaskOptimizerWrapper,
    RegAdagradOptimizer,
    clip_gradients_by_global_norm,
)
from tensormill.train.sign_optimizers import AddSignOptimizer, PowerSignOptimizer
