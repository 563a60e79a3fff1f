"""The oracle's side of the pipe: real TensorFlow that executes what a test sends.

Runs by itself with the interpreter of the oracle's environment, where tensormill is not installed:
it imports the standard library, NumPy, ml_dtypes and, in `main`, TensorFlow. The client,
`tensormill.testing.oracle`, starts it and shares its encoding of messages.

A message is a frame: the length of its head and of its body (two little-endian uint64), the head
(JSON in UTF-8) and the body (the bytes of its arrays and byte strings, one after another). In the
head None, bool, int and str stand as they are; everything else is a list that opens with a tag.
"""

import ast
import builtins
import functools
import json
import linecache
import math
import os
import struct
import sys
import traceback
from typing import Any, BinaryIO, Final

import ml_dtypes
import numpy as np

_LENGTHS: Final = struct.Struct("<QQ")
_SOURCE_NAME: Final = "<oracle>"


class Encoder:
    """Turns a value into the JSON of a head, collecting raw bytes for the body."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._size_bytes = 0

    @property
    def body(self) -> bytes:
        """The raw bytes that the encoded values refer to."""
        return b"".join(self._chunks)

    def encode(self, value: Any) -> Any:
        """Return the JSON for `value`.

        Raises:
          TypeError: the value holds something that has no encoding.
        """
        if value is None or isinstance(value, (bool, str)):
            return value
        if isinstance(value, (np.ndarray, np.generic)):
            return self._encode_array(value)
        if isinstance(value, int):
            return value
        if isinstance(value, float):
            return ["float", value.hex()]
        if isinstance(value, complex):
            return ["complex", value.real.hex(), value.imag.hex()]
        if isinstance(value, (bytes, bytearray)):
            return ["bytes", *self._store(bytes(value))]
        if isinstance(value, tuple):  # named tuples arrive as plain ones
            return ["tuple", [self.encode(item) for item in value]]
        if isinstance(value, list):
            return ["list", [self.encode(item) for item in value]]
        if isinstance(value, dict):
            return ["dict", [[self.encode(key), self.encode(item)] for key, item in value.items()]]
        raise TypeError(
            f"a value of type {type(value).__module__}.{type(value).__qualname__} cannot cross to"
            " or from the oracle; send arrays, numbers, strings, bytes, lists, tuples and dicts"
        )

    def _encode_array(self, value: Any) -> Any:
        if isinstance(value, (np.str_, np.bytes_)):
            return self.encode(value.item())
        array = np.asarray(value)
        if (
            array.dtype.kind == "V"
            and array.dtype.names is not None
            and len(array.dtype.names) == 1
        ):
            array = array[array.dtype.names[0]]  # TensorFlow's qint8 …: one integer field
        if array.dtype.kind in "OUS":
            items = [self.encode(item) for item in array.reshape(-1).tolist()]
            return ["objects", list(array.shape), items]
        tag = "scalar" if isinstance(value, np.generic) else "array"
        return [tag, array.dtype.name, list(array.shape), *self._store(array.tobytes())]

    def _store(self, chunk: bytes) -> tuple[int, int]:
        offset = self._size_bytes
        self._chunks.append(chunk)
        self._size_bytes += len(chunk)
        return offset, len(chunk)


def decode(encoded: Any, body: bytes) -> Any:
    """Return the value that `Encoder.encode` was given."""
    if not isinstance(encoded, list):
        return encoded
    tag, *fields = encoded
    if tag == "float":
        return float.fromhex(fields[0])
    if tag == "complex":
        return complex(float.fromhex(fields[0]), float.fromhex(fields[1]))
    if tag == "bytes":
        return body[fields[0] : fields[0] + fields[1]]
    if tag == "tuple":
        return tuple(decode(item, body) for item in fields[0])
    if tag == "list":
        return [decode(item, body) for item in fields[0]]
    if tag == "dict":
        return {decode(key, body): decode(item, body) for key, item in fields[0]}
    if tag == "objects":
        shape, items = fields
        objects = np.empty(math.prod(shape), dtype=object)
        objects[:] = [decode(item, body) for item in items]
        return objects.reshape(shape)
    dtype_name, shape, offset, size_bytes = fields
    dtype = np.dtype(getattr(ml_dtypes, dtype_name, dtype_name))
    array = np.frombuffer(bytearray(body[offset : offset + size_bytes]), dtype).reshape(shape)
    return array[()] if tag == "scalar" else array


def pack_message(value: Any) -> bytes:
    """Return the frame of one message."""
    encoder = Encoder()
    head = json.dumps(encoder.encode(value), separators=(",", ":")).encode()
    body = encoder.body
    return b"".join((_LENGTHS.pack(len(head), len(body)), head, body))


def unpack_lengths(lengths: bytes) -> tuple[int, int]:
    """Return the sizes in bytes of the head and the body that follow `lengths`."""
    head_size, body_size = _LENGTHS.unpack(lengths)
    return head_size, body_size


def unpack_message(head: bytes, body: bytes) -> Any:
    """Return the value of a message."""
    return decode(json.loads(head), body)


LENGTHS_SIZE: Final = _LENGTHS.size


def _read_message(stream: BinaryIO) -> Any:
    lengths = stream.read(LENGTHS_SIZE)
    if len(lengths) < LENGTHS_SIZE:
        raise EOFError
    head_size, body_size = unpack_lengths(lengths)
    return unpack_message(stream.read(head_size), stream.read(body_size))


@functools.lru_cache(maxsize=4096)
def _compile(source: str) -> Any:
    return compile(ast.parse(source, _SOURCE_NAME), _SOURCE_NAME, "exec")


class _Server:
    """Executes requests. One object lives as long as the process."""

    def __init__(self) -> None:
        import tensorflow.compat.v1 as tf
        from tensorflow.python.framework import ops, stack

        tf.disable_v2_behavior()
        tf.disable_eager_execution()
        tf.logging.set_verbosity(tf.logging.FATAL)
        self._tf = tf
        self._default_stacks = (stack._default_session_stack, ops._default_graph_stack)

    def answer(self, request: dict[str, Any]) -> Any:
        return {"run": self._run, "op_defs": self._op_defs}[request["kind"]](request)

    def _run(self, request: dict[str, Any]) -> Any:
        # A source that failed half-way, or left an InteractiveSession open, leaves entries here.
        for stack in self._default_stacks:
            stack.reset()
        source = request["source"]
        linecache.cache[_SOURCE_NAME] = (len(source), None, source.splitlines(True), _SOURCE_NAME)
        namespace: dict[str, Any] = {
            "__name__": "__oracle__",
            "__builtins__": builtins,
            "tf": self._tf,
            "np": np,
            **request["inputs"],
        }
        exec(_compile(source), namespace)
        return self._plain(namespace.get("result"))

    def _plain(self, value: Any) -> Any:
        """Return `value` with TensorFlow's dtypes as names and its shapes as lists."""
        tf = self._tf
        if isinstance(value, tf.DType):
            return value.name
        if isinstance(value, tf.TensorShape):
            return None if value.rank is None else value.as_list()
        if isinstance(value, tf.Dimension):
            return value.value
        if isinstance(value, dict):
            return {key: self._plain(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            items = [self._plain(item) for item in value]
            return items if isinstance(value, list) else tuple(items)
        return value

    def _op_defs(self, request: dict[str, Any]) -> Any:
        from tensorflow.core.framework import op_def_pb2
        from tensorflow.python.client import pywrap_tf_session

        op_list = op_def_pb2.OpList()
        op_list.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
        return {op_def.name: _plain_op_def(op_def) for op_def in op_list.op}


def _plain_op_def(op_def: Any) -> dict[str, Any]:
    return {
        "name": op_def.name,
        "inputs": [_plain_argument(argument) for argument in op_def.input_arg],
        "outputs": [_plain_argument(argument) for argument in op_def.output_arg],
        "attrs": [_plain_attr(attr) for attr in op_def.attr],
        "control_outputs": list(op_def.control_output),
        "is_stateful": op_def.is_stateful,
        "is_commutative": op_def.is_commutative,
        "is_aggregate": op_def.is_aggregate,
        "allows_uninitialized_input": op_def.allows_uninitialized_input,
        "is_distributed_communication": op_def.is_distributed_communication,
        "deprecation_version": op_def.deprecation.version,
        "serialized": op_def.SerializeToString(deterministic=True),
    }


def _plain_argument(argument: Any) -> dict[str, Any]:
    return {
        "name": argument.name,
        "type": _type_name(argument.type) if argument.type else "",
        "type_attr": argument.type_attr,
        "number_attr": argument.number_attr,
        "type_list_attr": argument.type_list_attr,
        "is_ref": argument.is_ref,
    }


def _plain_attr(attr: Any) -> dict[str, Any]:
    plain = {
        "name": attr.name,
        "type": attr.type,
        "has_default": attr.HasField("default_value"),
        "default": _plain_attr_value(attr.default_value),
        "allowed": _plain_attr_value(attr.allowed_values),
        "minimum": attr.minimum if attr.has_minimum else None,
    }
    return plain


def _plain_attr_value(value: Any) -> Any:
    field = value.WhichOneof("value")
    if field is None:
        return None
    if field == "list":
        present = [item for item in value.list.ListFields() if len(item[1])]
        if not present:
            return []
        descriptor, items = present[0]
        return [_plain_attr_field(descriptor.name, item) for item in items]
    return _plain_attr_field(field, getattr(value, field))


def _plain_attr_field(field: str, value: Any) -> Any:
    if field == "type":
        return _type_name(value)
    if field == "shape":
        return None if value.unknown_rank else [dim.size for dim in value.dim]
    if field == "func":
        return value.name
    if field == "tensor":
        return value.SerializeToString(deterministic=True)
    return value  # s: bytes, i: int, f: float, b: bool, placeholder: str


def _type_name(number: int) -> str:
    from tensorflow.core.framework import types_pb2

    return str(types_pb2.DataType.Name(number))


def _failure(error: BaseException) -> dict[str, Any]:
    message = getattr(error, "message", None)
    return {
        "error_class": type(error).__name__,
        "bases": [base.__name__ for base in type(error).__mro__],
        "message": message if isinstance(message, str) else str(error),
        "traceback": "".join(traceback.format_exception(error)),
    }


def main() -> None:
    """Answer requests on standard input until it ends."""
    # The pipes are kept for messages: what TensorFlow or a source prints goes to standard error.
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    server = _Server()
    answers.write(pack_message({"ready": server._tf.__version__}))
    answers.flush()
    while True:
        try:
            request = _read_message(requests)
        except EOFError:
            break
        try:
            answer = pack_message({"value": server.answer(request)})
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:
            answer = pack_message({"failure": _failure(error)})
        answers.write(answer)
        answers.flush()
    sys.stderr.flush()
    # Sessions and threads that a source left behind must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
