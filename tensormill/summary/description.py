"""What a node of a summary says of itself."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from tensorboard.compat.proto.summary_pb2 import SummaryDescription

from tensormill.graph.collections import GraphKeys
from tensormill.graph.default_scopes import get_collection

__all__ = ["all_v2_summary_ops", "get_summary_description"]


def get_summary_description(node_def: Any) -> Any:
    """Return the SummaryDescription that a TensorSummary node carries.

    Raises:
      ValueError: it is another node.
    """
    if node_def.op != "TensorSummary":
        raise ValueError(f"Can't get_summary_description on {node_def.op}")
    description = SummaryDescription()
    json_format.Parse(node_def.attr["description"].s.decode(), description)
    return description


def all_v2_summary_ops() -> list[Any]:
    """Return the operations of the default graph that write summaries by themselves."""
    return get_collection(GraphKeys._SUMMARY_COLLECTION)
