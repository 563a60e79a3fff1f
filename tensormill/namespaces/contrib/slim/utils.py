"""`tf.contrib.slim.utils`: names of outputs, and values that are known while a graph is built."""

from tensormill.graph.constant_value import constant_value
from tensormill.layers.model_scope import (
    append_tensor_alias,
    collect_named_outputs,
    convert_collection_to_dict,
    gather_tensors_aliases,
    get_tensor_aliases,
    get_variable_collections,
)
from tensormill.ops.smart_cond import smart_cond
