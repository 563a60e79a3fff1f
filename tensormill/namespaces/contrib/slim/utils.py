"""`tf.contrib.slim.utils`: names of outputs, and values that are known while a graph is built."""

from tensormill.layers.model_scope import (
    append_tensor_alias,
    collect_named_outputs,
    convert_collection_to_dict,
    gather_tensors_aliases,
    get_tensor_aliases,
    get_variable_collections,
)
from tensormill.layers.static_values import (
    channel_dimension,
    constant_value,
    last_dimension,
    n_positive_integers,
    smart_cond,
    static_cond,
    two_element_tuple,
)
