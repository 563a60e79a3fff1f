"""`tf.graph_util`: GraphDefs changed outside of a graph."""

from __future__ import annotations

from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.graph_def_surgery import (
    convert_variables_to_constants,
    extract_sub_graph,
    must_run_on_cpu,
    remove_training_nodes,
    tensor_shape_from_node_def_name,
)
