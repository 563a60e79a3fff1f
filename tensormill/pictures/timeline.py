"""The picture of a step in time: a row of bars a device, the same scale for all tasks."""

from __future__ import annotations

from tensormill.pictures.step_trace import Execution, StepTrace
from tensormill.pictures.svg import Drawing, bytes_text, colors_of, text_width

__all__ = ["timeline_svg"]

_LEFT = 250
_WIDTH = 900
_ROW = 18
_MARGIN = 26
_TICKS = 6
_LEGEND = 10
_LEGEND_SIZE = 11
_LEGEND_ROW = 20
_WAITS = "waits for another device"
_WAITING_COLOR = "#dddddd"
_OTHER_COLOR = "#777777"


def timeline_svg(trace: StepTrace) -> str:
    """Return the picture: what waits for another device is grey, below the rest of a device."""
    rows = {device: _rows_of(trace, device) for device in trace.devices}
    colors = _colors(trace)
    entries = _legend(colors)
    bottom = _MARGIN + 30 + sum((len(lanes) * _ROW + 16) for lanes in rows.values())
    height = bottom + 2 * _MARGIN + entries[-1][1] + _LEGEND_ROW
    drawing = Drawing(_LEFT + _WIDTH + 2 * _MARGIN, height)
    duration = max(trace.duration_us, 1)
    title = f"One step over {len(rows)} devices: {duration / 1000:.2f} ms"
    drawing.text(_MARGIN, _MARGIN, title, 15, bold=True)
    scale = _WIDTH / duration
    top = _MARGIN + 30.0
    for tick in range(_TICKS + 1):
        x = _LEFT + _WIDTH * tick / _TICKS
        drawing.line(x, top - 8, x, bottom)
        drawing.text(x, top - 12, f"{duration * tick / _TICKS / 1000:.2f} ms", 10, "middle")
    y = top
    for device, lanes in rows.items():
        drawing.text(_MARGIN, y + _ROW - 4, device.replace("/replica:0", ""), 11, bold=True)
        for lane in lanes:
            for each in lane:
                _draw_bar(drawing, each, y, scale, colors)
            y += _ROW
        y += 16
        drawing.line(_MARGIN, y - 10, _LEFT + _WIDTH, y - 10, "#eeeeee")
    for x, down, name, color in entries:
        drawing.rectangle(x, bottom + _MARGIN + down - 10, 12, 12, color)
        drawing.text(x + 17, bottom + _MARGIN + down, name, _LEGEND_SIZE)
    return drawing.finish("When the operations of a step ran, over all tasks")


def _rows_of(trace: StepTrace, device: str) -> list[list[Execution]]:
    """Return what ran on a device in rows without overlaps; what waited stands below the rest."""
    here = [each for each in trace.executions if each.device == device]
    rows: list[list[Execution]] = []
    for waits in (False, True):
        lanes: list[list[Execution]] = []
        for each in here:
            if each.is_receive is not waits:
                continue
            for lane in lanes:
                if lane[-1].start_us + lane[-1].duration_us <= each.start_us:
                    lane.append(each)
                    break
            else:
                lanes.append([each])
        rows += lanes
    return rows


def _draw_bar(
    drawing: Drawing, each: Execution, y: float, scale: float, colors: dict[str, str]
) -> None:
    tip = f"{each.name}\n{each.op_type}: {each.duration_us} µs from {each.start_us} µs"
    if each.output_bytes:
        tip += f", {bytes_text(each.output_bytes)}"
    drawing.rectangle(
        _LEFT + each.start_us * scale,
        y,
        max(each.duration_us * scale, 1.0),
        _ROW - 4,
        _WAITING_COLOR if each.is_receive else colors.get(each.op_type, _OTHER_COLOR),
        tip,
    )


def _colors(trace: StepTrace) -> dict[str, str]:
    """Return the colors of the op types that took longest, those first."""
    times: dict[str, int] = {}
    for each in trace.executions:
        if not each.is_receive:
            times[each.op_type] = times.get(each.op_type, 0) + each.duration_us
    return colors_of(sorted(times, key=lambda op_type: -times[op_type])[:_LEGEND])


def _legend(colors: dict[str, str]) -> list[tuple[float, float, str, str]]:
    """Return the entries of the legend: where across and how far down, the name, the color."""
    entries = []
    x, y = float(_MARGIN), 0.0
    for name, color in [(_WAITS, _WAITING_COLOR), *colors.items(), ("others", _OTHER_COLOR)]:
        width = 17 + text_width(name, _LEGEND_SIZE) + 14
        if x + width > _LEFT + _WIDTH + _MARGIN and x > _MARGIN:
            x, y = float(_MARGIN), y + _LEGEND_ROW
        entries.append((x, y, name, color))
        x += width
    return entries
