"""`tensormill.placement`: where the operations of a graph are, and why, as a table."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tensormill.distributed.in_process_session import InProcessMasterSession
from tensormill.graph import errors
from tensormill.graph.graph import Graph
from tensormill.runtime.any_master import AnyDevice
from tensormill.runtime.devices import local_devices
from tensormill.runtime.master import MasterSession
from tensormill.runtime.passes.place import Placement

__all__ = ["PlacementRow", "PlacementTable", "placement"]

_HEADER = ("operation", "type", "device", "reason")
_HTML_ROWS = 1000
"""A notebook shows no more rows than this."""


@dataclass(frozen=True, slots=True)
class PlacementRow:
    """One operation.

    Attributes:
      operation: its name.
      type: its op type.
      device: the full name of its device.
      reason: why it is there.
    """

    operation: str
    type: str
    device: str
    reason: str


class PlacementTable:
    """The placement of a graph; prints as a table, and shows as one in a notebook.

    Attributes:
      rows: one an operation, in the order of the graph.
      devices: the devices that operations could have been placed on.
    """

    def __init__(self, rows: list[PlacementRow], devices: Sequence[AnyDevice]) -> None:
        self.rows = rows
        self.devices = devices

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[PlacementRow]:
        return iter(self.rows)

    def __getitem__(self, operation: str) -> PlacementRow:
        """Return the row of an operation, by name."""
        for row in self.rows:
            if row.operation == operation:
                return row
        raise KeyError(operation)

    def __str__(self) -> str:
        summary = self._summary()
        width = max(len(name) for name, _, _ in summary)
        lines = [f"{name:{width}}  {count}  {desc}".rstrip() for name, count, desc in summary]
        table = [_HEADER, *self._cells()]
        widths = [max(len(line[column]) for line in table) for column in range(3)]
        ruled = ["─" * w for w in (*widths, max(len(line[3]) for line in table))]
        body = [
            "  ".join(
                [*(cell.ljust(w) for cell, w in zip(line, widths, strict=False)), line[3]]
            ).rstrip()
            for line in (_HEADER, ruled, *table[1:])
        ]
        return "\n".join([*lines, "", *body])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        summary = "".join(
            f"<li><code>{html.escape(name)}</code> {count} {html.escape(desc)}</li>"
            for name, count, desc in self._summary()
        )
        head = "".join(f'<th style="text-align:left">{title}</th>' for title in _HEADER)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in line)
            + "</tr>"
            for line in self._cells()[:_HTML_ROWS]
        )
        rest = len(self.rows) - _HTML_ROWS
        more = f"<p>… and {rest} more operations</p>" if rest > 0 else ""
        return (
            f"<ul>{summary}</ul><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            + more
        )

    def _summary(self) -> list[tuple[str, str, str]]:
        """Return each device with the number of its operations and what stands behind it."""
        counts = Counter(row.device for row in self.rows)
        return [
            (
                device.name,
                f"{counts[device.name]} operation{'' if counts[device.name] == 1 else 's'}",
                f"({device.physical_desc})" if device.physical_desc else "",
            )
            for device in self.devices
        ]

    def _cells(self) -> list[tuple[str, str, str, str]]:
        tasks = {device.name.rpartition("/device:")[0] for device in self.devices}
        return [
            (
                row.operation,
                row.type,
                row.device.rpartition("/device:")[2]
                if len(tasks) == 1
                else row.device.replace("/replica:0", ""),
                row.reason,
            )
            for row in self.rows
        ]


def placement(session_or_graph: Any) -> PlacementTable:
    """Return where a session's operations are, or where those of a graph would be here.

    Operations that the session has not seen yet are placed by this call, and stay there.

    Args:
      session_or_graph: a session; or a graph, which is placed on the devices of this machine.

    Raises:
      InvalidArgumentError: an operation cannot be placed.
      TypeError: it is neither a session nor a graph.
    """
    if isinstance(session_or_graph, Graph):
        graph = session_or_graph
        devices: Sequence[AnyDevice] = local_devices()
        placed = Placement(devices)
        placed.extend(graph._operations)
    else:
        master = getattr(session_or_graph, "_master_session", None)
        if master is None:
            raise TypeError(
                f"placement() takes a session or a graph, not a {type(session_or_graph).__name__}"
            )
        if isinstance(master, InProcessMasterSession):
            master = master.opened
        if not isinstance(master, MasterSession):
            raise errors.unimplemented(
                "The placement of a session on a remote master is not known here",
                hint="RunOptions(output_partition_graphs=True) tells the devices of a step.",
            )
        master.extend()
        graph, devices, placed = session_or_graph.graph, master.list_devices(), master.placement
    rows = [
        PlacementRow(op.name, op.type, placed.devices[op], str(placed.reasons[op]))
        for op in graph._operations
        if op in placed.devices
    ]
    return PlacementTable(rows, devices)
