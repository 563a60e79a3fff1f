"""RunStep and RunCallable messages, around protobuf so that large tensors are not copied."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError
from tensorboard.compat.proto import config_pb2

from tensormill.distributed.direct_client import Receipt
from tensormill.distributed.fed_values import STORED_VERSION
from tensormill.distributed.message_layouts import Hole, MessageLayouts
from tensormill.distributed.tensor_layouts import TensorLayout, layout_of_named_tensor
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor import Tensor
from tensormill.graph.tensor_codec import array_from_proto, shape_to_proto
from tensormill.graph.tensor_wire_codec import (
    Piece,
    decode_tensor,
    encode_named_tensor,
    encode_tensor,
    encode_varint,
    field_head,
    scan_fields,
    scan_places,
    size_of,
    usable_array,
)
from tensormill.proto import master_pb2

__all__ = [
    "RunStepReplies",
    "RunStepReply",
    "RunStepWriter",
    "StoredFeed",
    "new_request_id",
    "read_run_callable_reply",
    "read_run_step_reply",
    "split_named_tensor",
    "write_run_callable",
]

_FEED, _OPTIONS, _REQUEST_ID = 2, 5, 8
_REQUEST_ID_TAG = encode_varint(_REQUEST_ID << 3)
_NAMED_NAME, _NAMED_TENSOR = 1, 2
_CALLABLE_FEED = 3
_CONTENT = 4
_LARGE_BYTES = 1 << 16
_TENSOR, _METADATA, _STATUS_CODE, _STATUS_MESSAGE = 1, 2, 3, 4

_request_ids = itertools.count(random.SystemRandom().getrandbits(60) + 1)


def new_request_id() -> int:
    """Return a number that no other request has; masters refuse what they get twice."""
    return next(_request_ids)


@dataclass(frozen=True, slots=True)
class StoredFeed:
    """A value that the master has already, see `stored_feeds`.

    Attributes:
      feed_id: its number.
      shape: its shape.
    """

    feed_id: int
    shape: tuple[int, ...]

    def named(self, name: str, dtype: DType) -> Any:
        """Return a RunStepRequest that feeds it to a tensor, and has nothing else."""
        request = master_pb2.RunStepRequest()
        tensor = request.feed.add(name=name).tensor
        tensor.dtype = dtype.as_datatype_enum
        tensor.tensor_shape.CopyFrom(shape_to_proto(self.shape))
        tensor.version_number = STORED_VERSION
        tensor.uint64_val.append(self.feed_id)
        return request


class RunStepWriter:
    """Writes the requests of steps with the same feeds, fetches and targets."""

    def __init__(
        self,
        session_handle: str,
        feeds: Sequence[Tensor],
        fetches: Sequence[str],
        targets: Sequence[str] = (),
        partial_run_handle: str = "",
    ) -> None:
        """Write what all requests share.

        Args:
          session_handle: the session.
          feeds: the tensors that are fed.
          fetches: the names of the tensors that are fetched, such as "x:0".
          targets: the names of the operations that are run.
          partial_run_handle: the partial run that the requests belong to.
        """
        self._start: bytes = master_pb2.RunStepRequest(
            session_handle=session_handle,
            fetch=fetches,
            target=targets,
            partial_run_handle=partial_run_handle,
            store_errors_in_response_body=True,
        ).SerializeToString()
        self._feeds = [(tensor.name, tensor.dtype.base_dtype) for tensor in feeds]

    def write(self, values: Sequence[Any], options: bytes = b"") -> list[Piece]:
        """Return the request of one step, in pieces that share the memory of the values.

        Args:
          values: the fed values, arrays, NumPy scalars or `StoredFeed`, in the order of the feeds.
          options: a RunOptions message.
        """
        pieces: list[Piece] = [self._start]
        for (name, dtype), value in zip(self._feeds, values, strict=True):
            if isinstance(value, StoredFeed):
                pieces.append(value.named(name, dtype).SerializeToString())
            else:
                pieces += encode_named_tensor(_FEED, name, np.asarray(value), dtype)
        if options:
            pieces += (field_head(_OPTIONS, len(options)), options)
        pieces += (_REQUEST_ID_TAG, encode_varint(new_request_id()))
        return pieces


@dataclass(slots=True)
class RunStepReply:
    """What a master answers to RunStep.

    Attributes:
      values: the fetched values by name.
      metadata: a RunMetadata message, or None.
      status_code: TensorFlow's status code.
      status_message: what went wrong.
      receipt: to be confirmed once the values have come to who asked, if the master wants that.
    """

    values: dict[str, Any] = field(default_factory=dict)
    metadata: Any = None
    status_code: int = 0
    status_message: str = ""
    receipt: Receipt | None = None


class RunStepReplies:
    """Reads the answers of a master. Any thread."""

    def __init__(self) -> None:
        self._layouts: MessageLayouts[tuple[TensorLayout, ...]] = MessageLayouts()

    def read(self, message: memoryview) -> RunStepReply:
        """Return an answer; see `read_run_step_reply`."""
        layout = self._layouts.find(message)
        if layout is not None:
            return RunStepReply(
                {
                    tensor.name: usable_array(tensor.array(message[start:end]))
                    for tensor, (start, end) in zip(layout.meaning, layout.holes, strict=True)
                }
            )
        reply = read_run_step_reply(message)
        if reply.values and self._layouts.is_worth_noting(message):
            self._note(message)
        return reply

    def _note(self, message: memoryview) -> None:
        tensors: list[TensorLayout] = []
        holes: list[Hole] = []
        for number, value, start in scan_places(message, 0):
            found = layout_of_named_tensor(value, start) if number == _TENSOR else None
            if found is None:
                return
            tensors.append(found[0])
            holes.append(found[1])
        self._layouts.note(message, holes, tuple(tensors))


def read_run_step_reply(message: bytes | bytearray | memoryview) -> RunStepReply:
    """Return a master's answer.

    Raises:
      ValueError: it cannot be read.
      TypeError: a value is of a dtype that arrays cannot hold.
    """
    reply = RunStepReply()
    if len(message) < _LARGE_BYTES:
        return _read_small_reply(message, reply)
    for number, value in scan_fields(memoryview(message)):
        if number == _TENSOR:
            name, tensor = split_named_tensor(value)
            reply.values[name] = decode_tensor(tensor)
        elif number == _METADATA:
            reply.metadata = config_pb2.RunMetadata.FromString(bytes(value))
        elif number == _STATUS_CODE:
            reply.status_code = value
        elif number == _STATUS_MESSAGE:
            reply.status_message = bytes(value).decode(errors="replace")
    return reply


def _read_small_reply(message: bytes | bytearray | memoryview, reply: RunStepReply) -> RunStepReply:
    try:
        response = master_pb2.RunStepResponse.FromString(message)
    except DecodeError as error:
        raise ValueError(str(error)) from error
    for named in response.tensor:
        reply.values[named.name] = array_from_proto(named.tensor)
    if response.HasField("metadata"):
        reply.metadata = response.metadata
    reply.status_code = response.status_code
    reply.status_message = response.status_error_message
    return reply


def write_run_callable(
    session_handle: str, handle: int, dtypes: Sequence[DType], values: Sequence[Any]
) -> list[Piece]:
    """Return a RunCallableRequest, in pieces that share the memory of the values.

    Args:
      session_handle: the session.
      handle: the master's number for the callable.
      dtypes: the dtypes of the feeds.
      values: their values, arrays or NumPy scalars.
    """
    start = master_pb2.RunCallableRequest(
        session_handle=session_handle, handle=handle, request_id=new_request_id()
    )
    pieces: list[Piece] = [start.SerializeToString()]
    for dtype, value in zip(dtypes, values, strict=True):
        tensor = encode_tensor(np.asarray(value), dtype)
        pieces += (field_head(_CALLABLE_FEED, size_of(tensor)), *tensor)
    return pieces


def read_run_callable_reply(message: bytes | bytearray | memoryview) -> tuple[list[Any], Any]:
    """Return the fetched values and the metadata, or None, of a RunCallableResponse.

    Raises:
      ValueError: it cannot be read.
      TypeError: a value is of a dtype that arrays cannot hold.
    """
    values: list[Any] = []
    metadata = None
    for number, value in scan_fields(memoryview(message)):
        if number == _TENSOR:
            values.append(decode_tensor(value))
        elif number == _METADATA:
            metadata = config_pb2.RunMetadata.FromString(bytes(value))
    return values, metadata


def split_named_tensor(message: memoryview) -> tuple[str, memoryview]:
    """Return the name and the TensorProto of a NamedTensorProto.

    Raises:
      ValueError: it is not a message.
    """
    name, tensor = "", memoryview(b"")
    for number, value in scan_fields(message):
        if number == _NAMED_NAME:
            name = bytes(value).decode()
        elif number == _NAMED_TENSOR:
            tensor = value
    return name, tensor
