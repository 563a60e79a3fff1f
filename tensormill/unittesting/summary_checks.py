"""`tf.contrib.testing`: what summaries say, in messages, in files, and without files.

Source: TensorFlow 1.15, contrib/testing/python/framework.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

from tensormill.summary import file_writer, file_writer_cache
from tensormill.summary.summary_iterator import summary_iterator
from tensormill.unittesting.graph_inspection import assert_meta_graph_protos_equal

__all__ = [
    "FakeSummaryWriter",
    "assert_summary",
    "latest_event_file",
    "latest_events",
    "latest_summaries",
    "simple_values_from_events",
    "to_summary_proto",
]


def assert_summary(
    expected_tags: Iterable[str], expected_simple_values: Mapping[str, float], summary_proto: Any
) -> None:
    """Check the tags of a summary, and some of its numbers to two places.

    Args:
      expected_tags: all tags.
      expected_simple_values: tag -> number.
      summary_proto: the summary.

    Raises:
      ValueError: the tags are others.
      AssertionError: a number is another.
    """
    for value in summary_proto.value:
        if value.tag in expected_simple_values:
            np.testing.assert_almost_equal(
                value.simple_value, expected_simple_values[value.tag], decimal=2, err_msg=value.tag
            )
    tags, wanted = {value.tag for value in summary_proto.value}, set(expected_tags)
    if tags != wanted:
        raise ValueError(f"Expected tags {wanted}, got {tags}.")


def to_summary_proto(summary_str: bytes) -> Summary:
    """Return the summary that bytes stand for."""
    return Summary.FromString(summary_str)


def latest_event_file(base_dir: str) -> str | None:
    """Return the path of the last event file in a folder, None where there is none."""
    paths = sorted(str(path) for path in Path(base_dir).glob("events.*"))
    return paths[-1] if paths else None


def latest_events(base_dir: str) -> Iterable[Event]:
    """Return the events of the last event file in a folder."""
    path = latest_event_file(base_dir)
    return summary_iterator(path) if path else []


def latest_summaries(base_dir: str) -> list[Event]:
    """Return those of the latest events that have a summary."""
    return [event for event in latest_events(base_dir) if event.HasField("summary")]


def simple_values_from_events(events: Iterable[Event], tags: Iterable[str]) -> dict[str, float]:
    """Return the number of each tag at its last step.

    Args:
      events: the events.
      tags: the tags.

    Raises:
      ValueError: something else than a number has one of the tags.
    """
    last: dict[str, tuple[int, float]] = {}
    wanted = set(tags)
    for event in events:
        for value in event.summary.value:
            if value.tag not in wanted:
                continue
            if not value.HasField("simple_value"):
                raise ValueError(f"Summary for {value.tag} is not a simple_value.")
            if value.tag not in last or event.step > last[value.tag][0]:
                last[value.tag] = (event.step, value.simple_value)
    return {tag: value for tag, (_, value) in last.items()}


class FakeSummaryWriter:
    """Keeps what a `FileWriter` would write.

    Args:
      logdir: the folder that nothing is written to.
      graph: the graph that the program gives.
    """

    _replaced: ClassVar[Any] = None

    @classmethod
    def install(cls) -> None:
        """Take the place of `FileWriter`.

        Raises:
          ValueError: it has taken it.
        """
        if cls._replaced is not None:
            raise ValueError("FakeSummaryWriter already installed.")
        cls._replaced = file_writer.FileWriter
        cls._put(cls)

    @classmethod
    def uninstall(cls) -> None:
        """Give the place back.

        Raises:
          ValueError: it has not taken it.
        """
        if cls._replaced is None:
            raise ValueError("FakeSummaryWriter not installed.")
        cls._put(cls._replaced)
        cls._replaced = None

    @staticmethod
    def _put(writer: Any) -> None:
        for module in (file_writer, file_writer_cache):
            setattr(module, "FileWriter", writer)  # noqa: B010

    def __init__(self, logdir: str, graph: Any = None) -> None:
        self._logdir = logdir
        self._graph = graph
        self._summaries: dict[Any, list[Any]] = {}
        self._graphs: list[Any] = []
        self._meta_graphs: list[Any] = []
        self._session_logs: list[Any] = []
        self._run_metadata: dict[str, Any] = {}

    @property
    def summaries(self) -> dict[Any, list[Any]]:
        """Step -> the summaries that were added."""
        return self._summaries

    def assert_summaries(
        self,
        test_case: Any,
        expected_logdir: Any = None,
        expected_graph: Any = None,
        expected_summaries: Any = None,
        expected_added_graphs: Any = None,
        expected_added_meta_graphs: Any = None,
        expected_session_logs: Any = None,
    ) -> None:
        """Check what was added, as far as something is expected.

        Args:
          test_case: has the assertions.
          expected_logdir: the folder.
          expected_graph: the graph it was made with.
          expected_summaries: step -> tag -> number; how fast steps were does not count.
          expected_added_graphs: graphs in their order.
          expected_added_meta_graphs: meta graphs in their order.
          expected_session_logs: logs in their order.
        """
        if expected_logdir is not None:
            test_case.assertEqual(expected_logdir, self._logdir)
        if expected_graph is not None:
            test_case.assertIs(expected_graph, self._graph)
        for step, wanted in (expected_summaries or {}).items():
            test_case.assertIn(step, self._summaries)
            values = (value for summary in self._summaries[step] for value in summary.value)
            numbers = {v.tag: v.simple_value for v in values if v.tag != "global_step/sec"}
            test_case.assertEqual(wanted, numbers)
        if expected_added_graphs is not None:
            test_case.assertEqual(expected_added_graphs, self._graphs)
        if expected_added_meta_graphs is not None:
            test_case.assertEqual(len(expected_added_meta_graphs), len(self._meta_graphs))
            for wanted, made in zip(expected_added_meta_graphs, self._meta_graphs, strict=True):
                assert_meta_graph_protos_equal(test_case, wanted, made)
        if expected_session_logs is not None:
            test_case.assertEqual(expected_session_logs, self._session_logs)

    def add_summary(self, summ: Any, current_global_step: Any) -> None:
        """Keep a summary, a message or its bytes, of a step."""
        summary = to_summary_proto(summ) if isinstance(summ, bytes) else summ
        self._summaries.setdefault(current_global_step, []).append(summary)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Keep a graph."""
        _check_step(global_step)
        if graph_def is not None:
            raise ValueError(f"Unexpected graph_def {graph_def}.")
        self._graphs.append(graph)

    def add_meta_graph(self, meta_graph_def: Any, global_step: Any = None) -> None:
        """Keep a meta graph."""
        _check_step(global_step)
        self._meta_graphs.append(meta_graph_def)

    def add_session_log(self, session_log: Any, global_step: Any = None) -> None:
        """Keep a log."""
        self._session_logs.append(session_log)

    def add_run_metadata(self, run_metadata: Any, tag: str, global_step: Any = None) -> None:
        """Keep what a run told of itself."""
        _check_step(global_step)
        self._run_metadata[tag] = run_metadata

    def flush(self) -> None:
        """Do nothing."""

    def reopen(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def _check_step(step: Any) -> None:
    if step is not None and step < 0:
        raise ValueError(f"Invalid global_step {step}.")
