"""`tf.summary.FileWriter`: summaries, graphs and logs of sessions into an event file.

Source: TensorFlow 1.15, python/summary/writer/writer.py.
"""

from __future__ import annotations

import time
import warnings
import weakref
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, TaggedRunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.meta_graph_pb2 import MetaGraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.graph import tf_logging
from tensormill.graph.graph import Graph
from tensormill.io.meta_graph_export import create_meta_graph_def
from tensormill.summary.event_file_writer import EventFileWriter
from tensormill.summary.plugin_asset import write_plugin_assets

__all__ = ["FileWriter", "SummaryToEventTransformer"]


class SummaryToEventTransformer:
    """Makes events of what it is given, for a writer of events.

    Args:
      event_writer: has `add_event` and `get_logdir`.
      graph: a graph to add at once, with its meta graph.
      graph_def: a GraphDef to add; the old form of `graph`.
    """

    def __init__(self, event_writer: Any, graph: Any = None, graph_def: Any = None) -> None:
        self.event_writer = event_writer
        self._session_run_tags: set[str] = set()
        self._seen_summary_tags: set[str] = set()
        if graph is not None or graph_def is not None:
            self.add_graph(graph=graph, graph_def=graph_def)
            shown = graph_def or (
                graph.as_graph_def(add_shapes=True) if isinstance(graph, Graph) else graph
            )
            self.add_meta_graph(create_meta_graph_def(graph_def=shown))

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Add a summary: a Summary message, or the bytes that running a summary gave.

        What describes a tag is kept the first time only.
        """
        if isinstance(summary, bytes):
            summary = Summary.FromString(summary)
        for value in summary.value:
            if not value.HasField("metadata"):
                continue
            if value.tag in self._seen_summary_tags:
                value.ClearField("metadata")
            else:
                self._seen_summary_tags.add(value.tag)
        self._add_event(Event(summary=summary), global_step)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Add a SessionLog message, which says that a session has started or stopped."""
        self._add_event(Event(session_log=session_log), global_step)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Add a graph.

        Raises:
          TypeError: it is no graph.
          ValueError: both forms are given.
        """
        if graph is not None and graph_def is not None:
            raise ValueError("Please pass only graph, or graph_def (deprecated), but not both.")
        given = graph_def if graph is None else graph
        if isinstance(given, Graph):
            if graph is None:
                tf_logging.warning(
                    "When passing a `Graph` object, please use the `graph` named argument instead "
                    "of `graph_def`."
                )
            message = given.as_graph_def(add_shapes=True)
            write_plugin_assets(given, self.event_writer.get_logdir())
        elif isinstance(given, GraphDef):
            tf_logging.warning(
                "Passing a `GraphDef` to the SummaryWriter is deprecated. Pass a `Graph` object "
                "instead, such as `sess.graph`."
            )
            message = given
        else:
            raise TypeError(
                "The passed graph must be an instance of `Graph` or the deprecated `GraphDef`"
            )
        self._add_event(Event(graph_def=message.SerializeToString()), global_step)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Add a MetaGraphDef.

        Raises:
          TypeError: it is none.
        """
        if not isinstance(meta_graph_def, MetaGraphDef):
            raise TypeError(
                f"meta_graph_def must be type MetaGraphDef, saw type: {type(meta_graph_def)}"
            )
        self._add_event(Event(meta_graph_def=meta_graph_def.SerializeToString()), global_step)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Add the RunMetadata of a step.

        Raises:
          ValueError: the tag was used before.
        """
        if tag in self._session_run_tags:
            raise ValueError("The provided tag was already used for this event type")
        self._session_run_tags.add(tag)
        tagged = TaggedRunMetadata(tag=tag, run_metadata=run_metadata.SerializeToString())
        self._add_event(Event(tagged_run_metadata=tagged), global_step)

    def _add_event(self, event: Any, step: Any) -> None:
        event.wall_time = time.time()
        if step is not None:
            event.step = int(step)
        self.event_writer.add_event(event)


# The writers that the file writers of one session share, by folder.
_shared: weakref.WeakKeyDictionary[Any, dict[str, EventFileWriter]] = weakref.WeakKeyDictionary()


class FileWriter(SummaryToEventTransformer):
    """Writes summaries, graphs and logs of sessions to an event file; a context manager.

    Args:
      logdir: the folder.
      graph: a graph to write at once, such as `session.graph`.
      max_queue: not used.
      flush_secs: how often what was written is handed to the operating system.
      graph_def: the old form of `graph`.
      filename_suffix: ends the name of the file.
      session: writers of one session and folder write to one file.
    """

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: str | None = None,
        session: Any = None,
    ) -> None:
        writer = EventFileWriter(logdir, max_queue, flush_secs, filename_suffix)
        if session is not None:
            writer = _shared.setdefault(session, {}).setdefault(writer.get_logdir(), writer)
            writer.reopen()
        self._closed = False
        super().__init__(writer, graph, graph_def)

    def __enter__(self) -> FileWriter:
        """Return the writer."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the file."""
        self.close()

    def get_logdir(self) -> str:
        """Return the folder."""
        folder: str = self.event_writer.get_logdir()
        return folder

    def _warn_if_closed(self) -> None:
        if self._closed:
            warnings.warn(
                "Attempting to use a closed FileWriter. The operation will be a noop unless the "
                "FileWriter is explicitly reopened.",
                stacklevel=4,
            )

    def _add_event(self, event: Any, step: Any) -> None:
        self._warn_if_closed()
        super()._add_event(event, step)

    def add_event(self, event: Any) -> None:
        """Add an Event message as it is."""
        self._warn_if_closed()
        self.event_writer.add_event(event)

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        self._warn_if_closed()
        self.event_writer.flush()

    def close(self) -> None:
        """Write the rest and close the file."""
        self.event_writer.close()
        self._closed = True

    def reopen(self) -> None:
        """Let a closed writer write again, to a new file."""
        self.event_writer.reopen()
        self._closed = False
