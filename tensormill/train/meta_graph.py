"""Meta graphs in the default graph: `tf.train.import_meta_graph`, and scopes that are copied.

Source: TensorFlow 1.15, python/framework/meta_graph.py, python/training/saver.py.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import graph_pb2
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.saver_pb2 import SaverDef
from tensorboard.compat.proto.variable_pb2 import VariableDef

from tensormill.graph import tf_logging
from tensormill.graph.collection_protos import (
    get_collection_proto_type,
    get_from_proto_function,
    register_proto_function,
)
from tensormill.graph.collections import GraphKeys
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope, strip_name_scope
from tensormill.graph.tensor import Tensor
from tensormill.io.meta_graph_export import (
    SAVE_AND_RESTORE_OPS,
    UNBOUND_INPUTS,
    add_collection_def,
    create_meta_graph_def,
    export_meta_graph,
    export_scoped_meta_graph,
    ops_used_by_graph_def,
    strip_graph_default_valued_attrs,
    stripped_op_list_for_graph,
)
from tensormill.ops.control_flow_context import CondContext
from tensormill.ops.while_context import WhileContext
from tensormill.platform import gfile
from tensormill.platform.strings import as_str
from tensormill.proto.control_flow_pb2 import CondContextDef, WhileContextDef
from tensormill.train.checkpoints.saveables import all_saveable_objects
from tensormill.train.checkpoints.saver import Saver
from tensormill.variables.creation import Variable

__all__ = [
    "SAVE_AND_RESTORE_OPS",
    "add_collection_def",
    "copy_scoped_meta_graph",
    "create_meta_graph_def",
    "export_meta_graph",
    "export_scoped_meta_graph",
    "import_meta_graph",
    "import_meta_graph_with_return_elements",
    "import_scoped_meta_graph",
    "import_scoped_meta_graph_with_return_elements",
    "ops_used_by_graph_def",
    "read_meta_graph_file",
    "strip_graph_default_valued_attrs",
    "stripped_op_list_for_graph",
]


def read_meta_graph_file(filename: str | os.PathLike[str]) -> Any:
    """Return the MetaGraphDef that a file holds, in the binary or the text format.

    Raises:
      OSError: there is no such file, or it holds no MetaGraphDef.
    """
    name = os.fspath(filename)
    if not gfile.Exists(name):
        raise OSError(f"File {name} does not exist.")
    with gfile.GFile(name, "rb") as file:
        content = file.read()
    try:
        return MetaGraphDef.FromString(content)
    except DecodeError:
        pass
    try:
        return text_format.Parse(content.decode(), MetaGraphDef())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise OSError(f"Cannot parse file {name}: {error}.") from error


def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Saver | None:
    """Add a graph and its collections to the default graph, and return its saver.

    Args:
      meta_graph_or_file: a MetaGraphDef, or the path of a file that holds one.
      clear_devices: leave out the devices.
      import_scope: the name scope to put the nodes into.
      **kwargs: see `import_scoped_meta_graph_with_return_elements`.

    Returns:
      The saver of the meta graph; where it has none, a new one for all variables; None where there
      are no variables.
    """
    return import_meta_graph_with_return_elements(
        meta_graph_or_file, clear_devices, import_scope, **kwargs
    )[0]


def import_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    return_elements: Any = None,
    **kwargs: Any,
) -> tuple[Saver | None, Any]:
    """Do what `import_meta_graph` does; return also what `return_elements` names."""
    message = _as_meta_graph(meta_graph_or_file)
    variables, elements = import_scoped_meta_graph_with_return_elements(
        message,
        clear_devices=clear_devices,
        import_scope=import_scope,
        return_elements=return_elements,
        **kwargs,
    )
    if message.HasField("saver_def"):
        scope = import_scope
        for old_name, variable in variables.items():
            scope = variable.name[: -len(old_name)]
            break
        saver_def = SaverDef()
        saver_def.CopyFrom(message.saver_def)
        return Saver(saver_def=saver_def, name=scope), elements
    if all_saveable_objects(import_scope):
        return Saver(), elements
    tf_logging.info("Saver not created because there are no variables in the graph to restore")
    return None, elements


def _as_meta_graph(source: Any) -> Any:
    return source if isinstance(source, MetaGraphDef) else read_meta_graph_file(source)


def _all_collections(key: str) -> bool:
    return True


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = _all_collections,
) -> dict[str, Any]:
    """Add a graph and its collections to `graph`; return the variables by their old names."""
    return import_scoped_meta_graph_with_return_elements(
        meta_graph_or_file,
        clear_devices,
        graph,
        import_scope,
        input_map,
        unbound_inputs_col_name,
        restore_collections_predicate,
    )[0]


def import_scoped_meta_graph_with_return_elements(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Any = None,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    restore_collections_predicate: Callable[[str], bool] = _all_collections,
    return_elements: Any = None,
) -> tuple[dict[str, Any], Any]:
    """Add a graph and its collections to `graph`.

    Args:
      meta_graph_or_file: a MetaGraphDef, or the path of a file that holds one.
      clear_devices: leave out the devices.
      graph: the graph, by default the default graph.
      import_scope: the name scope to put the nodes into.
      input_map: tensors that take the place of others, by the names of those.
      unbound_inputs_col_name: the collection that names inputs which `input_map` must give.
      restore_collections_predicate: which collections to take over.
      return_elements: names of operations and tensors to return.

    Returns:
      The variables by their old names, and what `return_elements` names.

    Raises:
      ValueError: an input is missing.
    """
    message = _as_meta_graph(meta_graph_or_file)
    _check_unbound_inputs(message, unbound_inputs_col_name, input_map)
    graph = graph or get_default_graph()
    with graph.as_default():
        scope = graph.unique_name(import_scope or "", mark_as_used=False)
        elements = import_graph_def(
            _without_devices(message.graph_def) if clear_devices else message.graph_def,
            name=import_scope or scope,
            input_map=input_map,
            producer_op_list=message.meta_info_def.stripped_op_list,
            return_elements=return_elements,
        )
        # Trainable variables first: what says so is lost in the other collections of old files.
        keys = sorted(
            message.collection_def, key=lambda key: (key != GraphKeys.TRAINABLE_VARIABLES, key)
        )
        made: dict[bytes, Any] = {}
        for key in keys:
            if key != unbound_inputs_col_name and restore_collections_predicate(key):
                _read_collection(graph, key, message.collection_def[key], scope, made)
        variables = graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=re.escape(scope))
    return {strip_name_scope(v.name, scope): v for v in variables}, elements


def _check_unbound_inputs(message: Any, collection: str | None, input_map: Any) -> None:
    if not collection or collection not in message.collection_def:
        return
    written = message.collection_def[collection]
    names = [as_str(name) for name in getattr(written, written.WhichOneof("kind")).value]
    given = {as_str(name) for name in input_map or ()}
    if set(names) != given:
        missing = ",".join(name for name in names if name not in given)
        raise ValueError(
            f"Graph contains unbound inputs: {missing}. Must provide these inputs through "
            "input_map."
        )


def _without_devices(graph_def: Any) -> Any:
    copy = graph_pb2.GraphDef()
    copy.CopyFrom(graph_def)
    for node in copy.node:
        node.device = ""
    return copy


def _read_collection(
    graph: Graph, key: str, written: Any, scope: str, made: dict[bytes, Any]
) -> None:
    kind = written.WhichOneof("kind")
    if kind is None:
        tf_logging.error("Cannot identify data type for collection %s. Skipping.", key)
        return
    from_proto = get_from_proto_function(key)
    if from_proto is not None and kind == "bytes_list":
        for content in written.bytes_list.value:
            # A variable that stands in several collections is one object.
            item = made.get(content) if key in GraphKeys._VARIABLE_COLLECTIONS else None
            if item is None:
                proto = get_collection_proto_type(key).FromString(content)
                item = made[content] = from_proto(proto, import_scope=scope)
            graph.add_to_collection(key, item)
        return
    for value in getattr(written, kind).value:
        if kind == "node_list":
            value = graph.as_graph_element(prepend_name_scope(value, scope))
        elif kind == "int64_list":
            value = int(value)
        elif kind == "bytes_list" and scope:
            value = prepend_name_scope(as_str(value), scope)
        graph.add_to_collection(key, value)


def copy_scoped_meta_graph(
    from_scope: str,
    to_scope: str,
    from_graph: Graph | None = None,
    to_graph: Graph | None = None,
) -> dict[str, Any]:
    """Copy what is in a name scope into another one; return the new variables by their names.

    Raises:
      ValueError: the two scopes are the same.
    """
    from_graph = from_graph or get_default_graph()
    to_graph = to_graph or get_default_graph()
    if from_graph is to_graph and from_scope == to_scope:
        raise ValueError(
            "'from_scope' and 'to_scope' need to be different when performing copy in the same "
            f"graph. Received: 'from_graph': {from_graph}, 'to_graph': {to_graph}, "
            f"'from_scope': {from_scope}, 'to_scope': {to_scope}."
        )
    message, _ = export_scoped_meta_graph(export_scope=from_scope, graph=from_graph)
    return import_scoped_meta_graph(message, graph=to_graph, import_scope=to_scope)


def _variable_to_proto(variable: Any, export_scope: str | None = None) -> Any:
    if isinstance(variable, (Tensor, Operation)):
        raise TypeError(f"{variable!r} is no variable")
    return variable.to_proto(export_scope)


def _context_to_proto(context: Any, export_scope: str | None = None) -> Any:
    return context.to_proto(export_scope)


register_proto_function(
    GraphKeys.COND_CONTEXT, CondContextDef, _context_to_proto, CondContext.from_proto
)
register_proto_function(
    GraphKeys.WHILE_CONTEXT, WhileContextDef, _context_to_proto, WhileContext.from_proto
)
for _key in dict.fromkeys(GraphKeys._VARIABLE_COLLECTIONS):
    register_proto_function(_key, VariableDef, _variable_to_proto, Variable.from_proto)
