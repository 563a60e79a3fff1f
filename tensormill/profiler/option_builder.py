"""`tf.profiler.ProfileOptionBuilder`: the options of a report.

Source: TensorFlow 1.15, python/profiler/option_builder.py.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from tensormill.profiler.op_log import TRAINABLE_VARIABLES

__all__ = ["ProfileOptionBuilder"]


def _options(**changed: Any) -> dict[str, Any]:
    """Return options that show everything, with changes."""
    return {
        "max_depth": 10000,
        "min_bytes": 0,
        "min_micros": 0,
        "min_params": 0,
        "min_float_ops": 0,
        "min_occurrence": 0,
        "order_by": "name",
        "account_type_regexes": [".*"],
        "start_name_regexes": [".*"],
        "trim_name_regexes": [],
        "show_name_regexes": [".*"],
        "hide_name_regexes": [],
        "account_displayed_op_only": True,
        "select": ["micros"],
        "step": -1,
        "output": "stdout",
        **changed,
    }


class ProfileOptionBuilder:
    """Makes the dict of options that `tf.profiler` takes, from those that are ready-made.

    Args:
      options: what to begin with; None for a report of all times.

    >>> import tensormill as tf
    >>> builder = tf.profiler.ProfileOptionBuilder(
    ...     tf.profiler.ProfileOptionBuilder.float_operation()
    ... )
    >>> builder.with_empty_output().build()["output"]
    'none'
    """

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        if options is not None:
            self._options = copy.deepcopy(dict(options))
        else:
            self._options = _options(
                max_depth=100, order_by="name", account_displayed_op_only=False
            )

    @staticmethod
    def trainable_variables_parameter() -> dict[str, Any]:
        """Return the options of a report of how many numbers the trainable variables hold."""
        return _options(account_type_regexes=[TRAINABLE_VARIABLES], select=["params"])

    @staticmethod
    def float_operation() -> dict[str, Any]:
        """Return the options of a report of floating-point operations, the most first."""
        return _options(min_float_ops=1, order_by="float_ops", select=["float_ops"])

    @staticmethod
    def time_and_memory(
        min_micros: int = 1,
        min_bytes: int = 1,
        min_accelerator_micros: int = 0,
        min_cpu_micros: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> dict[str, Any]:
        """Return the options of a report of time and memory, the slowest first.

        Args:
          min_micros: leave out what took less time.
          min_bytes: leave out what asked for less memory.
          min_accelerator_micros: leave out what took less time on a GPU.
          min_cpu_micros: leave out what took less time on the CPU.
          min_peak_bytes: leave out what held less memory at most.
          min_residual_bytes: leave out what kept less memory.
          min_output_bytes: leave out what has smaller outputs.
        """
        return _options(
            min_bytes=min_bytes,
            min_peak_bytes=min_peak_bytes,
            min_residual_bytes=min_residual_bytes,
            min_output_bytes=min_output_bytes,
            min_micros=min_micros,
            min_accelerator_micros=min_accelerator_micros,
            min_cpu_micros=min_cpu_micros,
            order_by="micros",
            select=["micros", "bytes"],
        )

    def build(self) -> dict[str, Any]:
        """Return a copy of the options."""
        return copy.deepcopy(self._options)

    def _with(self, **changed: Any) -> ProfileOptionBuilder:
        self._options.update(copy.copy(changed))
        return self

    def with_max_depth(self, max_depth: int) -> ProfileOptionBuilder:
        """Leave out what is deeper."""
        return self._with(max_depth=max_depth)

    def with_min_memory(
        self,
        min_bytes: int = 0,
        min_peak_bytes: int = 0,
        min_residual_bytes: int = 0,
        min_output_bytes: int = 0,
    ) -> ProfileOptionBuilder:
        """Leave out what takes less memory."""
        return self._with(
            min_bytes=min_bytes,
            min_peak_bytes=min_peak_bytes,
            min_residual_bytes=min_residual_bytes,
            min_output_bytes=min_output_bytes,
        )

    def with_min_execution_time(
        self, min_micros: int = 0, min_accelerator_micros: int = 0, min_cpu_micros: int = 0
    ) -> ProfileOptionBuilder:
        """Leave out what takes less time."""
        return self._with(
            min_micros=min_micros,
            min_accelerator_micros=min_accelerator_micros,
            min_cpu_micros=min_cpu_micros,
        )

    def with_min_parameters(self, min_params: int) -> ProfileOptionBuilder:
        """Leave out what holds fewer numbers."""
        return self._with(min_params=min_params)

    def with_min_occurrence(self, min_occurrence: int) -> ProfileOptionBuilder:
        """Leave out what occurs less often."""
        return self._with(min_occurrence=min_occurrence)

    def with_min_float_operations(self, min_float_ops: int) -> ProfileOptionBuilder:
        """Leave out what takes fewer floating-point operations."""
        return self._with(min_float_ops=min_float_ops)

    def with_accounted_types(self, account_type_regexes: Sequence[str]) -> ProfileOptionBuilder:
        """Count only nodes of some types: op types, devices, or what an OpLogProto names so."""
        return self._with(account_type_regexes=list(account_type_regexes))

    def with_node_names(
        self,
        start_name_regexes: Sequence[str] | None = None,
        show_name_regexes: Sequence[str] | None = None,
        hide_name_regexes: Sequence[str] | None = None,
        trim_name_regexes: Sequence[str] | None = None,
    ) -> ProfileOptionBuilder:
        """Select by names.

        Args:
          start_name_regexes: where the report begins.
          show_name_regexes: what is shown.
          hide_name_regexes: what of that is not.
          trim_name_regexes: below what nothing is shown.
        """
        given = {
            "start_name_regexes": start_name_regexes,
            "show_name_regexes": show_name_regexes,
            "hide_name_regexes": hide_name_regexes,
            "trim_name_regexes": trim_name_regexes,
        }
        return self._with(**{name: list(v) for name, v in given.items() if v is not None})

    def account_displayed_op_only(self, is_true: bool) -> ProfileOptionBuilder:
        """Sum up only what is shown, or all."""
        return self._with(account_displayed_op_only=is_true)

    def with_empty_output(self) -> ProfileOptionBuilder:
        """Write nothing."""
        return self._with(output="none")

    def with_stdout_output(self) -> ProfileOptionBuilder:
        """Print the report."""
        return self._with(output="stdout")

    def with_file_output(self, outfile: str) -> ProfileOptionBuilder:
        """Write the report to a file."""
        return self._with(output=f"file:outfile={outfile}")

    def with_timeline_output(self, timeline_file: str) -> ProfileOptionBuilder:
        """Write a trace for chrome://tracing, the step's number added to the name."""
        return self._with(output=f"timeline:outfile={timeline_file}")

    def with_pprof_output(self, pprof_file: str) -> ProfileOptionBuilder:
        """Write a profile for pprof, from the view by line of code."""
        return self._with(output=f"pprof:outfile={pprof_file}")

    def order_by(self, attribute: str) -> ProfileOptionBuilder:
        """Sort by name or by a figure, such as micros, bytes or params."""
        return self._with(order_by=attribute)

    def select(self, attributes: Sequence[str]) -> ProfileOptionBuilder:
        """Show these figures."""
        return self._with(select=list(attributes))

    def with_step(self, step: int) -> ProfileOptionBuilder:
        """Show one step of `Profiler.add_step`; -1 for the average of all."""
        return self._with(step=step)
