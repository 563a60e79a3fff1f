"""The picture of a placement: a box a device, and arrows with the bytes that cross in a step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tensormill.pictures.step_trace import StepTrace, Transfer, task_of
from tensormill.pictures.svg import Drawing, bytes_text, colors_of, text_width

__all__ = ["placement_svg", "placement_text"]

_BOX_WIDTH = 300
_LINE = 17
_GAP_X = 190
_GAP_Y = 46
_MARGIN = 28
_INDENT = 12
_MOST_OPS = 5
_MOST_VARIABLES = 6
_LABEL_SIZE = 10
# Where on its arrow a label may stand, the best places first.
_LABEL_PLACES = (0.3, 0.4, 0.2, 0.5, 0.6, 0.7, 0.8)

_Point = tuple[float, float]


@dataclass(frozen=True)
class _Box:
    """Where a device is drawn."""

    x: float
    y: float
    height: float


@dataclass(frozen=True)
class _Curve:
    """A cubic Bézier curve."""

    points: tuple[_Point, _Point, _Point, _Point]

    @property
    def path(self) -> str:
        """The curve as SVG has it."""
        start, *others = (f"{x:.0f},{y:.0f}" for x, y in self.points)
        return f"M{start} C{' '.join(others)}"

    def at(self, share: float) -> _Point:
        """Return the point after a share of the way."""
        weights = [math.comb(3, k) * share**k * (1 - share) ** (3 - k) for k in range(4)]
        x, y = (
            sum(weight * point[axis] for weight, point in zip(weights, self.points, strict=True))
            for axis in (0, 1)
        )
        return x, y


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
    boxes = _boxes(trace)
    width = max(box.x for box in boxes.values()) + _BOX_WIDTH + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _GAP_Y
    drawing = Drawing(max(width, 460), height)
    total = sum(each.size_bytes for each in trace.transfers)
    drawing.text(_MARGIN, _MARGIN, f"Placement; {bytes_text(total)} cross in a step", 15, bold=True)
    colors = colors_of(task_of(device) for device in trace.devices)
    _draw_transfers(drawing, trace.transfers, boxes, colors)
    for device, box in boxes.items():
        drawing.rectangle(box.x, box.y, _BOX_WIDTH, box.height, "#f4f6f8")
        drawing.rectangle(box.x, box.y, 7, box.height, colors[task_of(device)])
        drawing.text(box.x + 16, box.y + _LINE, _short(device), 12, bold=True)
        for row, line in enumerate(_box_lines(trace, device), 2):
            indent = _INDENT if line.startswith(" ") else 0
            drawing.text(box.x + 16 + indent, box.y + row * _LINE, line, 11)
    return drawing.finish("Where the operations of a step are, and what crosses between devices")


def _boxes(trace: StepTrace) -> dict[str, _Box]:
    columns: dict[str, list[str]] = {}
    for device in trace.devices:
        columns.setdefault(task_of(device).partition("/task")[0], []).append(device)
    boxes = {}
    for column, devices in enumerate(columns.values()):
        y = float(_MARGIN + 24)
        for device in devices:
            height = float((len(_box_lines(trace, device)) + 2) * _LINE)
            boxes[device] = _Box(_MARGIN + column * (_BOX_WIDTH + _GAP_X), y, height)
            y += height + _GAP_Y
    return boxes


def _draw_transfers(
    drawing: Drawing,
    transfers: Sequence[Transfer],
    boxes: dict[str, _Box],
    colors: dict[str, str],
) -> None:
    """Draw all arrows, then their labels over them."""
    drawn = [each for each in transfers if each.source in boxes and each.destination in boxes]
    largest = max((each.size_bytes for each in drawn), default=1) or 1
    curves = _curves(drawn, boxes)
    for each, curve in zip(drawn, curves, strict=True):
        tip = (
            f"{_short(each.source)} to {_short(each.destination)}: {each.tensors} tensors, "
            f"{bytes_text(each.size_bytes)}"
        )
        width = 1.0 + 4.0 * math.sqrt(each.size_bytes / largest)
        drawing.arrow(curve.path, width, colors[task_of(each.source)], tip)
    taken: list[tuple[float, float, float]] = []
    for each, curve in zip(drawn, curves, strict=True):
        _draw_label(drawing, bytes_text(each.size_bytes), curve, taken)


def _curves(transfers: Sequence[Transfer], boxes: dict[str, _Box]) -> list[_Curve]:
    """Return the arrows: between the sides that face each other, or in a bow beside a column."""
    heights = _end_heights(transfers, boxes)
    bend = _GAP_X * 0.3
    curves = []
    for number, each in enumerate(transfers):
        source, destination = boxes[each.source], boxes[each.destination]
        start_y, end_y = heights[number, True], heights[number, False]
        if source.x == destination.x:
            x = source.x + _BOX_WIDTH
            out = x + bend
            bend = min(bend + _GAP_X * 0.15, _GAP_X * 0.6)
            points = ((x, start_y), (out, start_y), (out, end_y), (x, end_y))
        else:
            is_forward = source.x < destination.x
            start_x = source.x + (_BOX_WIDTH if is_forward else 0)
            end_x = destination.x + (0 if is_forward else _BOX_WIDTH)
            middle = (start_x + end_x) / 2
            points = ((start_x, start_y), (middle, start_y), (middle, end_y), (end_x, end_y))
        curves.append(_Curve(points))
    return curves


def _end_heights(
    transfers: Sequence[Transfer], boxes: dict[str, _Box]
) -> dict[tuple[int, bool], float]:
    """Return where each arrow begins and ends, spread evenly over the sides of the boxes.

    The key is the number of the transfer and whether it is the begin. The ends on a side stand in
    the order of where they lead to, so that few arrows cross.
    """
    sides: dict[tuple[_Box, bool], list[tuple[float, int, int, bool]]] = {}
    for number, each in enumerate(transfers):
        source, destination = boxes[each.source], boxes[each.destination]
        for here, there, is_begin in ((source, destination, True), (destination, source, False)):
            # Bows beside a column are nested: what is inside at the upper end is so at the lower.
            order = -number if here.x == there.x and here.y < there.y else number
            end = (there.y, order, number, is_begin)
            sides.setdefault((here, there.x >= here.x), []).append(end)
    heights = {}
    for (box, _), ends in sides.items():
        for place, (_, _, number, is_begin) in enumerate(sorted(ends), 1):
            heights[number, is_begin] = box.y + box.height * place / (len(ends) + 1)
    return heights


def _draw_label(
    drawing: Drawing, text: str, curve: _Curve, taken: list[tuple[float, float, float]]
) -> None:
    """Write on an arrow, where no other label stands; `taken` holds middles and widths of those."""
    width = text_width(text, _LABEL_SIZE) + 6
    height = _LABEL_SIZE + 4

    def is_free(point: _Point) -> bool:
        return all(
            abs(point[0] - x) >= (width + other) / 2 or abs(point[1] - y) >= height
            for x, y, other in taken
        )

    places = [curve.at(share) for share in _LABEL_PLACES]
    x, y = next(filter(is_free, places), places[0])
    taken.append((x, y, width))
    drawing.rectangle(x - width / 2, y - height / 2, width, height, "#ffffffcc", border="none")
    drawing.text(x, y + _LABEL_SIZE * 0.35, text, _LABEL_SIZE, anchor="middle")
