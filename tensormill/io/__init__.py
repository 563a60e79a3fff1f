"""`tf.io`, and the modules behind it."""

from __future__ import annotations

from tensormill.io import gfile
from tensormill.io.graph_io import write_graph
