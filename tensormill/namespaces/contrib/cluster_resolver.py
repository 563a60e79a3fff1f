"""`tf.contrib.cluster_resolver`: who is in a cluster."""

from tensormill.train.cluster_resolvers import (
    ClusterResolver,
    SimpleClusterResolver,
    SlurmClusterResolver,
    TFConfigClusterResolver,
    UnionClusterResolver,
)
