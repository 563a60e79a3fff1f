"""The picture of a placement: a box a device, and arrows with the bytes that cross in a step."""

from __future__ import annotations

import math

from tensormill.pictures.step_trace import StepTrace, Transfer, task_of
from tensormill.pictures.svg import Drawing, bytes_text, color_of

__all__ = ["placement_svg", "placement_text"]

_BOX_WIDTH = 300
_LINE = 17
_GAP_X = 190
_GAP_Y = 46
_MARGIN = 28
_MOST_OPS = 5
_MOST_VARIABLES = 6


def placement_text(trace: StepTrace) -> str:
    """Return a table: each device with its nodes and variables, and what crosses."""
    lines = []
    for device in trace.devices:
        names = trace.variables.get(device, ())
        variables = f", variables {', '.join(names)}" if names else ""
        lines.append(f"{_short(device):28} {trace.ops[device].total():4} nodes{variables}")
    lines += [
        f"{_short(each.source):28} -> {_short(each.destination):28} {each.tensors:4} tensors, "
        f"{bytes_text(each.size_bytes)} a step"
        for each in trace.transfers
    ]
    return "\n".join(lines)


def _short(device: str) -> str:
    return device.replace("/replica:0", "")


def _box_lines(trace: StepTrace, device: str) -> list[str]:
    ops = trace.ops[device]
    lines = [f"{ops.total()} nodes"]
    lines += [f"{count} × {op_type}" for op_type, count in ops.most_common(_MOST_OPS)]
    names = trace.variables.get(device, ())
    if names:
        lines.append("variables")
        lines += [f"  {name}" for name in names[:_MOST_VARIABLES]]
        if len(names) > _MOST_VARIABLES:
            lines.append(f"  and {len(names) - _MOST_VARIABLES} more")
    return lines


def placement_svg(trace: StepTrace) -> str:
    """Return the picture: jobs side by side, their devices below each other."""
    columns: dict[str, list[str]] = {}
    for device in trace.devices:
        columns.setdefault(task_of(device).partition("/task")[0], []).append(device)
    boxes: dict[str, tuple[float, float, float]] = {}
    height = 0.0
    for column, devices in enumerate(columns.values()):
        y = float(_MARGIN + 24)
        for device in devices:
            box_height = float((len(_box_lines(trace, device)) + 2) * _LINE)
            boxes[device] = (_MARGIN + column * (_BOX_WIDTH + _GAP_X), y, box_height)
            y += box_height + _GAP_Y
        height = max(height, y)
    width = 2 * _MARGIN + len(columns) * _BOX_WIDTH + (len(columns) - 1) * _GAP_X
    drawing = Drawing(max(width, 460), height)
    total = sum(each.size_bytes for each in trace.transfers)
    drawing.text(_MARGIN, _MARGIN, f"Placement; {bytes_text(total)} cross in a step", 15, bold=True)
    largest = max((each.size_bytes for each in trace.transfers), default=1) or 1
    for number, each in enumerate(trace.transfers):
        _draw_transfer(drawing, each, boxes, largest, number)
    for device, (x, y, box_height) in boxes.items():
        drawing.rectangle(x, y, _BOX_WIDTH, box_height, "#f4f6f8")
        drawing.rectangle(x, y, 7, box_height, color_of(task_of(device)))
        drawing.text(x + 16, y + _LINE, _short(device), 12, bold=True)
        for row, line in enumerate(_box_lines(trace, device)):
            drawing.text(x + 16, y + (row + 2) * _LINE, line, 11)
    return drawing.finish("Where the operations of a step are, and what crosses between devices")


def _draw_transfer(
    drawing: Drawing,
    transfer: Transfer,
    boxes: dict[str, tuple[float, float, float]],
    largest: int,
    number: int,
) -> None:
    if transfer.source not in boxes or transfer.destination not in boxes:
        return
    x1, y1, height1 = boxes[transfer.source]
    x2, y2, height2 = boxes[transfer.destination]
    # Each arrow begins and ends a little elsewhere, so that none covers another.
    share = 0.2 + 0.6 * ((number * 0.382) % 1.0)
    start_y, end_y = y1 + height1 * share, y2 + height2 * (1.0 - share)
    start_x: float = x1 + _BOX_WIDTH
    end_x: float = x2
    if x1 == x2:
        end_x = start_x
        bend = _GAP_X * 0.5
        path = f"M{start_x},{start_y:.0f} C{start_x + bend},{start_y:.0f} "
        path += f"{end_x + bend},{end_y:.0f} {end_x},{end_y:.0f}"
        label_x, label_y = start_x + bend * 0.8, (start_y + end_y) / 2
    else:
        if x1 > x2:
            start_x, end_x = x1, x2 + _BOX_WIDTH
        middle = (start_x + end_x) / 2
        path = f"M{start_x},{start_y:.0f} C{middle},{start_y:.0f} {middle},{end_y:.0f} "
        path += f"{end_x},{end_y:.0f}"
        near_start = 0.25
        label_x = start_x + (end_x - start_x) * near_start
        label_y = start_y + (end_y - start_y) * 0.16
    size = bytes_text(transfer.size_bytes)
    tip = (
        f"{_short(transfer.source)} to {_short(transfer.destination)}: {transfer.tensors} tensors, "
        f"{size}"
    )
    width = 1.0 + 4.0 * math.sqrt(transfer.size_bytes / largest)
    drawing.arrow(path, width, color_of(task_of(transfer.source)), tip)
    drawing.text(label_x, label_y - 4, size, 10, anchor="middle")
