"""RunStepRequests as a master reads them, around protobuf wherever it can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorboard.compat.proto import config_pb2, types_pb2

from tensormill.distributed.fed_values import FedTensor, KnownTensor, WrittenTensor
from tensormill.distributed.message_layouts import Hole, Layout, MessageLayouts
from tensormill.distributed.run_step_codec import split_named_tensor
from tensormill.distributed.tensor_layouts import TensorLayout, layout_of_named_tensor
from tensormill.graph.tensor_wire_codec import read_varint, scan_places, split_fields
from tensormill.proto import master_pb2

__all__ = ["RunStepRequest", "RunStepRequests"]

_FEED, _REQUEST_ID = 2, 8  # fields of RunStepRequest
_CONTENT = 4  # of TensorProto
_LARGE_BYTES = 1 << 16


@dataclass(slots=True)
class RunStepRequest:
    """What a client asks of a step.

    Attributes:
      session_handle: the session.
      feeds: the names of the fed tensors.
      fed: what is fed, in the same order.
      fetches: the names of the fetched tensors.
      targets: the names of the operations that are run.
      options: a RunOptions message; nobody changes it.
      wants_errors_in_body: an error is to be told in the response message.
      request_id: unique for the request, or 0.
      partial_run: the whole message, if it goes on with a partial run.
      has_stored: some of what is fed came in parts before.
    """

    session_handle: str
    feeds: tuple[str, ...]
    fed: Sequence[FedTensor]
    fetches: tuple[str, ...]
    targets: tuple[str, ...]
    options: Any
    wants_errors_in_body: bool
    request_id: int = 0
    partial_run: Any = None
    has_stored: bool = False


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What requests that differ in their contents and their id have in common."""

    request: RunStepRequest
    tensors: tuple[TensorLayout, ...]


class RunStepRequests:
    """Reads requests. Any thread."""

    def __init__(self) -> None:
        self._layouts: MessageLayouts[_Meaning] = MessageLayouts()

    def read(self, message: memoryview) -> RunStepRequest:
        """Return a request; what is fed shares the memory of the message.

        Raises:
          DecodeError, ValueError: it cannot be read.
        """
        layout = self._layouts.find(message)
        if layout is not None:
            return _read_as(layout, message)
        request = _read(message)
        if (
            request.partial_run is None
            and not request.has_stored
            and self._layouts.is_worth_noting(message)
        ):
            self._note(message, request)
        return request

    def _note(self, message: memoryview, request: RunStepRequest) -> None:
        holes: list[Hole] = []
        tensors: list[TensorLayout] = []
        id_hole: Hole | None = None
        for number, value, start in scan_places(message, 0):
            if number == _FEED:
                found = layout_of_named_tensor(value, start)
                if found is None:
                    return
                tensors.append(found[0])
                holes.append(found[1])
            elif number == _REQUEST_ID:
                id_hole = start, len(message)
        is_as_expected = [tensor.name for tensor in tensors] == list(request.feeds)
        # The id is the last field, if it is there: what came after it would be taken for its end.
        if id_hole is None or not is_as_expected or not _is_varint(message[slice(*id_hole)]):
            return
        options = config_pb2.RunOptions()
        options.CopyFrom(request.options)  # those of the request keep all of it
        meaning = _Meaning(replace(request, fed=(), options=options), tuple(tensors))
        self._layouts.note(message, [*holes, id_hole], meaning)


def _is_varint(data: memoryview) -> bool:
    return bool(data) and data[-1] < 0x80 and all(byte >= 0x80 for byte in data[:-1])


def _read_as(layout: Layout[_Meaning], message: memoryview) -> RunStepRequest:
    *holes, (start, end) = layout.holes
    meaning = layout.meaning
    common = meaning.request
    return RunStepRequest(
        common.session_handle,
        common.feeds,
        [
            KnownTensor(tensor, message[a:b])
            for tensor, (a, b) in zip(meaning.tensors, holes, strict=True)
        ],
        common.fetches,
        common.targets,
        common.options,
        common.wants_errors_in_body,
        read_varint(message[start:end]),
    )


def _read(message: memoryview) -> RunStepRequest:
    if len(message) < _LARGE_BYTES:
        return _request_of(master_pb2.RunStepRequest.FromString(message), {})
    feeds, rest = split_fields(message, _FEED)
    request = master_pb2.RunStepRequest.FromString(rest)
    if request.partial_run_handle:
        return _request_of(master_pb2.RunStepRequest.FromString(message), {})
    contents: dict[int, memoryview] = {}
    for place, feed in enumerate(feeds):
        if len(feed) < _LARGE_BYTES:
            request.feed.add().ParseFromString(feed)
            continue
        name, tensor = split_named_tensor(feed)
        found, head = split_fields(tensor, _CONTENT)
        named = request.feed.add(name=name)
        named.tensor.ParseFromString(head)
        if len(found) == 1 and named.tensor.dtype != types_pb2.DT_STRING:
            contents[place] = found[0]
        else:
            named.tensor.ParseFromString(tensor)
    return _request_of(request, contents)


def _request_of(message: Any, contents: dict[int, memoryview]) -> RunStepRequest:
    fed = [
        WrittenTensor(feed.tensor, contents.get(place)) for place, feed in enumerate(message.feed)
    ]
    return RunStepRequest(
        message.session_handle,
        tuple(feed.name for feed in message.feed),
        fed,
        tuple(message.fetch),
        tuple(message.target),
        message.options,
        message.store_errors_in_response_body,
        message.request_id,
        message if message.partial_run_handle else None,
        any(tensor.is_stored for tensor in fed),
    )
