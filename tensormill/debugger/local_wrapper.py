"""`LocalCLIDebugWrapperSession`: before and after each step, the user is asked on the terminal.

Source: TensorFlow 1.15, python/debug/wrappers/local_cli_wrapper.py, cli/readline_ui.py.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensormill.debugger.commands import (
    Arguments,
    Command,
    CommandError,
    DebugAnalyzer,
    parse_command,
    pattern,
)
from tensormill.debugger.datum import has_inf_or_nan
from tensormill.debugger.dumps import DebugDumpDir
from tensormill.debugger.wrappers import BaseDebugWrapperSession, RunPlan, WatchOptions, new_folder
from tensormill.graph import errors
from tensormill.profiler import ProfileOptionBuilder, profile

__all__ = ["LocalCLIDebugWrapperSession"]

_PROMPT = "tfdbg> "
_EXITS = ("exit", "quit")
_UIS = ("curses", "readline")


class LocalCLIDebugWrapperSession(BaseDebugWrapperSession):
    """A session that stops before and after each step, and answers questions about its tensors.

    Commands are read line by line; `help` lists them. `run` goes on, `run -f has_inf_or_nan` until
    a tensor has an infinity or a NaN, `exit` ends the program.

    Args:
      sess: the session.
      dump_root: the folder for the tensors of a step, new or empty; a temporary one by default.
      log_usage: not used.
      ui_type: "curses" or "readline": both are answered line by line.
      thread_name_filter: see `BaseDebugWrapperSession`.
      config_file_path: not used: there is nothing to set.

    Raises:
      ValueError: `dump_root` is not empty, or a file, or `ui_type` is not known.
    """

    def __init__(
        self,
        sess: Any,
        dump_root: str | None = None,
        log_usage: bool = True,
        ui_type: str = "curses",
        thread_name_filter: str | None = None,
        config_file_path: Any = False,
    ) -> None:
        super().__init__(sess, thread_name_filter)
        if ui_type not in _UIS:
            raise ValueError(f"Unsupported UI type: {ui_type!r}; there are {', '.join(_UIS)}")
        self._given_root = None if dump_root is None else new_folder(dump_root, "dump_root")
        self._dump_root = ""
        self._filters: dict[str, Callable[..., Any]] = {"has_inf_or_nan": has_inf_or_nan}
        self._run_info: list[str] = []
        self._feeds: dict[str, Any] = {}
        self._next: _Choice | None = None

    def add_tensor_filter(self, filter_name: str, tensor_filter: Callable[..., Any]) -> None:
        """Add a filter for `run -f` and `lt -f`: a function of a datum and its value."""
        self._filters[filter_name] = tensor_filter

    def plan_run(self, fetches: Any, feed_dict: Any) -> RunPlan:
        """Ask how the step is to run, unless the last answer holds for it."""
        self._feeds = {_name(key): value for key, value in (feed_dict or {}).items()}
        self._run_info = [
            f"Session.run() call #{self._run_call_count}:",
            f"  Fetch(es): {_name(fetches)}",
            f"  Feed(s): {', '.join(self._feeds) or 'none'}",
        ]
        if self._next is None:
            self._next = self._ask(f"run-start: run #{self._run_call_count}", "run_info", {})
        choice = self._next
        if choice.times > 1 and not choice.filter:
            choice.times -= 1
            return RunPlan()
        if choice.is_plain:
            self._next = None
            return RunPlan()
        if choice.is_traced:
            return RunPlan(is_traced=True)
        self._dump_root = self._given_root or tempfile.mkdtemp(prefix="tfdbg_")
        return RunPlan([f"file://{self._dump_root}"], choice.watches)

    def look_at(self, plan: RunPlan, metadata: Any, error: errors.OpError | None) -> None:
        """Ask what the user wants to know of the step that has run."""
        title = f"run-end: run #{self._run_call_count}"
        if plan.is_traced:
            view = _ProfileView(self.graph, metadata)
            self._next = self._ask(title, "list_profile", view.commands)
            return
        try:
            dump = DebugDumpDir(self._dump_root, metadata.partition_graphs or [self.graph_def])
            dump.set_python_graph(self.graph)
            self._ask_about(dump, title, error)
        finally:
            shutil.rmtree(self._dump_root, ignore_errors=True)

    def _ask_about(self, dump: DebugDumpDir, title: str, error: errors.OpError | None) -> None:
        first = "lt"
        assert self._next is not None
        wanted, excluded = self._next.filter, self._next.excluded
        if wanted:
            found = dump.find(self._filters[wanted], 1, exclude_node_names=excluded)
            if not found and error is None:
                return
            if found:
                first = f"lt -f {wanted}" + (f" -fenn {shlex.quote(excluded)}" if excluded else "")
        if error is not None:
            self._print([f"The step failed: {error}", ""])
        analyzer = DebugAnalyzer(dump, self._filters)
        self._next = self._ask(title, first, analyzer.commands)

    def _ask(
        self, title: str, first: str, commands: Mapping[tuple[str, ...], tuple[Command, str]]
    ) -> _Choice:
        """Answer commands until one says how to go on."""
        known: dict[tuple[str, ...], tuple[Command, str]] = {
            ("run_info", "ri"): (lambda _: self._run_info, "tell what is fetched and fed"),
            ("print_feed", "pf"): (self._print_feed, "print what is fed: pf x:0"),
            **commands,
        }
        self._print([f"--- {title} ---"])
        self._answer(first, known)
        while True:
            try:
                line = input(f"\n{_PROMPT}").strip()
            except EOFError:
                line = _EXITS[0]
            if line in _EXITS:
                sys.stderr.write("Note: user exited from debugger CLI: Calling sys.exit(1).\n")
                sys.exit(1)
            if not line:
                continue
            try:
                command, args, _ = parse_command(line)
                if command in ("run", "r"):
                    return self._read_run(args)
            except CommandError as error:
                self._print([str(error)])
                continue
            self._answer(line, known)

    def _answer(self, line: str, known: Mapping[tuple[str, ...], tuple[Command, str]]) -> None:
        try:
            command, args, path = parse_command(line)
            if command in ("help", "h"):
                lines = [
                    "run (r): go on: run [-t times] [-n] [-f filter] [-p] "
                    "[--node_name_filter re] [--op_type_filter re]",
                    *(f"{names[0]} ({names[1]}): {text}" for names, (_, text) in known.items()),
                    "exit: end the program",
                ]
            else:
                lines = self._find(command, known)(args)
            if path:
                with open(path, "w") as file:
                    file.write("\n".join(lines) + "\n")
                lines = [f"Wrote output to {path}"]
        except CommandError as error:
            lines = [str(error)]
        except Exception as error:  # noqa: BLE001  (no command ends the program that is looked at)
            lines = [f"ERROR: {line}: {type(error).__name__}: {error}"]
        self._print(lines)

    @staticmethod
    def _find(command: str, known: Mapping[tuple[str, ...], tuple[Command, str]]) -> Command:
        for names, (function, _) in known.items():
            if command in names:
                return function
        raise CommandError(f'ERROR: Invalid command prefix "{command}"; help lists the commands')

    def _read_run(self, args: Sequence[str]) -> _Choice:
        parser = Arguments("run")
        parser.add_argument("-t", "--times", type=int, default=1)
        parser.add_argument("-n", "--no_debug", action="store_true")
        parser.add_argument("-f", "--till_filter_pass", default="")
        parser.add_argument("-fenn", "--filter_exclude_node_names", default="", type=pattern)
        parser.add_argument("--node_name_filter", type=pattern)
        parser.add_argument("--op_type_filter", type=pattern)
        parser.add_argument("--tensor_dtype_filter", type=pattern)
        parser.add_argument("-p", "--profile", action="store_true")
        parsed = parser.parse_args(args)
        if parsed.till_filter_pass and parsed.till_filter_pass not in self._filters:
            raise CommandError(
                f'ERROR: There is no tensor filter named "{parsed.till_filter_pass}".'
            )
        return _Choice(
            times=parsed.times,
            is_plain=parsed.no_debug,
            is_traced=parsed.profile,
            filter=parsed.till_filter_pass,
            excluded=parsed.filter_exclude_node_names,
            watches=WatchOptions(
                None,
                parsed.node_name_filter,
                parsed.op_type_filter,
                parsed.tensor_dtype_filter,
            ),
        )

    def _print_feed(self, args: Sequence[str]) -> list[str]:
        parser = Arguments("print_feed")
        parser.add_argument("tensor_name")
        name = parser.parse_args(args).tensor_name
        if name not in self._feeds:
            raise CommandError(f'ERROR: Nothing is fed under the name "{name}"')
        return [f'Tensor "{name} (feed)":', *repr(self._feeds[name]).splitlines()]

    @staticmethod
    def _print(lines: Sequence[str]) -> None:
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


@dataclass
class _Choice:
    """How the user wants to go on.

    Attributes:
      times: for so many steps; only the last is looked at.
      is_plain: they show nothing.
      is_traced: their times are taken instead.
      filter, excluded: go on until a tensor passes the filter.
      watches: which tensors they show.
    """

    times: int = 1
    is_plain: bool = False
    is_traced: bool = False
    filter: str = ""
    excluded: str = ""
    watches: WatchOptions = field(default_factory=WatchOptions)


class _ProfileView:
    """Answers `list_profile` about a traced step."""

    def __init__(self, graph: Any, metadata: Any) -> None:
        self._graph = graph
        self._metadata = metadata
        self.commands: dict[tuple[str, ...], tuple[Command, str]] = {
            ("list_profile", "lp"): (self.list_profile, "list the times of the nodes: lp [-n re]")
        }

    def list_profile(self, args: Sequence[str]) -> list[str]:
        """Return the nodes that took longest."""
        parser = Arguments("list_profile")
        parser.add_argument("-n", "--node_name_filter", default="", type=pattern)
        parsed = parser.parse_args(args)
        options = {**ProfileOptionBuilder.time_and_memory(min_bytes=0), "output": "none"}
        found = profile(self._graph, self._metadata, cmd="op", options=options)
        nodes = []
        while found.children:
            found = found.children[0]
            nodes += [(node, found.name) for node in found.graph_nodes]
        nodes.sort(key=lambda each: -each[0].exec_micros)
        return [
            f"{node.exec_micros}us  {op}  {node.name}"
            for node, op in nodes
            if re.match(parsed.node_name_filter, node.name)
        ]


def _name(key: Any) -> str:
    if isinstance(key, (list, tuple)):
        return ", ".join(map(_name, key))
    if isinstance(key, dict):
        return ", ".join(map(_name, key.values()))
    return str(getattr(key, "name", key))
