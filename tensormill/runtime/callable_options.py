"""What a CallableOptions message asks for beyond feeds, fetches and targets.

Values that a program feeds and fetches are in host memory, and a step takes and gives them there,
wherever `feed_devices` and `fetch_devices` want them; a fetched value is there when the step ends,
so `fetch_skip_sync` may say what it likes. The devices must be there all the same.

Source: TensorFlow 1.15, core/common_runtime/direct_session.cc and graph_execution_state.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tensormill.graph import errors
from tensormill.graph.device_names import DeviceNameError, parse_device_name
from tensormill.graph.endpoint_names import resolve_feed, split_endpoint
from tensormill.graph.graph import Graph
from tensormill.graph.tensor import Tensor
from tensormill.runtime.passes.prune import depends_on

__all__ = ["check_devices", "connections_of"]


def connections_of(
    graph: Graph, options: Any, feeds: Sequence[Tensor], fetches: Sequence[Tensor]
) -> dict[Tensor, Tensor]:
    """Return the tensors that get the values of others in a step, and whose values they get.

    Args:
      graph: the graph.
      options: a CallableOptions message.
      feeds: what is fed.
      fetches: what is fetched.

    Raises:
      NotFoundError: a tensor that is to get a value is not there.
      InvalidArgumentError: a source is not there, a tensor gets more than one value or is fetched,
        or the values go round in a circle.
    """
    connections: dict[Tensor, Tensor] = {}
    for connection in options.tensor_connection:
        target = resolve_feed(graph, connection.to_tensor)
        if target in connections or target in feeds:
            raise errors.invalid_argument(f'Endpoint "{target.name}" fed more than once.')
        if target in fetches:
            raise errors.invalid_argument(f"{target.name} is both fed and fetched.")
        source = _source(graph, connection.from_tensor, target)
        if depends_on(source, target.op, feeds, connections):
            raise errors.invalid_argument(
                f'Requested Tensor connection between nodes "{target.op.name}" and '
                f'"{source.op.name}" would create a cycle.'
            )
        connections[target] = source
    return connections


def _source(graph: Graph, name: str, target: Tensor) -> Tensor:
    op_name, index = split_endpoint(name)
    op = graph._operations_by_name.get(op_name)
    if op is None:
        raise errors.invalid_argument(
            f'Requested tensor connection from unknown node: "{target.name}".',
            hint=f"there is no operation {op_name!r}.",
        )
    if index >= len(op.outputs):
        raise errors.invalid_argument(
            f'Requested tensor connection from unknown edge: "{target.name}" (actual number of '
            f"outputs = {len(op.outputs)})."
        )
    return op.outputs[index]


def check_devices(options: Any, devices: Iterable[str]) -> None:
    """Check that the devices are there on which a program says its values are.

    Args:
      options: a CallableOptions message.
      devices: the full names of the devices of the session.

    Raises:
      InvalidArgumentError: one is not there, or its name is none.
    """
    known = set(devices)
    _check(options.feed, options.feed_devices, known)
    _check(options.fetch, options.fetch_devices, known)


def _check(names: Iterable[str], placed: Mapping[str, str], known: set[str]) -> None:
    for name in names:
        if name not in placed:
            continue
        device = placed[name]
        try:
            parse_device_name(device)
        except DeviceNameError:
            raise errors.invalid_argument(
                f"Invalid device name ('{device}') provided for the tensor '{name}' in "
                "CallableOptions"
            ) from None
        if device not in known:
            raise errors.invalid_argument(
                f"Device '{device}' specified for tensor '{name}' in CallableOptions does not exist"
            )
