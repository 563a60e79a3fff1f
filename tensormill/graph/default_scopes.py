"""Scopes and collections of the default graph, as the functions of `tf`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tensormill.graph.graph import Graph, default_graphs, function_graphs, get_default_graph
from tensormill.graph.operation import Operation
from tensormill.graph.tensor import Tensor

__all__ = [
    "add_to_collection",
    "add_to_collections",
    "colocate_with",
    "container",
    "control_dependencies",
    "device",
    "get_all_collection_keys",
    "get_collection",
    "get_collection_ref",
    "init_scope",
    "name_scope",
    "op_scope",
]


class name_scope:
    """A with-statement for functions that make nodes: opens a name scope in the graph of `values`.

    Its value is the prefix of the scope, with a trailing slash.

    Args:
      name: the name that the caller gave. None with no `values` goes back to the root.
      default_name: the name to use where `name` is None.
      values: the tensors that the function takes; they must be of one graph, which becomes the
        default graph.

    Raises:
      TypeError: `default_name` is not a string.
      ValueError: neither name is given but `values` are, or these are of several graphs.
    """

    __slots__ = ("_graph_block", "_name", "_scope", "_values")

    def __init__(self, name: Any, default_name: str | None = None, values: Any = None) -> None:
        if not (default_name is None or isinstance(default_name, str)):
            raise TypeError(
                f"`default_name` type ({type(default_name)}) is not a string type. You likely "
                "meant "
                "to pass this into the `values` kwarg."
            )
        if name is None and default_name is None and values is not None:
            raise ValueError(
                f"At least one of name ({name}) and default_name ({default_name}) must be provided."
            )
        self._name = default_name if name is None else name
        self._values = values

    @property
    def name(self) -> Any:
        """The name as it was given, or the default name."""
        return self._name

    def __enter__(self) -> str:
        graph = _graph_of_all(self._values) if self._values else None
        current = default_graphs.current()
        self._graph_block: Any = None
        if graph is not None and graph is not current:
            self._graph_block = graph.as_default()
            self._graph_block.__enter__()
        self._scope = (graph or current).name_scope(self._name)
        try:
            return self._scope.__enter__()
        except BaseException:
            if self._graph_block is not None:
                self._graph_block.__exit__()
            raise

    def __exit__(self, *error: object) -> None:
        self._scope.__exit__(*error)
        if self._graph_block is not None:
            self._graph_block.__exit__(*error)


def _graph_of_all(values: Any) -> Any:
    """Return the graph of the tensors among `values`, None where there are none.

    While the body of a function is built that is the default graph, which captures the others.
    """
    if function_graphs and get_default_graph().building_function:
        return get_default_graph()
    first: Any = None
    for value in values:
        if not isinstance(value, (Tensor, Operation)):
            convert = getattr(value, "_as_graph_element", None)
            value = value if convert is None else convert()
        graph = getattr(value, "graph", None)
        if graph is None:
            continue
        if first is None:
            first = value
        elif first.graph is not graph:
            raise ValueError(
                f"{value} must be from the same graph as {first} (graphs are {graph} and "
                f"{first.graph})."
            )
    return None if first is None else first.graph


def op_scope(values: Any, name: Any, default_name: str | None = None) -> name_scope:
    """Open a name scope: `name_scope` with its older order of arguments."""
    return name_scope(name, default_name, values)


def device(device_name_or_function: Any) -> Any:
    """Ask for a device for the operations made in the block (`Graph.device`)."""
    return get_default_graph().device(device_name_or_function)


def container(container_name: str) -> Any:
    """Keep the state that operations of the block make in a resource container."""
    return get_default_graph().container(container_name)


def colocate_with(op: Any, ignore_existing: bool = False) -> Any:
    """Put the operations made in the block where `op` is (`Graph.colocate_with`)."""
    return get_default_graph().colocate_with(op, ignore_existing)


def control_dependencies(control_inputs: Any) -> Any:
    """Make operations of the block run after `control_inputs` (`Graph.control_dependencies`)."""
    return get_default_graph().control_dependencies(control_inputs)


@contextmanager
def init_scope() -> Iterator[None]:
    """Make the operations of the block outside of functions, loops, branches and control inputs.

    The name scope and the devices stay as they are.
    """
    inner = get_default_graph()
    graph, devices = _outermost(inner)
    if graph is inner:
        with graph.as_default(), graph.control_dependencies(None):
            yield
        return
    scope = inner.get_name_scope()
    with (
        graph.as_default(),
        graph.name_scope(f"{scope}/" if scope else None),
        graph.control_dependencies(None),
        graph._devices_replaced(devices),
    ):
        yield


def _outermost(graph: Graph) -> tuple[Graph, Any]:
    """Return the graph around functions, and the device scopes of the innermost that has some."""
    passed = [graph]
    while graph.outer_graph is not None:
        graph = graph.outer_graph
        passed.append(graph)
    if graph.building_function:
        for around in reversed(default_graphs.items):
            passed.append(around)
            if not around.building_function:
                break
        else:
            passed.append(default_graphs.of_process())
    scopes = (each._thread_scopes.open.devices for each in passed)
    return passed[-1], next(filter(None, scopes), ())


def add_to_collection(name: Any, value: Any) -> None:
    """Append `value` to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


def add_to_collections(names: Any, value: Any) -> None:
    """Append `value` to several collections of the default graph, once each."""
    get_default_graph().add_to_collections(names, value)


def get_collection_ref(key: Any) -> list[Any]:
    """Return a collection of the default graph itself, which changes with the graph."""
    return get_default_graph().get_collection_ref(key)


def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """Return the items of a collection of the default graph (`Graph.get_collection`)."""
    return get_default_graph().get_collection(key, scope)


def get_all_collection_keys() -> list[str]:
    """Return the names of the collections of the default graph."""
    return get_default_graph().get_all_collection_keys()
