"""`Selection`: which nodes a report shows, in which order, and what of them.

Source: TensorFlow 1.15, core/profiler/tfprof_options.cc, internal/tfprof_show.h.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from tensormill.graph import errors

__all__ = ["ROOT", "SELECTABLE", "Selection", "Shown"]

ROOT = "_TFProfRoot"

SELECTABLE = (
    "bytes", "micros", "params", "float_ops", "tensor_value", "device", "op_types", "occurrence",
    "input_shapes", "accelerator_micros", "cpu_micros", "peak_bytes", "residual_bytes",
    "output_bytes",
)  # fmt: skip
_TOTALS = {
    "bytes": "requested_bytes",
    "peak_bytes": "peak_bytes",
    "residual_bytes": "residual_bytes",
    "output_bytes": "output_bytes",
    "micros": "exec_micros",
    "accelerator_micros": "accelerator_exec_micros",
    "cpu_micros": "cpu_exec_micros",
    "params": "parameters",
    "float_ops": "float_ops",
}
_MINIMA = {
    "min_bytes": "requested_bytes",
    "min_peak_bytes": "peak_bytes",
    "min_residual_bytes": "residual_bytes",
    "min_output_bytes": "output_bytes",
    "min_micros": "exec_micros",
    "min_accelerator_micros": "accelerator_exec_micros",
    "min_cpu_micros": "cpu_exec_micros",
}
_OUTPUTS = ("timeline", "stdout", "file", "pprof", "none")
_NUMBERS = (
    "max_depth", *_MINIMA, "min_params", "min_float_ops", "min_occurrence", "step",
)  # fmt: skip


class Shown(Protocol):
    """A line of a report, as far as it is sorted and selected by."""

    name: str
    totals: dict[str, int]

    @property
    def occurrence(self) -> int:
        """How often it occurs."""


_Shown = TypeVar("_Shown", bound=Shown)


@dataclass
class Selection:
    """The options of a report, by the names that programs give them.

    Attributes:
      numbers: the limits, and `step`.
      order_by: what the lines are sorted by.
      account, start, trim, show, hide: regular expressions of types and of names.
      is_displayed_only: whether only lines that are shown are summed up.
      select: what is shown of each line.
      output: where the report goes: timeline, stdout, file, pprof or none.
      output_file: its file, "" where it has none.
    """

    numbers: dict[str, int]
    order_by: str
    account: list[str]
    start: list[str]
    trim: list[str]
    show: list[str]
    hide: list[str]
    is_displayed_only: bool
    select: list[str]
    output: str
    output_file: str

    @classmethod
    def parse(cls, options: Mapping[str, Any]) -> Selection:
        """Return the selection that a dict of options describes.

        Raises:
          InvalidArgumentError: an attribute or an output is not known.
        """
        numbers = {name: int(options.get(name, 0)) for name in _NUMBERS}
        numbers["max_depth"] = int(options.get("max_depth", 10))
        numbers["step"] = int(options.get("step", -1))
        order_by = options.get("order_by", "name")
        _check("order_by", [order_by], ("name", *_TOTALS, "occurrence"))
        select = sorted(set(options.get("select", [])))
        _check("select", select, SELECTABLE)
        output, _, rest = options.get("output", "stdout").partition(":")
        _check("output", [output], _OUTPUTS)
        settings = dict(part.partition("=")[::2] for part in rest.split(",") if part)
        if output in ("timeline", "file", "pprof") and "outfile" not in settings:
            raise _invalid(f"-output {output}: misses its outfile: '{output}:outfile=<path>'")
        return cls(
            numbers,
            order_by,
            list(options.get("account_type_regexes", [])),
            list(options.get("start_name_regexes", [])),
            list(options.get("trim_name_regexes", [])),
            list(options.get("show_name_regexes", [])),
            list(options.get("hide_name_regexes", [])),
            bool(options.get("account_displayed_op_only", False)),
            select,
            output,
            settings.get("outfile", ""),
        )

    def counts(self, types: Iterable[str]) -> bool:
        """Return whether a node of these types is counted."""
        return self.account == [".*"] or any(matches(each, self.account) for each in types)

    def trims(self, name: str) -> bool:
        """Return whether what is below a name is left out."""
        return matches(name, self.trim)

    def starts_anywhere(self) -> bool:
        """Return whether a report begins at its root."""
        return self.start == [".*"]

    def shows(self, line: Shown, depth: int, own: Mapping[str, int]) -> bool:
        """Return whether a line is shown.

        Args:
          line: the line; of time and memory, its totals count.
          depth: how deep it is.
          own: where parameters, float_ops and occurrence are looked up.
        """
        if line.name == ROOT:
            return True
        numbers = self.numbers
        if depth > numbers["max_depth"]:
            return False
        if any(line.totals[figure] < numbers[limit] for limit, figure in _MINIMA.items()):
            return False
        if (
            own["parameters"] < numbers["min_params"]
            or own["float_ops"] < numbers["min_float_ops"]
            or own["occurrence"] < numbers["min_occurrence"]
        ):
            return False
        is_shown = self.show == [".*"] or matches(line.name, self.show)
        return is_shown and not matches(line.name, self.hide)

    def sorted(self, lines: Sequence[_Shown]) -> list[_Shown]:
        """Return lines in the order in which they are shown."""
        if self.order_by == "name":
            return sorted(lines, key=lambda line: line.name)
        if self.order_by == "occurrence":
            return sorted(lines, key=lambda line: (-line.occurrence, line.name))
        figure = _TOTALS[self.order_by]
        return sorted(lines, key=lambda line: (-line.totals[figure], line.name))


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Return whether one of the regular expressions matches all of a text."""
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def _invalid(message: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, message)


def _check(option: str, values: Sequence[str], known: Sequence[str]) -> None:
    for value in values:
        if value not in known:
            raise _invalid(f"Unknown value '{value}' of option {option}; known: {', '.join(known)}")
