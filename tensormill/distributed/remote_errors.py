"""Which operation of the client's graph an error of a remote task is about, and the user's line."""

from __future__ import annotations

import re
from dataclasses import replace

from tensormill.graph import errors
from tensormill.graph.graph import Graph

__all__ = ["with_operation"]

# How TensorFlow's servers name the operation that failed; they send nothing but the text.
_NODE = re.compile(r"\[\[(?:Node: )?(?:\{\{node )?([^\} ]*)(?:\}\})?\s*=*")


def with_operation(error: errors.OpError, graph: Graph) -> errors.OpError:
    """Add to an error the operation of the graph that it names, if there is one."""
    record = errors.record_of(error)
    name = record.op_name
    if name is None:
        found = _NODE.search(error.message)
        if found is None:
            return error
        name = found.group(1)
    try:
        op = graph.get_operation_by_name(name)
    except (KeyError, ValueError):
        return error
    tag = f"\n\t [[{{{{node {name}}}}}]]"
    error.record = replace(record, message=record.message.removesuffix(tag))
    return errors.attach_operation(
        error, op_name=name, op_type=op.type, creation_site=op.creation_site, op=op
    )
