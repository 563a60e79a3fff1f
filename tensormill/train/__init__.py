"""`tf.train`, and the modules behind it."""

from __future__ import annotations

from tensormill.distributed.cluster_spec import ClusterDef, ClusterSpec
from tensormill.io.graph_io import write_graph
from tensormill.train.device_setter import replica_device_setter
