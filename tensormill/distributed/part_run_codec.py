"""Runs of registered partitions, between tasks of tensormill: what changes from run to run.

What a run is of, and what it gives, is said as TensorFlow's RunGraphRequest says it; those bytes
are the same from run to run, and the worker makes them out once. Behind them stand the step and
what is fed, as `push_codec` writes values. What the run gives comes back likewise, with what it has
sent to the task of who asked.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from google.protobuf.message import DecodeError

from tensormill.distributed.push_codec import entries_of, value_of, write_values
from tensormill.graph import errors
from tensormill.graph.dtypes import DType
from tensormill.graph.tensor_wire_codec import Piece
from tensormill.proto import worker_pb2
from tensormill.runtime.plan.instructions import Form
from tensormill.runtime.rendezvous import KeyedValue

__all__ = [
    "PartRun",
    "PartRunKind",
    "read_feeds",
    "read_part_result",
    "read_part_run",
    "write_part_result",
    "write_part_run",
]

_RUN = struct.Struct("<qII")  # the step, the size of the kind, that of the header
_RESULT = struct.Struct("<II")  # how many values were asked for, the size of the header
_KEPT_KINDS = 4096
_MAX_KEPT_KIND_BYTES = 1 << 14
_NOTHING = memoryview(b"")


@dataclass(frozen=True, slots=True)
class PartRunKind:
    """What is the same for many runs.

    Attributes:
      session_handle: the session.
      graph_handle: the registered graph.
      fetch_keys: the rendezvous keys of what is wanted.
      pushes: see `GraphRun`.
      pushed_from: see `GraphRun`.
      caller: see `GraphRun`.
    """

    session_handle: str
    graph_handle: str
    fetch_keys: tuple[str, ...]
    pushes: bool
    pushed_from: frozenset[str]
    caller: str


@dataclass(slots=True)
class PartRun:
    """The request of one run.

    Attributes:
      step_id: the step.
      kind: what is the same for many runs.
      header: says what is fed; see `read_feeds`.
      contents: what is fed.
    """

    step_id: int
    kind: PartRunKind
    header: memoryview
    contents: memoryview


def write_part_run(
    step_id: int,
    kind: bytes,
    keys: Sequence[str],
    dtypes: Sequence[DType],
    values: Sequence[Any],
) -> list[Piece]:
    """Return the request of a run, in pieces that share the memory of what is fed.

    Args:
      step_id: the step.
      kind: a RunGraphRequest that says what is the same for many runs.
      keys: the rendezvous keys of the feeds.
      dtypes: their dtypes.
      values: what is fed.

    Raises:
      UnimplementedError: a value is a handle.
    """
    if not keys:
        return [_RUN.pack(step_id, len(kind), 0), kind]
    header, contents = write_values(zip(keys, values, dtypes, strict=True))
    return [_RUN.pack(step_id, len(kind), len(header)), kind, header, *contents]


def read_part_run(message: memoryview) -> PartRun:
    """Return the request of a run.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    if len(message) < _RUN.size:
        raise errors.invalid_argument("The request of a run is too short")
    step_id, kind_size, header_size = _RUN.unpack_from(message)
    at = _RUN.size + kind_size
    data = bytes(message[_RUN.size : at])
    try:
        is_kept = len(data) <= _MAX_KEPT_KIND_BYTES
        kind = _kind(data) if is_kept else _kind.__wrapped__(data)
    except DecodeError as error:
        raise errors.invalid_argument("The request of a run cannot be parsed") from error
    if not header_size:
        return PartRun(step_id, kind, _NOTHING, _NOTHING)
    return PartRun(step_id, kind, message[at : at + header_size], message[at + header_size :])


@lru_cache(_KEPT_KINDS)
def _kind(data: bytes) -> PartRunKind:
    request = worker_pb2.RunGraphRequest.FromString(data)
    return PartRunKind(
        request.session_handle if request.create_worker_session_called else "",
        request.graph_handle,
        tuple(request.recv_key),
        request.pushes,
        frozenset(request.pushed_from),
        request.caller,
    )


def read_feeds(run: PartRun, positions: Mapping[str, int], forms: Sequence[Form]) -> list[Any]:
    """Return what is fed.

    Args:
      run: the request.
      positions: which feed each rendezvous key is.
      forms: the forms of the feeds.

    Raises:
      InvalidArgumentError: it is not sound, or not what the graph needs.
    """
    fed: dict[str, Any] = {}
    for entry in entries_of(run.header):
        position = positions.get(entry.key)
        if position is None:
            raise errors.invalid_argument(f"Nothing in the graph receives {entry.key}")
        fed[entry.key] = value_of(entry, run.contents, forms[position])
    missing = [key for key in positions if key not in fed]
    if missing:
        raise errors.invalid_argument(f"Values are missing for {', '.join(sorted(missing))}")
    return [fed[key] for key in positions]


def write_part_result(
    keys: Sequence[str],
    dtypes: Sequence[DType],
    values: Sequence[Any],
    pushed: Sequence[KeyedValue],
) -> list[Piece]:
    """Return what a run has given, in pieces that share the memory of the values.

    Args:
      keys: the rendezvous keys of what was asked for.
      dtypes: the dtypes of the values.
      values: the values.
      pushed: what was sent to the task that asked.

    Raises:
      UnimplementedError: a value is a handle.
    """
    if not keys and not pushed:
        return []
    header, contents = write_values(
        [*zip(keys, values, dtypes, strict=True), *((key, value, None) for key, value in pushed)]
    )
    return [_RESULT.pack(len(keys), len(header)), header, *contents]


def read_part_result(message: memoryview) -> tuple[list[Any], list[KeyedValue]]:
    """Return the values that were asked for, in order, and what was sent to the own task.

    Raises:
      InvalidArgumentError: it is not sound.
    """
    if not message:
        return [], []
    if len(message) < _RESULT.size:
        raise errors.invalid_argument("The result of a run is too short")
    count, size = _RESULT.unpack_from(message)
    start = _RESULT.size + size
    contents = message[start:]
    entries = entries_of(message[_RESULT.size : start])
    values = [value_of(entry, contents) for entry in entries[:count]]
    return values, [(entry.key, value_of(entry, contents)) for entry in entries[count:]]
