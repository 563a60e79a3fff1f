"""`Session` and `InteractiveSession`: the client's side of running a graph."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from tensormill.graph.graph import Graph, default_graphs, get_default_graph
from tensormill.graph.stacks import default_sessions, get_default_session
from tensormill.graph.tensor import Tensor
from tensormill.runtime.devices import local_devices
from tensormill.runtime.master import Master, PreparedStep
from tensormill.runtime.worker import Worker
from tensormill.session.feeds import FeedConverter, expand_feeds
from tensormill.session.fetches import FetchMapper, make_result

__all__ = ["BaseSession", "InteractiveSession", "Session", "get_default_session"]


class _Signature:
    """A prepared step with what turns feeds into values and values into the caller's structure."""

    __slots__ = ("feed_converters", "feeds", "mapper", "outputs", "step")

    def __init__(self, step: PreparedStep, feeds: list[Tensor], mapper: FetchMapper) -> None:
        self.step = step
        self.feeds = feeds
        self.mapper = mapper
        program = step.program
        self.feed_converters = [
            FeedConverter(tensor, form, dtype, dims)
            for tensor, (_, form, dtype, dims) in zip(feeds, program.feeds, strict=True)
        ]
        self.outputs = [
            make_result(form, dtype, index in program.copied_fetches)
            for index, (_, form, dtype) in enumerate(program.fetches)
        ]

    def run(self, feed_values: list[Any]) -> Any:
        fed = [
            convert(value) for convert, value in zip(self.feed_converters, feed_values, strict=True)
        ]
        values = self.step.run(fed)
        return self.mapper.build(
            [convert(v) for convert, v in zip(self.outputs, values, strict=True)]
        )


class BaseSession:
    """What all sessions share."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        if graph is None:
            graph = get_default_graph()
        elif not isinstance(graph, Graph):
            raise TypeError(f"graph must be a tf.Graph, but got {type(graph)}")
        self._graph = graph
        self._target = target
        self._config = config
        self._closed = False
        self._lock = threading.Lock()
        self._signatures: dict[Any, _Signature] = {}
        worker = Worker("/job:localhost/replica:0/task:0", local_devices(config=config))
        self._master_session = Master(worker).create_session(graph, config)

    @property
    def graph(self) -> Graph:
        """The graph that the session runs."""
        return self._graph

    @property
    def graph_def(self) -> Any:
        """The graph as a GraphDef message."""
        return self._graph.as_graph_def()

    @property
    def sess_str(self) -> str:
        """The target of the session."""
        return self._target

    def list_devices(self) -> list[Any]:
        """Return the devices that steps can use."""
        return self._master_session.list_devices()

    def run(
        self, fetches: Any, feed_dict: Any = None, options: Any = None, run_metadata: Any = None
    ) -> Any:
        """Run one step and return the values of `fetches` in their structure.

        Args:
          fetches: a tensor, operation, name, variable, or any nesting of lists, tuples, dicts of them.
          feed_dict: tensor to value; the tensors are not computed but taken from here.
          options: RunOptions.
          run_metadata: a RunMetadata message that is filled in.

        Raises:
          RuntimeError: the session is closed.
          ValueError, TypeError: a fetch or feed is not one.
          OpError: the step failed.
        """
        if self._closed:
            raise RuntimeError("Attempted to use a closed Session.")
        feeds, values = expand_feeds(self._graph, feed_dict) if feed_dict else ([], [])
        return self._signature(fetches, feeds).run(values)

    def _signature(self, fetches: Any, feeds: list[Tensor]) -> _Signature:
        mapper = FetchMapper(self._graph, fetches)
        key = (mapper.key, tuple(feeds))
        found = self._signatures.get(key)
        if found is None or not mapper.same_structure(found.mapper):
            step = self._master_session.prepare(feeds, mapper.tensors, mapper.targets)
            found = self._signatures[key] = _Signature(step, feeds, mapper)
        return found

    def make_callable(
        self, fetches: Any, feed_list: Any = None, accept_options: bool = False
    ) -> Callable[..., Any]:
        """Return a function that runs `fetches`, with the values of `feed_list` as its positional arguments."""
        feeds = [self._graph.as_graph_element(f, allow_operation=False) for f in feed_list or ()]
        signature = self._signature(fetches, feeds)

        def run_callable(*values: Any) -> Any:
            return signature.run(list(values))

        return run_callable

    def close(self) -> None:
        """Cancel running steps and let go of everything the session holds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        self._master_session.close()
        self._signatures.clear()

    def as_default(self) -> Any:
        """Return a context manager that makes this the default session."""
        return default_sessions.pushed(self)


class Session(BaseSession):
    """Runs a graph; as a context manager it is the default session and is closed at the end."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        self._graph_context: Any = None
        self._session_context: Any = None

    def __enter__(self) -> Session:
        self._graph_context = self.graph.as_default()
        self._graph_context.__enter__()
        self._session_context = self.as_default()
        self._session_context.__enter__()
        return self

    def __exit__(self, exc_type: Any, exc: Any, traceback: Any) -> None:
        self._session_context.__exit__(exc_type, exc, traceback)
        self._graph_context.__exit__(exc_type, exc, traceback)
        self.close()


class InteractiveSession(BaseSession):
    """A session that makes itself (and its graph) the default when it is opened."""

    def __init__(self, target: str = "", graph: Graph | None = None, config: Any = None) -> None:
        super().__init__(target, graph, config)
        default_sessions.enforce_nesting = False
        default_sessions.push(self)
        self._explicit_graph = graph
        if graph is not None:
            default_graphs.enforce_nesting = False
            default_graphs.push(graph)

    def close(self) -> None:
        """Close the session and stop being the default."""
        super().close()
        default_sessions.remove(self)
        if self._explicit_graph is not None:
            default_graphs.remove(self._explicit_graph)
