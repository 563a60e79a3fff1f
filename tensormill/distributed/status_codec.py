"""Errors as they travel: TensorFlow's code and text, and the facts as a record beside them.

A text that is too long for HTTP/2 headers is cut as TensorFlow cuts it. The record travels in the
trailer `tensormill-error-bin`, which only tensormill reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from tensormill.graph import errors
from tensormill.graph.errors import ErrorRecord, OpError
from tensormill.proto import error_payloads_pb2

__all__ = [
    "RECORD_KEY",
    "error_from_rpc",
    "error_from_status",
    "record_bytes",
    "record_metadata",
    "status_code",
]

RECORD_KEY = "tensormill-error-bin"
MAX_DETAILS_BYTES = 3072
_CUT = " ... [truncated]"
_CODES = {code.value[0]: code for code in grpc.StatusCode}


def status_code(error: OpError) -> grpc.StatusCode:
    """Return gRPC's code for an error: the numbers are the same."""
    return _CODES.get(error.error_code, grpc.StatusCode.UNKNOWN)


def details(error: OpError) -> str:
    """Return the text of an error, cut to what fits into a header."""
    text = error.message
    if len(text.encode()) <= MAX_DETAILS_BYTES:
        return text
    room = MAX_DETAILS_BYTES - len(_CUT)
    return text.encode()[:room].decode(errors="ignore") + _CUT


def record_metadata(error: OpError) -> tuple[tuple[str, bytes], ...]:
    """Return the trailer with the facts of an error; none where the text says all there is."""
    record = record_bytes(error)
    return ((RECORD_KEY, record),) if record else ()


def record_bytes(error: OpError) -> bytes:
    """Return the facts of an error; nothing where the text says all there is."""
    record = error.record
    if record is None:
        return b""
    site = record.creation_site
    message = error_payloads_pb2.ErrorRecord(
        code=record.code,
        message=record.message if len(record.message) <= MAX_DETAILS_BYTES else "",
        op_name=record.op_name or "",
        op_type=record.op_type or "",
        device=record.device or "",
        creation_site="" if site is None else str(site)[:MAX_DETAILS_BYTES],
        step_id=record.step_id,
        hint=(record.hint or "")[:MAX_DETAILS_BYTES],
    )
    return bytes(message.SerializeToString())


def error_from_status(code: int, text: str, metadata: Iterable[Any] | None = None) -> OpError:
    """Return the error of a code and text, with the facts where the trailers hold them.

    Args:
      code: TensorFlow's code.
      text: the whole text.
      metadata: the trailers of the call.
    """
    record = _record_in(metadata or ())
    if record is None or record.code != code:
        return errors.error_from_code(code, text)
    site = record.creation_site
    known = ErrorRecord(
        code,
        record.message or text,
        record.op_name or None,
        record.op_type or None,
        record.device or None,
        site or None,
        record.step_id if record.HasField("step_id") else None,
        record.hint or None,
    )
    return errors.error_from_record(known)


def error_from_rpc(error: grpc.RpcError, peer: str) -> OpError:
    """Return the error that a failed call stands for.

    Args:
      error: what the call raised, or the call itself.
      peer: who was called, such as "/job:ps/replica:0/task:0 (10.0.0.1:2222)".
    """
    code, text = error.code().value[0], error.details() or ""
    if code == errors.UNAVAILABLE and _record_in(error.trailing_metadata() or ()) is None:
        return errors.unavailable(
            f"Task {peer} cannot be reached: {text}",
            hint="it may have ended or be starting; look at its log, and run the step again.",
        )
    if code == errors.CANCELLED and not text:
        text = "The call was cancelled."
    return error_from_status(code, text, error.trailing_metadata())


def _record_in(metadata: Iterable[Any]) -> Any:
    for key, value in metadata:
        if key == RECORD_KEY:
            try:
                return error_payloads_pb2.ErrorRecord.FromString(value)
            except DecodeError:
                return None
    return None
