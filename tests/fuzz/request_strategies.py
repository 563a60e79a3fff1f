"""Requests of all services as Hypothesis draws them: from plausible to garbage.

A message is drawn field by field from its descriptor. Names are mostly such as mean something to a
server; `LIVE` stands for one that was handed out before, a session's handle for example, and is
replaced when the request is sent. Sizes are small or absurd, so that nothing that a server believes
fills the memory of the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from tensorboard.compat.proto import graph_pb2, tensor_pb2

import tensormill as tf
from tensormill.proto import master_pb2, worker_pb2

LIVE = "<live>"
_MAX_DEPTH = 5
_SIZES = (0, 1, 2, 3, -1, 7, 1 << 40, (1 << 63) - 1)
_NUMBERS = (0, 1, 2, -1, 255, 1 << 31, (1 << 63) - 1, -(1 << 63))
_CPU = "/job:localhost/replica:0/task:0/device:CPU:0"
_NAMES = (
    "", "x:0", "y:0", "v:0", "x", "init", "add", "take:0", "take", "endless:0",
    "nothing:0", "y:9", "^x", "x:-1", ":", "a/b/c", "localhost", "/job:localhost/task:0", _CPU,
    f"{_CPU};0000000000000001;{_CPU};edge_1_x;0:0", f"{_CPU};;{_CPU};x:0;0:0", ";;;;", "\n", "grpc",
)  # fmt: skip


def sound_graph() -> Any:
    """Return a graph that a server can run."""
    with tf.Graph().as_default() as graph:
        x = tf.placeholder(tf.float32, [None], name="x")
        v = tf.Variable([1.0, 2.0], name="v")
        tf.add(x, v, name="y")
        tf.group(v.initializer, name="init")
        tf.assign_add(v, [1.0, 1.0], name="add")
        queue = tf.FIFOQueue(2, tf.float32, shared_name="letters")
        queue.enqueue(1.0, name="put")
        queue.dequeue(name="take")
        tf.while_loop(lambda i: i < 5, lambda i: i + 1, [0], name="loop")
        return graph.as_graph_def()


_SOUND = sound_graph()


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    """Draw a sound graph, perhaps with nodes that are missing, doubled, renamed or miswired."""
    graph = graph_pb2.GraphDef()
    graph.CopyFrom(_SOUND)
    for _ in range(draw(st.integers(0, 3))):
        if not graph.node:
            break
        node = graph.node[draw(st.integers(0, len(graph.node) - 1))]
        kind = draw(st.sampled_from(["drop", "double", "rename", "wire", "op", "attr", "device"]))
        if kind == "drop":
            graph.node.remove(node)
        elif kind == "double":
            graph.node.add().CopyFrom(node)
        elif kind == "rename":
            node.name = draw(st.sampled_from(_NAMES))
        elif kind == "wire":
            node.input.append(draw(st.sampled_from([*_NAMES, "y", "loop/Merge", "v/read"])))
        elif kind == "op":
            node.op = draw(
                st.sampled_from(["Add", "Switch", "Merge", "PyFunc", "Nope", "Fill", ""])
            )
        elif kind == "device":
            node.device = draw(st.sampled_from(_NAMES))
        elif node.attr:
            name = draw(st.sampled_from(sorted(node.attr)))
            node.attr[name].Clear()
            node.attr[name].i = draw(st.sampled_from(_NUMBERS))
    return graph


@st.composite
def tensors(draw: st.DrawFn) -> Any:
    """Draw a tensor that is sound, or lies about its size or dtype."""
    tensor = tensor_pb2.TensorProto(dtype=draw(st.sampled_from([1, 3, 7, 10, 19, 20, 0, 99])))
    for size in draw(st.lists(st.sampled_from(_SIZES), max_size=3)):
        tensor.tensor_shape.dim.add(size=size)
    if draw(st.booleans()):
        tensor.tensor_content = draw(st.binary(max_size=24))
    if draw(st.booleans()):
        tensor.float_val.extend(draw(st.lists(st.floats(width=32), max_size=3)))
    return tensor


def sound_tensor(*values: float) -> Any:
    """Return a vector of floats as a message."""
    tensor = tensor_pb2.TensorProto(dtype=1, float_val=values)
    tensor.tensor_shape.dim.add(size=len(values))
    return tensor


@st.composite
def steps(draw: st.DrawFn) -> Any:
    """Draw a step that makes sense, mostly."""
    request = master_pb2.RunStepRequest(
        session_handle=LIVE,
        fetch=draw(st.lists(st.sampled_from(_FETCHES), max_size=3)),
        target=draw(st.lists(st.sampled_from(_TARGETS), max_size=2)),
        request_id=draw(st.integers(0, 1 << 62)),
        store_errors_in_response_body=draw(st.booleans()),
        partial_run_handle=draw(st.sampled_from(["", "", "", LIVE])),
    )
    if draw(st.booleans()):
        tensor = draw(st.one_of(st.just(sound_tensor(1.0, 2.0)), tensors()))
        request.feed.add(name=draw(st.sampled_from(["x:0", "x:0", "y:0", "v:0"])), tensor=tensor)
    if draw(st.booleans()):
        request.options.CopyFrom(draw(messages(type(request.options), 2)))
    return request


@st.composite
def placed_graphs(draw: st.DrawFn) -> Any:
    """Draw a partition whose nodes have devices."""
    request = worker_pb2.RegisterGraphRequest(
        session_handle=LIVE, graph_def=draw(graphs()), create_worker_session_called=True
    )
    for node in request.graph_def.node:
        node.device = _CPU
    return request


@st.composite
def partial_steps(draw: st.DrawFn) -> Any:
    """Draw a partial run that makes sense, mostly."""
    return master_pb2.PartialRunSetupRequest(
        session_handle=LIVE,
        feed=draw(st.lists(st.sampled_from(["x:0", "y:0"]), max_size=2)),
        fetch=draw(st.lists(st.sampled_from(_FETCHES), max_size=3)),
        target=draw(st.lists(st.sampled_from(_TARGETS), max_size=2)),
    )


_FETCHES = ("y:0", "y:0", "v:0", "add:0", "take:0", "loop/Exit:0", "x:0", "nope:0", "y:7")
_TARGETS = ("init", "init", "add", "put", "y", "nope")
_SPECIAL = {
    "GraphDef": graphs(),
    "TensorProto": tensors(),
    "RunStepRequest": steps(),
    "PartialRunSetupRequest": partial_steps(),
}
_IS_DRAWN_FREELY = frozenset({"RunStepRequest", "PartialRunSetupRequest"})


@st.composite
def messages(draw: st.DrawFn, kind: Any, depth: int = 0) -> Any:
    """Draw a message of a class."""
    name = kind.DESCRIPTOR.name
    if name == "RegisterGraphRequest" and draw(st.booleans()):
        return draw(placed_graphs())
    special = _SPECIAL.get(name)
    if special is not None and not (name in _IS_DRAWN_FREELY and draw(st.integers(0, 3)) == 0):
        return draw(special)
    message = kind()
    fields = kind.DESCRIPTOR.fields
    if depth >= _MAX_DEPTH:
        return message
    # On the outside most fields are set, further inside few.
    for field in fields:
        if draw(st.integers(0, depth + 1)) == 0 or (depth == 0 and draw(st.booleans())):
            _set_field(draw, message, field, depth)
    return message


def _set_field(draw: st.DrawFn, message: Any, field: Any, depth: int) -> None:
    nested = field.message_type
    if nested is not None and nested.GetOptions().map_entry:
        return
    count = draw(st.integers(0, 3)) if _is_repeated(field) else 1
    for _ in range(count):
        if nested is not None:
            value = draw(messages(nested._concrete_class, depth + 1))
            if _is_repeated(field):
                getattr(message, field.name).add().CopyFrom(value)
            else:
                getattr(message, field.name).CopyFrom(value)
        elif _is_repeated(field):
            getattr(message, field.name).append(draw(_scalars(field)))
        else:
            setattr(message, field.name, draw(_scalars(field)))


def _is_repeated(field: Any) -> bool:
    many = getattr(field, "is_repeated", None)
    return field.label == field.LABEL_REPEATED if many is None else bool(many)


_HANDLES = {
    "session_handle": (LIVE, LIVE, LIVE, LIVE, LIVE, LIVE, "", "nope"),
    "graph_handle": (LIVE, LIVE, LIVE, "", "nope"),
    "partial_run_handle": ("", "", LIVE, "0", "nope"),
}


def _scalars(field: Any) -> st.SearchStrategy[Any]:
    if field.name in _HANDLES:
        return st.sampled_from(_HANDLES[field.name])
    if field.cpp_type == field.CPPTYPE_STRING:
        if field.type == field.TYPE_BYTES:
            return st.binary(max_size=16)
        return st.one_of(st.sampled_from(_NAMES), st.text(max_size=8))
    if field.cpp_type == field.CPPTYPE_BOOL:
        return st.booleans()
    if field.cpp_type in (field.CPPTYPE_DOUBLE, field.CPPTYPE_FLOAT):
        return st.sampled_from([0.0, 0.01, -1.0, 1e300, float("inf"), float("nan")])
    if field.cpp_type == field.CPPTYPE_ENUM:
        return st.sampled_from([value.number for value in field.enum_type.values])
    bits = 32 if field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_UINT32) else 64
    is_signed = field.cpp_type in (field.CPPTYPE_INT32, field.CPPTYPE_INT64)
    least = -(1 << (bits - 1)) if is_signed else 0
    most = (1 << (bits - is_signed)) - 1
    return st.sampled_from(sorted({min(max(number, least), most) for number in _NUMBERS}))


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw what became of bytes on a bad way: nothing, mostly."""
    kind = draw(st.sampled_from(["sound"] * 6 + ["cut", "changed", "garbage"]))
    if kind == "cut" and data:
        return data[: draw(st.integers(0, len(data) - 1))]
    if kind == "changed" and data:
        changed = bytearray(data)
        changed[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
        return bytes(changed)
    return draw(st.binary(max_size=64)) if kind == "garbage" else data


def with_live_names(message: Any, live: Mapping[str, str]) -> Any:
    """Return a message in which names that were handed out, by field, stand for `LIVE`."""
    for field, value in message.ListFields():
        if field.message_type is not None:
            if field.message_type.GetOptions().map_entry:
                continue
            for item in value if _is_repeated(field) else [value]:
                with_live_names(item, live)
        elif value == LIVE and field.name in live:
            setattr(message, field.name, live[field.name])
    return message
