"""What a remote task reports as an error: class, operation of this graph, the user's line."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from tensormill.graph import errors
from tensormill.graph.graph import Graph

__all__ = ["error_from_rpc", "error_from_status", "with_operation"]

# How TensorFlow's servers name the operation that failed; they send nothing but the text.
_NODE = re.compile(r"\[\[(?:Node: )?(?:\{\{node )?([^\} ]*)(?:\}\})?\s*=*")

_LATE = "Deadline Exceeded"


def error_from_status(code: int, message: str) -> errors.OpError:
    """Return the error of a status."""
    return errors.error_from_code(code, message)


def error_from_rpc(error: Any, call: str) -> errors.OpError:
    """Return the error of a call that failed.

    Args:
      error: a grpc.RpcError.
      call: what was called where, for errors of the connection.
    """
    code = error.code().value[0]
    message = error.details() or ""
    if code == errors.DEADLINE_EXCEEDED and _LATE in message:
        message = _LATE  # without what became of the stream
    if code in (errors.UNAVAILABLE, errors.DEADLINE_EXCEEDED):
        message = f"{message}\n  {call}"
    return error_from_status(code, message)


def with_operation(error: errors.OpError, graph: Graph) -> errors.OpError:
    """Add to an error the operation that its text names, where the graph has one."""
    found = _NODE.search(error.message)
    if found is None:
        return error
    name = found.group(1)
    try:
        op = graph.get_operation_by_name(name)
    except (KeyError, ValueError):
        return error
    record = errors.record_of(error)
    tag = f"\n\t [[{{{{node {name}}}}}]]"
    error.record = replace(record, message=record.message.removesuffix(tag))
    return errors.attach_operation(
        error, op_name=name, op_type=op.type, creation_site=op.creation_site, op=op
    )
