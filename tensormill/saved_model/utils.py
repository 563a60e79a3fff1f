"""`tf.saved_model.utils`: tensors as TensorInfo messages.

Source: TensorFlow 1.15, python/saved_model/utils_impl.py.
"""

from __future__ import annotations

import os
from typing import Any

from tensorboard.compat.proto.meta_graph_pb2 import TensorInfo
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_INVALID

from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.scoped_names import prepend_name_scope
from tensormill.graph.sparse_tensor import SparseTensor
from tensormill.saved_model import constants
from tensormill.saved_model.structure_codec import StructureCoder, StructuredValue

__all__ = [
    "build_tensor_info",
    "build_tensor_info_from_op",
    "get_assets_dir",
    "get_element_from_tensor_info",
    "get_op_from_tensor_info",
    "get_or_create_assets_dir",
    "get_or_create_variables_dir",
    "get_tensor_from_tensor_info",
    "get_variables_dir",
    "get_variables_path",
]


def build_tensor_info(tensor: Any) -> Any:
    """Return a TensorInfo that describes a tensor, of any kind, or a variable."""
    if hasattr(tensor, "_type_spec") and not isinstance(tensor, SparseTensor):
        return _build_composite_info(tensor)
    info = TensorInfo(
        dtype=tensor.dtype.as_datatype_enum, tensor_shape=tensor.get_shape().as_proto()
    )
    if isinstance(tensor, SparseTensor):
        info.coo_sparse.values_tensor_name = tensor.values.name
        info.coo_sparse.indices_tensor_name = tensor.indices.name
        info.coo_sparse.dense_shape_tensor_name = tensor.dense_shape.name
    else:
        info.name = tensor.name
    return info


def _build_composite_info(tensor: Any) -> Any:
    """Return a TensorInfo of the spec of a tensor of several parts, and of the parts."""
    spec = tensor._type_spec
    info = TensorInfo()
    composite = info.composite_tensor
    composite.type_spec.CopyFrom(StructureCoder().encode_structure(spec).type_spec_value)
    for part in spec._to_components(tensor):
        composite.components.add().CopyFrom(build_tensor_info(part))
    return info


def build_tensor_info_from_op(op: Operation) -> Any:
    """Return a TensorInfo that names an operation."""
    return TensorInfo(
        dtype=DT_INVALID, tensor_shape=TensorShapeProto(unknown_rank=True), name=op.name
    )


def get_op_from_tensor_info(
    tensor_info: Any, graph: Graph | None = None, import_scope: str | None = None
) -> Operation:
    """Return the operation that a TensorInfo names.

    Args:
      tensor_info: the message, as `build_tensor_info_from_op` makes it.
      graph: the graph, by default the default graph.
      import_scope: the scope into which the graph was imported.

    Raises:
      KeyError: it is not in the graph.
    """
    graph = graph or get_default_graph()
    found: Operation = graph.get_operation_by_name(
        prepend_name_scope(tensor_info.name, import_scope)
    )
    return found


def get_tensor_from_tensor_info(
    tensor_info: Any, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """Return the tensor, of any kind, that a TensorInfo names.

    Args:
      tensor_info: the message.
      graph: the graph, by default the default graph.
      import_scope: the scope into which the graph was imported.

    Raises:
      KeyError: it is not in the graph.
      ValueError: it names nothing.
    """
    graph = graph or get_default_graph()

    def found(name: str) -> Any:
        return graph.get_tensor_by_name(prepend_name_scope(name, import_scope))

    encoding = tensor_info.WhichOneof("encoding")
    if encoding == "name":
        return found(tensor_info.name)
    if encoding == "coo_sparse":
        sparse = tensor_info.coo_sparse
        return SparseTensor(
            found(sparse.indices_tensor_name),
            found(sparse.values_tensor_name),
            found(sparse.dense_shape_tensor_name),
        )
    if encoding == "composite_tensor":
        composite = tensor_info.composite_tensor
        value = StructuredValue(type_spec_value=composite.type_spec)
        spec = StructureCoder().decode_proto(value)
        return spec._from_components([found(part.name) for part in composite.components])
    raise ValueError(f"Invalid TensorInfo.encoding: {encoding}")


def get_element_from_tensor_info(
    tensor_info: Any, graph: Graph | None = None, import_scope: str | None = None
) -> Any:
    """Return the operation or tensor that a TensorInfo names.

    Args:
      tensor_info: the message.
      graph: the graph, by default the default graph.
      import_scope: the scope into which the graph was imported.

    Raises:
      KeyError: it is not in the graph.
    """
    graph = graph or get_default_graph()
    return graph.as_graph_element(prepend_name_scope(tensor_info.name, import_scope))


def get_variables_dir(export_dir: str) -> str:
    """Return the folder of the variables of an exported model."""
    return os.path.join(export_dir, constants.VARIABLES_DIRECTORY)


def get_variables_path(export_dir: str) -> str:
    """Return the path of the checkpoint of an exported model."""
    return os.path.join(get_variables_dir(export_dir), constants.VARIABLES_FILENAME)


def get_assets_dir(export_dir: str) -> str:
    """Return the folder of the files that belong to an exported model."""
    return os.path.join(export_dir, constants.ASSETS_DIRECTORY)


def get_or_create_variables_dir(export_dir: str) -> str:
    """Return the folder of the variables, made where it is not there."""
    return _made(get_variables_dir(export_dir))


def get_or_create_assets_dir(export_dir: str) -> str:
    """Return the folder of the files, made where it is not there."""
    return _made(get_assets_dir(export_dir))


def _made(folder: str) -> str:
    os.makedirs(folder, exist_ok=True)
    return folder
