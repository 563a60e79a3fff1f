"""`tf.import_graph_def`: the nodes of a GraphDef added to the default graph, or none of them.

Source: TensorFlow 1.15, core/graph/graph_constructor.cc and python/framework/importer.py.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.message import DecodeError
from tensorboard.compat.proto import graph_pb2

from tensormill.graph.control_primitives import MERGES, NEXT_ITERATIONS
from tensormill.graph.conversion import convert_to_tensor
from tensormill.graph.creation_site import capture_frames
from tensormill.graph.default_scopes import name_scope
from tensormill.graph.device_names import canonical
from tensormill.graph.dtypes import DType
from tensormill.graph.errors import NotFoundError, UnimplementedError
from tensormill.graph.function_calls import add_function
from tensormill.graph.function_library import FunctionLibrary
from tensormill.graph.graph import Graph, get_default_graph
from tensormill.graph.graph_def_writer import GRAPH_DEF_VERSIONS
from tensormill.graph.node_def_reader import (
    CONTROL,
    AttrCache,
    NodeReader,
    check_input_dtypes,
    split_tensor_name,
)
from tensormill.graph.op_def import OpDef
from tensormill.graph.op_def_codec import to_op_def
from tensormill.graph.op_table import OP_DEFS
from tensormill.graph.operation import Operation
from tensormill.graph.shape_inference import infer_shapes
from tensormill.graph.shapes import Dims, merge_dims
from tensormill.graph.tensor import Tensor

__all__ = ["GraphDefImport", "UnknownOpTypeError", "import_graph_def"]


class UnknownOpTypeError(NotFoundError, ValueError):
    """A GraphDef holds op types that are not registered; the message names all of them."""


def import_graph_def(
    graph_def: Any,
    input_map: dict[Any, Any] | None = None,
    return_elements: Any = None,
    name: str | None = None,
    op_dict: Any = None,
    producer_op_list: Any = None,
) -> list[Any] | None:
    """Add the nodes of a GraphDef to the default graph; an error leaves the graph as it was.

    Args:
      graph_def: a GraphDef message.
      input_map: the name of a tensor of `graph_def` ("x", "x:1", or "^x" for a control input) to
        the tensor (for "^x" also the operation) that takes its place.
      return_elements: names of operations ("x") and tensors ("x:0") of `graph_def` to return.
      name: the prefix of the imported names, "import" where it is None, none where it is "".
      op_dict: not used.
      producer_op_list: an OpList of the program that wrote the graph; attributes that are unknown
        here and have their default value according to it are left out.

    Returns:
      The operations and tensors that `return_elements` names; None where it is None.

    Raises:
      TypeError: an argument is of the wrong type.
      UnknownOpTypeError: op types are not registered.
      ValueError: the GraphDef is not sound, or a name is not in it.
    """
    graph = get_default_graph()
    graph._check_not_finalized()
    message = _as_graph_def(graph_def)
    mapping = _check_input_map(input_map)
    wanted = _check_return_elements(return_elements)
    if producer_op_list is not None:
        message = _without_producer_defaults(message, producer_op_list)
    with name_scope(name, "import", list(mapping.values())) as scope:
        mapping = _convert_input_map(name, mapping)
    work = GraphDefImport(graph, message, scope, mapping)
    work.build()
    found = [work.element(text) for text in wanted]
    work.check_mapping_used()
    work.commit()
    return None if return_elements is None else found


def _as_graph_def(value: Any) -> Any:
    if isinstance(value, graph_pb2.GraphDef):
        return value
    descriptor = getattr(value, "DESCRIPTOR", None)
    if descriptor is None or descriptor.name != "GraphDef":
        raise TypeError("graph_def must be a GraphDef proto.")
    try:
        return graph_pb2.GraphDef.FromString(value.SerializeToString())
    except DecodeError as error:
        raise TypeError("graph_def must be a GraphDef proto.") from error


def _check_input_map(input_map: Any) -> dict[str, Any]:
    if input_map is None:
        return {}
    if not isinstance(input_map, dict):
        raise TypeError(
            "input_map must be a dictionary mapping strings to Tensor objects. Obtained "
            f"{type(input_map).__name__}"
        )
    if not all(isinstance(key, (str, bytes)) for key in input_map):
        raise TypeError(
            "All keys for argument `input_map` must be strings. Obtained keys: "
            f"{list(input_map.keys())}"
        )
    return {k.decode() if isinstance(k, bytes) else k: v for k, v in input_map.items()}


def _check_return_elements(elements: Any) -> tuple[str, ...]:
    if elements is None:
        return ()
    elements = list(elements)
    if not all(isinstance(element, (str, bytes)) for element in elements):
        raise TypeError(f"return_elements must be a list of strings. Obtained {elements}.")
    return tuple(e.decode() if isinstance(e, bytes) else e for e in elements)


def _convert_input_map(name: str | None, mapping: dict[str, Any]) -> dict[str, Any]:
    """Make tensors of the values, in a scope of their own inside the scope of the import."""

    def is_ready(key: str, value: Any) -> bool:
        return isinstance(value, Tensor) or (key[:1] == "^" and isinstance(value, Operation))

    if all(is_ready(key, value) for key, value in mapping.items()):
        return mapping
    if name == "":
        raise ValueError(
            "tf.import_graph_def() requires a non-empty `name` if `input_map` contains non-Tensor "
            "values. Try calling tf.convert_to_tensor() on `input_map` values before calling "
            "tf.import_graph_def()."
        )
    with name_scope("_inputs"):
        return {
            key: value if is_ready(key, value) else convert_to_tensor(value)
            for key, value in mapping.items()
        }


def _without_producer_defaults(message: Any, producer_op_list: Any) -> Any:
    """Return a copy without unknown attributes that have the default value of the producer."""
    producer = {op.name: op for op in producer_op_list.op}
    stripped = graph_pb2.GraphDef()
    stripped.CopyFrom(message)
    for node in stripped.node:
        if node.op not in producer or node.op not in OP_DEFS:
            continue
        known = {attr.name for attr in to_op_def(OP_DEFS[node.op]).attr}
        defaults = {
            attr.name: attr.default_value.SerializeToString(deterministic=True)
            for attr in producer[node.op].attr
            if attr.HasField("default_value")
        }
        for key in [k for k in node.attr if k not in known and k in defaults]:
            if node.attr[key].SerializeToString(deterministic=True) == defaults[key]:
                del node.attr[key]
    return stripped


class GraphDefImport:
    """One import: builds all operations apart from the graph, then adds them to it.

    Attributes:
      op_defs: the op types that there are, besides the functions of the graph and the message.
      is_from_runtime: see `NodeReader`.
    """

    op_defs: Mapping[str, OpDef] = OP_DEFS
    is_from_runtime = False

    def __init__(self, graph: Graph, message: Any, scope: str, input_map: dict[str, Any]) -> None:
        self.graph = graph
        self.message = message
        self.prefix = scope
        self.mapped = {split_tensor_name(key): value for key, value in input_map.items()}
        self.unused = {split_tensor_name(key): key for key in input_map}
        self.readers: list[NodeReader] = []
        self.index_of: dict[str, int] = {}
        self.final_names: dict[str, str] = {}
        self.made: dict[str, Operation] = {}
        self.order: list[Operation] = []
        self.back_edges: list[tuple[Operation, int, str, int, list[DType]]] = []
        self.known_attrs: AttrCache = {}
        self.frames = capture_frames()
        self.functions = FunctionLibrary()

    def build(self) -> None:
        """Make the operations.

        Raises:
          UnknownOpTypeError, ValueError: the GraphDef is not sound.
        """
        self._check_versions()
        self._add_functions()
        self._check_op_types()
        for index, node in enumerate(self.message.node):
            reader = NodeReader.read(node, self.op_defs, self.is_from_runtime)
            if node.name in self.index_of:
                raise ValueError(f"Node '{node.name}' is not unique")
            self.index_of[node.name] = index
            self.readers.append(reader)
        self._choose_names()
        # Shape functions ask the graph for its version.
        before = self.graph._versions
        self.graph._versions = self._merged_versions()
        try:
            for index in self._sorted():
                self._make(self.readers[index])
            self._close_loops()
        except BaseException:
            self.graph._versions = before
            raise

    def _merged_versions(self) -> Any:
        own, brought = self.graph._versions, self.message.versions
        if not self.message.HasField("versions"):
            return own
        merged = type(brought)()
        merged.CopyFrom(brought)
        if self.graph.get_operations():
            merged.producer = min(own.producer, brought.producer)
            merged.min_consumer = max(own.min_consumer, brought.min_consumer)
            merged.bad_consumers[:] = sorted({*own.bad_consumers, *brought.bad_consumers})
        return merged

    def _check_versions(self) -> None:
        versions = self.message.versions
        ours = GRAPH_DEF_VERSIONS.producer
        if versions.producer < 0:
            raise ValueError(
                f"GraphDef producer version {versions.producer} below min producer 0 supported by "
                f"TensorFlow {_TENSORFLOW}.  Please regenerate your graph."
            )
        if versions.min_consumer > max(ours, _NEWEST_CONSUMER):
            raise ValueError(
                f"GraphDef min consumer version {versions.min_consumer} above current version "
                f"{ours} for TensorFlow {_TENSORFLOW}.  Please upgrade TensorFlow."
            )

    def _add_functions(self) -> None:
        library = self.functions
        library.add_message(self.message.library)
        known = self.graph.functions
        for name, function in library.items():
            if name in known and known[name].definition != function.definition:
                raise ValueError(
                    f"Cannot add function '{name}' because a different function with the same "
                    "name already exists."
                )
        if library or known:
            self.op_defs = {**self.op_defs, **known.op_defs(), **library.op_defs()}

    def _check_op_types(self) -> None:
        types = dict.fromkeys(node.op for node in self.message.node)
        missing = [op_type for op_type in types if op_type not in self.op_defs]
        if not missing:
            return
        named = ", ".join(f"'{op_type}'" for op_type in missing)
        plural = "s" if len(missing) > 1 else ""
        raise UnknownOpTypeError(None, None, f"Op type{plural} not registered: {named}.")

    def _choose_names(self) -> None:
        """Choose the name of each node in the graph: prefixed, and numbered where it is taken."""
        existing = self.graph._operations_by_name
        folders = _folders(list(existing)) if existing else set()
        for name in self.index_of:
            base = final = self.prefix + name
            count = 0
            while (
                final in existing
                or final in folders
                or (count and final.removeprefix(self.prefix) in self.index_of)
            ):
                count += 1
                final = f"{base}_{count}"
            self.final_names[name] = final

    def _sorted(self) -> Iterator[int]:
        """Yield the nodes in topological order, the earlier of those that are ready first.

        A Merge waits for one of its inputs only where another is a NextIteration.
        """
        pending = [0] * len(self.readers)
        consumers: list[list[int]] = [[] for _ in self.readers]
        for index, reader in enumerate(self.readers):
            sources = self._sources(reader)
            for source in sources:
                consumers[source].append(index)
            pending[index] = len(sources)
            if reader.node.op in MERGES and self._has_back_edge(reader):
                pending[index] = 1 + sum(
                    1 for c in reader.controls if (c, CONTROL) not in self.mapped
                )
        ready = [index for index, count in enumerate(pending) if count == 0]
        done = 0
        while ready:
            index = heapq.heappop(ready)
            done += 1
            yield index
            for consumer in consumers[index]:
                pending[consumer] -= 1
                if pending[consumer] == 0:
                    heapq.heappush(ready, consumer)
        if done < len(self.readers):
            raise ValueError(self._describe_cycle(done, pending))

    def _describe_cycle(self, done: int, pending: list[int]) -> str:
        stuck = [r.node.name for r, count in zip(self.readers, pending, strict=True) if count > 0]
        shown = ", ".join(stuck[:8]) + (", …" if len(stuck) > 8 else "")
        return f"{len(self.readers) - done} nodes in a cycle: {shown}"

    def _sources(self, reader: NodeReader) -> list[int]:
        """Return the nodes that an input or control input names, apart from mapped ones."""
        sources = []
        for key in reader.inputs:
            if key not in self.mapped:
                source = self.index_of.get(key[0])
                if source is None:
                    raise _unknown_input(reader, key)
                sources.append(source)
        for name in reader.controls:
            if (name, CONTROL) not in self.mapped:
                source = self.index_of.get(name)
                if source is None:
                    raise _unknown_input(reader, (name, CONTROL))
                sources.append(source)
        return sources

    def _has_back_edge(self, reader: NodeReader) -> bool:
        return any(
            key not in self.mapped
            and self.readers[self.index_of[key[0]]].node.op in NEXT_ITERATIONS
            for key in reader.inputs
        )

    def _make(self, reader: NodeReader) -> None:
        node = reader.node
        op_def = self.op_defs[node.op]
        name = self.final_names[node.name]
        unavailable = op_def.unavailable(self.message.versions.producer)
        if unavailable:
            raise UnimplementedError(None, None, unavailable)
        attrs, dtypes = reader.attrs(name, self.known_attrs)
        output_shapes = attrs.pop("_output_shapes", None)
        if "_class" in attrs:
            attrs["_class"] = self._colocation(node.name, attrs["_class"])
        late: list[int] = []
        inputs: list[Tensor] = []
        for position, key in enumerate(reader.inputs):
            tensor = self._input(reader, key)
            if tensor is None:
                late.append(position)
            inputs.append(tensor)  # type: ignore[arg-type]
        if late:
            first = next(tensor for tensor in inputs if tensor is not None)
            inputs = [first if tensor is None else tensor for tensor in inputs]
        check_input_dtypes(op_def, dtypes, inputs, name)
        controls = tuple(dict.fromkeys(self._control(control) for control in reader.controls))
        op = Operation(self.graph, op_def, name, inputs, controls, attrs, self.frames)
        op._device = canonical(node.device) if node.device else ""
        if late:
            self.back_edges += [
                (op, position, *reader.inputs[position], dtypes) for position in late
            ]
            op.outputs[1].dims = ()
        elif op_def.shape_function is not None:
            infer_shapes(op)
        if output_shapes is not None:
            _merge_output_shapes(op, output_shapes)
        self.made[node.name] = op
        self.order.append(op)

    def _input(self, reader: NodeReader, key: tuple[str, int]) -> Tensor | None:
        """Return an input tensor; None for a back edge, whose source is not made yet."""
        mapped = self.mapped.get(key)
        if mapped is not None:
            self.unused.pop(key, None)
            return mapped
        op = self.made.get(key[0])
        if op is None:
            return None
        if key[1] >= len(op.outputs):
            raise _invalid_output(reader.node.name, key, len(op.outputs))
        return op.outputs[key[1]]

    def _control(self, name: str) -> Operation:
        mapped = self.mapped.get((name, CONTROL))
        if mapped is None:
            return self.made[name]
        self.unused.pop((name, CONTROL), None)
        return mapped if isinstance(mapped, Operation) else mapped.op

    def _colocation(self, node_name: str, groups: tuple[bytes, ...]) -> tuple[bytes, ...]:
        renamed = []
        for group in groups:
            if group.startswith(b"loc:@"):
                target = group[5:].decode(errors="replace")
                if target not in self.final_names:
                    raise ValueError(
                        f"Node '{node_name}' expects to be colocated with unknown node '{target}'"
                    )
                group = b"loc:@" + self.final_names[target].encode()
            renamed.append(group)
        return tuple(renamed)

    def _close_loops(self) -> None:
        for op, position, source_name, index, _ in self.back_edges:
            source = self.made[source_name]
            if index >= len(source.outputs):
                raise _invalid_output(op.name, (source_name, index), len(source.outputs))
            op.input_tensors[position] = source.outputs[index]
        for op, _, _, _, dtypes in self.back_edges:
            check_input_dtypes(op.op_schema, dtypes, op.input_tensors, op.name)

    def element(self, text: str) -> Any:
        """Return what an entry of `return_elements` names.

        Raises:
          ValueError: it is not in the GraphDef.
        """
        if ":" not in text:
            if text not in self.made:
                raise ValueError(f"Requested return node '{text}' not found in graph def")
            return self.made[text]
        key = split_tensor_name(text)
        if key in self.mapped:
            self.unused.pop(key, None)
            return self.mapped[key]
        op = self.made.get(key[0])
        if op is None:
            raise ValueError(f"Requested return tensor '{text}' not found in graph def")
        if key[1] >= len(op.outputs):
            raise ValueError(
                f"Invalid return output {key[1]} of node '{key[0]}', which has {len(op.outputs)} "
                "output(s)"
            )
        return op.outputs[key[1]]

    def check_mapping_used(self) -> None:
        """Refuse entries of the input map that name nothing in the GraphDef: likely typos.

        Raises:
          ValueError: there are such entries.
        """
        missing = []
        for (name, index), text in self.unused.items():
            op = self.made.get(name)
            if op is None or index >= len(op.outputs):
                missing.append(text if index == CONTROL else f"{name}:{index}")
        if missing:
            raise ValueError(
                f"Attempted to map inputs that were not found in graph_def: [{', '.join(missing)}]"
            )

    def commit(self) -> None:
        """Add the operations to the graph, under the scopes that are open."""
        self.graph._adopt(self.order)
        for function in self.functions.values():
            add_function(self.graph, function)
        for name, gradient_name in self.functions.gradients.items():
            self.graph.functions.add_gradient(name, gradient_name)


# The version that messages about the versions of graphs speak of.
_TENSORFLOW = "1.15.0"
_NEWEST_CONSUMER = 2474
"""The newest consumer version that graphs may ask for: that of TensorFlow 2.21."""


def _folders(names: Any) -> set[str]:
    """Return all prefixes of names that end before a slash."""
    folders: set[str] = set()
    for name in names:
        end = name.rfind("/")
        while end > 0:
            folder = name[:end]
            if folder in folders:
                break
            folders.add(folder)
            end = name.rfind("/", 0, end)
    return folders


# Graphs of old may say another shape of their outputs than the shape functions do.
_SHAPES_ARE_OLD = frozenset(
    """
    RandomShuffleQueue PaddingFIFOQueue FIFOQueue PriorityQueue QueueSize Stack Barrier
    BarrierReadySize BarrierIncompleteSize HashTable MutableHashTable MutableHashTableOfTensors
    WholeFileReader TextLineReader FixedLengthRecordReader TFRecordReader IdentityReader RefSwitch
    RefEnter RefNextIteration RefMerge RefIdentity ConditionalAccumulator
    SparseConditionalAccumulator
    """.split()
)


def _unknown_input(reader: NodeReader, key: tuple[str, int]) -> ValueError:
    name, index = key
    text = f"^{name}" if index == CONTROL else f"{name}:{index}"
    if text not in reader.node.input:
        text = name
    return ValueError(f"Node '{reader.node.name}': Unknown input node '{text}'")


def _invalid_output(node_name: str, key: tuple[str, int], count: int) -> ValueError:
    return ValueError(
        f"Node '{node_name}': Connecting to invalid output {key[1]} of source node {key[0]} which "
        f"has {count} outputs."
    )


def _merge_output_shapes(op: Operation, shapes: tuple[Dims, ...]) -> None:
    if len(shapes) != len(op.outputs):
        raise ValueError(
            f"Node '{op.name}' has {len(op.outputs)} outputs but the _output_shapes attribute "
            f"specifies shapes for {len(shapes)} outputs"
        )
    if op.type in _SHAPES_ARE_OLD:
        return
    for index, (tensor, dims) in enumerate(zip(op.outputs, shapes, strict=True)):
        try:
            tensor.dims = merge_dims(tensor.dims, dims)
        except ValueError as error:
            raise ValueError(
                f"Node '{op.name}' has an _output_shapes attribute inconsistent with the GraphDef "
                f"for output #{index}: {error}"
            ) from None
