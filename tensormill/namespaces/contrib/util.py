"""`tf.contrib.util`: values that are known while a graph is built, and tensors as messages."""

from tensormill.graph.constant_value import constant_value
from tensormill.graph.tensor_protos import make_ndarray, make_tensor_proto
from tensormill.train.meta_graph import ops_used_by_graph_def, stripped_op_list_for_graph
