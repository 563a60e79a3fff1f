"""Meta graphs: a graph with its collections and the description of its saver, in one message.

Source: TensorFlow 1.15, python/framework/meta_graph.py.
"""

from __future__ import annotations

import os
import re
from typing import Any

from google.protobuf import text_format
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import graph_pb2
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.variable_pb2 import VariableDef

from tensormill.compat import as_bytes
from tensormill.graph import tf_logging
from tensormill.graph.collection_protos import (
    get_collection_proto_type,
    get_from_proto_function,
    get_to_proto_function,
    register_proto_function,
)
from tensormill.graph.collections import GraphKeys
from tensormill.graph.errors import invalid_argument
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.graph_def_import import import_graph_def
from tensormill.graph.op_def_codec import to_op_list
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor
from tensormill.platform import gfile
from tensormill.platform.versions import VERSION
from tensormill.variables.creation import Variable
from tensormill.variables.scoped_names import prepend_name_scope, strip_name_scope

__all__ = ["export_meta_graph", "import_meta_graph", "import_scoped_meta_graph", "read_meta_graph"]


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
      clear_extraneous_savers: leave out the collection of savers.
      strip_default_attrs: leave out attributes that have their default value.
      save_debug_info: not used.

    Raises:
      ValueError: a node of `export_scope` takes an input from outside.
    """
    graph = graph or get_default_graph()
    scope = None if export_scope is None else export_scope.rstrip("/")
    message = MetaGraphDef()
    if graph_def is None:
        graph_def = _exported_graph_def(graph, scope, clear_devices)
    message.graph_def.MergeFrom(graph_def)
    if strip_default_attrs:
        _strip_default_attrs(message.graph_def)
    _describe(message, meta_info_def, strip_default_attrs)
    if saver_def is not None:
        message.saver_def.MergeFrom(saver_def)
    keys = graph.get_all_collection_keys() if collection_list is None else collection_list
    for key in keys:
        if clear_extraneous_savers and key == GraphKeys.SAVERS:
            continue
        _write_collection(message, graph, key, scope)
    if filename is not None:
        path = os.fspath(filename)
        content = (
            text_format.MessageToString(message).encode()
            if as_text
            else message.SerializeToString()
        )
        gfile.MakeDirs(os.path.dirname(path) or ".")
        with gfile.GFile(path, "wb") as file:
            file.write(content)
    return message


def _describe(message: Any, meta_info_def: Any, strip_default_attrs: bool) -> None:
    info = message.meta_info_def
    if meta_info_def is not None:
        info.MergeFrom(meta_info_def)
    types = {node.op for node in message.graph_def.node}
    info.stripped_op_list.CopyFrom(to_op_list(types & OP_DEFS.keys()))
    info.tensorflow_version = VERSION
    info.stripped_default_attrs = strip_default_attrs


def _exported_graph_def(graph: Graph, scope: str | None, clear_devices: bool) -> Any:
    whole = graph.as_graph_def(add_shapes=True)
    if scope is None and not clear_devices:
        return whole
    part = graph_pb2.GraphDef(versions=whole.versions, library=whole.library)
    for node in whole.node:
        if scope is not None and not node.name.startswith(f"{scope}/"):
            continue
        if clear_devices:
            node.device = ""
        if scope is not None:
            _leave_scope(node, scope)
        part.node.append(node)
    return part


def _leave_scope(node: Any, scope: str) -> None:
    outside = [t for t in node.input if not t.removeprefix("^").startswith(f"{scope}/")]
    if outside:
        raise ValueError(
            f"Node '{node.name}' takes {', '.join(outside)} from outside of the export scope "
            f"'{scope}'"
        )
    node.name = strip_name_scope(node.name, scope)
    inputs = [strip_name_scope(text, scope) for text in node.input]
    del node.input[:]
    node.input.extend(inputs)
    if "_class" in node.attr:
        groups = node.attr["_class"].list.s
        kept = [
            strip_name_scope(group.decode(), scope).encode()
            for group in groups
            if not group.startswith(b"loc:@") or group.startswith(f"loc:@{scope}/".encode())
        ]
        node.attr["_class"].list.s[:] = kept


def _strip_default_attrs(graph_def: Any) -> None:
    for node in graph_def.node:
        op_def = OP_DEFS.get(node.op)
        if op_def is None:
            continue
        defaults = {
            attr.name: attr.default_value
            for attr in to_op_list([node.op]).op[0].attr
            if attr.HasField("default_value")
        }
        for key, default in defaults.items():
            if key in node.attr and node.attr[key] == default:
                del node.attr[key]


def _write_collection(message: Any, graph: Graph, key: Any, scope: str | None) -> None:
    items = [item for item in graph.get_collection(key) if _is_within(item, scope)]
    if not isinstance(key, str) or not items:
        return
    written = message.collection_def[key]
    try:
        to_proto = get_to_proto_function(key)
        if to_proto is not None:
            for item in items:
                proto = to_proto(item, export_scope=scope)
                if proto is not None:
                    written.bytes_list.value.append(proto.SerializeToString())
        else:
            _write_plain_items(written, items, scope)
    except Exception as error:  # noqa: BLE001  (whatever a program keeps in a collection)
        tf_logging.warning(
            "Issue encountered when serializing %s.\nType is unsupported, or the types of the "
            "items "
            "don't match field type in CollectionDef. Note this is a warning and probably safe to "
            "ignore.\n%s",
            key,
            error,
        )
        del message.collection_def[key]


def _is_within(item: Any, scope: str | None) -> bool:
    if scope is None:
        return True
    name = getattr(item, "name", item)
    return isinstance(name, str) and name.startswith(f"{scope}/")


def _write_plain_items(written: Any, items: list[Any], scope: str | None) -> None:
    first = items[0]
    if isinstance(first, (str, bytes)):
        written.bytes_list.value.extend(as_bytes(item) for item in items)
    elif isinstance(first, int):
        written.int64_list.value.extend(items)
    elif isinstance(first, float):
        written.float_list.value.extend(items)
    else:
        written.node_list.value.extend(strip_name_scope(item.name, scope) for item in items)


def read_meta_graph(path: str | os.PathLike[str]) -> Any:
    """Return the MetaGraphDef that a file holds, in the binary or the text format.

    Raises:
      OSError: there is no such file.
      InvalidArgumentError: the file holds no MetaGraphDef.
    """
    name = os.fspath(path)
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
        raise invalid_argument(f"Cannot parse file {name}: {error}.") from error


def import_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    import_scope: str | None = None,
    **kwargs: Any,
) -> Any:
    """Add a graph and its collections to the default graph, and return its saver.

    Args:
      meta_graph_or_file: a MetaGraphDef, or the path of a file that holds one.
      clear_devices: leave out the devices.
      import_scope: the name scope to put the nodes into.
      **kwargs: `input_map`, `return_elements`, `producer_op_list` of `tf.import_graph_def`.

    Returns:
      What the SaverDef of the meta graph describes; None where it has none.
    """
    message, _ = _import(meta_graph_or_file, clear_devices, import_scope, kwargs)
    make_saver = get_from_proto_function(GraphKeys.SAVERS)
    if make_saver is None or not message.HasField("saver_def"):
        return None
    return make_saver(message.saver_def, import_scope=import_scope)


def import_scoped_meta_graph(
    meta_graph_or_file: Any,
    clear_devices: bool = False,
    graph: Graph | None = None,
    import_scope: str | None = None,
    input_map: Any = None,
) -> dict[str, Any]:
    """Add a graph and its collections to `graph`; return the variables by their old names."""
    with (graph or get_default_graph()).as_default():
        _, _ = _import(meta_graph_or_file, clear_devices, import_scope, {"input_map": input_map})
        variables = get_default_graph().get_collection(
            GraphKeys.GLOBAL_VARIABLES, scope=None if not import_scope else re.escape(import_scope)
        )
        return {strip_name_scope(v._shared_name, import_scope): v for v in variables}


def _import(
    source: Any, clear_devices: bool, import_scope: str | None, options: dict[str, Any]
) -> tuple[Any, Any]:
    message = source if isinstance(source, MetaGraphDef) else read_meta_graph(source)
    graph = get_default_graph()
    graph_def = message.graph_def
    if clear_devices:
        graph_def = graph_pb2.GraphDef()
        graph_def.CopyFrom(message.graph_def)
        for node in graph_def.node:
            node.device = ""
    options.setdefault("producer_op_list", message.meta_info_def.stripped_op_list)
    found = import_graph_def(graph_def, name=import_scope or "", **options)
    prefix = _prefix_of(graph, import_scope)
    made: dict[bytes, Any] = {}
    for key in sorted(message.collection_def):
        _read_collection(graph, key, message.collection_def[key], prefix, made)
    return message, found


def _prefix_of(graph: Graph, import_scope: str | None) -> str | None:
    outer = graph.get_name_scope()
    parts = [part for part in (outer if import_scope else "", import_scope or "") if part]
    return "/".join(parts) or None


def _read_collection(
    graph: Graph, key: str, written: Any, scope: str | None, made: dict[bytes, Any]
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
        graph.add_to_collection(key, value)


def _variable_to_proto(variable: Any, export_scope: str | None = None) -> Any:
    if isinstance(variable, (Tensor, Operation)):
        raise TypeError(f"{variable!r} is no variable")
    return variable.to_proto(export_scope)


for _key in dict.fromkeys(GraphKeys._VARIABLE_COLLECTIONS):
    register_proto_function(_key, VariableDef, _variable_to_proto, Variable.from_proto)
