"""What the names in a request for a step stand for: "x:0" for a tensor, "train" for what is run.

Source: TensorFlow 1.15, core/graph/subgraph.cc.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = [
    "check_signature",
    "resolve_feed",
    "resolve_fetch",
    "resolve_target",
    "split_endpoint",
]


def split_endpoint(name: str) -> tuple[str, int]:
    """Return the operation and the output that a name stands for; the first where it says none."""
    op_name, colon, index = name.rpartition(":")
    if not colon:
        return name, 0
    return (op_name, int(index)) if index.isdecimal() else (name, 0)


def resolve_feed(graph: Graph, name: str) -> Tensor:
    """Return the tensor that is fed under a name.

    Raises:
      NotFoundError: there is no such operation.
      InvalidArgumentError: it has fewer outputs.
    """
    return _resolve(
        graph,
        name,
        "FeedInputs: unable to find feed output {endpoint}",
        "FeedInputs: {endpoint} should have output index < {count}",
    )


def resolve_fetch(graph: Graph, name: str) -> Tensor:
    """Return the tensor that is fetched under a name.

    Raises:
      NotFoundError: there is no such operation.
      InvalidArgumentError: it has fewer outputs.
    """
    return _resolve(
        graph,
        name,
        "FetchOutputs node {endpoint}: not found",
        "FetchOutputs {endpoint}: output index too large, must be < {count}",
    )


def _resolve(graph: Graph, name: str, no_operation: str, no_output: str) -> Tensor:
    op_name, index = split_endpoint(name)
    endpoint = f"{op_name}:{index}"
    op = graph._operations_by_name.get(op_name)
    if op is None:
        raise errors.not_found(no_operation.format(endpoint=endpoint))
    if index >= len(op.outputs):
        raise errors.invalid_argument(no_output.format(endpoint=endpoint, count=len(op.outputs)))
    return op.outputs[index]


def resolve_target(graph: Graph, name: str) -> Operation:
    """Return the operation that is to run.

    Raises:
      NotFoundError: there is none of that name.
    """
    op = graph._operations_by_name.get(split_endpoint(name)[0])
    if op is None:
        raise errors.not_found(f"PruneForTargets: Some target nodes not found: {name} ")
    return op


def check_signature(
    feeds: Sequence[Tensor], fetches: Sequence[Tensor], targets: Sequence[Operation]
) -> None:
    """Check that a step does something, and takes each value from one place.

    Raises:
      InvalidArgumentError: a tensor is fed twice, or fed and fetched, or there is nothing to do.
    """
    if not fetches and not targets:
        raise errors.invalid_argument("Must specify at least one target to fetch or execute.")
    fed: set[Tensor] = set()
    for tensor in feeds:
        if tensor in fed:
            raise errors.invalid_argument(f'Endpoint "{tensor.name}" fed more than once.')
        fed.add(tensor)
    for tensor in fetches:
        if tensor in fed:
            raise errors.invalid_argument(f"{tensor.name} is both fed and fetched.")
