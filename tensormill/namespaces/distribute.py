"""`tf.distribute`: strategies with one replica, and who is in a cluster."""

from tensormill.distributed.server import Server
from tensormill.namespaces.contrib import cluster_resolver
from tensormill.train.strategies import (
    InputContext,
    InputReplicationMode,
    MirroredStrategy,
    OneDeviceStrategy,
    ReduceOp,
    ReplicaContext,
    Strategy,
    get_replica_context,
    get_strategy,
    has_strategy,
    in_cross_replica_context,
)
from tensormill.train.strategy_extended import StrategyExtended
