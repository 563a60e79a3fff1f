"""Graphs with their collections as MetaGraphDef messages.

Source: TensorFlow 1.15, python/framework/meta_graph.py.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any

from google.protobuf import any_pb2
from tensorboard.compat.proto import graph_pb2
from tensorboard.compat.proto.attr_value_pb2 import AttrValue
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.saver_pb2 import SaverDef

from tensormill.graph import tf_logging
from tensormill.graph.collection_protos import get_from_proto_function, get_to_proto_function
from tensormill.graph.collections import GraphKeys
from tensormill.graph.control_primitives import ENTERS
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.op_def_codec import to_op_list
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.scoped_names import strip_name_scope
from tensormill.io.graph_io import write_graph
from tensormill.platform.strings import as_bytes
from tensormill.platform.versions import GIT_VERSION, VERSION

__all__ = [
    "SAVE_AND_RESTORE_OPS",
    "UNBOUND_INPUTS",
    "add_collection_def",
    "create_meta_graph_def",
    "export_meta_graph",
    "export_scoped_meta_graph",
    "is_default_attr_value",
    "ops_used_by_graph_def",
    "strip_graph_default_valued_attrs",
    "stripped_op_list_for_graph",
]

UNBOUND_INPUTS = "unbound_inputs"
"""The collection of inputs that a part of a graph takes from outside."""

_UNBOUND_PREFIX = "$unbound_inputs_"

SAVE_AND_RESTORE_OPS = (
    "SaveV2",
    "Save",
    "SaveSlices",
    "RestoreV2",
    "Restore",
    "RestoreSlice",
)


def export_meta_graph(
    filename: str | os.PathLike[str] | None = None,
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    as_text: bool = False,
    graph: Graph | None = None,
    export_scope: str | None = None,
    clear_devices: bool = False,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
) -> Any:
    """Return a graph with its collections as a MetaGraphDef, and write it to a file.

    Args:
      filename: the file to write; None writes none.
      meta_info_def: a MetaInfoDef to take over.
      graph_def: a GraphDef to export in place of that of the graph.
      saver_def: a SaverDef to take over.
      collection_list: the collections to export, all by default.
      as_text: write the text format of protobuf.
      graph: the graph, by default the default graph.
      export_scope: export what is in this name scope, without the scope in its names.
      clear_devices: leave out the devices.
      clear_extraneous_savers: leave out savers other than that of `saver_def`.
      strip_default_attrs: leave out attributes that have their default value.
      save_debug_info: not used.
    """
    message, _ = export_scoped_meta_graph(
        filename=filename,
        graph_def=graph_def,
        graph=graph,
        export_scope=export_scope,
        as_text=as_text,
        clear_devices=clear_devices,
        saver_def=saver_def,
        clear_extraneous_savers=clear_extraneous_savers,
        strip_default_attrs=strip_default_attrs,
        meta_info_def=meta_info_def,
        collection_list=collection_list,
    )
    return message


def export_scoped_meta_graph(
    filename: str | os.PathLike[str] | None = None,
    graph_def: Any = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    as_text: bool = False,
    unbound_inputs_col_name: str | None = UNBOUND_INPUTS,
    clear_devices: bool = False,
    saver_def: Any = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
    save_debug_info: bool = False,
    **kwargs: Any,
) -> tuple[Any, dict[str, Any]]:
    """Return a part of a graph as a MetaGraphDef, and its variables by their new names.

    Inputs from outside of `export_scope` are named in the collection `unbound_inputs_col_name`;
    the one who imports the message says what they are. See `export_meta_graph` for the rest.
    """
    graph = graph or get_default_graph()
    scope = None if export_scope is None else export_scope.rstrip("/")
    excluded: Collection[str] = ()
    if scope or clear_extraneous_savers or clear_devices:
        whole = graph_def or graph.as_graph_def(add_shapes=True)
        if clear_extraneous_savers:
            excluded = _extraneous_saver_nodes(whole, saver_def)
        graph_def, unbound = _part_of(whole, scope, excluded, clear_devices)
        if unbound_inputs_col_name:
            graph.clear_collection(unbound_inputs_col_name)
            for name in unbound:
                graph.add_to_collection(unbound_inputs_col_name, name)
    variables = {
        strip_name_scope(variable.name, scope): variable
        for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)
        if _is_included(variable, scope, excluded)
    }
    message = create_meta_graph_def(
        graph_def=graph_def,
        graph=graph,
        export_scope=scope,
        exclude_nodes=excluded,
        clear_extraneous_savers=clear_extraneous_savers,
        saver_def=saver_def,
        strip_default_attrs=strip_default_attrs,
        **kwargs,
    )
    if filename is not None:
        folder, name = os.path.split(os.fspath(filename))
        write_graph(message, folder or ".", name, as_text=as_text)
    return message, variables


def create_meta_graph_def(
    meta_info_def: Any = None,
    graph_def: Any = None,
    saver_def: Any = None,
    collection_list: Any = None,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    clear_extraneous_savers: bool = False,
    strip_default_attrs: bool = False,
) -> Any:
    """Return a MetaGraphDef made of its parts.

    Raises:
      TypeError: a part is of the wrong type.
    """
    for name, value, kind in (
        ("graph", graph, Graph),
        ("meta_info_def", meta_info_def, MetaGraphDef.MetaInfoDef),
        ("graph_def", graph_def, graph_pb2.GraphDef),
        ("saver_def", saver_def, SaverDef),
    ):
        if value is not None and not isinstance(value, kind):
            raise TypeError(
                f"{name} must be of type {kind.__name__}. Received type: {type(value)}."
            )
    graph = graph or get_default_graph()
    message = MetaGraphDef()
    info = message.meta_info_def
    if meta_info_def is not None:
        info.MergeFrom(meta_info_def)
    info.tensorflow_version = VERSION
    info.tensorflow_git_version = GIT_VERSION
    message.graph_def.MergeFrom(
        graph.as_graph_def(add_shapes=True) if graph_def is None else graph_def
    )
    if not info.stripped_op_list.op:
        info.stripped_op_list.CopyFrom(stripped_op_list_for_graph(message.graph_def))
    if strip_default_attrs:
        strip_graph_default_valued_attrs(message)
    if saver_def is not None:
        message.saver_def.MergeFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        contents = None
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            make = get_from_proto_function(key)
            if make is None or saver_def is None:
                continue
            contents = [make(saver_def)]
        add_collection_def(message, key, graph, export_scope, exclude_nodes, contents)
    return message


def _part_of(
    whole: Any, scope: str | None, excluded: Collection[str], clear_devices: bool
) -> tuple[Any, list[str]]:
    """Return the nodes of a scope, and the inputs that they take from outside."""
    part = graph_pb2.GraphDef(versions=whole.versions, library=whole.library)
    unbound: list[str] = []
    for node in whole.node:
        if not _is_included(node.name, scope, excluded):
            continue
        made = part.node.add()
        made.CopyFrom(node)
        if clear_devices:
            made.device = ""
        if scope:
            _leave_scope(made, scope, unbound)
    return part, unbound


def _leave_scope(node: Any, scope: str, unbound: list[str]) -> None:
    node.name = strip_name_scope(node.name, scope)
    for number, name in enumerate(node.input):
        control = "^" if name.startswith("^") else ""
        if name.removeprefix("^").startswith(f"{scope}/"):
            node.input[number] = strip_name_scope(name, scope)
        else:
            node.input[number] = f"{control}{_UNBOUND_PREFIX}{name.removeprefix('^')}"
            unbound.append(node.input[number])
    if "_class" in node.attr:
        groups = [group.decode() for group in node.attr["_class"].list.s]
        kept = [strip_name_scope(g, scope) for g in groups if g.startswith(f"loc:@{scope}/")]
        node.attr["_class"].CopyFrom(
            AttrValue(list=AttrValue.ListValue(s=[group.encode() for group in kept]))
        )
    if node.op in ENTERS:
        frame = strip_name_scope(node.attr["frame_name"].s.decode(), scope)
        node.attr["frame_name"].s = frame.encode()


def _is_included(item: Any, scope: str | None, excluded: Collection[str] | None) -> bool:
    name = item if isinstance(item, str) else getattr(item, "name", None)
    if not isinstance(name, str):
        return True  # whatever a program keeps in a collection
    if excluded and name.partition(":")[0] in excluded:
        return False
    return not scope or name.startswith((f"{scope}/", _UNBOUND_PREFIX))


def _extraneous_saver_nodes(graph_def: Any, saver_def: Any) -> set[str]:
    """Return the nodes of all savers but one; each saver has a name scope of its own."""
    kept = set()
    if saver_def is not None:
        kept = {_scope_of(saver_def.save_tensor_name), _scope_of(saver_def.restore_op_name)}
    savers = {node.name for node in graph_def.node if node.op in SAVE_AND_RESTORE_OPS}
    scopes = tuple(f"{scope}/" for scope in {_scope_of(name) for name in savers} - savers - kept)
    return {node.name for node in graph_def.node if node.name.startswith(scopes)}


def _scope_of(name: str) -> str:
    return name.removeprefix("^").rpartition("/")[0]


def ops_used_by_graph_def(graph_def: Any) -> list[str]:
    """Return the op types of a graph and of the functions that it calls."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    used: set[str] = set()
    waiting = [graph_def.node]
    while waiting:
        for node in waiting.pop():
            called = [node.op]
            if node.op in ("PartitionedCall", "StatefulPartitionedCall"):
                called.append(node.attr["f"].func.name)
            waiting += [functions[n].node_def for n in called if n in functions and n not in used]
            used.update(called)
    return [op_type for op_type in used if op_type not in functions]


