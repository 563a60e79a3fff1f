"""Reports as text: one line for each node, op type or line of code.

Source: TensorFlow 1.15, core/profiler/internal/tfprof_show.cc, tfprof_show_multi.cc,
tfprof_utils.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tensormill.profiler.groups import GroupLine
from tensormill.profiler.nodes import ProfiledGraph
from tensormill.profiler.selection import Selection
from tensormill.profiler.trees import NodeLine

__all__ = ["code_report", "format_time", "op_report", "options_text", "tree_report"]

_MEMORY = (
    ("bytes", "requested_bytes", "requested bytes"),
    ("peak_bytes", "peak_bytes", "peak bytes"),
    ("residual_bytes", "residual_bytes", "residual bytes"),
    ("output_bytes", "output_bytes", "output bytes"),
)
_TIMES = (
    ("micros", "exec_micros", "total execution time"),
    ("accelerator_micros", "accelerator_exec_micros", "accelerator execution time"),
    ("cpu_micros", "cpu_exec_micros", "cpu execution time"),
)
_COUNTS = (("params", "parameters", "# parameters"), ("float_ops", "float_ops", "# float_ops"))
_FACTS = (("device", "assigned devices"), ("op_types", "op types"))


def format_number(number: int) -> str:
    """Return a count in thousands, millions or billions."""
    for size, letter in ((1_000_000_000, "b"), (1_000_000, "m"), (1000, "k")):
        if number >= size:
            return f"{number / size:.2f}{letter}"
    return str(number)


def format_time(micros: int) -> str:
    """Return a time with its unit."""
    if micros >= 1_000_000:
        return f"{micros / 1_000_000:.2f}sec"
    return f"{micros / 1000:.2f}ms" if micros >= 1000 else f"{micros}us"


def format_memory(size: int) -> str:
    """Return a size with its unit."""
    if size >= 1_000_000:
        return f"{size / 1_000_000:.2f}MB"
    return f"{size / 1000:.2f}KB" if size >= 1000 else f"{size}B"


def options_text(selection: Selection) -> str:
    """Return the options of a report, one a line."""
    values: dict[str, object] = dict(selection.numbers)
    values |= {
        "order_by": selection.order_by,
        "account_type_regexes": ",".join(selection.account),
        "start_name_regexes": ",".join(selection.start),
        "trim_name_regexes": ",".join(selection.trim),
        "show_name_regexes": ",".join(selection.show),
        "hide_name_regexes": ",".join(selection.hide),
        "account_displayed_op_only": str(selection.is_displayed_only).lower(),
        "select": ",".join(selection.select),
        "output": selection.output
        + (f":outfile={selection.output_file}" if selection.output_file else ":"),
    }
    return "".join(f"{'-' + name:<28}{value}\n" for name, value in values.items())


def _selected_times(selection: Selection) -> list[tuple[str, str, str]]:
    if "micros" in selection.select:
        return list(_TIMES)
    return [row for row in _TIMES if row[0] in selection.select]


def _legend(selection: Selection, is_tree: bool) -> str:
    memory = [text for key, _, text in _MEMORY if key in selection.select]
    counts = [text for key, _, text in _COUNTS if key in selection.select]
    times = [text for _, _, text in _selected_times(selection)]
    columns = [*counts, *memory, *times] if is_tree else [*memory, *times, *counts]
    columns += [text for key, text in _FACTS if key in selection.select]
    if "occurrence" in selection.select:
        columns.append("op count (run|defined)" if is_tree else "op occurrence (run|defined)")
    if "input_shapes" in selection.select:
        columns.append("input shapes")
    return f"node name | {' | '.join(columns)}\n"


def _pair(own: str, total: str, is_counted: bool) -> str:
    return f"{own if is_counted else '--'}/{total}"


def _memory_and_times(
    own: Mapping[str, int], totals: Mapping[str, int], is_counted: bool, selection: Selection
) -> Iterator[str]:
    for key, name, _ in _MEMORY:
        if key in selection.select:
            yield _pair(format_memory(own[name]), format_memory(totals[name]), is_counted)
    for _, name, _ in _selected_times(selection):
        yield _pair(format_time(own[name]), format_time(totals[name]), is_counted)


def _counts(
    own: Mapping[str, int], totals: Mapping[str, int], is_counted: bool, selection: Selection
) -> Iterator[str]:
    for key, name, unit in (
        ("params", "parameters", "params"),
        ("float_ops", "float_ops", "flops"),
    ):
        if key in selection.select:
            total = f"{format_number(totals[name])} {unit}"
            yield _pair(format_number(own[name]), total, is_counted)


def tree_report(root: NodeLine, graph: ProfiledGraph, selection: Selection) -> str:
    """Return the report by name scope or by data flow."""

    def lines(line: NodeLine) -> Iterator[str]:
        columns = ", ".join(_tree_columns(line, graph, selection))
        yield f"{' ' * line.depth}{line.name} ({columns})\n"
        for each in line.shown:
            yield from lines(each)

    return _legend(selection, is_tree=True) + "".join(lines(root))


def _tree_columns(line: NodeLine, graph: ProfiledGraph, selection: Selection) -> Iterator[str]:
    own, totals, is_counted = line.own, line.totals, line.is_counted
    if "params" in selection.select and line.node.shape:
        yield "x".join(map(str, line.node.shape))
    yield from _counts(own, totals, is_counted, selection)
    yield from _memory_and_times(own, totals, is_counted, selection)
    if "device" in selection.select and line.node.device:
        yield line.node.device
    if "op_types" in selection.select:
        yield "|".join(sorted(line.node.types))
    if "occurrence" in selection.select:
        runs = _pair(
            format_number(own["run_count"]), format_number(totals["run_count"]), is_counted
        )
        yield f"{runs}|{_pair('1', format_number(totals['definition_count']), is_counted)}"
    if "input_shapes" in selection.select:
        yield _shapes_text(graph.input_shapes(line.node), "|")


def _shapes_text(shapes: Mapping[int, list[int]], separator: str) -> str:
    return separator.join(
        f"{index}:{'x'.join(map(str, sizes)) or 'unknown'}"
        for index, sizes in sorted(shapes.items())
    )


def op_report(root: GroupLine, graph: ProfiledGraph, selection: Selection) -> str:
    """Return the report by op type: of each its part, and what part it and the following have."""
    text = _legend(selection, is_tree=False)
    for group in root.shown:
        columns = ", ".join(_op_columns(group, root.totals, selection))
        text += f"{group.name:<25}{columns}\n"
        if "input_shapes" in selection.select:
            shapes = _shapes_of_group(group, graph, selection)
            text += f"\n{shapes}\n\n" if shapes else ""
    return text


def _op_columns(
    group: GroupLine, all_totals: Mapping[str, int], selection: Selection
) -> Iterator[str]:
    def column(text: str, name: str) -> str:
        whole = all_totals[name]
        rest = 100.0 * group.totals[name] / whole if whole else 0.0
        part = 100.0 * group.own[name] / whole if whole else 0.0
        return f"{f'{text} ({rest:.2f}%, {part:.2f}%)':>30}"

    for key, name, _ in _MEMORY:
        if key in selection.select:
            yield column(format_memory(group.own[name]), name)
    for _, name, _ in _selected_times(selection):
        yield column(format_time(group.own[name]), name)
    if "params" in selection.select:
        yield column(f"{format_number(group.own['parameters'])} params", "parameters")
    if "float_ops" in selection.select:
        yield column(f"{format_number(group.own['float_ops'])} float_ops", "float_ops")
    if "device" in selection.select:
        yield "|".join(sorted({node.device for node in group.counted if node.device}))
    if "op_types" in selection.select:
        yield "|".join(sorted({kind for node in group.counted for kind in node.types}))
    if "occurrence" in selection.select:
        yield f"{group.own['run_count']}|{len(group.counted)}".rjust(10)


def _shapes_of_group(group: GroupLine, graph: ProfiledGraph, selection: Selection) -> str:
    """Return which shapes the inputs have, how often, and how long nodes with them ran."""
    found: dict[str, list[int]] = {}
    for node in group.counted:
        text = f"input_type: {_shapes_text(graph.input_shapes(node), ',' + chr(9))}"
        figures = node.figures(selection.numbers["step"])
        entry = found.setdefault(text, [0, 0, 0])
        entry[0] += 1
        entry[1] += figures["run_count"]
        entry[2] += figures["exec_micros"]
    rows = sorted(sorted(found.items()), key=lambda item: -item[1][1])
    return "\n".join(
        f"{text}\t(run*{runs}|defined*{defined})\texec_time: {format_time(micros)}"
        for text, (defined, runs, micros) in rows
    )


def code_report(root: GroupLine, selection: Selection) -> str:
    """Return the report by line of code."""

    def lines(line: GroupLine) -> Iterator[str]:
        columns = [
            *_memory_and_times(line.own, line.totals, line.is_counted, selection),
            *_counts(line.own, line.totals, line.is_counted, selection),
        ]
        if "device" in selection.select:
            columns += ["|".join(sorted({node.device for node in line.counted if node.device}))]
        if "op_types" in selection.select:
            columns += ["|".join(sorted({kind for node in line.counted for kind in node.types}))]
        yield f"{' ' * line.depth}{line.name} ({', '.join(columns)})\n"
        for each in line.shown:
            yield from lines(each)

    return _legend(selection, is_tree=False) + "".join(lines(root))
