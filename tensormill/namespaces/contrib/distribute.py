"""`tf.contrib.distribute`: strategies with one replica."""

from tensormill.train.strategies import (
    ContribMirroredStrategy as MirroredStrategy,
)
from tensormill.train.strategies import (
    OneDeviceStrategy,
    get_replica_context,
    has_strategy,
    in_cross_replica_context,
)
from tensormill.train.strategies import Strategy as DistributionStrategy
from tensormill.train.strategies import get_strategy as get_distribution_strategy