def stripped_op_list_for_graph(graph_def: Any) -> Any:
    """Return the definitions of the op types of a graph as an OpList."""
    return to_op_list(set(ops_used_by_graph_def(graph_def)) & OP_DEFS.keys())


def is_default_attr_value(op_def: Any, attr_name: str, attr_value: Any) -> bool:
    """Return whether a value of an attribute is the default that an OpDef gives it."""
    return any(
        attr.name == attr_name
        and attr.HasField("default_value")
        and attr.default_value == attr_value
        for attr in op_def.attr
    )


def strip_graph_default_valued_attrs(meta_graph_def: Any) -> None:
    """Take the attributes that have their default value out of the nodes of a meta graph."""
    op_defs: dict[str, Any] = {}
    nodes = [meta_graph_def.graph_def.node]
    nodes += [function.node_def for function in meta_graph_def.graph_def.library.function]
    for node in (node for group in nodes for node in group):
        if node.op not in OP_DEFS:
            continue
        if node.op not in op_defs:
            op_defs[node.op] = to_op_list([node.op]).op[0]
        for name in list(node.attr):
            if is_default_attr_value(op_defs[node.op], name, node.attr[name]):
                del node.attr[name]
    meta_graph_def.meta_info_def.stripped_default_attrs = True


def add_collection_def(
    meta_graph_def: Any,
    key: Any,
    graph: Graph | None = None,
    export_scope: str | None = None,
    exclude_nodes: Collection[str] | None = None,
    override_contents: Any = None,
) -> None:
    """Write a collection into a MetaGraphDef; one that cannot be written is left out."""
    if graph is not None and not isinstance(graph, Graph):
        raise TypeError(f"graph must be of type Graph. Received type: {type(graph)}.")
    if not isinstance(key, (str, bytes)):
        tf_logging.warning(
            "Only collections with string type keys will be serialized. This key has %s", type(key)
        )
        return
    contents = override_contents or (graph or get_default_graph()).get_collection(key)
    items = [item for item in contents if _is_included(item, export_scope, exclude_nodes)]
    if not items:
        return
    written = meta_graph_def.collection_def[key]
    try:
        to_proto = get_to_proto_function(str(key))
        if to_proto is not None:
            for item in items:
                proto = to_proto(item, export_scope=export_scope)
                if proto is not None:
                    written.bytes_list.value.append(proto.SerializeToString())
        else:
            _write_plain_items(written, items, export_scope)
    except Exception as error:  # noqa: BLE001  (whatever a program keeps in a collection)
        tf_logging.warning(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the "
            "items don't match field type in CollectionDef. Note this is a warning and probably "
            "safe to ignore.\n%s",
            key,
            error,
        )
        del meta_graph_def.collection_def[key]


def _write_plain_items(written: Any, items: list[Any], scope: str | None) -> None:
    first = items[0]
    if isinstance(first, (str, bytes)):
        written.bytes_list.value.extend(as_bytes(item) for item in items)
    elif isinstance(first, int):
        written.int64_list.value.extend(items)
    elif isinstance(first, float):
        written.float_list.value.extend(items)
    elif isinstance(first, any_pb2.Any):
        written.any_list.value.extend(items)
    else:
        written.node_list.value.extend(strip_name_scope(item.name, scope) for item in items)
