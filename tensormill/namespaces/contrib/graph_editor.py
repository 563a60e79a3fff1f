"""`tf.contrib.graph_editor`."""

from __future__ import annotations

from tensormill.graph.walks import (
    check_graphs,
    get_backward_walk_ops,
    get_consuming_ops,
    get_forward_walk_ops,
    get_generating_ops,
    get_tensors,
    get_unique_graph,
    get_walks_intersection_ops,
    get_walks_union_ops,
    make_list_of_op,
    make_list_of_t,
)
from tensormill.graph_editor import copying as transform
from tensormill.graph_editor import edits as edit
from tensormill.graph_editor import rerouting as reroute
from tensormill.graph_editor import selection as select
from tensormill.graph_editor import views as subgraph
from tensormill.graph_editor.copying import (
    Transformer,
    TransformerInfo,
    assign_renamed_collections_handler,
    copy,
    copy_op_handler,
    copy_with_input_replacements,
    graph_replace,
    keep_t_if_possible_handler,
    replace_t_with_placeholder_handler,
    transform_op_if_inside_handler,
)
from tensormill.graph_editor.edits import (
    bypass,
    connect,
    detach,
    detach_control_inputs,
    detach_control_outputs,
    detach_inputs,
    detach_outputs,
)
from tensormill.graph_editor.placeholders import (
    make_placeholder_from_dtype_and_shape,
    make_placeholder_from_tensor,
    placeholder_name,
)
from tensormill.graph_editor.rerouting import (
    add_control_inputs,
    remove_control_inputs,
    reroute_inputs,
    reroute_ios,
    reroute_outputs,
    reroute_ts,
    swap_inputs,
    swap_ios,
    swap_outputs,
    swap_ts,
)
from tensormill.graph_editor.selection import (
    ControlOutputs,
    can_be_regex,
    check_cios,
    compute_boundary_ts,
    filter_ops,
    filter_ops_from_regex,
    filter_ts,
    filter_ts_from_regex,
    get_name_scope_ops,
    get_ops_ios,
    get_within_boundary_ops,
    make_regex,
    select_ops,
    select_ops_and_ts,
    select_ts,
)
from tensormill.graph_editor.views import SubGraphView, make_view, make_view_from_scope

ph = make_placeholder_from_dtype_and_shape
sgv = make_view
sgv_scope = make_view_from_scope
